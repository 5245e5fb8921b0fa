//! `/__admin/clock…`: what companies take for the time of day.

use std::{sync::Arc, time::Duration};

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use super::{
    listing::{MOST, Whose},
    of_company,
    plain::Context,
    problem::Problem,
};
use crate::{
    clock::{Clock, Turn, parse_duration, parse_moment},
    company::Tenant,
    mock::{FellDue, MockService},
};

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    company_key: Option<String>,
    /// `500ms`, `90s`, `15m`, `24h`.
    #[serde(deserialize_with = "duration")]
    #[cfg_attr(test, schemars(with = "String"))]
    by: Duration,
}

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    company_key: Option<String>,
    /// `2026-01-31T12:00:00Z`.
    #[serde(deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "String"))]
    to: Timestamp,
}

/// The clocks that were asked for, as they stand now.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Clocks {
    clocks: Vec<ClockInfo>,
}

/// The clocks that were moved, and what fell due by that.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Moved {
    clocks: Vec<ClockInfo>,
    /// How much fell due, of which `fell_due` has the first thousand.
    fell_due_count: usize,
    fell_due: Vec<FellDue>,
}

/// A clock as it stands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ClockInfo {
    /// `None` for the server's.
    company_key: Option<String>,
    now: String,
    is_frozen: bool,
}

impl ClockInfo {
    fn of(company_key: Option<&str>, clock: &Clock) -> Self {
        Self { company_key: company_key.map(str::to_owned), now: clock.now().to_string(), is_frozen: clock.is_frozen() }
    }
}

/// The clocks of one company, or of the server and of all companies.
struct Hands<'a> {
    mock: &'a MockService,
    tenants: Vec<Arc<Tenant>>,
    /// Whether the server's is among them.
    with_server: bool,
}

impl<'a> Hands<'a> {
    fn find(mock: &'a MockService, company_key: Option<&str>) -> Result<Self, Problem> {
        Ok(match company_key {
            Some(key) => Self { mock, tenants: vec![of_company(mock, Some(key))?], with_server: false },
            None => Self { mock, tenants: mock.companies(), with_server: true },
        })
    }

    fn turn(&self, turn: Turn) {
        for tenant in &self.tenants {
            tenant.change_clock(turn);
        }
        if self.with_server {
            self.mock.turn_own_clock(turn);
        }
    }

    fn show(&self) -> Vec<ClockInfo> {
        let server = self.with_server.then(|| ClockInfo::of(None, &self.mock.clock));
        let companies = self.tenants.iter().map(|tenant| ClockInfo::of(Some(&tenant.key), &tenant.clock));
        server.into_iter().chain(companies).take(MOST).collect()
    }

    fn moved(&self, mut fell_due: Vec<FellDue>) -> Json<Moved> {
        let fell_due_count = fell_due.len();
        fell_due.truncate(MOST);
        Json(Moved { clocks: self.show(), fell_due_count, fell_due })
    }
}

pub(super) fn show(Context { mock, .. }: Context<'_>, whose: Whose) -> Result<Json<Clocks>, Problem> {
    Ok(Json(Clocks { clocks: Hands::find(mock, whose.company_key.as_deref())?.show() }))
}

pub(super) fn advance(
    Context { mock, .. }: Context<'_>,
    Advance { company_key, by }: Advance,
) -> Result<Json<Moved>, Problem> {
    let hands = Hands::find(mock, company_key.as_deref())?;
    let fell_due = match &hands.tenants[..] {
        [tenant] if !hands.with_server => mock.advance(tenant, by),
        _ => mock.advance_all(by),
    };
    Ok(hands.moved(fell_due))
}

/// Clocks go to a moment, and run or stand there as before.
pub(super) fn set(Context { mock, .. }: Context<'_>, Set { company_key, to }: Set) -> Result<Json<Moved>, Problem> {
    let hands = Hands::find(mock, company_key.as_deref())?;
    let mut fell_due: Vec<_> = hands.tenants.iter().flat_map(|tenant| mock.set_clock(tenant, to)).collect();
    if hands.with_server {
        fell_due.extend(mock.set_own_clock(to));
    }
    Ok(hands.moved(fell_due))
}

pub(super) fn freeze(Context { mock, .. }: Context<'_>, whose: Whose) -> Result<Json<Clocks>, Problem> {
    let hands = Hands::find(mock, whose.company_key.as_deref())?;
    hands.turn(Turn::Freeze);
    Ok(Json(Clocks { clocks: hands.show() }))
}

pub(super) fn resume(Context { mock, .. }: Context<'_>, whose: Whose) -> Result<Json<Clocks>, Problem> {
    let hands = Hands::find(mock, whose.company_key.as_deref())?;
    hands.turn(Turn::Unfreeze);
    Ok(Json(Clocks { clocks: hands.show() }))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(reader: D) -> Result<Duration, D::Error> {
    parse_duration(&String::deserialize(reader)?).map_err(D::Error::custom)
}

fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Timestamp, D::Error> {
    let moment = parse_moment(&String::deserialize(reader)?).map_err(D::Error::custom)?;
    Timestamp::try_from(moment).map_err(D::Error::custom)
}
