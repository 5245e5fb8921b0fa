//! Settings of a company: key, secret and defaults.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use serde_json::{Map, Value};

use crate::{
    faults::Fault,
    foreign_text::{is_disturbing, on_one_line},
    problem::{Problem, member_path},
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
#[derive(Clone, PartialEq)]
pub struct Company {
    pub(crate) key: String,
    pub(crate) secret: Option<String>,
    pub(crate) scenario: Option<String>,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) result_case: Option<ResultCase>,
    pub(crate) configurations: BTreeMap<String, SavedConfiguration>,
    pub(crate) people: Vec<String>,
    pub(crate) queue: Vec<String>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) frozen_at: Option<SystemTime>,
    pub(crate) max_sessions: Option<usize>,
    pub(crate) refuse_at_max_sessions: Option<bool>,
}

impl Company {
    /// Creates a company without a secret, with the settings of the server.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            secret: None,
            scenario: None,
            dialect: None,
            result_case: None,
            configurations: BTreeMap::new(),
            people: Vec::new(),
            queue: Vec::new(),
            faults: Vec::new(),
            frozen_at: None,
            max_sessions: None,
            refuse_at_max_sessions: None,
        }
    }

    /// Requires signed calls and signs responses (specification, section 8).
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
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

    /// Returns this company for a key that its pattern matches; `{key}` in the secret stands for the key.
    pub(super) fn of_key(&self, key: &str) -> Self {
        let secret = self.secret.as_ref().map(|secret| secret.replace("{key}", key));
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
        if self.secret.as_deref() == Some("") {
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

/// Hides the secret.
impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Company")
            .field("key", &self.key)
            .field("secret", &self.secret.as_ref().map(|_| "…"))
            .field("scenario", &self.scenario)
            .field("dialect", &self.dialect)
            .field("result_case", &self.result_case)
            .field("configurations", &self.configurations)
            .field("people", &self.people)
            .field("queue", &self.queue)
            .field("faults", &self.faults)
            .field("frozen_at", &self.frozen_at)
            .field("max_sessions", &self.max_sessions)
            .field("refuse_at_max_sessions", &self.refuse_at_max_sessions)
            .finish()
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedConfiguration {
    pub(crate) scenario: Option<String>,
    pub(crate) flags: Map<String, Value>,
    pub(crate) steps: Vec<Value>,
    /// A problem that stops the start.
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
        match steps {
            Value::Array(steps) if steps.iter().all(Value::is_object) => self.steps = steps,
            _ => self.problem = Some("its `steps` are not a JSON array of objects"),
        }
        self
    }
}
