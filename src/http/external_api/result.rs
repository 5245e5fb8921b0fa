//! `result/`: answers the result document of a session.

use super::super::auth::{Answer, Call};
use crate::mock::{Mock, Refusal};

pub(in crate::http) fn result(mock: &Mock, call: &Call<'_>) -> Result<Answer, Refusal> {
    Ok(mock.result(&call.tenant, &call.session_token()?, call.is_harmed)?.into())
}
