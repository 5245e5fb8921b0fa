//! A company as written in the config file and in requests of the control API.

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

/// A company. The config file writes the names with dashes, and `key`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyFile {
    /// The key that its calls carry.
    #[serde(alias = "key")]
    company_key: String,
    /// The HMAC secret: calls must be signed, and responses are signed.
    secret: Option<String>,
    /// Scenario of sessions that request none, instead of the server's.
    scenario: Option<String>,
    /// Wording of its responses, instead of the server's.
    dialect: Option<Dialect>,
    /// Case of `result`, instead of the dialect's and the server's.
    #[serde(alias = "result-case")]
    result_case: Option<ResultCase>,
    /// The configurations that sessions select with `config_id`.
    #[serde(default)]
    configurations: BTreeMap<String, ConfigurationFile>,
    /// The people of its sessions, by file name; all people if empty.
    #[serde(default)]
    people: Vec<String>,
    /// Scenarios of its first sessions, one each.
    #[serde(default)]
    queue: Vec<String>,
    /// Faults for its first calls.
    #[serde(default)]
    faults: Vec<FaultFile>,
    /// Time at which its clock is frozen, instead of the server's.
    #[serde(default, alias = "frozen-at", deserialize_with = "moment")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    frozen_at: Option<SystemTime>,
    /// Maximum number of its sessions, instead of the server's.
    #[serde(alias = "max-sessions")]
    max_sessions: Option<usize>,
    /// Whether `begin/` is refused at `max_sessions` instead of evicting a session; overrides the server's setting.
    #[serde(alias = "refuse-at-max-sessions")]
    refuse_at_max_sessions: Option<bool>,
}

/// The content of a configuration.
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

/// A change to a company. Missing members stay; null removes a member.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct CompanyChange {
    /// The HMAC secret: calls must be signed, and responses are signed.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    secret: Option<Option<String>>,
    /// Scenario of sessions that request none.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    scenario: Option<Option<String>>,
    /// Wording of its responses.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<Dialect>"))]
    dialect: Option<Option<Dialect>>,
    /// Case of `result`.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<ResultCase>"))]
    result_case: Option<Option<ResultCase>>,
    /// Configurations to add or replace, by id; null removes one.
    #[serde(default)]
    configurations: BTreeMap<String, Option<ConfigurationFile>>,
    /// The people of its sessions; null or [] for all people.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    people: Option<Option<Vec<String>>>,
    /// Maximum number of its sessions.
    #[serde(default, deserialize_with = "deserialize_nullable")]
    #[cfg_attr(test, schemars(with = "Option<usize>"))]
    max_sessions: Option<Option<usize>>,
    /// Whether `begin/` is refused at `max_sessions` instead of evicting a session.
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
    /// Returns the company as the control API takes it.
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
    /// Returns the changed company.
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

/// Deserializes a present value, including null.
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
