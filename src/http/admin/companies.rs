//! `/__admin/companies…`: the companies; `/__admin/reset`: resets everything.

use axum::{Json, http::StatusCode, response::Response};
use serde_json::{Map, Value};

use super::{
    company_or_default, created,
    extract::EmptyBody,
    paging::{CompanyParam, ListPage, NameListQuery},
    plain_handler::Context,
    problem::ProblemResponse,
};
use crate::{
    company::Company,
    foreign_text::MAX_NAMED,
    mock::{CompanyError, CompanyInfo, MockService},
    problem::Problem,
};

pub(super) fn list(Context { mock, .. }: Context<'_>, query: NameListQuery) -> Json<ListPage<CompanyInfo>> {
    let range = (query.limit, query.cursor.as_deref());
    let mut companies = mock.companies();
    companies.retain(|tenant| query.is_like(&tenant.key));
    Json(ListPage::page_by_key(companies, range, |tenant| &tenant.key, |tenant| CompanyInfo::from_tenant(tenant)))
}

pub(super) fn add(Context { mock, .. }: Context<'_>, company: Company) -> Result<Response, ProblemResponse> {
    let tenant = mock.add_company(company)?;
    Ok(created(&["companies", &tenant.key], CompanyInfo::from_tenant(&tenant)))
}

pub(super) fn show(
    Context { mock, name: key, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<CompanyInfo>, ProblemResponse> {
    let tenant = mock.find_company(key).ok_or_else(|| unknown(mock, key))?;
    Ok(Json(CompanyInfo::from_tenant(&tenant)))
}

pub(super) fn change(
    Context { mock, name: key, .. }: Context<'_>,
    patch: Map<String, Value>,
) -> Result<Json<CompanyInfo>, ProblemResponse> {
    let tenant = company_or_default(mock, Some(key))?;
    mock.change_company(&tenant, patch)?;
    Ok(Json(CompanyInfo::from_tenant(&tenant)))
}

pub(super) fn remove(
    Context { mock, name: key, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<StatusCode, ProblemResponse> {
    if mock.remove_company(key) { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(mock, key)) }
}

pub(super) fn reset(
    Context { mock, name: key, .. }: Context<'_>,
    EmptyBody {}: EmptyBody,
) -> Result<Json<CompanyInfo>, ProblemResponse> {
    let tenant = company_or_default(mock, Some(key))?;
    mock.reset(&tenant);
    Ok(Json(CompanyInfo::from_tenant(&tenant)))
}

/// Resets everything, or one company.
pub(super) fn reset_all(Context { mock, .. }: Context<'_>, whose: CompanyParam) -> Result<StatusCode, ProblemResponse> {
    match &whose.company_key {
        Some(key) => mock.reset(&*company_or_default(mock, Some(key))?),
        None => mock.reset_all(),
    }
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(mock: &MockService, key: &str) -> ProblemResponse {
    let known = mock.companies().into_iter().map(|tenant| tenant.key.clone());
    ProblemResponse::not_found(Problem::unknown_name(key, "company key", known.take(MAX_NAMED)))
}

impl From<CompanyError> for ProblemResponse {
    fn from(error: CompanyError) -> Self {
        match error {
            CompanyError::KeyExists(_) => Self::conflict(error.to_string()).with_field("company_key"),
            CompanyError::Setting(problem) => Self::invalid(problem),
        }
    }
}
