//! Problems of settings that are valid one by one: conflicts, and names without a file.

use crate::{
    catalogue::Catalogue,
    company::Company,
    config::Config,
    faults::Fault,
    vendor::{FlagsAndSteps, FormLayers},
    words::with_meant,
};

/// A problem with the settings, or a warning about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettingProblem {
    /// The company and member, if it is about one: `configurations.ID.scenario`.
    pub(crate) company: Option<(String, String)>,
    pub(crate) message: String,
}

/// Returns the problems of the settings with these companies.
pub(crate) fn setting_problems(catalogue: &Catalogue, config: &Config, companies: &[Company]) -> Vec<SettingProblem> {
    let unknown = |place: &str, name: &str| {
        let message = format!("{place}: {}", with_meant(catalogue.scenarios.check(name).err()?));
        Some(SettingProblem { company: None, message })
    };
    let mut misfits: Vec<_> = unknown("the default scenario (--scenario)", &config.scenario).into_iter().collect();
    for company in companies.iter().chain(&config.any_company_key) {
        misfits.extend(company_problems(catalogue, company));
    }
    misfits.extend(config.faults.iter().filter_map(Fault::scenario).filter_map(|name| unknown("a fault", name)));
    misfits
}

/// Returns problems about unknown scenarios and people of a company.
pub(super) fn company_problems(catalogue: &Catalogue, company: &Company) -> Vec<SettingProblem> {
    let mut misfits = Vec::new();
    let place = format!("the company key `{}`", company.key);
    let mut check = |field: String, part: &str, known: Result<(), String>| {
        let misfit = |problem| {
            let message = format!("{part}{place}: {}", with_meant(problem));
            SettingProblem { company: Some((company.key.clone(), field)), message }
        };
        misfits.extend(known.err().map(misfit));
    };
    let scenario = |name: &str| catalogue.scenarios.check(name);
    for (id, saved) in &company.configurations {
        let named = saved.scenario.as_deref().map_or(Ok(()), scenario);
        check(format!("configurations.{id}.scenario"), &format!("the configuration `{id}` of "), named);
    }
    check("scenario".into(), "", company.scenario.as_deref().map_or(Ok(()), scenario));
    for name in &company.queue {
        check("queue".into(), "the queue of ", scenario(name));
    }
    check("people".into(), "the people of ", catalogue.fixtures.people.check_names(&company.people));
    for name in company.faults.iter().filter_map(Fault::scenario) {
        check("faults".into(), "a fault of ", scenario(name));
    }
    misfits
}

/// Returns warnings: configurations that request documents that none of the company's people has.
pub(crate) fn setting_warnings(catalogue: &Catalogue, companies: &[Company]) -> Vec<SettingProblem> {
    let mut doubts = Vec::new();
    for company in companies {
        for (id, saved) in &company.configurations {
            let form = FlagsAndSteps::from_values(saved.flags.clone(), &[]);
            let flags = FormLayers { saved: None, own: &form, scenario: None }.read_flags();
            let field = format!("configurations.{id}.flags");
            let doubt = |doubt| SettingProblem {
                company: Some((company.key.clone(), field)),
                message: format!("the configuration `{id}` of the company key `{}`: {doubt}", company.key),
            };
            doubts.extend(catalogue.fixtures.people.document_warning(&company.people, &flags).map(doubt));
        }
    }
    doubts
}
