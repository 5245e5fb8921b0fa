//! `delete/`: deletes a session and answers its result document.

use super::super::auth::{Answer, Call};
use crate::mock::{Mock, Refusal};

pub(in crate::http) fn delete(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(mock.delete(&call.tenant, &call.session_token()?, call.is_harmed)?.into())
}
