//! `/__admin/scenarios…`: the scenarios, and the queues.

use axum::{Json, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    company_or_default, created,
    extract::{EmptyBody, read},
    paging::{CompanyParam, ListPage, NameListQuery},
    plain_handler::Context,
    problem::ProblemResponse,
};
use crate::{
    company::Tenant,
    mock::ScenarioInfo,
    problem::{Problem, member_path},
    scenario::{Scenario, ScenarioChoice, ScenarioSource},
};

/// The scenarios to queue: names, or objects written as in a file.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct EnqueueBody {
    company_key: Option<String>,
    scenarios: Vec<Value>,
}

/// The scenarios of a company's next sessions that request none.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct QueueResponse {
    company_key: String,
    scenarios: Vec<String>,
}

impl QueueResponse {
    fn from_tenant(tenant: &Tenant) -> Json<Self> {
        Json(Self { company_key: tenant.key.clone(), scenarios: tenant.queued() })
    }
}

pub(super) fn list(Context { mock, .. }: Context<'_>, query: NameListQuery) -> Json<ListPage<ScenarioInfo>> {
    let catalogue = mock.catalogue();
    let range = (query.limit, query.cursor.as_deref());
    let show = |name: &&str| mock.find_scenario(name).expect("it is listed");
    let names = catalogue.scenarios.names().into_iter().filter(|name| query.is_like(name));
    Json(ListPage::page_by_key(names, range, |name| name, show))
}

pub(super) fn show(
    Context { mock, name, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<ScenarioInfo>, ProblemResponse> {
    mock.find_scenario(name).map(Json).map_err(ProblemResponse::not_found)
}

/// Adds a scenario, written as in a file with its `name`, for all companies.
pub(super) fn add(Context { mock, .. }: Context<'_>, file: Map<String, Value>) -> Result<Response, ProblemResponse> {
    let scenario = scenario(file, None)?;
    let added = mock.add_scenario(&scenario).map_err(ProblemResponse::invalid)?;
    Ok(created(&["scenarios", &added.name], &added))
}

pub(super) fn queue(
    Context { mock, .. }: Context<'_>,
    whose: CompanyParam,
) -> Result<Json<QueueResponse>, ProblemResponse> {
    Ok(QueueResponse::from_tenant(&*company_or_default(mock, whose.company_key.as_deref())?))
}

pub(super) fn enqueue(
    Context { mock, .. }: Context<'_>,
    queued: EnqueueBody,
) -> Result<Json<QueueResponse>, ProblemResponse> {
    let tenant = company_or_default(mock, queued.company_key.as_deref())?;
    let choice = |(at, value): (usize, Value)| match value {
        Value::String(name) => Ok(ScenarioChoice::Named(name)),
        Value::Object(file) => scenario(file, Some("queued")).map(ScenarioChoice::from),
        other => {
            let problem = Problem::wrong_type("a scenario: a name, or an object written as in a file");
            let problem = problem.with_given(Some(other.to_string())).at(&member_path!["scenarios", at]);
            Err(ProblemResponse::invalid(problem))
        }
    };
    let choices = queued.scenarios.into_iter().enumerate().map(choice).collect::<Result<Vec<_>, _>>()?;
    mock.enqueue(&tenant, choices).map_err(|problem| ProblemResponse::invalid(problem).with_field("scenarios"))?;
    Ok(QueueResponse::from_tenant(&tenant))
}

pub(super) fn empty(Context { mock, .. }: Context<'_>, whose: CompanyParam) -> Result<StatusCode, ProblemResponse> {
    company_or_default(mock, whose.company_key.as_deref())?.empty_queue();
    Ok(StatusCode::NO_CONTENT)
}

/// Parses a scenario written as in a file, with `name`, for which `usual` is the default.
fn scenario(mut file: Map<String, Value>, usual: Option<&str>) -> Result<Scenario, ProblemResponse> {
    let name = match (file.shift_remove("name"), usual) {
        (Some(Value::String(name)), _) => name,
        (None, Some(usual)) => usual.to_owned(),
        (None, None) => {
            return Err(
                ProblemResponse::invalid("`name` is missing: sessions ask for the scenario by it").with_field("name")
            );
        }
        (Some(other), _) => {
            let problem = Problem::wrong_type("a string").with_given(Some(other.to_string()));
            return Err(ProblemResponse::invalid(problem.at(&member_path!["name"])));
        }
    };
    Ok(read::<Scenario>(file.into())?.named(&name, ScenarioSource::Added))
}
