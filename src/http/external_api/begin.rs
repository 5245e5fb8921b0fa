//! `begin/`: begins a session and answers its token as a JSON string.

use std::borrow::Cow;

use super::super::{
    auth::{Answer, Call},
    params::Params,
};
use crate::{
    mock::{BeginRequest, Mock, Refusal},
    vendor::VendorError,
};

pub(in crate::http) fn begin(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (params, limits) = (&call.params, &mock.config.limits);
    let unknown = params.unknown(&["company_key", "flags", "steps", "config_id", "parent_session_id"]);
    let (flags, steps) = (params.object("flags", limits)?, params.list("steps", limits)?);
    let (config_id, parent) = (given(params, "config_id")?, given(params, "parent_session_id")?);
    let request = BeginRequest {
        flags: &flags,
        steps: &steps,
        config_id: config_id.as_deref(),
        parent: parent.as_deref(),
        header: &|name| call.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    };
    let begun = mock.begin(&call.tenant, request)?;
    let mut hint = begun.hint;
    for problem in unknown {
        hint.push_str("; ");
        hint.push_str(&problem);
    }
    let json = ["\"", begun.token.as_str(), "\""].concat().into();
    Ok(Answer { json, hint: Some(hint), begun: Some(begun.token), strike: begun.strike })
}

/// A text that says something; an empty one is as good as none.
fn given<'a>(params: &'a Params<'_>, name: &str) -> Result<Option<Cow<'a, str>>, VendorError> {
    Ok(params.text(name)?.filter(|text| !text.is_empty()))
}
