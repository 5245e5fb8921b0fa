//! The companies of the config file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::Moment;
use crate::{Company, Configuration, Dialect, ResultCase, faults::FaultFile};

/// A company of the config file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CompanyEntry {
    key: String,
    secret: Option<String>,
    scenario: Option<String>,
    dialect: Option<Dialect>,
    result_case: Option<ResultCase>,
    #[serde(default)]
    configurations: BTreeMap<String, ConfigurationEntry>,
    #[serde(default)]
    people: Vec<String>,
    #[serde(default)]
    queue: Vec<String>,
    #[serde(default)]
    faults: Vec<FaultFile>,
    frozen_at: Option<Moment>,
}

/// A saved configuration of the config file; its key is the `config_id`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigurationEntry {
    scenario: Option<String>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
}

impl CompanyEntry {
    pub(super) fn into_company(self) -> Company {
        let configuration = |entry: ConfigurationEntry| {
            let configuration = Configuration::new().flags(Value::Object(entry.flags));
            let configuration = configuration.steps(entry.steps.into_iter().map(Value::Object).collect());
            Configuration { scenario: entry.scenario, ..configuration }
        };
        Company {
            secret: self.secret,
            scenario: self.scenario,
            dialect: self.dialect,
            result_case: self.result_case,
            configurations: self.configurations.into_iter().map(|(id, entry)| (id, configuration(entry))).collect(),
            people: self.people,
            queue: self.queue,
            faults: self.faults.into_iter().map(|FaultFile(fault)| fault).collect(),
            frozen_at: self.frozen_at.map(|Moment(moment)| moment),
            ..Company::new(self.key)
        }
    }
}
