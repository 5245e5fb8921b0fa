//! The HTTP status of each error.

use crate::{
    faults::{allows_body, checked_status},
    problem::Problem,
    vendor::ErrorCode,
};

/// The HTTP status of each error. The live statuses are not public ([source](crate::fidelity#errors)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErrorStatus {
    of_all: Option<u16>,
    of_codes: [Option<u16>; ErrorCode::ALL.len()],
}

impl ErrorStatus {
    /// The status for a picture that the session does not have, if nothing sets another one.
    const MISSING_MEDIA: u16 = 404;

    /// Uses one status for all errors.
    ///
    /// # Errors
    ///
    /// [`Problem`] if `status` is not from 200 to 599, or allows no body.
    pub fn all(status: u16) -> Result<Self, Problem> {
        let mut statuses = Self::default();
        statuses.set_all(status)?;
        Ok(statuses)
    }

    /// Sets the status of the errors that have no status of their own.
    pub(super) fn set_all(&mut self, status: u16) -> Result<(), Problem> {
        self.of_all = Some(checked(status)?);
        Ok(())
    }

    /// Sets the status of one error.
    ///
    /// # Errors
    ///
    /// [`Problem`] if `status` is not from 200 to 599, or allows no body.
    pub fn set(&mut self, code: ErrorCode, status: u16) -> Result<(), Problem> {
        self.of_codes[code as usize] = Some(checked(status)?);
        Ok(())
    }

    /// Returns the status of an error.
    pub fn status_for(&self, code: ErrorCode) -> u16 {
        let default = match code {
            ErrorCode::CompanyKeyInvalid => 403,
            ErrorCode::SessionNotFound => 404,
            ErrorCode::SessionInvalid | ErrorCode::ArgumentError => 400,
            ErrorCode::SignatureInvalid => 401,
        };
        self.of_codes[code as usize].or(self.of_all).unwrap_or(default)
    }

    /// Returns the status for a missing picture, if `Config::missing_media_status` does not set it.
    pub(crate) fn missing_media(&self) -> u16 {
        self.of_all.unwrap_or(Self::MISSING_MEDIA)
    }
}

pub(super) fn checked(status: u16) -> Result<u16, Problem> {
    match status {
        // These statuses forbid a body, and the errors are in the body.
        _ if !allows_body(status) => {
            Err(Problem::rule(format!("the status {status} allows no body, but the error is in the body")))
        }
        _ => checked_status(status),
    }
}
