//! What the code under test has met.

use super::{Mock, sessions::answer_of};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    coverage::{Coverage, Met, Race, ToldResult},
    faults::Endpoint,
    scenario::{ResultValue, Verdict},
    session::{CurrentResult, Session},
    vendor::ErrorCode,
};

/// What a call was told of a session.
#[derive(Debug, Default)]
pub(super) struct Telling {
    result: Option<ToldResult>,
    reason: Option<String>,
    races: Vec<Race>,
}

impl Telling {
    /// Of what the session answers now.
    pub(super) fn of(session: &mut Session, catalogue: &Catalogue, endpoint: Endpoint) -> Self {
        let (result, reason) = match session.current_result() {
            CurrentResult::Error(_) => (None, None),
            CurrentResult::Verdict(verdict) => (Some(told(&verdict.result)), reason(&session.fit_verdict(verdict))),
            CurrentResult::Document(_) => {
                let listed = answer_of(session, catalogue).parse().ok().map(ToldResult::Listed);
                (Some(listed.unwrap_or(ToldResult::Unlisted)), None)
            }
        };
        Self { result, reason, races: session.record_response(endpoint, result) }
    }
}

fn told(result: &ResultValue) -> ToldResult {
    match result {
        ResultValue::Listed(outcome) => ToldResult::Listed(*outcome),
        ResultValue::Unlisted(_) => ToldResult::Unlisted,
    }
}

fn reason(verdict: &Verdict) -> Option<String> {
    let reason = verdict.reject_reason.as_ref()?;
    Some(reason.value.clone()).filter(|reason| !reason.is_empty())
}

impl Mock {
    /// Takes note of something that the code under test met.
    pub(crate) fn met(&self, tenant: Option<&Tenant>, met: Met<'_>) {
        for ledger in tenant.map(|tenant| &tenant.ledger).into_iter().chain([&self.ledger, &self.whole_ledger]) {
            ledger.met(met);
        }
    }

    /// Takes note of what a call was told.
    pub(super) fn met_by(&self, tenant: &Tenant, telling: &Telling) {
        let Telling { result, reason, races } = telling;
        let results = result.iter().map(|result| Met::Result(*result));
        let met = results.chain(reason.iter().map(|reason| Met::Reason(reason)));
        met.chain(races.iter().map(|race| Met::Race(*race))).for_each(|met| self.met(Some(tenant), met));
    }

    /// Takes note of an error that a call was answered with.
    pub(crate) fn met_error(&self, tenant: Option<&Tenant>, code: ErrorCode, is_deleted: bool) {
        self.met(tenant, Met::Error(code));
        if is_deleted {
            self.met(tenant, Met::Race(Race::AskedAfterDelete));
        }
    }

    /// What a company has met since it was reset, or all have since everything was, or since the start.
    pub(crate) fn coverage(&self, tenant: Option<&Tenant>, since_start: bool) -> Coverage {
        match tenant {
            Some(tenant) => tenant.ledger.report(),
            None if since_start => self.whole_ledger.report(),
            None => self.ledger.report(),
        }
    }
}
