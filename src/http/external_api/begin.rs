//! `begin/`: begins a session and returns its token as a JSON string.

use super::super::auth::{AuthenticatedCall, ResponseContent, VendorResponse};
use crate::{
    mock::{BeginRequest, CallError, MockService},
    vendor::{FlagsAtBegin, StepsAtBegin},
};

pub(in crate::http) fn begin(mock: &MockService, call: &AuthenticatedCall<'_>) -> Result<VendorResponse, CallError> {
    let (params, limits) = (&call.params, &mock.config.limits);
    let unknown = params.unknown(&["company_key", "flags", "steps", "config_id", "parent_session_id"]);
    let (flags, steps) = (params.object("flags", limits)?, params.list("steps", limits)?);
    let flags = match &params.flags {
        Some(flags) => flags,
        None => &FlagsAtBegin::read(&flags),
    };
    let steps = match &params.steps {
        Some(steps) => steps,
        None => &StepsAtBegin::read(&steps),
    };
    let (config_id, parent) = (params.non_empty_text("config_id")?, params.non_empty_text("parent_session_id")?);
    let request = BeginRequest {
        flags,
        steps,
        config_id: config_id.as_deref(),
        parent: parent.as_deref(),
        meets_faults: true,
        requested: None,
        header: &|name| call.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    };
    let begun = mock.begin(&call.tenant, request)?;
    let mut hint = begun.hint;
    for problem in unknown {
        hint.push_str("; ");
        hint.push_str(&problem);
    }
    let json = ["\"", begun.token.as_str(), "\""].concat().into();
    Ok(VendorResponse {
        content: ResponseContent::Json(json),
        hint: Some(hint),
        begun: Some(begun.token),
        faults: begun.faults,
    })
}
