//! `/__admin/companies…`: the companies; `/__admin/reset`: resets everything.

use std::sync::Arc;

use super::{
    action::{Action, Context, find_tenant},
    action_params::{ActionParams, ObjectBody, RequestContent},
    described::described_as,
    extract::{AdminParams, EmptyBody},
    paging::{ListPage, NameListQuery},
    problem::ProblemResponse,
};
use crate::{
    company::{Company, Tenant},
    mock::{CompanyError, CompanyInfo, CompanyPatch, MockService},
    problem::Problem,
};

pub(crate) static LIST: Action<NameListQuery, ListPage<CompanyInfo>> =
    Action::get("/companies", list).named("listCompanies", "Lists the companies by key");
pub(crate) static ADD: Action<AddCompanyBody, CompanyInfo> = Action::post("/companies", add)
    .named("addCompany", "Adds a company")
    .created(|company| ["companies", &company.settings.key])
    .fails_with(&[409]);
pub(crate) static SHOW: Action<EmptyBody, CompanyInfo> =
    Action::get("/companies/{key}", show).named("getCompany", "Returns a company");
pub(crate) static CHANGE: Action<ObjectBody<CompanyPatch>, CompanyInfo> =
    Action::patch("/companies/{key}", change).named("changeCompany", "Changes a company");
pub(crate) static REMOVE: Action<EmptyBody, ()> =
    Action::delete("/companies/{key}", remove).named("removeCompany", "Removes a company with its sessions");
pub(super) static RESET_ONE: Action<EmptyBody, CompanyInfo> =
    Action::post("/companies/{key}/reset", reset_one).named("resetCompany", "Resets a company to its initial state");
pub(crate) static RESET: Action<EmptyBody, ()> = Action::post_silent("/reset", reset)
    .named("reset", "Resets everything, or one company, to its initial state")
    .of_company();

/// A company with its secret.
#[derive(Debug)]
pub(crate) struct AddCompanyBody(pub(crate) Company);

described_as!(AddCompanyBody, Company);

impl ActionParams for AddCompanyBody {
    fn read(request: AdminParams, of_company: bool) -> Result<(Option<String>, Self), ProblemResponse> {
        Company::read(request, of_company).map(|(key, company)| (key, Self(company)))
    }

    fn to_request(&self, is_query: bool) -> RequestContent {
        RequestContent::from_members(self.0.with_secret(), is_query)
    }
}

fn list(Context { mock, .. }: Context<'_>, query: NameListQuery) -> Result<ListPage<CompanyInfo>, ProblemResponse> {
    let range = (query.limit, query.cursor.as_deref());
    let mut companies = mock.companies();
    companies.retain(|tenant| query.is_like(&tenant.key));
    Ok(ListPage::page_by_key(companies, range, |tenant| &tenant.key, |tenant| CompanyInfo::from_tenant(tenant)))
}

fn add(
    Context { mock, .. }: Context<'_>,
    AddCompanyBody(company): AddCompanyBody,
) -> Result<CompanyInfo, ProblemResponse> {
    Ok(CompanyInfo::from_tenant(&*mock.add_company(company)?))
}

fn show(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<CompanyInfo, ProblemResponse> {
    let (mock, key) = (context.mock, context.name());
    let tenant = mock.find_company(key).ok_or_else(|| unknown(mock, key))?;
    Ok(CompanyInfo::from_tenant(&tenant))
}

fn change(context: Context<'_>, patch: ObjectBody<CompanyPatch>) -> Result<CompanyInfo, ProblemResponse> {
    let tenant = named(context)?;
    context.mock.change_company(&tenant, patch.into_members()?)?;
    Ok(CompanyInfo::from_tenant(&tenant))
}

fn remove(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    let (mock, key) = (context.mock, context.name());
    if mock.remove_company(key) { Ok(()) } else { Err(unknown(mock, key)) }
}

fn reset_one(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<CompanyInfo, ProblemResponse> {
    let tenant = named(context)?;
    context.mock.reset(&tenant);
    Ok(CompanyInfo::from_tenant(&tenant))
}

/// Resets everything, or one company.
fn reset(context: Context<'_>, EmptyBody {}: EmptyBody) -> Result<(), ProblemResponse> {
    match context.tenant()? {
        Some(tenant) => context.mock.reset(&tenant),
        None => context.mock.reset_all(),
    }
    Ok(())
}

/// Returns the company of the path, which an accepted key creates.
fn named(context: Context<'_>) -> Result<Arc<Tenant>, ProblemResponse> {
    find_tenant(context.mock, context.name())
}

fn unknown(mock: &MockService, key: &str) -> ProblemResponse {
    ProblemResponse::not_found(Problem::unknown_name(key, "company key", mock.named_keys()))
}

impl From<CompanyError> for ProblemResponse {
    fn from(error: CompanyError) -> Self {
        match error {
            CompanyError::KeyExists(_) => Self::conflict(error.to_string()).with_field("company_key"),
            CompanyError::Setting(problem) => Self::invalid(problem),
        }
    }
}
