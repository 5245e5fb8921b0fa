//! `/__admin/sessions…`: reading, beginning, finishing and removing sessions.

use axum::{Json, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    company_or_default, created,
    extract::EmptyBody,
    paging::{ListPage, PageLimit, SortOrder},
    plain_handler::Context,
    problem::ProblemResponse,
    verdict::VerdictBody,
};
use crate::{
    foreign_text::{shortened, without_quotes},
    mock::{
        BeginRequest, CallError, MockService, SessionDetails, SessionFilter, SessionInfo, SessionRange,
        SwitchScenarioError,
    },
    session::{DecisionError, FinishError, NO_SESSION},
    vendor::{FlagsAndSteps, Token},
};

/// The filters of a list of sessions.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ListSessionsQuery {
    company_key: Option<String>,
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
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct BeginSessionBody {
    /// The company; by default the first.
    company_key: Option<String>,
    /// The scenario; by default it is selected as in `begin/`.
    scenario: Option<String>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
    config_id: Option<String>,
    parent_session_id: Option<String>,
}

/// The new scenario of a session.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SwitchScenarioBody {
    scenario: String,
}

pub(super) fn list(
    Context { mock, .. }: Context<'_>,
    query: ListSessionsQuery,
) -> Result<Json<ListPage<SessionInfo>>, ProblemResponse> {
    let tenant = query.company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
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
    Ok(Json(ListPage { items: found.into_iter().map(|(_, session)| session).collect(), next }))
}

pub(super) fn begin(Context { mock, .. }: Context<'_>, begin: BeginSessionBody) -> Result<Response, ProblemResponse> {
    let tenant = company_or_default(mock, begin.company_key.as_deref())?;
    if let Some(name) = &begin.scenario {
        mock.catalogue()
            .scenarios
            .check(name)
            .map_err(|problem| ProblemResponse::invalid(problem).with_field("scenario"))?;
    }
    let form = FlagsAndSteps::from_values(begin.flags, &begin.steps);
    let request = BeginRequest {
        flags: form.flags(),
        steps: form.steps(),
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
    let session = mock.find_session(begun.token.as_str()).ok_or_else(|| no_such(begun.token.as_str()))?;
    Ok(created(&["sessions", &session.token], &session))
}

pub(super) fn show(
    Context { mock, name: token, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<SessionDetails>, ProblemResponse> {
    let token = without_quotes(token);
    mock.session_details(token).map(Json).ok_or_else(|| no_such(token))
}

pub(super) fn remove(
    Context { mock, name: token, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<StatusCode, ProblemResponse> {
    let token = without_quotes(token);
    if mock.remove_session(token) { Ok(StatusCode::NO_CONTENT) } else { Err(no_such(token)) }
}

/// Finishes the session, as scripted, or with the outcome and answers of the body.
pub(super) fn finish(
    Context { mock, name: token, .. }: Context<'_>,
    body: VerdictBody,
) -> Result<Json<SessionInfo>, ProblemResponse> {
    let token = without_quotes(token);
    mock.finish(token, body.into_finish()?)?;
    now(mock, token)
}

/// Makes a decision of the vendor's operator, as scripted, or as in the body.
pub(super) fn decide(
    Context { mock, name: token, .. }: Context<'_>,
    body: VerdictBody,
) -> Result<Json<SessionInfo>, ProblemResponse> {
    let token = without_quotes(token);
    mock.decide(token, body.into_decision()?.as_ref())?;
    now(mock, token)
}

/// Switches to another scenario.
pub(super) fn play(
    Context { mock, name: token, .. }: Context<'_>,
    SwitchScenarioBody { scenario }: SwitchScenarioBody,
) -> Result<Json<SessionInfo>, ProblemResponse> {
    let token = without_quotes(token);
    mock.play(token, &scenario, "the control API").map_err(|error| match error {
        SwitchScenarioError::Session(error) => error.into(),
        SwitchScenarioError::NoSuchScenario(problem) => ProblemResponse::invalid(problem).with_field("scenario"),
    })?;
    now(mock, token)
}

/// Expires the token.
pub(super) fn expire(
    Context { mock, name: token, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<SessionInfo>, ProblemResponse> {
    let token = without_quotes(token);
    mock.expire(token)?;
    now(mock, token)
}

fn now(mock: &MockService, token: &str) -> Result<Json<SessionInfo>, ProblemResponse> {
    mock.find_session(token).map(Json).ok_or_else(|| no_such(token))
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
