//! What the code under test was told of a session, and which races it met by that.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    coverage::{Race, ToldResult},
    faults::Endpoint,
    vendor::Outcome,
};

/// What was told so far.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
pub(super) struct Told {
    error: bool,
    in_progress: bool,
    /// The last verdict, and how many stages had come by then.
    verdict: Option<(ToldResult, u32)>,
    /// A fault struck the last call.
    is_struck: bool,
}

impl Session {
    /// Takes note of what a call of `result/` or `delete/` is told, `None` for an error; answers the races that are met
    /// by that.
    pub(crate) fn tell(&mut self, endpoint: Endpoint, result: Option<ToldResult>) -> Vec<Race> {
        let (mut races, told) = (Vec::new(), self.told);
        let (is_opened, is_finished, came) = (self.opened_at().is_some(), self.is_finished(), self.came().len() as u32);
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
        let was_answered = told.in_progress || told.verdict.is_some();
        let verdict = result.filter(|result| *result != ToldResult::Listed(Outcome::InProgress));
        match (result, told.verdict) {
            (None, _) if was_answered => races.push(Race::ErrorAfterAnswer),
            (Some(_), _) if told.error && !was_answered => races.push(Race::NotFoundAtFirst),
            _ => {}
        }
        match (verdict, told.verdict) {
            (Some(verdict), Some((last, _))) if verdict != last => races.push(Race::VerdictChanged),
            (Some(_), Some((_, seen))) if seen != came => races.push(Race::DocumentChanged),
            (Some(_), None) if told.in_progress => races.push(Race::VerdictAfterInProgress),
            (None, _) if result.is_some() && is_finished => races.push(Race::DoneBeforeVerdict),
            _ => {}
        }
        if told.is_struck {
            races.push(Race::RetriedAfterFault);
        }
        self.told = Told {
            error: told.error || result.is_none(),
            in_progress: told.in_progress || (result.is_some() && verdict.is_none()),
            verdict: verdict.map(|verdict| (verdict, came)).or(told.verdict),
            is_struck: false,
        };
        races
    }

    /// Takes note that a fault kept an answer from the code under test.
    pub(crate) fn struck(&mut self) {
        self.told.is_struck = true;
    }
}
