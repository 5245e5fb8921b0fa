//! `/__admin/clock…`: the clocks of the companies and the server.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{
    action::{Action, Context},
    extract::EmptyBody,
    paging::MAX_PAGE_LIMIT,
    problem::ProblemResponse,
};
use crate::{
    clock::{Clock, ClockChange, DurationText, parse_moment},
    company::Tenant,
    mock::{DueEvent, MockService},
};

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct AdvanceClockBody {
    /// `500ms`, `90s`, `15m`, `24h`, `7d`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) by: DurationText,
}

#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct SetClockBody {
    /// `2026-01-31T12:00:00Z`.
    #[serde(deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: Timestamp,
}

/// The requested clocks.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ClockList {
    pub(crate) clocks: Vec<ClockInfo>,
}

/// The changed clocks, and the events that became due.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ClockMoveResponse {
    clocks: Vec<ClockInfo>,
    /// Number of due events, of which `fell_due` has the first thousand.
    fell_due_count: usize,
    pub(crate) fell_due: Vec<DueEvent>,
}

/// A clock.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ClockInfo {
    /// `None` for the server's clock.
    company_key: Option<String>,
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) now: Timestamp,
    is_frozen: bool,
}

impl ClockInfo {
    fn from_clock(company_key: Option<&str>, clock: &Clock) -> Self {
        Self { company_key: company_key.map(str::to_owned), now: clock.now(), is_frozen: clock.is_frozen() }
    }
}

/// The clocks of one company, or of the server and all companies.
struct ClockScope<'a> {
    mock: &'a MockService,
    tenants: Vec<Arc<Tenant>>,
    /// Whether the server's clock is included.
    with_server: bool,
}

impl<'a> ClockScope<'a> {
    fn find(context: Context<'a>) -> Result<Self, ProblemResponse> {
        let Context { mock, .. } = context;
        Ok(match context.tenant()? {
            Some(tenant) => Self { mock, tenants: vec![tenant], with_server: false },
            None => Self { mock, tenants: mock.companies(), with_server: true },
        })
    }

    fn turn(&self, turn: ClockChange) {
        for tenant in &self.tenants {
            tenant.change_clock(turn);
        }
        if self.with_server {
            self.mock.turn_own_clock(turn);
        }
    }

    fn show(&self) -> Vec<ClockInfo> {
        let server = self.with_server.then(|| ClockInfo::from_clock(None, &self.mock.clock));
        let companies = self.tenants.iter().map(|tenant| ClockInfo::from_clock(Some(&tenant.key), &tenant.clock));
        server.into_iter().chain(companies).take(MAX_PAGE_LIMIT).collect()
    }

    fn moved(&self, mut fell_due: Vec<DueEvent>) -> ClockMoveResponse {
        let fell_due_count = fell_due.len();
        fell_due.truncate(MAX_PAGE_LIMIT);
        ClockMoveResponse { clocks: self.show(), fell_due_count, fell_due }
    }
}

pub(crate) static SHOW: Action<EmptyBody, ClockList> =
    Action::get("/clock", show).named("getClocks", "Returns the clocks").of_company();
pub(crate) static ADVANCE: Action<AdvanceClockBody, ClockMoveResponse> =
    Action::post("/clock/advance", advance).named("advanceClocks", "Advances the clocks").of_company();
pub(crate) static SET: Action<SetClockBody, ClockMoveResponse> =
    Action::post("/clock/set", set).named("setClocks", "Sets the clocks").of_company();
pub(crate) static FREEZE: Action<EmptyBody, ClockList> =
    Action::post("/clock/freeze", freeze).named("freezeClocks", "Freezes the clocks").of_company();
pub(crate) static RESUME: Action<EmptyBody, ClockList> =
    Action::post("/clock/resume", resume).named("resumeClocks", "Resumes the clocks").of_company();

fn show(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<ClockList, ProblemResponse> {
    Ok(ClockList { clocks: ClockScope::find(context)?.show() })
}

fn advance(
    context: Context<'_>,
    AdvanceClockBody { by: DurationText(by) }: AdvanceClockBody,
) -> Result<ClockMoveResponse, ProblemResponse> {
    let (scope, mock) = (ClockScope::find(context)?, context.mock);
    let fell_due = match &scope.tenants[..] {
        [tenant] if !scope.with_server => mock.advance(tenant, by),
        _ => mock.advance_all(by),
    };
    Ok(scope.moved(fell_due))
}

/// Sets clocks; they stay running or frozen.
fn set(context: Context<'_>, SetClockBody { to }: SetClockBody) -> Result<ClockMoveResponse, ProblemResponse> {
    let (scope, mock) = (ClockScope::find(context)?, context.mock);
    let mut fell_due: Vec<_> = scope.tenants.iter().flat_map(|tenant| mock.set_clock(tenant, to)).collect();
    if scope.with_server {
        fell_due.extend(mock.set_own_clock(to));
    }
    Ok(scope.moved(fell_due))
}

fn freeze(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<ClockList, ProblemResponse> {
    let scope = ClockScope::find(context)?;
    scope.turn(ClockChange::Freeze);
    Ok(ClockList { clocks: scope.show() })
}

fn resume(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<ClockList, ProblemResponse> {
    let scope = ClockScope::find(context)?;
    scope.turn(ClockChange::Unfreeze);
    Ok(ClockList { clocks: scope.show() })
}

fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    let moment = parse_moment(&String::deserialize(reader)?).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map_err(D::Error::custom)
}
