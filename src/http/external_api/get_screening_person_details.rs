//! `get-screening-person-details/`: returns the details of a screening match.

use super::super::auth::{AuthenticatedCall, VendorResponse};
use crate::{
    mock::{CallError, MockService},
    vendor::VendorError,
};

pub(in crate::http) fn get_screening_person_details(
    mock: &MockService,
    call: &AuthenticatedCall<'_>,
) -> Result<VendorResponse, CallError> {
    let id = match call.params.non_empty_text("person_id")? {
        Some(id) => id,
        None => call
            .params
            .non_empty_text("personId")?
            .ok_or_else(|| VendorError::argument(format!("`person_id` is missing; {}", call.params.summary())))?,
    };
    Ok(mock.screened_person(&call.tenant, &id)?.into())
}
