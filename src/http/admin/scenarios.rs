//! `/__admin/scenarios…`: the scenarios, and the queues.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    action::{Action, Context},
    action_params::{ActionParams, RequestContent},
    described::described_as,
    extract::{AdminParams, EmptyBody, read},
    paging::{ListPage, NameListQuery},
    problem::ProblemResponse,
};
use crate::{
    company::Tenant,
    mock::ScenarioInfo,
    problem::{Problem, member_path},
    scenario::{Scenario, ScenarioChoice, ScenarioSource},
};

/// A scenario, written as in a file with its `name`.
#[derive(Debug)]
pub(crate) struct AddScenarioBody(pub(crate) Scenario);

impl ActionParams for AddScenarioBody {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (company_key, file) = Map::read(request, of_company)?;
        Ok((company_key, Self(scenario(file, None)?)))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        RequestContent::from_members(self.0.to_members(), is_query)
    }
}

/// The scenarios to queue.
#[derive(Debug)]
pub(crate) struct EnqueueBody(pub(crate) Vec<ScenarioChoice>);

/// The scenarios to queue: names, or objects written as in a file.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "EnqueueBody"))]
#[serde(deny_unknown_fields)]
struct EnqueueMembers {
    #[cfg_attr(test, schemars(with = "Vec<super::described::QueuedScenario>"))]
    scenarios: Vec<Value>,
}

described_as!(EnqueueBody, EnqueueMembers);

impl ActionParams for EnqueueBody {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        let (company_key, queued) = EnqueueMembers::read(request, of_company)?;
        let choice = |(at, value): (usize, Value)| match value {
            Value::String(name) => Ok(ScenarioChoice::Named(name)),
            Value::Object(file) => scenario(file, Some("queued")).map(ScenarioChoice::from),
            other => {
                let problem = Problem::wrong_type("a scenario: a name, or an object written as in a file");
                let problem = problem.with_given(Some(other.to_string())).at(&member_path!["scenarios", at]);
                Err(ProblemResponse::invalid(problem))
            }
        };
        let choices = queued.scenarios.into_iter().enumerate().map(choice).collect::<Result<_, _>>()?;
        Ok((company_key, Self(choices)))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        let member = |choice: &ScenarioChoice| match choice {
            ScenarioChoice::Named(name) => Value::from(name.as_str()),
            ScenarioChoice::Inline(scenario) => scenario.to_members().into(),
        };
        EnqueueMembers { scenarios: self.0.iter().map(member).collect() }.to_request(is_query)
    }
}

/// The scenarios of a company's next sessions that request none.
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct QueueResponse {
    pub(crate) company_key: String,
    pub(crate) scenarios: Vec<String>,
}

impl QueueResponse {
    fn from_tenant(tenant: &Tenant) -> Self {
        Self { company_key: tenant.key.clone(), scenarios: tenant.queued() }
    }
}

pub(crate) static LIST: Action<NameListQuery, ListPage<ScenarioInfo>> =
    Action::get("/scenarios", list).named("listScenarios", "Lists the scenarios by name");
pub(crate) static ADD: Action<AddScenarioBody, ScenarioInfo> = Action::post("/scenarios", add)
    .named("addScenario", "Adds a scenario, written as in a file")
    .created(|scenario| ["scenarios", &scenario.name]);
pub(crate) static SHOW: Action<EmptyBody, ScenarioInfo> =
    Action::get("/scenarios/{name}", show).named("getScenario", "Returns a scenario");
pub(crate) static QUEUE: Action<EmptyBody, QueueResponse> = Action::get("/scenarios/queue", queue)
    .named("getQueue", "Returns the queue: the scenarios of a company's next sessions")
    .of_company();
pub(crate) static ENQUEUE: Action<EnqueueBody, QueueResponse> =
    Action::post("/scenarios/queue", enqueue).named("enqueueScenarios", "Adds scenarios to the queue").of_company();
pub(crate) static EMPTY_QUEUE: Action<EmptyBody, ()> =
    Action::delete("/scenarios/queue", empty).named("emptyQueue", "Empties the queue").of_company();

fn list(Context { mock, .. }: Context<'_>, query: NameListQuery) -> Result<ListPage<ScenarioInfo>, ProblemResponse> {
    let catalogue = mock.catalogue();
    let range = (query.limit, query.cursor.as_deref());
    let show = |name: &&str| mock.find_scenario(name).expect("it is listed");
    let names = catalogue.scenarios.names().into_iter().filter(|name| query.is_like(name));
    Ok(ListPage::page_by_key(names, range, |name| name, show))
}

fn show(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<ScenarioInfo, ProblemResponse> {
    context.mock.find_scenario(context.name()).map_err(ProblemResponse::not_found)
}

/// Adds a scenario for all companies.
fn add(
    Context { mock, .. }: Context<'_>,
    AddScenarioBody(scenario): AddScenarioBody,
) -> Result<ScenarioInfo, ProblemResponse> {
    let name = scenario.name.clone();
    mock.add_scenario(&scenario.named(&name, ScenarioSource::Added)).map_err(ProblemResponse::invalid)
}

fn queue(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<QueueResponse, ProblemResponse> {
    Ok(QueueResponse::from_tenant(&*context.tenant_or_default()?))
}

fn enqueue(context: Context<'_>, EnqueueBody(choices): EnqueueBody) -> Result<QueueResponse, ProblemResponse> {
    let tenant = context.tenant_or_default()?;
    let queued = context.mock.enqueue(&tenant, choices);
    queued.map_err(|problem| ProblemResponse::invalid(problem).with_field("scenarios"))?;
    Ok(QueueResponse::from_tenant(&tenant))
}

fn empty(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    context.tenant_or_default()?.empty_queue();
    Ok(())
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
