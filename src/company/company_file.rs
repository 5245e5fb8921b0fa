//! How a company is written: in the config file, and where the control API adds or changes one.

use std::{collections::BTreeMap, time::SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::{Company, SavedConfiguration};
use crate::{
    clock::parse_moment,
    faults::FaultFile,
    vendor::{Dialect, ResultCase},
};

/// A company. The config file writes its names with dashes, and `key`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyFile {
    /// By which it calls.
    #[serde(alias = "key")]
    company_key: String,
    /// Asks for signed calls, and signs the answers.
    secret: Option<String>,
    /// For sessions that do not ask for one, instead of the server's.
    scenario: Option<String>,
    /// How its answers are worded, instead of the server's setting.
    dialect: Option<Dialect>,
    /// How `result` is written, instead of what dialect and server say.
    #[serde(alias = "result-case")]
    result_case: Option<ResultCase>,
    /// What its sessions get that name such a `config_id`.
    #[serde(default)]
    configurations: BTreeMap<String, ConfigurationFile>,
    /// Who goes through its sessions, by the names of their files; otherwise everybody can.
    #[serde(default)]
    people: Vec<String>,
    /// The scenarios of its first sessions, one each.
    #[serde(default)]
    queue: Vec<String>,
    /// What goes wrong with its first calls.
    #[serde(default)]
    faults: Vec<FaultFile>,
    /// Where its clock stands, instead of the server's setting.
    #[serde(default, alias = "frozen-at", deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    frozen_at: Option<SystemTime>,
    /// How many sessions it has at most, instead of the server's setting.
    #[serde(alias = "max-sessions")]
    max_sessions: Option<usize>,
    /// Whether `begin/` is refused at that number instead of making room, instead of the server's setting.
    #[serde(alias = "refuse-at-max-sessions")]
    refuse_at_max_sessions: Option<bool>,
}

/// What sessions get that name the `config_id`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigurationFile {
    scenario: Option<String>,
    #[serde(default)]
    flags: Map<String, Value>,
    #[serde(default)]
    steps: Vec<Map<String, Value>>,
}

/// What is set in another way from now on. What is missing stays; null takes it away.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyChange {
    /// Asks for signed calls, and signs the answers.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    secret: Option<Option<String>>,
    /// For sessions that do not ask for one.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    scenario: Option<Option<String>>,
    /// How its answers are worded.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<Dialect>"))]
    dialect: Option<Option<Dialect>>,
    /// How `result` is written.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<ResultCase>"))]
    result_case: Option<Option<ResultCase>>,
    /// Added to those that it has, or in place of one of the same id; null takes one away.
    #[serde(default)]
    configurations: BTreeMap<String, Option<ConfigurationFile>>,
    /// Who goes through its sessions; null and [] for everybody.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    people: Option<Option<Vec<String>>>,
    /// How many sessions it has at most.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<usize>"))]
    max_sessions: Option<Option<usize>>,
    /// Whether `begin/` is refused at that number instead of making room.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    refuse_at_max_sessions: Option<Option<bool>>,
}

impl CompanyFile {
    pub(crate) fn into_company(self) -> Company {
        Company {
            secret: self.secret,
            scenario: self.scenario,
            dialect: self.dialect,
            result_case: self.result_case,
            configurations: self.configurations.into_iter().map(|(id, file)| (id, file.into())).collect(),
            people: self.people,
            queue: self.queue,
            faults: self.faults.into_iter().map(|FaultFile(fault)| fault).collect(),
            frozen_at: self.frozen_at,
            max_sessions: self.max_sessions,
            refuse_at_max_sessions: self.refuse_at_max_sessions,
            ..Company::new(self.company_key)
        }
    }
}

impl Company {
    /// What the control API takes for it.
    pub(crate) fn to_file_value(&self) -> Map<String, Value> {
        let Self {
            key,
            secret,
            scenario,
            dialect,
            result_case,
            configurations,
            people,
            queue,
            faults,
            frozen_at,
            max_sessions,
            refuse_at_max_sessions,
        } = self;
        let configuration = |(id, saved): (&String, &SavedConfiguration)| {
            let SavedConfiguration { scenario, flags, steps, problem: _ } = saved;
            (id.clone(), json!({"scenario": scenario, "flags": flags, "steps": steps}))
        };
        let file = json!({
            "company_key": key,
            "secret": secret,
            "scenario": scenario,
            "dialect": dialect,
            "result_case": result_case,
            "configurations": configurations.iter().map(configuration).collect::<Map<_, _>>(),
            "people": people,
            "queue": queue,
            "faults": faults.iter().map(|fault| Value::Object(fault.to_file_value())).collect::<Vec<_>>(),
            "frozen_at": frozen_at.and_then(|moment| Timestamp::try_from(moment).ok()),
            "max_sessions": max_sessions,
            "refuse_at_max_sessions": refuse_at_max_sessions,
        });
        let Value::Object(file) = file else { unreachable!("it is an object") };
        file
    }
}

impl From<ConfigurationFile> for SavedConfiguration {
    fn from(file: ConfigurationFile) -> Self {
        let configuration = Self::new().flags(Value::Object(file.flags));
        let configuration = configuration.steps(file.steps.into_iter().map(Value::Object).collect());
        Self { scenario: file.scenario, ..configuration }
    }
}

impl CompanyChange {
    /// The company as it is with the change.
    pub(crate) fn apply_to(self, mut company: Company) -> Company {
        company.secret = self.secret.unwrap_or(company.secret);
        company.scenario = self.scenario.unwrap_or(company.scenario);
        company.dialect = self.dialect.unwrap_or(company.dialect);
        company.result_case = self.result_case.unwrap_or(company.result_case);
        company.max_sessions = self.max_sessions.unwrap_or(company.max_sessions);
        company.refuse_at_max_sessions = self.refuse_at_max_sessions.unwrap_or(company.refuse_at_max_sessions);
        company.people = self.people.map_or(company.people, Option::unwrap_or_default);
        for (id, file) in self.configurations {
            match file {
                Some(file) => company.configurations.insert(id, file.into()),
                None => company.configurations.remove(&id),
            };
        }
        company
    }
}

/// What is there, null too.
fn deserialize_nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(reader).map(Some)
}

fn moment<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<SystemTime>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    text.map(|text| parse_moment(&text)).transpose().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Fault;

    #[test]
    fn a_company_that_is_written_is_read_as_it_was() {
        let saved = SavedConfiguration::new().scenario("approved").flags(json!({"a": 1})).steps(json!([{"type": "x"}]));
        let company = Company::new("key")
            .secret("not-a-real-secret")
            .scenario("rejected")
            .dialect(Dialect::Live)
            .result_case(ResultCase::Upper)
            .configuration("0123456789abcdef01234567", saved)
            .people(["somebody"])
            .queue(["approved"])
            .fault(Fault::reset())
            .frozen_at(SystemTime::UNIX_EPOCH)
            .max_sessions(5)
            .refuse_at_max_sessions(true);
        for company in [company, Company::new("plain")] {
            let file: CompanyFile = serde_json::from_value(company.to_file_value().into()).unwrap();
            let read = file.into_company();
            assert_eq!((format!("{read:?}"), &read.secret), (format!("{company:?}"), &company.secret));
        }
    }
}
