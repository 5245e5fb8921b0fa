//! Details of a screening match.

use bytes::Bytes;

use super::MockService;
use crate::{company::Tenant, foreign_text::shortened, vendor::VendorError};

impl MockService {
    /// Returns the details of the person with this id, who must match a session of the company.
    ///
    /// # Errors
    ///
    /// `argumentError` if no session has this match.
    pub(crate) fn screened_person(&self, tenant: &Tenant, id: &str) -> Result<Bytes, VendorError> {
        let (now, mut faults) = (tenant.clock.now(), None);
        tenant.sessions.update_all(|session, catalogue| {
            if faults.is_none() {
                session.apply_due_stages(now);
                faults = catalogue.fixtures.screened(session, id);
            }
        });
        faults.ok_or_else(|| {
            VendorError::argument(format!(
                "no session of the company matches the person `{}`; ids are in `screeningMatches` of a result \
                 document, for example with the scenario `screening-match`",
                shortened(id)
            ))
        })
    }
}
