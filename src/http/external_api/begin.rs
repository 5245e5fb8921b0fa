//! `begin/`: begins a session and answers its token as a JSON string.

use super::super::auth::{Answer, Call};
use crate::{
    mock::{BeginRequest, Mock, Refusal},
    vendor::VendorError,
};

pub(in crate::http) fn begin(mock: &Mock, call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let limits = &mock.config.limits;
    let unknown = call.params.unknown(&["company_key", "flags", "steps", "config_id", "parent_session_id"]);
    let request = BeginRequest {
        flags: call.params.object("flags", limits)?,
        steps: call.params.list("steps", limits)?,
        config_id: given(call, "config_id")?,
        parent: given(call, "parent_session_id")?,
        header: &|name| call.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    };
    let begun = mock.begin(&call.tenant, request)?;
    let hint = std::iter::once(begun.hint).chain(unknown).collect::<Vec<_>>().join("; ");
    let json = ["\"", begun.token.as_str(), "\""].concat().into();
    Ok(Answer { json, hint: Some(hint), begun: Some(begun.token), strike: begun.strike })
}

/// A text that says something; an empty one is as good as none.
fn given(call: &Call<'_>, name: &str) -> Result<Option<String>, VendorError> {
    let text = call.params.text(name)?.filter(|text| !text.is_empty());
    Ok(text.map(|text| text.into_owned()))
}
