//! `/__admin/scenarios…`: the scenarios that there are, and those of the next sessions.

use axum::{Json, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    created,
    listing::{ByName, Part, Whose},
    of_company,
    plain::Context,
    problem::Problem,
    reading::{Nothing, read},
};
use crate::{
    company::Tenant,
    foreign_text::shortened,
    mock::ScenarioInfo,
    scenario::{Origin, Scenario, ScenarioChoice, ScenarioFile},
};

/// What is queued: names, and scenarios as a file has them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Queued {
    company_key: Option<String>,
    scenarios: Vec<Value>,
}

/// The scenarios of a company's next sessions that do not ask for one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Queue {
    company_key: String,
    scenarios: Vec<String>,
}

impl Queue {
    fn of(tenant: &Tenant) -> Json<Self> {
        Json(Self { company_key: tenant.key.clone(), scenarios: tenant.queued() })
    }
}

pub(super) fn list(Context { mock, .. }: Context<'_>, query: ByName) -> Json<Part<ScenarioInfo>> {
    let catalogue = mock.catalogue();
    let range = (query.limit, query.cursor.as_deref());
    let show = |name: &&str| mock.look_at_scenario(name).expect("it is listed");
    let names = catalogue.scenarios.names().into_iter().filter(|name| query.is_like(name));
    Json(Part::of(names, range, |name| name, show))
}

pub(super) fn show(
    Context { mock, name, .. }: Context<'_>,
    Nothing {}: Nothing,
) -> Result<Json<ScenarioInfo>, Problem> {
    mock.look_at_scenario(name).map(Json).map_err(Problem::not_found)
}

/// Adds a scenario as a file has it, with its `name`, for every company.
pub(super) fn add(Context { mock, .. }: Context<'_>, file: Map<String, Value>) -> Result<Response, Problem> {
    let scenario = scenario(file, None)?;
    let added = mock.add_scenario(&scenario).map_err(Problem::invalid)?;
    Ok(created(&["scenarios", &added.name], &added))
}

pub(super) fn queue(Context { mock, .. }: Context<'_>, whose: Whose) -> Result<Json<Queue>, Problem> {
    Ok(Queue::of(&*of_company(mock, whose.company_key.as_deref())?))
}

pub(super) fn enqueue(Context { mock, .. }: Context<'_>, queued: Queued) -> Result<Json<Queue>, Problem> {
    let tenant = of_company(mock, queued.company_key.as_deref())?;
    let choice = |(at, value): (usize, Value)| match value {
        Value::String(name) => Ok(ScenarioChoice::Named(name)),
        Value::Object(file) => scenario(file, Some("queued")).map(ScenarioChoice::from),
        other => {
            let problem =
                format!("a scenario is a name or an object as a file has it, not {}", shortened(&other.to_string()));
            Err(Problem::invalid(problem).at(format!("scenarios[{at}]")))
        }
    };
    let choices = queued.scenarios.into_iter().enumerate().map(choice).collect::<Result<Vec<_>, _>>()?;
    mock.enqueue(&tenant, choices).map_err(|problem| Problem::invalid(problem).at("scenarios"))?;
    Ok(Queue::of(&tenant))
}

pub(super) fn empty(Context { mock, .. }: Context<'_>, whose: Whose) -> Result<StatusCode, Problem> {
    of_company(mock, whose.company_key.as_deref())?.empty_queue();
    Ok(StatusCode::NO_CONTENT)
}

/// A scenario as a body has it: that of a file, and `name`, which may be missing where there is a `usual` one.
fn scenario(mut file: Map<String, Value>, usual: Option<&str>) -> Result<Scenario, Problem> {
    let name = match (file.shift_remove("name"), usual) {
        (Some(Value::String(name)), _) => name,
        (None, Some(usual)) => usual.to_owned(),
        (None, None) => {
            return Err(Problem::invalid("`name` is missing: sessions ask for the scenario by it").at("name"));
        }
        (Some(other), _) => {
            return Err(Problem::invalid(format!("`name` is not text: {}", shortened(&other.to_string()))).at("name"));
        }
    };
    Ok(read::<ScenarioFile>(file.into())?.named(&name, Origin::Added))
}
