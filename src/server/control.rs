//! Seeing and steering a mock, in this process or another, in the words of the control API.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

#[cfg(feature = "client")]
use super::client::Remote;
use super::moment;
use crate::{
    clock::written_duration,
    company::Company,
    faults::{Fault, FaultInfo},
    foreign_text::without_quotes,
    http::{CallInfo, path_of},
    mock::{CompanyInfo, FellDue, Finish, ScenarioInfo, SessionDetails, SessionInfo},
    scenario::{Scenario, ScenarioChoice, Verdict},
};

/// Sees and steers a mock: one in this process ([`crate::MockServer::control`]), or one that listens somewhere
/// (`MockClient`). It is cheap to clone.
///
/// It is for every company, or for one: see [`Control::company`]. What belongs to one alone, a queue and a session that
/// begins, is that of the first company then.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use identomat_mock::{Endpoint, Fault, MockServer, Outcome};
/// use serde_json::json;
///
/// let mock = MockServer::builder().company("one").company("two").start().await?;
/// let two = mock.control().company("two");
/// let session = two.begin(json!({"scenario": "manual-check", "flags": {"language": "ka"}})).await?;
/// two.finish(&session.token).await?;
/// two.decide(&session.token, Outcome::Rejected).await?;
/// assert_eq!(two.session(&session.token).await?.session.answer, "REJECTED");
/// two.fault(Fault::status(503).on(Endpoint::Result)).await?;
/// two.advance(Duration::from_secs(15 * 60)).await?;
/// two.reset().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Control {
    door: Door,
    company_key: Option<String>,
}

/// How the control API is reached.
#[derive(Clone)]
enum Door {
    /// In this process, without a socket.
    Here(Router),
    #[cfg(feature = "client")]
    There(Remote),
}

/// Why a mock does not do what it is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// It cannot be reached, or does not answer in time.
    #[error("{0}")]
    Unreachable(String),
    /// It says why not.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// It answers what no mock answers, or one of another version.
    #[error("{0}")]
    Unexpected(String),
}

/// What the control API says is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// The status of the answer: 404 for what is not there, 409 for what does not go with how things stand.
    pub status: u16,
    /// What is wrong, and what to do.
    pub detail: String,
    /// Where it is wrong.
    pub field: Option<String>,
    /// What could stand there.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// That of it which is most like what was given.
    pub nearest: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        self.nearest.iter().try_for_each(|nearest| write!(f, " (did you mean `{nearest}`?)"))
    }
}

/// A part of a list.
#[derive(Deserialize)]
struct Part<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Of a list, so many are asked for at once.
const AT_ONCE: &str = "1000";

impl Control {
    pub(super) fn here(router: Router) -> Self {
        Self { door: Door::Here(router), company_key: None }
    }

    #[cfg(feature = "client")]
    pub(super) fn there(remote: Remote) -> Self {
        Self { door: Door::There(remote), company_key: None }
    }

    /// The same for one company: what is done here, no other notices. Where any key may call, it comes to be when it is
    /// steered.
    pub fn company(&self, key: impl Into<String>) -> Self {
        Self { door: self.door.clone(), company_key: Some(key.into()) }
    }

    /// What the mock has loaded, and its version, as `health/ready` says it.
    ///
    /// # Errors
    ///
    /// As all that can be asked for here: [`ControlError`], which says what is wrong.
    pub async fn ready(&self) -> Result<Value, ControlError> {
        self.get(&["health", "ready"], &[]).await
    }

    /// What the mock was started with.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn settings(&self) -> Result<Value, ControlError> {
        self.get(&["settings"], &[]).await
    }

    /// The companies, in the order of their keys; the one alone, where this is for one.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn companies(&self) -> Result<Vec<CompanyInfo>, ControlError> {
        match &self.company_key {
            Some(key) => Ok(vec![self.get(&["companies", key], &[]).await?]),
            None => self.list("companies", &[]).await,
        }
    }

    /// Adds a company, until everything is reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is one of its key, or it says what cannot be.
    pub async fn add_company(&self, company: impl Into<Company>) -> Result<CompanyInfo, ControlError> {
        self.post(&["companies"], company.into().written()).await
    }

    /// Sets a company in another way, until it is reset: `json!({"scenario": "rejected", "secret": null})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that key, or the change says what cannot be.
    pub async fn change_company(&self, key: &str, change: Value) -> Result<CompanyInfo, ControlError> {
        self.ask(Method::PATCH, path_of(&["companies", key]), Some(change)).await
    }

    /// Removes a company with its sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that key.
    pub async fn remove_company(&self, key: &str) -> Result<(), ControlError> {
        self.delete(&["companies", key], &[]).await
    }

    /// Makes the company as it was at the start, or everything.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn reset(&self) -> Result<(), ControlError> {
        let path = match &self.company_key {
            Some(key) => path_of(&["companies", key, "reset"]),
            None => path_of(&["reset"]),
        };
        self.ask::<Value>(Method::POST, path, None).await.map(|_| ())
    }

    /// The sessions as they stand, in the order in which they began.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ControlError> {
        self.list("sessions", &[]).await
    }

    /// The session that began last, whose token only the app under test may know.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn last_session(&self) -> Result<Option<SessionInfo>, ControlError> {
        let part: Part<SessionInfo> = self.get(&["sessions"], &[("order", "newest"), ("limit", "1")]).await?;
        Ok(part.items.into_iter().next())
    }

    /// All that is known of a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that token.
    pub async fn session(&self, token: &str) -> Result<SessionDetails, ControlError> {
        self.ask(Method::GET, path_of(&["sessions", without_quotes(token)]), None).await
    }

    /// Begins a session without a call of the vendor's API, with what the control API takes: `json!({"scenario": …})`.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when it cannot begin.
    pub async fn begin(&self, wish: Value) -> Result<SessionInfo, ControlError> {
        match wish {
            Value::Object(members) => self.post(&["sessions"], self.said(members)).await,
            other => self.ask(Method::POST, path_of(&["sessions"]), Some(other)).await,
        }
    }

    /// Finishes a session as a person in the widget would, with the outcome that its scenario says.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, it is finished already, or its token has expired.
    pub async fn finish(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.finish_as(token, Finish::default()).await
    }

    /// Finishes a session in a way of its own: with an [`crate::Outcome`], a [`Verdict`] or a [`Finish`].
    ///
    /// # Errors
    ///
    /// As [`Control::finish`], and when the answers do not fit the questions, or a reason goes with no rejection.
    pub async fn finish_as(&self, token: &str, finish: impl Into<Finish>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "finish"], finish.into().written()).await
    }

    /// Decides about a session as the vendor's operator would.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or the verdict does not go together.
    pub async fn decide(&self, token: &str, verdict: impl Into<Verdict>) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], verdict.into().written("outcome")).await
    }

    /// Gives the decision that the session's scenario waits for.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or its scenario does not wait for a decision now.
    pub async fn decide_as_scripted(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "decide"], Map::new()).await
    }

    /// Lets the token of a session run out.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such session, or the person is through.
    pub async fn expire(&self, token: &str) -> Result<SessionInfo, ControlError> {
        self.post(&["sessions", without_quotes(token), "expire"], Map::new()).await
    }

    /// Removes a session.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none of that token.
    pub async fn remove_session(&self, token: &str) -> Result<(), ControlError> {
        self.ask::<Value>(Method::DELETE, path_of(&["sessions", without_quotes(token)]), None).await.map(|_| ())
    }

    /// The scenarios, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn scenarios(&self) -> Result<Vec<ScenarioInfo>, ControlError> {
        let of_everybody = Self { company_key: None, ..self.clone() };
        of_everybody.list("scenarios", &[]).await
    }

    /// The scenario of that name.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none.
    pub async fn scenario(&self, name: &str) -> Result<ScenarioInfo, ControlError> {
        self.ask(Method::GET, path_of(&["scenarios", name]), None).await
    }

    /// Adds a scenario for sessions of every company, until everything is reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when it says what cannot be.
    pub async fn add_scenario(&self, scenario: Scenario) -> Result<ScenarioInfo, ControlError> {
        self.post(&["scenarios"], scenario.written()).await
    }

    /// Lets the next session that does not ask for a scenario take this one: a name, or a [`Scenario`] that nobody else
    /// can ask for.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such scenario, or the one that was built cannot be.
    pub async fn next_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ControlError> {
        self.next_scenarios(vec![scenario.into()]).await
    }

    /// As [`Control::next_scenario`], for as many sessions as there are scenarios.
    ///
    /// # Errors
    ///
    /// As [`Control::next_scenario`]; none is queued then.
    pub async fn next_scenarios(&self, scenarios: Vec<ScenarioChoice>) -> Result<(), ControlError> {
        let choice = |choice: &ScenarioChoice| match choice {
            ScenarioChoice::Named(name) => Value::from(name.as_str()),
            ScenarioChoice::Own(scenario) => scenario.written().into(),
        };
        let queued = Map::from_iter([("scenarios".to_owned(), scenarios.iter().map(choice).collect())]);
        self.post::<Value>(&["scenarios", "queue"], self.said(queued)).await.map(|_| ())
    }

    /// The names of the scenarios of the next sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn queue(&self) -> Result<Vec<String>, ControlError> {
        #[derive(Deserialize)]
        struct Queue {
            scenarios: Vec<String>,
        }

        self.get::<Queue>(&["scenarios", "queue"], &[]).await.map(|queue| queue.scenarios)
    }

    /// Forgets the scenarios of the next sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn empty_queue(&self) -> Result<(), ControlError> {
        self.delete(&["scenarios", "queue"], &[]).await
    }

    /// Lets something go wrong with the next calls: of the company, or of whichever.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when the fault is for a scenario that there is not.
    pub async fn fault(&self, fault: Fault) -> Result<FaultInfo, ControlError> {
        self.post(&["faults"], self.said(fault.written())).await
    }

    /// The faults in force: those on every company, then each company's own; the company's own alone, where this is for
    /// one.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn faults(&self) -> Result<Vec<FaultInfo>, ControlError> {
        self.list("faults", &[]).await
    }

    /// Ends a fault of the company, or one on every company; false when there is none of that name any more.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn remove_fault(&self, name: &str) -> Result<bool, ControlError> {
        match self.delete(&["faults", name], &[]).await {
            Err(ControlError::Refused(refused)) if refused.status == 404 && refused.field.is_none() => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Ends every fault of the company, or all.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        self.delete(&["faults"], &[]).await
    }

    /// The time of day on the company's clock, or on the server's.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn now(&self) -> Result<SystemTime, ControlError> {
        let clocks: Value = self.get(&["clock"], &[]).await?;
        let now = clocks["clocks"][0]["now"].as_str().and_then(|now| now.parse::<Timestamp>().ok());
        let now = now.and_then(|now| SystemTime::try_from(now).ok());
        now.ok_or_else(|| ControlError::Unexpected(format!("the clock tells no time: {clocks}")))
    }

    /// Moves the company's clock on, or every clock; answers the first thousand things that fell due.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn advance(&self, by: Duration) -> Result<Vec<FellDue>, ControlError> {
        self.turn("advance", [("by", written_duration(by))]).await
    }

    /// As [`Control::advance`], to a moment, earlier or later.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn set_clock(&self, at: SystemTime) -> Result<Vec<FellDue>, ControlError> {
        self.turn("set", [("to", moment(at).to_string())]).await
    }

    /// Stops the company's clock, or every clock.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn freeze_clock(&self) -> Result<(), ControlError> {
        self.post::<Value>(&["clock", "freeze"], self.said(Map::new())).await.map(|_| ())
    }

    /// Lets the company's clock run on, or every clock.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn unfreeze_clock(&self) -> Result<(), ControlError> {
        self.post::<Value>(&["clock", "resume"], self.said(Map::new())).await.map(|_| ())
    }

    /// The calls that are remembered, in the order in which they were answered.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn calls(&self) -> Result<Vec<CallInfo>, ControlError> {
        self.list("calls", &[]).await
    }

    /// The calls about a session that are remembered.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when that is no token.
    pub async fn calls_of(&self, token: &str) -> Result<Vec<CallInfo>, ControlError> {
        self.list("calls", &[("session", without_quotes(token))]).await
    }

    /// Forgets the calls of the company, or all.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn forget_calls(&self) -> Result<(), ControlError> {
        self.delete(&["calls"], &[]).await
    }

    async fn turn(&self, how: &str, what: [(&str, String); 1]) -> Result<Vec<FellDue>, ControlError> {
        #[derive(Deserialize)]
        struct Moved {
            fell_due: Vec<FellDue>,
        }

        let what = what.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        self.post::<Moved>(&["clock", how], self.said(what)).await.map(|moved| moved.fell_due)
    }

    /// What is said, with the company that it is for.
    fn said(&self, mut members: Map<String, Value>) -> Map<String, Value> {
        if let Some(key) = &self.company_key {
            members.entry("company_key").or_insert_with(|| key.as_str().into());
        }
        members
    }

    /// All parts of a list.
    async fn list<T: DeserializeOwned>(&self, name: &str, query: &[(&str, &str)]) -> Result<Vec<T>, ControlError> {
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut query = [query, &[("limit", AT_ONCE)]].concat();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let part: Part<T> = self.get(&[name], &query).await?;
            items.extend(part.items);
            match part.next {
                Some(next) => cursor = Some(next),
                None => return Ok(items),
            }
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, ControlError> {
        self.ask(Method::GET, self.with_query(path, query), None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &[&str], body: Map<String, Value>) -> Result<T, ControlError> {
        self.ask(Method::POST, path_of(path), Some(body.into())).await
    }

    async fn delete(&self, path: &[&str], query: &[(&str, &str)]) -> Result<(), ControlError> {
        self.ask::<Value>(Method::DELETE, self.with_query(path, query), None).await.map(|_| ())
    }

    /// A path with its query, and the company that it is for where a query can name one.
    fn with_query(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let names_company =
            matches!(path[0], "sessions" | "faults" | "clock" | "calls") || path == ["scenarios", "queue"];
        let company = self.company_key.as_deref().filter(|_| names_company).map(|key| ("company_key", key));
        let mut text = path_of(path);
        if company.is_some() || !query.is_empty() {
            let mut pairs = form_urlencoded::Serializer::new(String::new());
            text.push('?');
            text.push_str(&pairs.extend_pairs(company).extend_pairs(query).finish());
        }
        text
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: String,
        body: Option<Value>,
    ) -> Result<T, ControlError> {
        let call = format!("{method} {path}");
        let body = body.map(|body| body.to_string());
        let (status, answer) = match &self.door {
            Door::Here(router) => {
                let mut request = Request::builder().method(method).uri(&path);
                if body.is_some() {
                    request = request.header(header::CONTENT_TYPE, "application/json");
                }
                let request = request.body(Body::from(body.unwrap_or_default()));
                let request = request.map_err(|error| ControlError::Unexpected(format!("{call}: {error}")))?;
                let Ok(response) = router.clone().oneshot(request).await;
                let status = response.status().as_u16();
                let answer = to_bytes(response.into_body(), usize::MAX).await;
                (status, answer.map_err(|error| ControlError::Unexpected(format!("{call}: {error}")))?)
            }
            #[cfg(feature = "client")]
            Door::There(remote) => remote.ask(method, &path, body).await?,
        };
        let unexpected = |error: serde_json::Error| {
            let answer = String::from_utf8_lossy(&answer);
            let answer = crate::foreign_text::shortened(&answer);
            ControlError::Unexpected(format!(
                "{call} answers {status} and `{answer}`, which is not understood: {error}"
            ))
        };
        match status {
            204 => serde_json::from_value(json!(null)).map_err(unexpected),
            200..300 => serde_json::from_slice(&answer).map_err(unexpected),
            _ => Err(ControlError::Refused(serde_json::from_slice(&answer).map_err(unexpected)?)),
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let door = match &self.door {
            Door::Here(_) => "this process",
            #[cfg(feature = "client")]
            Door::There(remote) => remote.url(),
        };
        f.debug_struct("Control").field("mock", &door).field("company_key", &self.company_key).finish()
    }
}
