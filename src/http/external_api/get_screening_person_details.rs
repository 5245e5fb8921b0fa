//! `get-screening-person-details/`: answers what is known of somebody whom a screening found.

use super::super::auth::{Answer, Call};
use crate::{
    mock::{Mock, Refusal},
    vendor::VendorError,
};

pub(in crate::http) fn get_screening_person_details(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = match call.params.given("person_id")? {
        Some(id) => id,
        None => call
            .params
            .given("personId")?
            .ok_or_else(|| VendorError::argument(format!("`person_id` is missing; {}", call.params.summary())))?,
    };
    Ok(mock.screened_person(&call.tenant, &id)?.into())
}
