//! `/__admin/calls…`: the calls in the journal.

use axum::{Json, http::StatusCode};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::{Map, Value};

use super::{
    company_or_default,
    extract::{EmptyBody, read},
    paging::{CompanyParam, ListPage, PageLimit, SortOrder},
    plain_handler::Context,
    problem::ProblemResponse,
    sessions::token_in,
};
use crate::{
    clock::parse_moment,
    faults::Endpoint,
    foreign_text::shortened,
    http::journal::{CallInfo, CallPattern, CountError, Times},
    mock::CallFilter,
};

/// The filters of a list of calls.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ListCallsQuery {
    company_key: Option<String>,
    session: Option<String>,
    endpoint: Option<Endpoint>,
    method: Option<String>,
    status: Option<u16>,
    /// From this time on, on the company's clock.
    #[serde(default, deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    from: Option<Timestamp>,
    /// Before this time.
    #[serde(default, deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    to: Option<Timestamp>,
    #[serde(default)]
    order: SortOrder,
    #[serde(default)]
    limit: PageLimit,
    cursor: Option<u64>,
}

/// A page of calls.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CallList {
    items: Vec<CallInfo>,
    /// The `cursor` of the next page; `None` on the last.
    next: Option<String>,
    /// Number of evicted calls in the searched journals.
    evicted: u64,
    /// Whether no evicted call could belong to this page.
    is_complete: bool,
}

pub(super) fn list(
    Context { mock, .. }: Context<'_>,
    query: ListCallsQuery,
) -> Result<Json<CallList>, ProblemResponse> {
    let tenant = query.company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let filter = CallFilter {
        session: query.session.map(|token| token_in(&token, "session")).transpose()?,
        endpoint: query.endpoint,
        method: query.method,
        status: query.status,
        from: query.from,
        to: query.to,
    };
    let (mut calls, evicted) = mock.find_calls(tenant.as_ref(), &filter);
    let (newest_first, cursor, PageLimit(limit)) = (query.order == SortOrder::Newest, query.cursor, query.limit);
    if newest_first {
        calls.reverse();
    }
    let is_behind = |id: u64| cursor.is_none_or(|cursor| if newest_first { id < cursor } else { id > cursor });
    calls.retain(|(_, entry)| is_behind(entry.id));
    let next = (calls.len() > limit).then(|| calls[limit - 1].1.id.to_string());
    let is_complete = match evicted.last {
        None => true,
        Some(_) if newest_first => next.is_some(),
        Some(last) => cursor.is_some_and(|cursor| cursor >= last),
    };
    let items = calls.iter().take(limit).map(|call| CallInfo::from_entry(call, mock)).collect();
    Ok(Json(CallList { items, next, evicted: evicted.count, is_complete }))
}

/// The expected number of calls. By default at least one.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct ExpectedCount {
    /// The company; by default all companies, and calls without one.
    company_key: Option<String>,
    exactly: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
    /// No call at all.
    never: bool,
}

/// The number of matching calls.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CountCallsResponse {
    count: u64,
}

impl ExpectedCount {
    fn times(&self) -> Result<Times, ProblemResponse> {
        let Self { exactly, at_least, at_most, never, .. } = *self;
        let exactly = exactly.or(never.then_some(0));
        match (exactly, at_least, at_most) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(ProblemResponse::invalid("`exactly` and `never` conflict with `at_least` and `at_most`")
                    .with_field("exactly"))
            }
            (Some(times), ..) if never && times > 0 => {
                Err(ProblemResponse::invalid("`never` conflicts with `exactly`").with_field("exactly"))
            }
            (Some(times), ..) => Ok(Times::exactly(times)),
            (None, None, None) => Ok(Times { at_least: 1, at_most: None }),
            (None, Some(least), Some(most)) if least > most => {
                Err(ProblemResponse::invalid(format!("`at_least` {least} is more than `at_most` {most}"))
                    .with_field("at_least"))
            }
            (None, at_least, at_most) => Ok(Times { at_least: at_least.unwrap_or(0), at_most }),
        }
    }
}

/// Separates a pattern from the members beside it, and parses both.
pub(super) fn parse_pattern_body<T: DeserializeOwned>(
    mut members: Map<String, Value>,
    beside: &[&str],
) -> Result<(T, CallPattern), ProblemResponse> {
    let beside = beside.iter().filter_map(|name| members.shift_remove_entry(*name)).collect::<Map<_, _>>();
    Ok((read(beside.into())?, read(members.into())?))
}

pub(super) fn count(
    Context { mock, cancellation, .. }: Context<'_>,
    members: Map<String, Value>,
) -> Result<Json<CountCallsResponse>, ProblemResponse> {
    let (whose, pattern) = parse_pattern_body::<CompanyParam>(members, &["company_key"])?;
    let tenant = whose.company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let count = mock.calls_like(tenant.as_ref(), pattern, cancellation)?.len() as u64;
    Ok(Json(CountCallsResponse { count }))
}

/// The members beside a pattern: company and page size.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FindCallsBody {
    company_key: Option<String>,
    #[serde(default)]
    limit: PageLimit,
}

/// Returns the matching calls; `next` is the `after` of the next page.
pub(super) fn find(
    Context { mock, cancellation, .. }: Context<'_>,
    members: Map<String, Value>,
) -> Result<Json<ListPage<CallInfo>>, ProblemResponse> {
    let (FindCallsBody { company_key, limit: PageLimit(limit) }, pattern) =
        parse_pattern_body(members, &["company_key", "limit"])?;
    let tenant = company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let calls = mock.calls_like(tenant.as_ref(), pattern, cancellation)?;
    let next = (calls.len() > limit).then(|| calls[limit - 1].1.id.to_string());
    let items = calls.iter().take(limit).map(|call| CallInfo::from_entry(call, mock)).collect();
    Ok(Json(ListPage { items, next }))
}

pub(super) fn verify(
    Context { mock, cancellation, .. }: Context<'_>,
    members: Map<String, Value>,
) -> Result<Json<CountCallsResponse>, ProblemResponse> {
    let beside = ["company_key", "exactly", "at_least", "at_most", "never"];
    let (expected, pattern) = parse_pattern_body::<ExpectedCount>(members, &beside)?;
    let times = expected.times()?;
    let tenant = expected.company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let matcher = pattern.compile().map_err(CountError::from)?;
    Ok(Json(CountCallsResponse { count: mock.verify(tenant.as_ref(), &matcher, times, cancellation)? }))
}

impl From<CountError> for ProblemResponse {
    fn from(miscount: CountError) -> Self {
        match miscount {
            CountError::Pattern(problem) => Self::invalid(problem),
            CountError::Cancelled { looked_at, of, timeout } => Self::timeout(format!(
                "checked {looked_at} of {of} calls within {timeout:?} (--admin-timeout); restrict the query with \
                 `after`, `from` or `session`, or use a simpler expression"
            )),
            CountError::JournalDisabled => {
                Self::conflict("the journal is disabled (--no-journal), so calls cannot be counted")
            }
            CountError::Evicted(why) => Self::gone(why),
            CountError::Mismatch { count, why, near_misses } => Self::conflict(why).with_count(count, near_misses),
        }
    }
}

pub(super) fn show(
    Context { mock, name: id, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<CallInfo>, ProblemResponse> {
    let no_such = || ProblemResponse::not_found(format!("there is no call `{}`", shortened(id)));
    let number = id.parse().map_err(|_| no_such())?;
    match mock.find_call(number) {
        Some(call) => Ok(Json(CallInfo::from_entry(&call, mock))),
        None if mock.was_call_evicted(number) => Err(ProblemResponse::gone(format!(
            "the call `{number}` is not in the journal; it may have been evicted (--journal-calls, --journal-bytes)"
        ))),
        None => Err(no_such()),
    }
}

pub(super) fn clear(Context { mock, .. }: Context<'_>, whose: CompanyParam) -> Result<StatusCode, ProblemResponse> {
    let tenant = whose.company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    mock.forget_calls(tenant.as_deref());
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Timestamp>, D::Error> {
    let moment = parse_moment(&String::deserialize(reader)?).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map(Some).map_err(D::Error::custom)
}
