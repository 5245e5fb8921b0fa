//! Settings of a company: key, secret and defaults.

use std::{collections::BTreeMap, time::SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    clock::optional_moment,
    faults::Fault,
    foreign_text::{is_disturbing, on_one_line},
    json_text::members_of,
    problem::{Problem, member_path},
    secret::Secret,
    tree,
    vendor::{Dialect, ResultCase},
};

/// A company that may call, with its settings.
///
/// ```
/// use identomat_mock::{Company, Dialect};
///
/// let company = Company::new("another-company")
///     .secret("not-a-real-secret")
///     .scenario("manual-check")
///     .dialect(Dialect::Live);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(description = "A company. The config file writes the names with dashes, and `key`."))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Company {
    /// The key that its calls carry.
    #[serde(rename = "company_key", alias = "key")]
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub key: String,
    /// The HMAC secret: calls must be signed, and responses are signed.
    #[serde(skip_serializing)]
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub secret: Option<Secret>,
    /// Scenario of sessions that request none, instead of the server's.
    pub scenario: Option<String>,
    /// Wording of its responses, instead of the server's.
    pub dialect: Option<Dialect>,
    /// Case of `result`, instead of the dialect's and the server's.
    #[serde(alias = "result-case")]
    pub result_case: Option<ResultCase>,
    /// `result_comment` of an operator's decision without one, instead of the server's.
    #[serde(alias = "decision-comment")]
    pub decision_comment: Option<String>,
    /// The configurations that sessions select with `config_id`: 24 characters of `[0-9a-f]`.
    #[serde(default)]
    #[cfg_attr(test, schemars(extend("propertyNames" = {"pattern": "^[0-9a-f]{24}$"})))]
    pub configurations: BTreeMap<String, SavedConfiguration>,
    /// The people of its sessions, by file name; all people if empty.
    #[serde(default)]
    pub people: Vec<String>,
    /// Scenarios of its first sessions, one each.
    #[serde(default)]
    pub queue: Vec<String>,
    /// Faults for its first calls.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Time at which its clock is frozen at the start, instead of the server's.
    #[serde(default, alias = "frozen-at", with = "optional_moment")]
    #[cfg_attr(test, schemars(with = "Option<String>", extend("pattern" = crate::clock::patterns::moment())))]
    pub frozen_at: Option<SystemTime>,
    /// Maximum number of its sessions, instead of the server's.
    #[serde(alias = "max-sessions")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub max_sessions: Option<usize>,
    /// Whether `begin/` is refused at `max_sessions` instead of evicting a session; overrides the server's setting.
    #[serde(alias = "refuse-at-max-sessions")]
    pub refuse_at_max_sessions: Option<bool>,
}

impl Company {
    /// Creates a company without a secret, with the settings of the server.
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    /// Requires signed calls and signs responses ([source](crate::fidelity#signatures)).
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// Sets the scenario of sessions that request none, instead of the server's.
    pub fn scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Sets the wording of its responses, instead of the server's.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// Sets the case of `result`, instead of the dialect's and the server's.
    pub fn result_case(mut self, case: ResultCase) -> Self {
        self.result_case = Some(case);
        self
    }

    /// Sets `result_comment` of an operator's decision without one, instead of the server's.
    pub fn decision_comment(mut self, comment: impl Into<String>) -> Self {
        self.decision_comment = Some(comment.into());
        self
    }

    /// Saves a configuration under a `config_id`: 24 characters of `[0-9a-f]`.
    pub fn configuration(mut self, config_id: impl Into<String>, configuration: SavedConfiguration) -> Self {
        self.configurations.insert(config_id.into(), configuration);
        self
    }

    /// Sets the people of its sessions, by file name; by default all people.
    pub fn people<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.people = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the scenarios of its first sessions, one each.
    pub fn queue<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.queue = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a fault for its first calls.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Freezes its clock at this time, instead of the server's setting.
    pub fn frozen_at(mut self, moment: SystemTime) -> Self {
        self.frozen_at = Some(moment);
        self
    }

    /// Sets the maximum number of its sessions, instead of the server's.
    pub fn max_sessions(mut self, number: usize) -> Self {
        self.max_sessions = Some(number);
        self
    }

    /// Sets whether `begin/` is refused at that number instead of evicting a session; overrides the server's setting.
    pub fn refuse_at_max_sessions(mut self, refuses: bool) -> Self {
        self.refuse_at_max_sessions = Some(refuses);
        self
    }

    /// Returns the settings for a mock in another process, with the secret.
    pub(crate) fn with_secret(&self) -> Map<String, Value> {
        let mut members = members_of(self);
        members.extend(self.secret.as_ref().map(|secret| ("secret".to_owned(), secret.expose().into())));
        members
    }

    /// Returns this company for a key that its pattern matches; `{key}` in the secret stands for the key.
    pub(super) fn of_key(&self, key: &str) -> Self {
        let secret = self.secret.as_ref().map(|secret| secret.expose().replace("{key}", key).into());
        Self { key: key.into(), secret, ..self.clone() }
    }

    /// Returns the first problem with the settings.
    pub(crate) fn problem(&self) -> Option<Problem> {
        if self.key.is_empty() {
            let message = "a company key is empty; give it at least one character";
            return Some(Problem::of_key("company_key", message));
        }
        if self.key.contains(is_disturbing) {
            let key = on_one_line(&self.key);
            let message =
                format!("the company key `{key}` has a control character or a text direction mark; remove it");
            return Some(Problem::of_key("company_key", message));
        }
        if self.secret == Some("".into()) {
            let message = format!("the secret of the company key `{}` is empty; leave it out or give one", self.key);
            return Some(Problem::of_key("secret", message));
        }
        if self.max_sessions == Some(0) {
            let key = &self.key;
            let problem = Problem::of_key("max_sessions", "with 0 no session could begin; give at least 1");
            return Some(problem.with_context(format!("`max_sessions` of the company key `{key}`")));
        }
        let is_id = |id: &str| id.len() == 24 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let problem_of = |id: &str, message: &'static str| {
            let problem = Problem::rule(message).at(&member_path!["configurations", id]);
            problem.with_context(format!("the configuration `{id}` of the company key `{}`", self.key))
        };
        if let Some((id, message)) = self.configurations.iter().find_map(|(id, saved)| Some((id, saved.problem?))) {
            return Some(problem_of(id, message));
        }
        let wrong = self.configurations.keys().find(|id| !is_id(id))?;
        Some(problem_of(wrong, "an id has 24 characters of 0-9 a-f"))
    }
}

impl From<&str> for Company {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

impl From<String> for Company {
    fn from(key: String) -> Self {
        Self::new(key)
    }
}

/// A saved configuration, which sessions select with its `config_id`.
///
/// ```
/// use identomat_mock::SavedConfiguration;
/// use serde_json::json;
///
/// let passports_only = SavedConfiguration::new()
///     .scenario("manual-check")
///     .flags(json!({"document_types": ["passport"]}))
///     .steps(json!([{"type": "liveness", "key": "selfie"}]));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(description = "A saved configuration."))]
#[serde(deny_unknown_fields)]
pub struct SavedConfiguration {
    /// Scenario of its sessions.
    pub(crate) scenario: Option<String>,
    /// Flags of its sessions; flags of the call override them.
    #[serde(default)]
    pub(crate) flags: Map<String, Value>,
    /// Steps of its sessions; a step of the call replaces the step with the same key, otherwise of the same type.
    #[serde(default)]
    pub(crate) steps: Vec<Map<String, Value>>,
    /// A problem that stops the start.
    #[serde(skip)]
    pub(crate) problem: Option<&'static str>,
}

impl SavedConfiguration {
    /// Creates an empty configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the scenario of its sessions.
    pub fn scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Sets flags of its sessions, as a JSON object; flags of the call override them.
    pub fn flags(mut self, flags: Value) -> Self {
        match flags {
            Value::Object(flags) => self.flags = flags,
            _ => self.problem = Some("its `flags` are not a JSON object"),
        }
        self
    }

    /// Sets steps of its sessions, as a JSON array of objects; a step of the call replaces the step with the same key,
    /// otherwise of the same type.
    pub fn steps(mut self, steps: Value) -> Self {
        match tree::read_value(steps) {
            Ok(steps) => self.steps = steps,
            Err(_) => self.problem = Some("its `steps` are not a JSON array of objects"),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            assert!(!format!("{company:?}{:?}", members_of(&company)).contains("not-a-real-secret"));
            let read: Company = serde_json::from_value(company.with_secret().into()).unwrap();
            assert_eq!(read, company);
        }
    }
}
