//! Scenarios, queues, faults and clocks.

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

impl Control {
    /// The scenarios, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn scenarios(&self) -> Result<Vec<ScenarioInfo>, ControlError> {
        self.list("scenarios", &[]).await
    }

    /// The scenario of that name.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is none.
    pub async fn scenario(&self, name: &str) -> Result<ScenarioInfo, ControlError> {
        self.get(&["scenarios", name], &[]).await
    }

    /// Adds a scenario for sessions of every company, until everything is reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when it says what cannot be.
    pub async fn add_scenario(&self, scenario: Scenario) -> Result<ScenarioInfo, ControlError> {
        self.post(&["scenarios"], scenario.to_file_value()).await
    }

    /// Lets the next session that does not ask for a scenario take this one: a name, or a [`Scenario`] that nobody else
    /// can ask for.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when there is no such scenario, or the one that was built cannot be.
    pub async fn queue_scenario(&self, scenario: impl Into<ScenarioChoice>) -> Result<(), ControlError> {
        self.queue_scenarios(vec![scenario.into()]).await
    }

    /// As [`Control::queue_scenario`], for as many sessions as there are scenarios.
    ///
    /// # Errors
    ///
    /// As [`Control::queue_scenario`]; none is queued then.
    pub async fn queue_scenarios(&self, scenarios: Vec<ScenarioChoice>) -> Result<(), ControlError> {
        let choice = |choice: &ScenarioChoice| match choice {
            ScenarioChoice::Named(name) => Value::from(name.as_str()),
            ScenarioChoice::Inline(scenario) => scenario.to_file_value().into(),
        };
        let queued = Map::from_iter([("scenarios".to_owned(), scenarios.iter().map(choice).collect())]);
        self.post::<Value>(&["scenarios", "queue"], self.with_company_key(queued)).await.map(|_| ())
    }

    /// The names of the scenarios of the next sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn queue(&self) -> Result<Vec<String>, ControlError> {
        #[derive(Deserialize)]
        struct QueueBody {
            scenarios: Vec<String>,
        }

        self.get::<QueueBody>(&["scenarios", "queue"], &self.company_query()).await.map(|queue| queue.scenarios)
    }

    /// Forgets the scenarios of the next sessions.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn empty_queue(&self) -> Result<(), ControlError> {
        self.delete(&["scenarios", "queue"], &self.company_query()).await
    }

    /// Lets something go wrong with the next calls: of the company, or of whichever.
    ///
    /// # Errors
    ///
    /// [`ControlError`] when the fault is for a scenario that there is not.
    pub async fn add_fault(&self, fault: Fault) -> Result<FaultInfo, ControlError> {
        self.post(&["faults"], self.with_company_key(fault.to_file_value())).await
    }

    /// The faults in force: those on every company, then each company's own; the company's own alone, where this is for
    /// one.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn faults(&self) -> Result<Vec<FaultInfo>, ControlError> {
        self.list("faults", &self.company_query()).await
    }

    /// Ends a fault of the company, or one on every company; false when there is none of that name any more.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn remove_fault(&self, name: &str) -> Result<bool, ControlError> {
        match self.delete(&["faults", name], &self.company_query()).await {
            Err(ControlError::Refused(refused)) if refused.status == 404 && refused.field.is_none() => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Ends every fault of the company, or all.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn clear_faults(&self) -> Result<(), ControlError> {
        self.delete(&["faults"], &self.company_query()).await
    }

    /// The time of day on the company's clock, or on the server's.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn now(&self) -> Result<SystemTime, ControlError> {
        let clocks: Value = self.get(&["clock"], &self.company_query()).await?;
        let now = clocks["clocks"][0]["now"].as_str().and_then(|now| now.parse::<Timestamp>().ok());
        let now = now.and_then(|now| SystemTime::try_from(now).ok());
        now.ok_or_else(|| ControlError::Unexpected(format!("the response has no clock: {clocks}")))
    }

    /// Moves the company's clock on, or every clock; answers the first thousand things that fell due.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn advance(&self, by: Duration) -> Result<Vec<DueEvent>, ControlError> {
        self.turn("advance", [("by", format_duration(by))]).await
    }

    /// As [`Control::advance`], to a moment, earlier or later.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn set_clock(&self, at: SystemTime) -> Result<Vec<DueEvent>, ControlError> {
        self.turn("set", [("to", nearest_moment(at).to_string())]).await
    }

    /// Stops the company's clock, or every clock.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
    pub async fn freeze_clock(&self) -> Result<(), ControlError> {
        self.post::<Value>(&["clock", "freeze"], self.with_company_key(Map::new())).await.map(|_| ())
    }

    /// Lets the company's clock run on, or every clock.
    ///
    /// # Errors
    ///
    /// [`ControlError`].
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
