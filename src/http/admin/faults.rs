//! `/__admin/faults…`: the active faults.

use axum::{Json, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    company_or_default, created,
    extract::read,
    paging::{CompanyParam, ListPage, PageLimit},
    plain_handler::Context,
    problem::ProblemResponse,
};
use crate::{
    faults::{Endpoint, Fault, FaultInfo},
    foreign_text::{MAX_NAMED, shortened},
    problem::{Problem, member_path},
};

/// The filters of a list of faults.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ListFaultsQuery {
    company_key: Option<String>,
    endpoint: Option<Endpoint>,
    session: Option<String>,
    #[serde(default)]
    limit: PageLimit,
    #[serde(default)]
    cursor: usize,
}

pub(super) fn list(
    Context { mock, .. }: Context<'_>,
    query: ListFaultsQuery,
) -> Result<Json<ListPage<FaultInfo>>, ProblemResponse> {
    let mut faults = match &query.company_key {
        Some(key) => company_or_default(mock, Some(key))?.fault_infos(),
        None => mock.all_faults(),
    };
    faults.retain(|fault| query.endpoint.is_none_or(|endpoint| fault.endpoint == Some(endpoint)));
    faults.retain(|fault| query.session.is_none() || fault.session == query.session);
    Ok(Json(ListPage::page_by_offset(faults, query.limit, query.cursor)))
}

/// Adds a fault, written as in a file. `company_key` limits it to a company.
pub(super) fn add(
    Context { mock, .. }: Context<'_>,
    mut said: Map<String, Value>,
) -> Result<Response, ProblemResponse> {
    let company_key = match said.shift_remove("company_key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key),
        Some(other) => {
            let problem = Problem::wrong_type("a string").with_given(Some(other.to_string()));
            return Err(ProblemResponse::invalid(problem.at(&member_path!["company_key"])));
        }
    };
    let fault: Fault = read(said.into())?;
    if let Some(name) = fault.scenario() {
        mock.catalogue()
            .scenarios
            .check(name)
            .map_err(|problem| ProblemResponse::invalid(problem).with_field("scenario"))?;
    }
    let added = match &company_key {
        Some(key) => company_or_default(mock, Some(key))?.add_fault(fault),
        None => mock.faults.add(fault, mock.clock.now()),
    };
    Ok(created(&["faults", &added.name], &added))
}

/// Removes the faults of a company, or without one all faults.
pub(super) fn clear(Context { mock, .. }: Context<'_>, whose: CompanyParam) -> Result<StatusCode, ProblemResponse> {
    match &whose.company_key {
        Some(key) => company_or_default(mock, Some(key))?.clear_faults(),
        None => mock.clear_faults(),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a fault.
pub(super) fn remove(
    Context { mock, name, .. }: Context<'_>,
    whose: CompanyParam,
) -> Result<StatusCode, ProblemResponse> {
    let (is_removed, rest) = match &whose.company_key {
        Some(key) => {
            let tenant = company_or_default(mock, Some(key))?;
            (tenant.faults.remove(name), tenant.fault_infos())
        }
        None => (mock.faults.remove(name), mock.faults.infos(mock.clock.now())),
    };
    if is_removed {
        return Ok(StatusCode::NO_CONTENT);
    }
    let names = rest.into_iter().take(MAX_NAMED).map(|info| info.name);
    let problem = Problem::unknown_name(name, "fault", names);
    Err(ProblemResponse::not_found(match &whose.company_key {
        Some(key) => problem.with_context(format!("the company `{}`", shortened(key))),
        None => problem.with_remedy("`company_key` names a company, for its own faults"),
    }))
}
