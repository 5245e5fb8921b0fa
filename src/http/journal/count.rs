//! Counting and verifying calls.

use std::{pin::pin, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    pattern::{CallMatcher, CallPattern},
    times::Times,
};
use crate::{
    company::{EvictedCalls, Tenant},
    faults::Endpoint,
    mock::{Cancellation, MockService, OwnedCall},
    problem::Problem,
};

/// Maximum number of reported nearest calls.
const MAX_NEAR_MISSES: usize = 3;

/// A call that does not match the pattern, or exceeds the expected number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NearMiss {
    /// Its id in the journal; `None` while it is being answered.
    pub call: Option<u64>,
    /// Its description: `POST /external-api/result/ → 200`.
    pub what: String,
    /// The hint of its response, if it was refused.
    pub hint: Option<String>,
    /// Its differences from the pattern; empty if it matches.
    pub differences: Vec<String>,
}

/// The reason calls cannot be counted, or their number is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CountError {
    /// The pattern is invalid.
    Pattern(Problem),
    /// Checking all calls took too long, or the client disconnected.
    Cancelled { looked_at: usize, of: usize, timeout: Duration },
    /// The journal is disabled.
    JournalDisabled,
    /// Evicted calls may have matched.
    Evicted(String),
    /// The number of calls differs from the expected one.
    Mismatch { count: u64, why: String, near_misses: Vec<NearMiss> },
}

impl From<Problem> for CountError {
    fn from(problem: Problem) -> Self {
        Self::Pattern(problem)
    }
}

/// The calls of a company, or of all journals, separated into matching and other calls.
#[derive(Default)]
struct PartitionedCalls {
    matching: Vec<OwnedCall>,
    /// Number of open calls that match with the right status.
    may_match: usize,
    /// Number of other calls, and the nearest of them with their differences, nearest first.
    others: usize,
    nearest: Vec<(OwnedCall, Vec<String>)>,
    evicted: EvictedCalls,
    is_complete: bool,
}

impl PartitionedCalls {
    /// Adds a call that differs. Of equally near calls, later ones come first.
    fn add_other(&mut self, call: OwnedCall, differences: Vec<String>) {
        self.others += 1;
        let place = self.nearest.partition_point(|(_, nearer)| nearer.len() < differences.len());
        if place < MAX_NEAR_MISSES {
            self.nearest.truncate(MAX_NEAR_MISSES - 1);
            self.nearest.insert(place, (call, differences));
        }
    }
}

impl MockService {
    /// Returns the matching calls, in order.
    ///
    /// # Errors
    ///
    /// [`CountError`] if evicted calls may have matched.
    pub(crate) fn calls_like(
        &self,
        tenant: Option<&Arc<Tenant>>,
        pattern: CallPattern,
        cancellation: &Cancellation,
    ) -> Result<Vec<OwnedCall>, CountError> {
        let sorted = self.sorted(tenant, &pattern.compile()?, cancellation)?;
        if sorted.is_complete { Ok(sorted.matching) } else { Err(incomplete(&sorted)) }
    }

    /// Verifies the number of matching calls. Returns it.
    ///
    /// # Errors
    ///
    /// [`CountError`] if there are too few or too many, or calls cannot be counted.
    pub(crate) fn verify(
        &self,
        tenant: Option<&Arc<Tenant>>,
        matcher: &CallMatcher,
        times: Times,
        cancellation: &Cancellation,
    ) -> Result<u64, CountError> {
        let sorted = self.sorted(tenant, matcher, cancellation)?;
        let count = sorted.matching.len() as u64;
        let is_certain = match () {
            () if sorted.is_complete => true,
            // Further calls cannot make the number valid.
            () => times.at_most.map_or(count >= times.at_least, |most| count > most),
        };
        if !is_certain {
            return Err(incomplete(&sorted));
        }
        if times.takes(count) {
            return Ok(count);
        }
        let near_misses = near_misses(&sorted, times, count);
        let key = tenant.map(|tenant| tenant.key.as_str());
        let why = explain(matcher.pattern(), times, &sorted, &near_misses, key);
        Err(CountError::Mismatch { count, why, near_misses })
    }

    /// Verifies that each call in the `scope` matches one of the patterns. Returns the number of calls.
    ///
    /// # Errors
    ///
    /// [`CountError`] if there are other calls, or evicted ones may have been.
    pub(crate) fn verify_only(
        &self,
        tenant: Option<&Arc<Tenant>>,
        scope: &CallMatcher,
        only: &[CallMatcher],
        cancellation: &Cancellation,
    ) -> Result<u64, CountError> {
        let sorted = self.sorted(tenant, scope, cancellation)?;
        let nearest = |call: &OwnedCall| {
            let differences = only.iter().map(|matcher| {
                let mut differences = matcher.differences(call, &self.config);
                differences.extend(matcher.awaits_status(call).then(|| "it has no status yet".to_owned()));
                differences
            });
            differences.min_by_key(Vec::len).unwrap_or_default()
        };
        let others = self.compare_each(&sorted.matching, cancellation, |call| {
            let differences = nearest(call);
            Some((call, differences)).filter(|(_, differences)| !differences.is_empty())
        })?;
        let others: Vec<_> = others.into_iter().flatten().collect();
        let count = others.len() as u64;
        if count > 0 {
            let first = others.iter().take(MAX_NEAR_MISSES);
            let near_misses: Vec<_> = first.map(|(call, differences)| near_miss(call, differences)).collect();
            let key = tenant.map(|tenant| tenant.key.as_str());
            let why = explain_others(scope.pattern(), only, count, &near_misses, key);
            return Err(CountError::Mismatch { count, why, near_misses });
        }
        if sorted.is_complete { Ok(sorted.matching.len() as u64) } else { Err(incomplete(&sorted)) }
    }

    /// Waits for a number of matching calls, without a timeout. Returns their number.
    ///
    /// # Errors
    ///
    /// [`CountError`] if the journal is disabled, or checking takes too long.
    pub(crate) async fn wait_for_calls(
        self: &Arc<Self>,
        tenant: Option<&Arc<Tenant>>,
        matcher: &Arc<CallMatcher>,
        at_least: u64,
    ) -> Result<u64, CountError> {
        if !self.config.journal.enabled {
            return Err(CountError::JournalDisabled);
        }
        let _waiting = tenant.map(Tenant::register_waiter);
        let changed = tenant.map_or(&self.numbers.changed, |tenant| &tenant.journal.changed);
        let (mut count, mut seen) = (0, 0);
        loop {
            let mut notified = pin!(changed.notified());
            // No call is missed from here on.
            notified.as_mut().enable();
            let up_to = self.numbers.last_call();
            let (mock, tenant, it) = (self.clone(), tenant.cloned(), matcher.clone());
            let look = move |cancellation: &Cancellation| {
                let mut calls = mock.calls_after(tenant.as_ref(), seen);
                calls.retain(|call| call.entry.id <= up_to || call.entry.is_open() && !it.awaits_status(call));
                mock.compare_calls(&calls, &it, cancellation, |call, differences| {
                    Some(call.entry.is_open()).filter(|_| differences.is_empty())
                })
            };
            // There are few new calls after the checked ones.
            let looked = match seen > 0 && matcher.is_quick() {
                true => self.workers.run_here(look)?,
                false => self.workers.run(look).await?,
            };
            let (open, answered): (Vec<_>, Vec<_>) = looked.into_iter().flatten().partition(|is_open| *is_open);
            count += answered.len() as u64;
            seen = up_to;
            let count = count + open.len() as u64;
            if count >= at_least {
                return Ok(count);
            }
            notified.await;
        }
    }

    fn sorted(
        &self,
        tenant: Option<&Arc<Tenant>>,
        matcher: &CallMatcher,
        cancellation: &Cancellation,
    ) -> Result<PartitionedCalls, CountError> {
        if !self.config.journal.enabled {
            return Err(CountError::JournalDisabled);
        }
        let pattern = matcher.pattern();
        let (calls, evicted) = self.read_calls(tenant);
        let began_here = |call: &OwnedCall| {
            let call = &call.entry.recorded;
            let is_its = call.session.as_ref().map(|token| token.as_str()) == pattern.session.as_deref();
            call.endpoint == Some(Endpoint::Begin) && is_its
        };
        // All calls after the evicted ones are present, and so are all calls of a session whose beginning is.
        let is_complete = match evicted.last {
            None => true,
            Some(last) => {
                pattern.after.is_some_and(|after| after >= last)
                    || pattern.from.zip(evicted.until).is_some_and(|(from, until)| from > until)
                    || pattern.session.is_some() && calls.iter().any(began_here)
            }
        };
        let mut sorted = PartitionedCalls { evicted, is_complete, ..PartitionedCalls::default() };
        self.compare_calls(&calls, matcher, cancellation, |call, differences| match differences.is_empty() {
            true if matcher.awaits_status(call) => sorted.may_match += 1,
            true => sorted.matching.push(call.clone()),
            false => sorted.add_other(call.clone(), differences),
        })?;
        Ok(sorted)
    }

    /// Compares calls with the pattern, one by one.
    ///
    /// # Errors
    ///
    /// [`CountError::Cancelled`] if it is stopped early.
    fn compare_calls<T>(
        &self,
        calls: &[OwnedCall],
        matcher: &CallMatcher,
        cancellation: &Cancellation,
        mut look: impl FnMut(&OwnedCall, Vec<String>) -> T,
    ) -> Result<Vec<T>, CountError> {
        self.compare_each(calls, cancellation, |call| look(call, matcher.differences(call, &self.config)))
    }

    fn compare_each<'a, T>(
        &self,
        calls: &'a [OwnedCall],
        cancellation: &Cancellation,
        mut look: impl FnMut(&'a OwnedCall) -> T,
    ) -> Result<Vec<T>, CountError> {
        let timeout = self.config.control_api.timeout;
        let mut looked = Vec::with_capacity(calls.len());
        for call in calls {
            let stopped = CountError::Cancelled { looked_at: looked.len(), of: calls.len(), timeout };
            cancellation.check().map_err(|_| stopped)?;
            looked.push(look(call));
        }
        Ok(looked)
    }
}

fn incomplete(sorted: &PartitionedCalls) -> CountError {
    let EvictedCalls { count, last, .. } = sorted.evicted;
    let (found, last) = (sorted.matching.len(), last.unwrap_or_default());
    CountError::Evicted(format!(
        "cannot count: the journal evicted {count} calls up to id {last}; {found} of the rest match. Restrict the \
         query with `after` or `from`, or raise --journal-calls or --journal-bytes"
    ))
}

fn near_misses(sorted: &PartitionedCalls, times: Times, count: u64) -> Vec<NearMiss> {
    let mut misses = Vec::new();
    if times.at_most.is_some_and(|most| count > most) {
        // The last ones exceed the number.
        for call in sorted.matching.iter().rev().take(MAX_NEAR_MISSES) {
            misses.push(near_miss(call, &[]));
        }
    } else {
        for (call, differences) in &sorted.nearest {
            misses.push(near_miss(call, differences));
        }
    }
    misses
}

fn near_miss(call: &OwnedCall, differences: &[String]) -> NearMiss {
    NearMiss {
        call: Some(call.entry.id).filter(|_| !call.entry.is_open()),
        what: in_words(call),
        hint: call.entry.recorded.refusal_hint(),
        differences: differences.to_vec(),
    }
}

/// Describes a call: `POST /external-api/result/ → 200, at 2026-01-31T12:00:00Z`.
fn in_words(OwnedCall { entry, .. }: &OwnedCall) -> String {
    let call = &entry.recorded;
    let end = match call.status {
        Some(status) => status.to_string(),
        None if entry.is_open() => "being answered".to_owned(),
        None => "no response".to_owned(),
    };
    format!("{} {} → {end}, at {}", call.method, call.path(), call.at)
}

/// Explains a wrong number: what was expected, what was found, and the nearest calls.
fn explain(
    pattern: &CallPattern,
    times: Times,
    sorted: &PartitionedCalls,
    near_misses: &[NearMiss],
    company_key: Option<&str>,
) -> String {
    let mut lines = pattern_lines(format!("expected {}{}", times.in_words(), whose(pattern, company_key)), pattern);
    let there_are = match sorted.matching.len() {
        0 => "but there is none".to_owned(),
        1 => "but there is 1".to_owned(),
        count => format!("but there are {count}"),
    };
    let which = match near_misses.first() {
        None => "the journal has no other call".to_owned(),
        Some(miss) if miss.differences.is_empty() => "the last of them:".to_owned(),
        Some(_) if sorted.others == 1 => "the other one:".to_owned(),
        Some(_) => format!("the nearest of {} others:", sorted.others),
    };
    let more = match sorted.may_match {
        0 => String::new(),
        1 => ", and 1 more is being answered".to_owned(),
        count => format!(", and {count} more are being answered"),
    };
    lines.push(format!("{there_are}{more}; {which}"));
    lines.extend(near_miss_lines(near_misses));
    lines.join("\n")
}

/// Explains other calls than the expected ones.
fn explain_others(
    scope: &CallPattern,
    only: &[CallMatcher],
    count: u64,
    near_misses: &[NearMiss],
    company_key: Option<&str>,
) -> String {
    let whose = whose(scope, company_key);
    let is_limited = !scope.in_words().is_empty();
    let mut lines = if is_limited { pattern_lines(format!("of the calls{whose}"), scope) } else { Vec::new() };
    let start = if is_limited { "expected only calls".to_owned() } else { format!("expected only calls{whose}") };
    for (at, matcher) in only.iter().enumerate() {
        lines.extend(pattern_lines(if at == 0 { start.clone() } else { "or".to_owned() }, matcher.pattern()));
    }
    lines.push(match count {
        1 => "but there is 1 other:".to_owned(),
        count => format!("but there are {count} others; the first of them:"),
    });
    lines.extend(near_miss_lines(near_misses));
    lines.join("\n")
}

/// Returns the text before the conditions, and a line for each of them.
fn pattern_lines(start: String, pattern: &CallPattern) -> Vec<String> {
    let conditions = pattern.in_words();
    let start = if conditions.is_empty() { start } else { format!("{start} where") };
    [start].into_iter().chain(conditions.into_iter().map(|line| format!("  {line}"))).collect()
}

fn whose(pattern: &CallPattern, company_key: Option<&str>) -> String {
    let whose = company_key.map(|key| format!(" of the company `{key}`")).unwrap_or_default();
    let since = if pattern.after.is_some() { " from then on" } else { "" };
    format!("{whose}{since}")
}

fn near_miss_lines(near_misses: &[NearMiss]) -> Vec<String> {
    let mut lines = Vec::new();
    for NearMiss { call, what, hint, differences } in near_misses {
        lines.push(match call {
            Some(id) => format!("  call {id}: {what}"),
            None => format!("  {what}"),
        });
        lines.extend(hint.iter().map(|hint| format!("    hint: {hint}")));
        lines.extend(differences.iter().map(|difference| format!("    {difference}")));
    }
    lines
}
