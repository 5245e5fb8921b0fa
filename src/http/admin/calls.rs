//! `/__admin/calls…`: the calls in the journal.

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::Map;

use super::{
    action::{Action, Context},
    action_params::{ActionParams, RequestContent},
    described::Described,
    extract::{AdminParams, EmptyBody, read},
    paging::{ListPage, ListQuery, PageLimit, SortOrder},
    problem::ProblemResponse,
    sessions::token_in,
};
use crate::{
    clock::parse_moment,
    faults::Endpoint,
    foreign_text::shortened,
    http::journal::{CallInfo, CallMatcher, CallPattern, CountError, Times},
    json_text::members_of,
    mock::CallFilter,
    problem::member_path,
};

/// Maximum number of patterns of `only`: each call is compared with all of them.
const MAX_PATTERNS: usize = 100;

/// The filters of a list of calls.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ListCallsQuery {
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

impl ListCallsQuery {
    /// The latest call.
    pub(crate) fn latest() -> Self {
        Self { order: SortOrder::Newest, limit: PageLimit(1), ..Self::default() }
    }
}

/// A page of calls.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CallList {
    pub(crate) items: Vec<CallInfo>,
    /// The `cursor` of the next page; `None` on the last.
    next: Option<String>,
    /// Number of evicted calls in the searched journals.
    evicted: u64,
    /// Whether no evicted call could belong to this page.
    is_complete: bool,
}

pub(crate) static LIST: Action<ListCallsQuery, CallList> =
    Action::get("/calls", list).named("listCalls", "Lists the calls in the journal").of_company();
pub(crate) static COUNT: Action<CallPattern, CountCallsResponse> = Action::post("/calls/count", count)
    .named("countCalls", "Counts the calls that match")
    .of_company()
    .fails_with(&[408, 409, 410]);
pub(crate) static FIND: Action<PatternBody<FindCallsBody>, ListPage<CallInfo>> = Action::post("/calls/find", find)
    .named("findCalls", "Lists the calls that match")
    .of_company()
    .fails_with(&[408, 409, 410]);
pub(crate) static VERIFY: Action<PatternBody<VerifyCallsBody>, CountCallsResponse> =
    Action::post("/calls/verify", verify)
        .named("verifyCalls", "Verifies the number of calls that match")
        .of_company()
        .fails_with(&[408, 409, 410]);
pub(super) static SHOW: Action<EmptyBody, CallInfo> =
    Action::get("/calls/{id}", show).named("getCall", "Returns a call").fails_with(&[410]);
pub(crate) static CLEAR: Action<EmptyBody, ()> =
    Action::delete("/calls", clear).named("clearCalls", "Clears the journal").of_company();

fn list(context: Context<'_>, query: ListCallsQuery) -> Result<CallList, ProblemResponse> {
    let (mock, tenant) = (context.mock, context.tenant()?);
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
    calls.retain(|call| is_behind(call.entry.id));
    let next = (calls.len() > limit).then(|| calls[limit - 1].entry.id.to_string());
    let is_complete = match evicted.last {
        None => true,
        Some(_) if newest_first => next.is_some(),
        Some(last) => cursor.is_some_and(|cursor| cursor >= last),
    };
    let items = calls.iter().take(limit).map(|call| CallInfo::from_entry(call, mock)).collect();
    Ok(CallList { items, next, evicted: evicted.count, is_complete })
}

/// The expected number of calls. By default at least one.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VerifyCallsBody {
    exactly: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
    /// No call at all.
    never: bool,
    /// No other calls than those of these patterns; alone.
    only: Option<Vec<CallPattern>>,
}

/// The number of matching calls.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CountCallsResponse {
    pub(crate) count: u64,
}

impl VerifyCallsBody {
    /// Expects no other calls than those of these patterns.
    pub(crate) fn of_only(patterns: Vec<CallPattern>) -> Self {
        Self { only: Some(patterns), ..Self::default() }
    }

    /// Compiles the patterns of `only`.
    fn only(self) -> Result<Option<Vec<CallMatcher>>, ProblemResponse> {
        let Some(patterns) = self.only else { return Ok(None) };
        if self.exactly.or(self.at_least).or(self.at_most).is_some() || self.never {
            let problem = "`only` conflicts with `exactly`, `at_least`, `at_most` and `never`; verify twice";
            return Err(ProblemResponse::invalid(problem).with_field("only"));
        }
        if patterns.len() > MAX_PATTERNS {
            let problem =
                format!("`only` has {} patterns, more than {MAX_PATTERNS}; verify a part of the calls", patterns.len());
            return Err(ProblemResponse::invalid(problem).with_field("only"));
        }
        if patterns.is_empty() {
            return Err(ProblemResponse::invalid("`only` is empty; use `never`").with_field("only"));
        }
        let compile = |(at, pattern): (usize, CallPattern)| {
            pattern.compile().map_err(|problem| ProblemResponse::invalid(problem.at(&member_path!["only", at])))
        };
        patterns.into_iter().enumerate().map(compile).collect::<Result<_, _>>().map(Some)
    }

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

/// A pattern, and the members beside it.
#[derive(Debug, Clone)]
pub(crate) struct PatternBody<B> {
    pub(crate) pattern: CallPattern,
    pub(crate) beside: B,
}

/// The members beside a pattern.
pub(crate) trait BesidePattern: Serialize + DeserializeOwned + Described + Send + 'static {
    const NAMES: &'static [&'static str];
}

impl<B: BesidePattern> ActionParams for PatternBody<B> {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (company_key, mut members) = Map::read(request, of_company)?;
        let beside = B::NAMES.iter().filter_map(|name| members.shift_remove_entry(*name)).collect::<Map<_, _>>();
        Ok((company_key, Self { beside: read(beside.into())?, pattern: read(members.into())? }))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        let mut members = members_of(&self.pattern);
        members.extend(members_of(&self.beside));
        RequestContent::from_members(members, is_query)
    }
}

impl BesidePattern for VerifyCallsBody {
    const NAMES: &'static [&'static str] = &["exactly", "at_least", "at_most", "never", "only"];
}

impl From<Times> for VerifyCallsBody {
    fn from(times: Times) -> Self {
        Self { at_least: Some(times.at_least), at_most: times.at_most, ..Self::default() }
    }
}

fn count(context: Context<'_>, pattern: CallPattern) -> Result<CountCallsResponse, ProblemResponse> {
    let tenant = context.tenant()?;
    let count = context.mock.calls_like(tenant.as_ref(), pattern, context.cancellation)?.len() as u64;
    Ok(CountCallsResponse { count })
}

/// The page size beside a pattern.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct FindCallsBody {
    #[serde(default)]
    limit: PageLimit,
}

impl BesidePattern for FindCallsBody {
    const NAMES: &'static [&'static str] = &["limit"];
}

impl ListQuery for PatternBody<FindCallsBody> {
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>) {
        self.beside.limit = limit;
        self.pattern.after = cursor.and_then(|cursor| cursor.parse().ok()).or(self.pattern.after);
    }
}

impl ListQuery for ListCallsQuery {
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>) {
        self.limit = limit;
        self.cursor = cursor.and_then(|cursor| cursor.parse().ok());
    }
}

/// Returns the matching calls; `next` is the `after` of the next page.
fn find(
    context: Context<'_>,
    PatternBody { pattern, beside: FindCallsBody { limit: PageLimit(limit) } }: PatternBody<FindCallsBody>,
) -> Result<ListPage<CallInfo>, ProblemResponse> {
    let tenant = context.tenant()?;
    let mut calls = context.mock.calls_like(tenant.as_ref(), pattern, context.cancellation)?;
    calls.retain(|call| !call.entry.is_open());
    let next = (calls.len() > limit).then(|| calls[limit - 1].entry.id.to_string());
    let items = calls.iter().take(limit).map(|call| CallInfo::from_entry(call, context.mock)).collect();
    Ok(ListPage { items, next })
}

fn verify(
    context: Context<'_>,
    PatternBody { pattern, beside: expected }: PatternBody<VerifyCallsBody>,
) -> Result<CountCallsResponse, ProblemResponse> {
    let times = expected.times()?;
    context.check_existence()?;
    let tenant = context.tenant()?;
    let matcher = pattern.compile().map_err(CountError::from)?;
    let count = match expected.only()? {
        None => context.mock.verify(tenant.as_ref(), &matcher, times, context.cancellation)?,
        Some(only) => context.mock.verify_only(tenant.as_ref(), &matcher, &only, context.cancellation)?,
    };
    Ok(CountCallsResponse { count })
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

fn show(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<CallInfo, ProblemResponse> {
    let (mock, id) = (context.mock, context.name());
    let no_such = || ProblemResponse::not_found(format!("there is no call `{}`", shortened(id)));
    let number = id.parse().map_err(|_| no_such())?;
    match mock.find_call(number) {
        Some(call) => Ok(CallInfo::from_entry(&call, mock)),
        None if mock.was_call_evicted(number) => Err(ProblemResponse::gone(format!(
            "the call `{number}` is not in the journal; it may have been evicted (--journal-calls, --journal-bytes)"
        ))),
        None => Err(no_such()),
    }
}

fn clear(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    let tenant = context.tenant()?;
    context.mock.forget_calls(tenant.as_deref());
    Ok(())
}

pub(super) fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<Timestamp>, D::Error> {
    let moment = parse_moment(&String::deserialize(reader)?).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map(Some).map_err(D::Error::custom)
}
