//! `/__admin/faults…`: the active faults.

use serde::{Deserialize, Serialize};

use super::{
    action::{Action, Context},
    extract::EmptyBody,
    paging::{ListPage, ListQuery, PageLimit},
    problem::ProblemResponse,
};
use crate::{
    faults::{Endpoint, Fault, FaultInfo},
    foreign_text::{MAX_NAMED, shortened},
    problem::Problem,
};

/// The filters of a list of faults.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ListFaultsQuery {
    endpoint: Option<Endpoint>,
    session: Option<String>,
    #[serde(default)]
    limit: PageLimit,
    #[serde(default)]
    cursor: usize,
}

pub(crate) static LIST: Action<ListFaultsQuery, ListPage<FaultInfo>> =
    Action::get("/faults", list).named("listFaults", "Lists the active faults").of_company();
pub(crate) static ADD: Action<Fault, FaultInfo> = Action::post("/faults", add)
    .named("addFault", "Adds a fault, written as in a file")
    .of_company()
    .created(|fault| ["faults", &fault.name]);
pub(crate) static CLEAR: Action<EmptyBody, ()> =
    Action::delete("/faults", clear).named("clearFaults", "Removes all faults").of_company();
pub(crate) static REMOVE: Action<EmptyBody, ()> =
    Action::delete("/faults/{name}", remove).named("removeFault", "Removes a fault").of_company();

impl ListQuery for ListFaultsQuery {
    fn set_page(&mut self, limit: PageLimit, cursor: Option<&str>) {
        self.limit = limit;
        self.cursor = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or_default();
    }
}

fn list(context: Context<'_>, query: ListFaultsQuery) -> Result<ListPage<FaultInfo>, ProblemResponse> {
    let mut faults = match context.tenant()? {
        Some(tenant) => tenant.fault_infos(),
        None => context.mock.all_faults(),
    };
    faults.retain(|fault| query.endpoint.is_none_or(|endpoint| fault.endpoint == Some(endpoint)));
    faults.retain(|fault| query.session.is_none() || fault.session == query.session);
    Ok(ListPage::page_by_offset(faults, query.limit, query.cursor))
}

/// Adds a fault, written as in a file.
fn add(context: Context<'_>, fault: Fault) -> Result<FaultInfo, ProblemResponse> {
    let (mock, tenant) = (context.mock, context.tenant()?);
    mock.add_fault(tenant.as_deref(), fault).map_err(ProblemResponse::invalid)
}

/// Removes the faults of a company, or without one all faults.
fn clear(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    match context.tenant()? {
        Some(tenant) => tenant.clear_faults(),
        None => context.mock.clear_faults(),
    }
    Ok(())
}

/// Removes a fault.
fn remove(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    let (mock, name, tenant) = (context.mock, context.name(), context.tenant()?);
    let (is_removed, rest) = match &tenant {
        Some(tenant) => (tenant.faults.remove(name), tenant.fault_infos()),
        None => (mock.faults.remove(name), mock.faults.infos(mock.clock.now())),
    };
    if is_removed {
        return Ok(());
    }
    let names = rest.into_iter().take(MAX_NAMED).map(|info| info.name);
    let problem = Problem::unknown_name(name, "fault", names);
    Err(ProblemResponse::not_found(match &tenant {
        Some(tenant) => problem.with_context(format!("the company `{}`", shortened(&tenant.key))),
        None => problem.with_remedy("`company_key` names a company, for its own faults"),
    }))
}
