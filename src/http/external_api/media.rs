//! The paths below `result/`: each answers a picture or a video of a session.

use super::super::auth::{Answer, Call, Content};
use crate::{
    faults::Endpoint,
    media::Wanted,
    mock::{Mock, Refusal},
    vendor::MediaKind,
};

pub(in crate::http) fn media(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    let Endpoint::Media(kind) = call.endpoint else { unreachable!("the route table leads media here alone") };
    let mut wanted = Wanted { kind, document_type: None, page: 1 };
    if kind == MediaKind::GeneralDocument {
        wanted.document_type = call.params.given("document_type")?.map(|kind| kind.into_owned());
        wanted.page = call.params.number("page")?.unwrap_or(1);
    }
    let (picture, met) = mock.picture(&call.tenant, &call.session_token()?, wanted)?;
    Ok(Answer { content: Content::Picture(picture), hint: None, begun: None, met })
}
