//! `/__admin/clock…`: the clocks of the companies and the server.

use std::sync::Arc;

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{
    company_or_default,
    paging::{CompanyParam, MAX_PAGE_LIMIT},
    plain_handler::Context,
    problem::ProblemResponse,
};
use crate::{
    clock::{Clock, ClockChange, DurationText, parse_moment},
    company::Tenant,
    mock::{DueEvent, MockService},
};

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct AdvanceClockBody {
    company_key: Option<String>,
    /// `500ms`, `90s`, `15m`, `24h`, `7d`.
    #[cfg_attr(test, schemars(with = "String"))]
    by: DurationText,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SetClockBody {
    company_key: Option<String>,
    /// `2026-01-31T12:00:00Z`.
    #[serde(deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "String"))]
    to: Timestamp,
}

/// The requested clocks.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ClockList {
    clocks: Vec<ClockInfo>,
}

/// The changed clocks, and the events that became due.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ClockMoveResponse {
    clocks: Vec<ClockInfo>,
    /// Number of due events, of which `fell_due` has the first thousand.
    fell_due_count: usize,
    fell_due: Vec<DueEvent>,
}

/// A clock.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ClockInfo {
    /// `None` for the server's clock.
    company_key: Option<String>,
    now: String,
    is_frozen: bool,
}

impl ClockInfo {
    fn from_clock(company_key: Option<&str>, clock: &Clock) -> Self {
        Self { company_key: company_key.map(str::to_owned), now: clock.now().to_string(), is_frozen: clock.is_frozen() }
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
    fn find(mock: &'a MockService, company_key: Option<&str>) -> Result<Self, ProblemResponse> {
        Ok(match company_key {
            Some(key) => Self { mock, tenants: vec![company_or_default(mock, Some(key))?], with_server: false },
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

    fn moved(&self, mut fell_due: Vec<DueEvent>) -> Json<ClockMoveResponse> {
        let fell_due_count = fell_due.len();
        fell_due.truncate(MAX_PAGE_LIMIT);
        Json(ClockMoveResponse { clocks: self.show(), fell_due_count, fell_due })
    }
}

pub(super) fn show(Context { mock, .. }: Context<'_>, whose: CompanyParam) -> Result<Json<ClockList>, ProblemResponse> {
    Ok(Json(ClockList { clocks: ClockScope::find(mock, whose.company_key.as_deref())?.show() }))
}

pub(super) fn advance(
    Context { mock, .. }: Context<'_>,
    AdvanceClockBody { company_key, by: DurationText(by) }: AdvanceClockBody,
) -> Result<Json<ClockMoveResponse>, ProblemResponse> {
    let hands = ClockScope::find(mock, company_key.as_deref())?;
    let fell_due = match &hands.tenants[..] {
        [tenant] if !hands.with_server => mock.advance(tenant, by),
        _ => mock.advance_all(by),
    };
    Ok(hands.moved(fell_due))
}

/// Sets clocks; they stay running or frozen.
pub(super) fn set(
    Context { mock, .. }: Context<'_>,
    SetClockBody { company_key, to }: SetClockBody,
) -> Result<Json<ClockMoveResponse>, ProblemResponse> {
    let hands = ClockScope::find(mock, company_key.as_deref())?;
    let mut fell_due: Vec<_> = hands.tenants.iter().flat_map(|tenant| mock.set_clock(tenant, to)).collect();
    if hands.with_server {
        fell_due.extend(mock.set_own_clock(to));
    }
    Ok(hands.moved(fell_due))
}

pub(super) fn freeze(
    Context { mock, .. }: Context<'_>,
    whose: CompanyParam,
) -> Result<Json<ClockList>, ProblemResponse> {
    let hands = ClockScope::find(mock, whose.company_key.as_deref())?;
    hands.turn(ClockChange::Freeze);
    Ok(Json(ClockList { clocks: hands.show() }))
}

pub(super) fn resume(
    Context { mock, .. }: Context<'_>,
    whose: CompanyParam,
) -> Result<Json<ClockList>, ProblemResponse> {
    let hands = ClockScope::find(mock, whose.company_key.as_deref())?;
    hands.turn(ClockChange::Unfreeze);
    Ok(Json(ClockList { clocks: hands.show() }))
}

fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    let moment = parse_moment(&String::deserialize(reader)?).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map_err(D::Error::custom)
}
