//! `get-screening-person-details/`: answers what is known of somebody whom a screening found.

use super::super::auth::{Answer, Call};
use crate::{
    mock::{Mock, Refusal},
    vendor::VendorError,
};

pub(in crate::http) fn get_screening_person_details(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    let given = |name| Ok::<_, VendorError>(call.params.text(name)?.filter(|id| !id.is_empty()));
    let id = match given("person_id")? {
        Some(id) => id,
        None => given("personId")?
            .ok_or_else(|| VendorError::argument(format!("`person_id` is missing; {}", call.params.summary())))?,
    };
    Ok(mock.screened_person(&call.tenant, &id)?.into())
}
