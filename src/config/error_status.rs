//! The HTTP status of each error.

use crate::{
    faults::{allows_body, checked_status},
    problem::Problem,
    vendor::ErrorCode,
};

/// The HTTP status of each error. The live statuses are not public (specification, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorStatus {
    of_codes: [u16; ErrorCode::ALL.len()],
    missing_media: u16,
}

impl Default for ErrorStatus {
    fn default() -> Self {
        let of_codes = ErrorCode::ALL.map(|code| match code {
            ErrorCode::CompanyKeyInvalid => 403,
            ErrorCode::SessionNotFound => 404,
            ErrorCode::SessionInvalid | ErrorCode::ArgumentError => 400,
            ErrorCode::SignatureInvalid => 401,
        });
        Self { of_codes, missing_media: 404 }
    }
}

impl ErrorStatus {
    /// Uses one status for all errors.
    ///
    /// # Errors
    ///
    /// [`Problem`] if `status` is not from 200 to 599, or allows no body.
    pub fn all(status: u16) -> Result<Self, Problem> {
        let status = checked(status)?;
        Ok(Self { of_codes: [status; ErrorCode::ALL.len()], missing_media: status })
    }

    /// Sets the status of one error.
    ///
    /// # Errors
    ///
    /// [`Problem`] if `status` is not from 200 to 599, or allows no body.
    pub fn set(&mut self, code: ErrorCode, status: u16) -> Result<(), Problem> {
        self.of_codes[code as usize] = checked(status)?;
        Ok(())
    }

    /// Sets the status of the `argumentError` for a missing picture: 404 by default.
    ///
    /// # Errors
    ///
    /// [`Problem`] if `status` is not from 200 to 599, or allows no body.
    pub fn set_missing_media(&mut self, status: u16) -> Result<(), Problem> {
        self.missing_media = checked(status)?;
        Ok(())
    }

    /// Returns the status of an error.
    pub fn status_for(&self, code: ErrorCode) -> u16 {
        self.of_codes[code as usize]
    }

    /// Returns the status for a missing picture.
    pub fn missing_media(&self) -> u16 {
        self.missing_media
    }
}

fn checked(status: u16) -> Result<u16, Problem> {
    match status {
        // These statuses forbid a body, and the errors are in the body.
        _ if !allows_body(status) => {
            Err(Problem::rule(format!("the status {status} allows no body, but the error is in the body")))
        }
        _ => checked_status(status),
    }
}
