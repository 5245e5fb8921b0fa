//! `delete/`: deletes a session and answers its result document.

use super::super::auth::{Answer, Call};
use crate::{mock::Mock, vendor_error::VendorError};

pub(in crate::http) fn delete(mock: &Mock, call: &mut Call<'_>) -> Result<Answer, VendorError> {
    Ok(Answer { json: mock.delete(&call.tenant, &call.session_token()?)?, hint: None })
}
