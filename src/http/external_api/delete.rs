//! `delete/`: deletes a session and returns its result document.

use super::super::auth::{AuthenticatedCall, VendorResponse};
use crate::mock::{CallError, MockService};

pub(in crate::http) fn delete(mock: &MockService, call: &AuthenticatedCall<'_>) -> Result<VendorResponse, CallError> {
    Ok(mock.delete(&call.tenant, &call.session_token()?, call.is_harmed)?.into())
}
