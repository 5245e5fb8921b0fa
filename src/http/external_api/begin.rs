//! `begin/`: begins a session and answers its token as a JSON string.

use super::super::auth::{Answer, Call};
use crate::{
    mock::{BeginRequest, Mock},
    vendor_error::VendorError,
};

/// The request header that asks for a scenario; the live service ignores it.
const SCENARIO_HEADER: &str = "x-identomat-mock-scenario";

pub(in crate::http) fn begin(mock: &Mock, call: &mut Call<'_>) -> Result<Answer, VendorError> {
    let limits = &mock.config.limits;
    let unknown = call.params.unknown(&["company_key", "flags", "steps", "config_id", "parent_session_id"]);
    let request = BeginRequest {
        flags: call.params.object("flags", limits)?,
        steps: call.params.list("steps", limits)?,
        config_id: given(call, "config_id")?,
        parent: given(call, "parent_session_id")?,
        scenario: call.headers.get(SCENARIO_HEADER).map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned()),
    };
    let begun = mock.begin(&call.tenant, request)?;
    let hint = std::iter::once(begun.hint).chain(unknown).collect::<Vec<_>>().join("; ");
    Ok(Answer { json: ["\"", begun.token.as_str(), "\""].concat().into(), hint: Some(hint) })
}

/// A text that says something; an empty one is as good as none.
fn given(call: &Call<'_>, name: &str) -> Result<Option<String>, VendorError> {
    let text = call.params.text(name)?.filter(|text| !text.is_empty());
    Ok(text.map(|text| text.into_owned()))
}
