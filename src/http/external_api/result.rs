//! `result/`: returns the result document of a session.

use super::super::auth::{AuthenticatedCall, VendorResponse};
use crate::mock::{CallError, MockService};

pub(in crate::http) fn result(mock: &MockService, call: &AuthenticatedCall<'_>) -> Result<VendorResponse, CallError> {
    Ok(mock.result(&call.tenant, &call.session_token()?, call.is_harmed)?.into())
}
