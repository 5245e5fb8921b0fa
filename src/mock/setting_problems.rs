//! Problems of settings that are valid one by one: conflicts, and names without a file.

use crate::{
    catalogue::Catalogue,
    company::Company,
    config::Config,
    problem::{MemberPath, Problem, member_path},
    vendor::{FlagsAndSteps, FormLayers},
};

/// Returns the problems of the settings with these companies; the path of a company has its key in `companies`.
pub(crate) fn setting_problems(catalogue: &Catalogue, config: &Config, companies: &[Company]) -> Vec<Problem> {
    let scenario = |name: &str| catalogue.scenarios.check(name).err();
    let mut problems = Vec::new();
    if let Some(problem) = scenario(&config.scenario) {
        problems.push(problem.at(&member_path!["scenario"]).with_context("the default scenario (--scenario)"));
    }
    for company in companies.iter().chain(&config.any_company_key) {
        let path = member_path!["companies", &*company.key];
        problems.extend(company_problems(catalogue, company).into_iter().map(|problem| problem.at(&path)));
    }
    for (at, fault) in config.faults.iter().enumerate() {
        if let Some(problem) = fault.scenario().and_then(scenario) {
            problems.push(problem.at(&member_path!["faults", at, "scenario"]).with_context("a fault"));
        }
    }
    problems
}

/// Returns problems about unknown scenarios and people of a company, with paths inside the company.
pub(super) fn company_problems(catalogue: &Catalogue, company: &Company) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |path: MemberPath, part: &str, known: Result<(), Problem>| {
        let context = format!("{part}the company key `{}`", company.key);
        problems.extend(known.err().map(|problem| problem.at(&path).with_context(context)));
    };
    let scenario = |name: &str| catalogue.scenarios.check(name);
    for (id, saved) in &company.configurations {
        let named = saved.scenario.as_deref().map_or(Ok(()), scenario);
        check(member_path!["configurations", &**id, "scenario"], &format!("the configuration `{id}` of "), named);
    }
    check(member_path!["scenario"], "", company.scenario.as_deref().map_or(Ok(()), scenario));
    for (at, name) in company.queue.iter().enumerate() {
        check(member_path!["queue", at], "the queue of ", scenario(name));
    }
    check(member_path!["people"], "the people of ", catalogue.fixtures.people.check_names(&company.people));
    for (at, fault) in company.faults.iter().enumerate() {
        let known = fault.scenario().map_or(Ok(()), scenario);
        check(member_path!["faults", at, "scenario"], "a fault of ", known);
    }
    problems
}

/// Returns warnings: configurations that request documents that none of the company's people has.
pub(crate) fn setting_warnings(catalogue: &Catalogue, companies: &[Company]) -> Vec<Problem> {
    let mut doubts = Vec::new();
    for company in companies {
        for (id, saved) in &company.configurations {
            let form = FlagsAndSteps::from_values(saved.flags.clone(), &[]);
            let flags = FormLayers { saved: None, own: &form, scenario: None }.read_flags();
            let doubt = catalogue.fixtures.people.document_warning(&company.people, &flags);
            doubts.extend(doubt.map(|doubt| {
                let path = member_path!["companies", &*company.key, "configurations", &**id, "flags"];
                let context = format!("the configuration `{id}` of the company key `{}`", company.key);
                Problem::rule(doubt).at(&path).with_context(context)
            }));
        }
    }
    doubts
}
