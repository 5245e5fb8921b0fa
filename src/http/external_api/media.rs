//! The paths under `result/`: each returns a picture or a video of a session.

use super::super::auth::{AuthenticatedCall, ResponseContent, VendorResponse};
use crate::{
    faults::Endpoint,
    media::PictureRequest,
    mock::{CallError, MockService},
    vendor::MediaKind,
};

pub(in crate::http) fn media(mock: &MockService, call: &AuthenticatedCall<'_>) -> Result<VendorResponse, CallError> {
    let Endpoint::Media(kind) = call.endpoint else { unreachable!("the route table leads media here alone") };
    let mut request = PictureRequest { kind, document_type: None, page: 1 };
    if kind == MediaKind::GeneralDocument {
        request.document_type = call.params.non_empty_text("document_type")?.map(|kind| kind.into_owned());
        request.page = call.params.number("page")?.unwrap_or(1);
    }
    let (picture, faults) = mock.picture(&call.tenant, &call.session_token()?, request)?;
    Ok(VendorResponse { content: ResponseContent::Picture(picture), hint: None, begun: None, faults })
}
