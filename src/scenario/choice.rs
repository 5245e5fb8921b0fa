//! A choice of a scenario, by name or inline.

use std::sync::Arc;

use super::Scenario;

/// A scenario by its name, or one built in Rust.
#[derive(Debug, Clone)]
pub enum ScenarioChoice {
    /// A scenario of a file, or one that the server was started with.
    Named(String),
    /// A scenario that no other session can request.
    Inline(Arc<Scenario>),
}

impl ScenarioChoice {
    /// Returns the name of the scenario.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Inline(scenario) => &scenario.name,
        }
    }
}

impl From<&str> for ScenarioChoice {
    fn from(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl From<String> for ScenarioChoice {
    fn from(name: String) -> Self {
        Self::Named(name)
    }
}

impl From<Scenario> for ScenarioChoice {
    fn from(scenario: Scenario) -> Self {
        Self::Inline(Arc::new(scenario))
    }
}
