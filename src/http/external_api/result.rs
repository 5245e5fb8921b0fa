//! `result/`: answers the result document of a session.

use super::super::auth::{Answer, Call};
use crate::{mock::Mock, vendor_error::VendorError};

pub(in crate::http) fn result(mock: &Mock, call: &mut Call<'_>) -> Result<Answer, VendorError> {
    Ok(Answer { json: mock.result(&call.tenant, &call.session_token()?)?, hint: None })
}
