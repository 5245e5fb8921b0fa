//! The results that the code under test has received for a session, and the races among them.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    coverage::{ObservedResult, Race},
    faults::Endpoint,
    vendor::Outcome,
};

/// The results received so far.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
pub(super) struct ObservedResults {
    error: bool,
    in_progress: bool,
    /// The last verdict, and the number of stages reached by then.
    verdict: Option<(ObservedResult, u32)>,
    /// Whether a fault hit the last call.
    had_fault: bool,
}

impl Session {
    /// Records the response of `result/` or `delete/`, `None` for an error. Returns the races that it completes.
    pub(crate) fn record_response(&mut self, endpoint: Endpoint, result: Option<ObservedResult>) -> Vec<Race> {
        let (mut races, observed) = (Vec::new(), self.observed);
        let (is_opened, is_finished, reached_stages) =
            (self.opened_at().is_some(), self.is_finished(), self.reached_stages().len() as u32);
        match endpoint {
            _ if is_finished => {}
            Endpoint::Delete => races.push(Race::DeletedBeforeFinished),
            _ => races.push(match (self.has_expired, is_opened) {
                (true, true) => Race::Abandoned,
                (true, false) => Race::ExpiredBeforeOpened,
                (false, true) => Race::PolledBeforeFinished,
                (false, false) => Race::PolledBeforeOpened,
            }),
        }
        let was_answered = observed.in_progress || observed.verdict.is_some();
        let verdict = result.filter(|result| *result != ObservedResult::Listed(Outcome::InProgress));
        match (result, observed.verdict) {
            (None, _) if was_answered => races.push(Race::ErrorAfterAnswer),
            (Some(_), _) if observed.error && !was_answered => races.push(Race::NotFoundAtFirst),
            _ => {}
        }
        match (verdict, observed.verdict) {
            (Some(verdict), Some((last, _))) if verdict != last => races.push(Race::VerdictChanged),
            (Some(_), Some((_, seen))) if seen != reached_stages => races.push(Race::DocumentChanged),
            (Some(_), None) if observed.in_progress => races.push(Race::VerdictAfterInProgress),
            (None, _) if result.is_some() && is_finished => races.push(Race::DoneBeforeVerdict),
            _ => {}
        }
        if observed.had_fault {
            races.push(Race::RetriedAfterFault);
        }
        self.observed = ObservedResults {
            error: observed.error || result.is_none(),
            in_progress: observed.in_progress || (result.is_some() && verdict.is_none()),
            verdict: verdict.map(|verdict| (verdict, reached_stages)).or(observed.verdict),
            had_fault: false,
        };
        races
    }

    /// Records that a fault replaced a response.
    pub(crate) fn record_fault_hit(&mut self) {
        self.observed.had_fault = true;
    }
}
