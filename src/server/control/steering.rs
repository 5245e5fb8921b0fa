//! Operations on scenarios, queues, faults and clocks.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Control, ControlError};
use crate::{
    clock::{format_duration, nearest_moment},
    faults::{Fault, FaultInfo},
    mock::{DueEvent, ScenarioInfo},
    scenario::{Scenario, ScenarioChoice},
};

/// Every request returns a [`ControlError`] if the mock cannot be reached or refuses; `# Errors` sections name further
/// reasons.
impl Control {
    /// Returns the scenarios, by name.
    pub async fn scenarios(&self) -> Result<Vec<ScenarioInfo>, ControlError> {
        self.list("scenarios", &[]).await
    }

    /// Returns the scenario with this name.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none.
    pub async fn scenario(&self, name: &str) -> Result<ScenarioInfo, ControlError> {
        self.get(&["scenarios", name], &[]).await
    }

    /// Adds a scenario for sessions of all companies, until a full reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if it is invalid.
    pub async fn add_scenario(&self, scenario: Scenario) -> Result<ScenarioInfo, ControlError> {
        self.post(&["scenarios"], scenario.to_members()).await
    }

    /// Sets the scenario of the next session that requests none: a name, or a [`Scenario`] that no other session can
    /// request.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such scenario, or the built one is invalid.
    pub async fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ControlError> {
        self.queue_scenarios(vec![scenario.into()]).await
    }

    /// Queues several scenarios, as [`Control::queue_scenario`], for as many sessions.
    ///
    /// # Errors
    ///
    /// As [`Control::queue_scenario`]; none is queued then.
    pub async fn queue_scenarios(&self, scenarios: Vec<ScenarioChoice>) -> Result<(), ControlError> {
        let choice = |choice: &ScenarioChoice| match choice {
            ScenarioChoice::Named(name) => Value::from(name.as_str()),
            ScenarioChoice::Inline(scenario) => scenario.to_members().into(),
        };
        let queued = Map::from_iter([("scenarios".to_owned(), scenarios.iter().map(choice).collect())]);
        self.post::<Value>(&["scenarios", "queue"], self.with_company_key(queued)).await.map(|_| ())
    }

    /// Returns the names of the queued scenarios.
    pub async fn queue(&self) -> Result<Vec<String>, ControlError> {
        #[derive(Deserialize)]
        struct QueueBody {
            scenarios: Vec<String>,
        }

        self.get::<QueueBody>(&["scenarios", "queue"], &self.company_query()).await.map(|queue| queue.scenarios)
    }

    /// Empties the queue.
    pub async fn empty_queue(&self) -> Result<(), ControlError> {
        self.delete(&["scenarios", "queue"], &self.company_query()).await
    }

    /// Adds a fault for the next calls of the company, or of all companies.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the fault names an unknown scenario.
    pub async fn add_fault(&self, fault: Fault) -> Result<FaultInfo, ControlError> {
        self.post(&["faults"], self.body_of(&fault)).await
    }

    /// Returns the active faults: the server's, then each company's own. A handle of one company returns only the
    /// company's own.
    pub async fn faults(&self) -> Result<Vec<FaultInfo>, ControlError> {
        self.list("faults", &self.company_query()).await
    }

    /// Removes a fault of the company, or of the server; false if there is none with this name.
    pub async fn remove_fault(&self, name: &str) -> Result<bool, ControlError> {
        match self.delete(&["faults", name], &self.company_query()).await {
            Err(ControlError::Refused(refused)) if refused.status == 404 && refused.field.is_none() => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Removes all faults of the company, or all faults.
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        self.delete(&["faults"], &self.company_query()).await
    }

    /// Returns the time of the company's clock, or of the server's.
    pub async fn now(&self) -> Result<SystemTime, ControlError> {
        let clocks: Value = self.get(&["clock"], &self.company_query()).await?;
        let now = clocks["clocks"][0]["now"].as_str().and_then(|now| now.parse::<Timestamp>().ok());
        let now = now.and_then(|now| SystemTime::try_from(now).ok());
        now.ok_or_else(|| ControlError::Unexpected(format!("the response has no clock: {clocks}")))
    }

    /// Advances the company's clock, or all clocks. Returns the first thousand due events.
    pub async fn advance(&self, by: Duration) -> Result<Vec<DueEvent>, ControlError> {
        self.turn("advance", [("by", format_duration(by))]).await
    }

    /// Sets the clocks, forward or back, as [`Control::advance`].
    pub async fn set_clock(&self, at: SystemTime) -> Result<Vec<DueEvent>, ControlError> {
        self.turn("set", [("to", nearest_moment(at).to_string())]).await
    }

    /// Freezes the company's clock, or all clocks.
    pub async fn freeze_clock(&self) -> Result<(), ControlError> {
        self.post::<Value>(&["clock", "freeze"], self.with_company_key(Map::new())).await.map(|_| ())
    }

    /// Resumes the company's clock, or all clocks.
    pub async fn resume_clock(&self) -> Result<(), ControlError> {
        self.post::<Value>(&["clock", "resume"], self.with_company_key(Map::new())).await.map(|_| ())
    }

    async fn turn(&self, how: &str, what: [(&str, String); 1]) -> Result<Vec<DueEvent>, ControlError> {
        #[derive(Deserialize)]
        struct ClockMoveResult {
            fell_due: Vec<DueEvent>,
        }

        let what = what.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        self.post::<ClockMoveResult>(&["clock", how], self.with_company_key(what)).await.map(|moved| moved.fell_due)
    }
}
