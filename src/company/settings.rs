//! A company as it is set: its key, its secret, its settings.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use serde_json::{Map, Value};

use crate::{
    faults::Fault,
    foreign_text::{is_disturbing, on_one_line},
    vendor::{Dialect, ResultCase},
};

/// A company that may call, and what is set for it.
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
    /// A company without a secret, with the settings of the server.
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

    /// Asks for signed calls, and signs the answers (specification, section 8).
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// The scenario for sessions that do not ask for one, instead of the server's.
    pub fn scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Whether its answers are worded as the manual's or as recorded ones, instead of the server's setting.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// How `result` is written, instead of what dialect and server say.
    pub fn result_case(mut self, case: ResultCase) -> Self {
        self.result_case = Some(case);
        self
    }

    /// Saves a configuration under a `config_id`: 24 characters of `[0-9a-f]`.
    pub fn configuration(mut self, config_id: impl Into<String>, configuration: SavedConfiguration) -> Self {
        self.configurations.insert(config_id.into(), configuration);
        self
    }

    /// The people who go through its sessions, by the names of their files; otherwise everybody can.
    pub fn people<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.people = names.into_iter().map(Into::into).collect();
        self
    }

    /// The scenarios of its first sessions, one each.
    pub fn queue<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.queue = names.into_iter().map(Into::into).collect();
        self
    }

    /// Something that goes wrong with its first calls.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Stops its clock at that moment, instead of the server's setting.
    pub fn frozen_at(mut self, moment: SystemTime) -> Self {
        self.frozen_at = Some(moment);
        self
    }

    /// How many sessions it has at most, instead of the server's setting.
    pub fn max_sessions(mut self, number: usize) -> Self {
        self.max_sessions = Some(number);
        self
    }

    /// Whether `begin/` is refused at that number instead of making room, instead of the server's setting.
    pub fn refuse_at_max_sessions(mut self, refuses: bool) -> Self {
        self.refuse_at_max_sessions = Some(refuses);
        self
    }

    /// A company set as this one, whose key is a pattern of `key`; `{key}` in the secret stands for it.
    pub(super) fn of_key(&self, key: &str) -> Self {
        let secret = self.secret.as_ref().map(|secret| secret.replace("{key}", key));
        Self { key: key.into(), secret, ..self.clone() }
    }

    /// Says what no company can have.
    pub(crate) fn problem(&self) -> Option<String> {
        if self.key.is_empty() {
            return Some("a company key is empty; give it at least one character".into());
        }
        if self.key.contains(is_disturbing) {
            let key = on_one_line(&self.key);
            return Some(format!(
                "the company key `{key}` has a control character or a text direction mark; remove it"
            ));
        }
        if self.secret.as_deref() == Some("") {
            return Some(format!("the secret of the company key `{}` is empty; leave it out or give one", self.key));
        }
        if self.max_sessions == Some(0) {
            let key = &self.key;
            return Some(format!(
                "`max_sessions` of the company key `{key}`: with 0 no session could begin; give at least 1"
            ));
        }
        let is_id = |id: &str| id.len() == 24 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if let Some((id, problem)) = self.configurations.iter().find_map(|(id, saved)| Some((id, saved.problem?))) {
            return Some(format!("the configuration `{id}` of the company key `{}`: {problem}", self.key));
        }
        let wrong = self.configurations.keys().find(|id| !is_id(id))?;
        Some(format!(
            "the configuration `{wrong}` of the company key `{}`: an id has 24 characters of 0-9 a-f",
            self.key
        ))
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

/// Shows that there is a secret, not which.
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

/// A saved configuration: what sessions begun with its `config_id` get.
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
    /// What stops the start.
    pub(crate) problem: Option<&'static str>,
}

impl SavedConfiguration {
    /// A configuration that says nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The scenario for its sessions.
    pub fn scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Flags for its sessions, as a JSON object; those of the call hold above them.
    pub fn flags(mut self, flags: Value) -> Self {
        match flags {
            Value::Object(flags) => self.flags = flags,
            _ => self.problem = Some("its `flags` are not a JSON object"),
        }
        self
    }

    /// Steps for its sessions, as a JSON array of objects; a step of the call replaces the one of the same key, or else
    /// of the same type.
    pub fn steps(mut self, steps: Value) -> Self {
        match steps {
            Value::Array(steps) if steps.iter().all(Value::is_object) => self.steps = steps,
            _ => self.problem = Some("its `steps` are not a JSON array of objects"),
        }
        self
    }
}
