//! `/__admin/sessions…`: reading, beginning, finishing and removing sessions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    action::{Action, Context},
    action_params::ObjectBody,
    extract::{EmptyBody, read},
    paging::{ListPage, ListQuery, PageLimit, SortOrder},
    problem::ProblemResponse,
    verdict::DecideBody,
};
use crate::{
    foreign_text::{shortened, without_quotes},
    http::widget::location_of,
    mock::{
        BeginRequest, CallError, FinishRequest, MockService, SessionDetails, SessionFilter, SessionInfo, SessionRange,
        SwitchScenarioError,
    },
    session::{DecisionError, FinishError, NO_SESSION},
    vendor::{FlagsAndSteps, FlagsAtBegin, StepsAtBegin, Token},
};

/// The filters of a list of sessions.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSessionsQuery {
    scenario: Option<String>,
    /// The current result, in capitals or not.
    #[serde(alias = "answer")]
    current_result: Option<String>,
    is_opened: Option<bool>,
    is_finished: Option<bool>,
    /// Their parent session.
    parent: Option<String>,
    #[serde(default)]
    order: SortOrder,
    #[serde(default)]
    limit: PageLimit,
    cursor: Option<u64>,
}

/// The input of a new session.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginSessionBody {
    /// The scenario; by default it is selected as in `begin/`.
    scenario: Option<String>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    config_id: Option<String>,
    parent_session_id: Option<String>,
}

/// The scenario to switch to.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchScenarioBody {
    pub(crate) scenario: String,
}

/// The step that the person reaches.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ReachStepBody {
    /// Its key or type.
    pub(crate) step: String,
}

pub(crate) static LIST: Action<ListSessionsQuery, ListPage<SessionInfo>> =
    Action::get("/sessions", list).named("listSessions", "Lists the sessions").of_company();
pub(crate) static BEGIN: Action<ObjectBody<BeginSessionBody>, SessionInfo> = Action::post("/sessions", begin)
    .named("beginSession", "Begins a session without a vendor call")
    .of_company()
    .created(|session| ["sessions", &session.token]);
pub(crate) static SHOW: Action<EmptyBody, SessionDetails> =
    Action::get("/sessions/{token}", show).named("getSession", "Returns a session with its details").of_company();
pub(crate) static REMOVE: Action<EmptyBody, ()> =
    Action::delete("/sessions/{token}", remove).named("removeSession", "Removes a session").of_company();
pub(crate) static FINISH: Action<FinishRequest, SessionInfo> = Action::post("/sessions/{token}/finish", finish)
    .named("finishSession", "Finishes the session, as the scenario or the body says")
    .of_company()
    .fails_with(&[409]);
pub(crate) static DECIDE: Action<DecideBody, SessionInfo> = Action::post("/sessions/{token}/decide", decide)
    .named("decideSession", "Gives the decision of the vendor's operator, as the scenario or the body says")
    .of_company()
    .fails_with(&[409]);
pub(crate) static REACH_STEP: Action<ReachStepBody, SessionInfo> = Action::post("/sessions/{token}/step", reach_step)
    .named("reachStep", "Records that the person reached a step")
    .of_company()
    .fails_with(&[409]);
pub(crate) static SWITCH_SCENARIO: Action<SwitchScenarioBody, SessionInfo> =
    Action::post("/sessions/{token}/scenario", switch_scenario)
        .named("switchScenario", "Switches the session to another scenario")
        .of_company()
        .fails_with(&[409]);
pub(crate) static EXPIRE: Action<EmptyBody, SessionInfo> = Action::post("/sessions/{token}/expire", expire)
    .named("expireSession", "Expires the session token")
    .of_company()
    .fails_with(&[409]);

impl ListSessionsQuery {
    /// The latest session.
    pub(crate) fn latest() -> Self {
        Self { order: SortOrder::Newest, limit: PageLimit(1), ..Self::default() }
    }
}

impl ListQuery for ListSessionsQuery {
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>) {
        self.limit = limit;
        self.cursor = cursor.and_then(|cursor| cursor.parse().ok());
    }
}

fn list(context: Context<'_>, query: ListSessionsQuery) -> Result<ListPage<SessionInfo>, ProblemResponse> {
    let (mock, tenant) = (context.mock, context.tenant()?);
    let parent = query.parent.map(|token| token_in(&token, "parent")).transpose()?;
    let filter = SessionFilter {
        scenario: query.scenario,
        current_result: query.current_result,
        is_opened: query.is_opened,
        is_finished: query.is_finished,
        parent,
    };
    let newest_first = query.order == SortOrder::Newest;
    let PageLimit(limit) = query.limit;
    let range = SessionRange { limit, newest_first, after: query.cursor };
    let (found, has_more) = mock.list_sessions(tenant.as_ref(), &filter, range);
    let next = found.last().filter(|_| has_more).map(|(number, _)| number.to_string());
    Ok(ListPage { items: found.into_iter().map(|(_, session)| session).collect(), next })
}

fn begin(context: Context<'_>, body: ObjectBody<BeginSessionBody>) -> Result<SessionInfo, ProblemResponse> {
    let (mock, tenant) = (context.mock, context.tenant_or_default()?);
    let begin: BeginSessionBody = read(body.into_members()?.into())?;
    if let Some(name) = &begin.scenario {
        mock.catalogue()
            .scenarios
            .check(name)
            .map_err(|problem| ProblemResponse::invalid(problem).with_field("scenario"))?;
    }
    let form = FlagsAndSteps::from_values(begin.flags, &begin.steps);
    let request = BeginRequest {
        flags: &FlagsAtBegin::read(form.flags()),
        steps: &StepsAtBegin::read(form.steps()),
        config_id: begin.config_id.as_deref(),
        parent: begin.parent_session_id.as_deref(),
        meets_faults: false,
        requested: begin.scenario.as_deref().map(|name| (name, "the control API")),
        header: &|_| None,
    };
    let begun = mock.begin(&tenant, request).map_err(|refusal| match refusal {
        CallError::Error(error, _) => ProblemResponse::invalid(error.problem),
        CallError::Fault(_) => unreachable!("no fault is on it"),
    })?;
    now(mock, begun.token.as_str())
}

fn show(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<SessionDetails, ProblemResponse> {
    let token = context.token()?;
    let mut details = context.mock.session_details(token).ok_or_else(|| no_such(token))?;
    details.return_url = details.return_url.map(|url| location_of(&url, token, &context.mock.config));
    Ok(details)
}

fn remove(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    let token = context.token()?;
    if context.mock.remove_session(token) { Ok(()) } else { Err(no_such(token)) }
}

/// Finishes the session, as scripted, or with the outcome and answers of the body.
fn finish(context: Context<'_>, finish: FinishRequest) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.finish(token, finish)?;
    now(context.mock, token)
}

/// Makes a decision of the vendor's operator, as scripted, or as in the body.
fn decide(context: Context<'_>, DecideBody(verdict): DecideBody) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.decide(token, verdict.as_ref())?;
    now(context.mock, token)
}

/// Records that the person reached a step of the widget.
fn reach_step(context: Context<'_>, ReachStepBody { step }: ReachStepBody) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.reach(token, &step)?;
    now(context.mock, token)
}

/// Switches to another scenario.
fn switch_scenario(
    context: Context<'_>,
    SwitchScenarioBody { scenario }: SwitchScenarioBody,
) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.play(token, &scenario, "the control API").map_err(|error| match error {
        SwitchScenarioError::Session(error) => error.into(),
        SwitchScenarioError::NoSuchScenario(problem) => ProblemResponse::invalid(problem).with_field("scenario"),
    })?;
    now(context.mock, token)
}

/// Expires the token.
fn expire(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<SessionInfo, ProblemResponse> {
    let token = context.token()?;
    context.mock.expire(token)?;
    now(context.mock, token)
}

pub(super) fn now(mock: &MockService, token: &str) -> Result<SessionInfo, ProblemResponse> {
    mock.find_session(token).ok_or_else(|| no_such(token))
}

/// Parses the token of a parameter.
pub(super) fn token_in(token: &str, parameter: &str) -> Result<Token, ProblemResponse> {
    let known = Token::parse(without_quotes(token));
    known.ok_or_else(|| {
        ProblemResponse::invalid(format!("`{}` is not a session token", shortened(token))).with_field(parameter)
    })
}

fn no_such(token: &str) -> ProblemResponse {
    ProblemResponse::not_found(format!("there is no session `{}`; {NO_SESSION}", shortened(token)))
}

impl From<FinishError> for ProblemResponse {
    fn from(error: FinishError) -> Self {
        let detail = error.to_string();
        match error {
            FinishError::NoSuchSession => Self::not_found(detail),
            FinishError::AlreadyFinished | FinishError::Expired | FinishError::OtherBrowser => Self::conflict(detail),
            FinishError::InvalidAnswers(_) => Self::invalid(detail).with_field("answers"),
            FinishError::InvalidForm(_) | FinishError::InvalidVerdict(_) | FinishError::UnknownStep(_) => {
                Self::invalid(detail)
            }
        }
    }
}

impl From<DecisionError> for ProblemResponse {
    fn from(error: DecisionError) -> Self {
        let detail = error.to_string();
        match error {
            DecisionError::NoSuchSession => Self::not_found(detail),
            DecisionError::NotAwaited(_) => Self::conflict(detail),
            DecisionError::InvalidVerdict(_) => Self::invalid(detail),
        }
    }
}
