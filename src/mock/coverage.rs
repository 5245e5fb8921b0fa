//! Recording coverage.

use super::{MockService, sessions::answer_of};
use crate::{
    catalogue::Catalogue,
    company::Tenant,
    coverage::{Coverage, CoverageEvent, ObservedResult, Race},
    faults::Endpoint,
    scenario::{ResultValue, Verdict},
    session::{CurrentResult, Session},
    vendor::ErrorCode,
};

/// The response of a call about a session.
#[derive(Debug, Default)]
pub(super) struct ObservedResponse {
    result: Option<ObservedResult>,
    reason: Option<String>,
    races: Vec<Race>,
}

impl ObservedResponse {
    /// Returns the current response for a session.
    pub(super) fn from_session(session: &mut Session, catalogue: &Catalogue, endpoint: Endpoint) -> Self {
        let (result, reason) = match session.current_result() {
            CurrentResult::Error(_) => (None, None),
            CurrentResult::Verdict(verdict) => {
                (Some(observed_result(&verdict.result)), reason(&session.fit_verdict(verdict)))
            }
            CurrentResult::Document(_) => {
                let listed = answer_of(session, catalogue).parse().ok().map(ObservedResult::Listed);
                (Some(listed.unwrap_or(ObservedResult::Unlisted)), None)
            }
        };
        Self { result, reason, races: session.record_response(endpoint, result) }
    }
}

fn observed_result(result: &ResultValue) -> ObservedResult {
    match result {
        ResultValue::Listed(outcome) => ObservedResult::Listed(*outcome),
        ResultValue::Unlisted(_) => ObservedResult::Unlisted,
    }
}

fn reason(verdict: &Verdict) -> Option<String> {
    let reason = verdict.reason()?;
    Some(reason.value.clone()).filter(|reason| !reason.is_empty())
}

impl MockService {
    /// Records an exercised item.
    pub(crate) fn record_coverage(&self, tenant: Option<&Tenant>, event: CoverageEvent<'_>) {
        for coverage in tenant.map(|tenant| &tenant.coverage).into_iter().chain([&self.coverage, &self.whole_coverage])
        {
            coverage.record(event);
        }
    }

    /// Records the response of a call.
    pub(super) fn record_response(&self, tenant: &Tenant, observed: &ObservedResponse) {
        let ObservedResponse { result, reason, races } = observed;
        let results = result.iter().map(|result| CoverageEvent::Result(*result));
        let event = results.chain(reason.iter().map(|reason| CoverageEvent::Reason(reason)));
        event
            .chain(races.iter().map(|race| CoverageEvent::Race(*race)))
            .for_each(|event| self.record_coverage(Some(tenant), event));
    }

    /// Records an error response.
    pub(crate) fn record_error(&self, tenant: Option<&Tenant>, code: ErrorCode, is_deleted: bool) {
        self.record_coverage(tenant, CoverageEvent::Error(code));
        if is_deleted {
            self.record_coverage(tenant, CoverageEvent::Race(Race::AskedAfterDelete));
        }
    }

    /// Returns the coverage of a company since its reset, or of all companies since the last full reset or the start.
    pub(crate) fn coverage(&self, tenant: Option<&Tenant>, since_start: bool) -> Coverage {
        match tenant {
            Some(tenant) => tenant.coverage.report(),
            None if since_start => self.whole_coverage.report(),
            None => self.coverage.report(),
        }
    }
}
