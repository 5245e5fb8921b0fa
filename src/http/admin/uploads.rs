//! `/__admin/sessions/{token}/uploads`: pictures and videos of a person.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    action::{Action, Context},
    action_params::{ActionParams, RequestContent},
    described::described_as,
    extract::AdminParams,
    problem::ProblemResponse,
    sessions::now,
};
use crate::{json_text::members_of, mock::SessionInfo, session::UploadError, vendor::MediaKind};

/// The place of an upload in the session.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    pub(crate) kind: MediaKind,
    /// Page of a general document, from 1.
    #[serde(default = "first")]
    pub(crate) page: u32,
}

/// A picture or video.
#[derive(Debug)]
pub(crate) struct UploadBody {
    pub(crate) place: UploadQuery,
    pub(crate) bytes: Bytes,
}

described_as!(UploadBody, UploadQuery);

pub(crate) static ADD: Action<UploadBody, SessionInfo> = Action::post("/sessions/{token}/uploads", add)
    .named("uploadMedia", "Uploads a picture or video of the person")
    .of_company();

fn first() -> u32 {
    1
}

impl ActionParams for UploadBody {
    const IS_FILE: bool = true;

    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (query, bytes) = request.into_query_and_file();
        let (company_key, place) = UploadQuery::read(query, of_company)?;
        Ok((company_key, Self { place, bytes }))
    }

    fn to_request(&self, _is_query: bool) -> RequestContent {
        let RequestContent { query, .. } = RequestContent::from_members(members_of(&self.place), true);
        RequestContent { query, body: Some(("application/octet-stream", self.bytes.clone())) }
    }
}

fn add(context: Context<'_>, UploadBody { place, bytes }: UploadBody) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.upload(token, place.kind, place.page, bytes.into()).map_err(|error| match &error {
        UploadError::NoSuchSession => ProblemResponse::not_found(error.to_string()),
        UploadError::TooLarge(_) => ProblemResponse::too_large(error.to_string()),
    })?;
    now(context.mock, token)
}
