//! The pictures of a session.

use std::sync::Arc;

use super::{Mock, Refusal, strike_session};
use crate::{
    company::Tenant,
    faults::{Endpoint, Strike},
    media::{Sitter, Specimen, Wanted},
};

impl Mock {
    /// The picture of a session that is wanted, as what there is to draw, and what a fault does to the answer. The call
    /// is no poll.
    ///
    /// # Errors
    ///
    /// As [`Mock::result`].
    pub(crate) fn specimen(
        &self,
        tenant: &Arc<Tenant>,
        token: &str,
        wanted: Wanted,
    ) -> Result<(Specimen, Option<Strike>), Refusal> {
        self.with_session(tenant, token, |session, catalogue| {
            let strike = strike_session(session, Endpoint::Media(wanted.kind), tenant.clock.now())?;
            let flags = session.asked.layers().read_flags();
            let person = catalogue.fixtures.people.cast(&session.token, &flags, &tenant.company.people).person;
            let specimen = Specimen {
                wanted: wanted.clone(),
                document: self.answer(tenant, session, &catalogue.fixtures)?,
                sitter: Sitter {
                    session: session.token,
                    name: person.short_name(),
                    is_female: person.sex.as_str() == "F",
                },
                has_liveness: session.has_liveness(),
                has_face_document: session.has_face_document_step(),
            };
            Ok((specimen, strike))
        })
    }
}
