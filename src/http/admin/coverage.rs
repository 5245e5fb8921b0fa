//! `/__admin/coverage`: what the code under test has met, and what never.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{of_company, plain::Context, problem::Problem};
use crate::coverage::{Coverage, CoverageItem};

/// Of whom, and since when.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    company_key: Option<String>,
    #[serde(default)]
    since: Since,
}

/// Since when it is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum Since {
    /// The last reset of the company, or of everything.
    #[default]
    Reset,
    /// The start of the server, for all companies.
    Start,
}

/// What was met, and what never.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Covered {
    /// How many of the items were met, and how many never.
    met: usize,
    never: usize,
    items: Vec<CoverageItem>,
}

pub(super) fn show(
    Context { mock, .. }: Context<'_>,
    Wanted { company_key, since }: Wanted,
) -> Result<Json<Covered>, Problem> {
    if company_key.is_some() && since == Since::Start {
        let problem = "of one company it is told since its last reset: `since=start` goes without `company_key`";
        return Err(Problem::invalid(problem).at("since"));
    }
    let tenant = company_key.map(|key| of_company(mock, Some(&key))).transpose()?;
    let Coverage { items } = mock.coverage(tenant.as_deref(), since == Since::Start);
    let met = items.iter().filter(|item| item.met > 0).count();
    Ok(Json(Covered { met, never: items.len() - met, items }))
}
