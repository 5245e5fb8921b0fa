//! `/__admin/companies…`: who may call; `/__admin/reset`: everything as it was at the start.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode, response::Response};

use super::{
    created,
    listing::{ByName, Part},
    of_company,
    problem::Problem,
    reading::{JsonBody, Named, Nothing, Query},
};
use crate::{
    company::{CompanyChange, CompanyFile},
    foreign_text::{MOST_NAMED, shortened},
    mock::{CompanyError, CompanyInfo, Mock},
};

pub(super) async fn list(State(mock): State<Arc<Mock>>, Query(wanted): Query<ByName>) -> Json<Part<CompanyInfo>> {
    let range = (wanted.limit, wanted.cursor.as_deref());
    let mut companies = mock.companies();
    companies.retain(|tenant| wanted.is_like(&tenant.key));
    Json(Part::of(companies, range, |tenant| &tenant.key, |tenant| CompanyInfo::of(tenant)))
}

pub(super) async fn add(
    State(mock): State<Arc<Mock>>,
    JsonBody(file): JsonBody<CompanyFile>,
) -> Result<Response, Problem> {
    let tenant = mock.add_company(file.into_company())?;
    Ok(created(&["companies", &tenant.key], CompanyInfo::of(&tenant)))
}

pub(super) async fn show(State(mock): State<Arc<Mock>>, Named(key): Named) -> Result<Json<CompanyInfo>, Problem> {
    let tenant = mock.look_at_company(&key).ok_or_else(|| unknown(&mock, &key))?;
    Ok(Json(CompanyInfo::of(&tenant)))
}

pub(super) async fn change(
    State(mock): State<Arc<Mock>>,
    Named(key): Named,
    JsonBody(change): JsonBody<CompanyChange>,
) -> Result<Json<CompanyInfo>, Problem> {
    let tenant = of_company(&mock, Some(&key))?;
    mock.change_company(&tenant, change)?;
    Ok(Json(CompanyInfo::of(&tenant)))
}

pub(super) async fn remove(State(mock): State<Arc<Mock>>, Named(key): Named) -> Result<StatusCode, Problem> {
    if mock.remove_company(&key) { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(&mock, &key)) }
}

pub(super) async fn reset(
    State(mock): State<Arc<Mock>>,
    Named(key): Named,
    JsonBody(Nothing {}): JsonBody<Nothing>,
) -> Result<Json<CompanyInfo>, Problem> {
    let tenant = of_company(&mock, Some(&key))?;
    mock.reset(&tenant);
    Ok(Json(CompanyInfo::of(&tenant)))
}

pub(super) async fn reset_all(State(mock): State<Arc<Mock>>, JsonBody(Nothing {}): JsonBody<Nothing>) -> StatusCode {
    mock.reset_all();
    StatusCode::NO_CONTENT
}

fn unknown(mock: &Mock, key: &str) -> Problem {
    let keys: Vec<_> =
        mock.companies().into_iter().take(MOST_NAMED).map(|tenant| format!("`{}`", tenant.key)).collect();
    let keys = if keys.is_empty() { "none".into() } else { keys.join(", ") };
    Problem::not_found(format!("there is no company key `{}`; known: {keys}", shortened(key)))
}

impl From<CompanyError> for Problem {
    fn from(error: CompanyError) -> Self {
        let detail = error.to_string();
        match error {
            CompanyError::Taken(_) => Self::conflict(detail).at("company_key"),
            CompanyError::Setting(field, _) => Self::invalid(detail).at(field.unwrap_or_default()),
        }
    }
}
