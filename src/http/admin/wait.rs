//! `/__admin/wait/…`: answers as soon as something is so.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    clock::duration,
    problem::Problem,
    reading::{Named, Query},
    sessions::token_in,
};
use crate::{
    clock::Stopwatch,
    mock::{Mock, SessionInfo, Until, WaitError},
};

/// How long somebody waits at most.
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// Of a session that was waited for in vain, so many calls are told.
const LAST_CALLS: usize = 5;

/// What is waited for in a session.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ForSession {
    /// `opened`, `step=NAME`, `finished`, `stage=N`, `result`, `result=WORD`, `deleted` or `expired`.
    #[serde(deserialize_with = "until")]
    #[cfg_attr(test, schemars(with = "String"))]
    until: Until,
    /// At most so long in real time: `500ms`, `5s`, at most `10m`.
    #[serde(default = "usual", deserialize_with = "patience")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    timeout: Duration,
}

/// It is so.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Waited {
    /// The session as it stands; `None` when it was deleted.
    session: Option<SessionInfo>,
    /// How long it took, in milliseconds of real time.
    waited_ms: f64,
}

pub(super) async fn session(
    State(mock): State<Arc<Mock>>,
    Named(token): Named,
    Query(ForSession { until, timeout: patience }): Query<ForSession>,
) -> Result<Json<Waited>, Problem> {
    let token = token_in(&token, "token")?;
    let _place = place(&mock)?;
    let stopwatch = Stopwatch::start();
    match timeout(patience, mock.wait_for_session(token, &until)).await {
        Ok(waited) => {
            let session = waited?;
            Ok(Json(Waited { session, waited_ms: stopwatch.elapsed().as_secs_f64() * 1000.0 }))
        }
        Err(_) => {
            let stands = mock.look_into_session(token.as_str());
            let stands = stands.ok_or_else(|| Problem::from(WaitError::NoSuchSession(token)))?;
            let (now, last) = (stands.in_words(), stands.calls.len().saturating_sub(LAST_CALLS));
            let detail = format!("`{until}` did not come within {patience:?}: the session {now}");
            Err(Problem::late(detail).with_session(stands.session, stands.calls[last..].to_vec()))
        }
    }
}

/// A place among those who wait, for as long as it is held.
pub(super) fn place(mock: &Mock) -> Result<OwnedSemaphorePermit, Problem> {
    mock.waiting.clone().try_acquire_owned().map_err(|_| {
        let most = mock.config.clients.waiting();
        Problem::no_room(format!(
            "{most} clients wait or listen already, and no more can (three quarters of --max-connections, at most 10000)"
        ))
    })
}

impl From<WaitError> for Problem {
    fn from(error: WaitError) -> Self {
        let detail = error.to_string();
        match error {
            WaitError::NoSuchSession(_) => Self::not_found(detail),
            WaitError::NoSuchThing(_) => Self::invalid(detail).at("until"),
            WaitError::Gone(_) => Self::gone(detail),
            WaitError::Never(_) => Self::conflict(detail),
        }
    }
}

fn until<'de, D: Deserializer<'de>>(reader: D) -> Result<Until, D::Error> {
    String::deserialize(reader)?.parse().map_err(D::Error::custom)
}

pub(super) fn usual() -> Duration {
    Duration::from_secs(5)
}

pub(super) fn patience<'de, D: Deserializer<'de>>(reader: D) -> Result<Duration, D::Error> {
    let time = duration(reader)?;
    if time <= LONGEST { Ok(time) } else { Err(D::Error::custom(format!("{time:?} is longer than 10m, the most"))) }
}
