//! `/__admin/coverage`: the coverage report.

use axum::Json;
use serde::{Deserialize, Serialize};

use super::{company_or_default, plain_handler::Context, problem::ProblemResponse};
use crate::coverage::{Coverage, CoverageItem};

/// The company and period of a report.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CoverageQuery {
    company_key: Option<String>,
    #[serde(default)]
    since: CoverageStart,
}

/// The start of the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum CoverageStart {
    /// The last reset of the company, or of everything.
    #[default]
    Reset,
    /// The start of the server, for all companies.
    Start,
}

/// The coverage report.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct CoverageResponse {
    /// Number of covered items, and of uncovered ones.
    covered: usize,
    uncovered: usize,
    items: Vec<CoverageItem>,
}

pub(super) fn show(
    Context { mock, .. }: Context<'_>,
    CoverageQuery { company_key, since }: CoverageQuery,
) -> Result<Json<CoverageResponse>, ProblemResponse> {
    if company_key.is_some() && since == CoverageStart::Start {
        let problem = "`since=start` conflicts with `company_key`: the coverage of a company counts from its last \
                       reset";
        return Err(ProblemResponse::invalid(problem).with_field("since"));
    }
    let tenant = company_key.map(|key| company_or_default(mock, Some(&key))).transpose()?;
    let Coverage { items } = mock.coverage(tenant.as_deref(), since == CoverageStart::Start);
    let covered = items.iter().filter(|item| item.count > 0).count();
    Ok(Json(CoverageResponse { covered, uncovered: items.len() - covered, items }))
}
