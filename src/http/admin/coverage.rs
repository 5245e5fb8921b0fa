//! `/__admin/coverage`: the coverage report.

use serde::{Deserialize, Serialize};

use super::{
    action::{Action, Context},
    problem::ProblemResponse,
};
use crate::coverage::{Coverage, CoverageItem};

/// The period of a report.
#[derive(Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CoverageQuery {
    #[serde(default)]
    since: CoverageStart,
}

/// The start of the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CoverageResponse {
    /// Number of covered items, and of uncovered ones.
    covered: usize,
    uncovered: usize,
    pub(crate) items: Vec<CoverageItem>,
}

pub(crate) static SHOW: Action<CoverageQuery, CoverageResponse> = Action::get("/coverage", show)
    .named("getCoverage", "Returns the coverage of outcomes, errors, faults and races")
    .of_company();

fn show(context: Context<'_>, CoverageQuery { since }: CoverageQuery) -> Result<CoverageResponse, ProblemResponse> {
    let tenant = context.tenant()?;
    if tenant.is_some() && since == CoverageStart::Start {
        let problem = "`since=start` conflicts with `company_key`: the coverage of a company counts from its last \
                       reset";
        return Err(ProblemResponse::invalid(problem).with_field("since"));
    }
    let Coverage { items } = context.mock.coverage(tenant.as_deref(), since == CoverageStart::Start);
    let covered = items.iter().filter(|item| item.count > 0).count();
    Ok(CoverageResponse { covered, uncovered: items.len() - covered, items })
}
