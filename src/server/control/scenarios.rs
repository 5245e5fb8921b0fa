//! Verbs on scenarios, queues, faults and clocks.

use std::time::{Duration, SystemTime};

use super::{super::blocking, Control, ControlError, verbs};
use crate::{
    clock::{DurationText, nearest_moment},
    faults::{Fault, FaultInfo},
    http::admin::{
        assert_all_used,
        clock::{self, AdvanceClockBody, ClockList, SetClockBody},
        extract::EmptyBody,
        faults::{self, ListFaultsQuery},
        paging::NameListQuery,
        scenarios::{self, AddScenarioBody, EnqueueBody},
    },
    mock::{DueEvent, ScenarioInfo},
    scenario::{Scenario, ScenarioChoice},
};

verbs! {
    [&self] of Control, blocking::Control, by [self];

    /// Returns the scenarios, by name.
    fn scenarios() -> Vec<ScenarioInfo> = list(&scenarios::LIST, NameListQuery::default());

    /// Returns the scenario with this name.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none.
    fn scenario(name: &str) -> ScenarioInfo = call(&scenarios::SHOW, name, EmptyBody {});

    /// Adds a scenario for sessions of all companies, until a full reset.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if it is invalid.
    fn add_scenario(scenario: Scenario) -> ScenarioInfo = call(&scenarios::ADD, "", AddScenarioBody(scenario));

    /// Sets the scenario of the next session that requests none: a name, or a [`Scenario`] that no other session can
    /// request.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is no such scenario, or the built one is invalid.
    fn queue_scenario(scenario: impl Into<ScenarioChoice>) -> () =
        call_as(&scenarios::ENQUEUE, "", EnqueueBody(vec![scenario.into()]), |_, _| Ok(()));

    /// Queues several scenarios, as [`Self::queue_scenario`], for as many sessions.
    ///
    /// # Errors
    ///
    /// As [`Self::queue_scenario`]; none is queued then.
    fn queue_scenarios(scenarios: impl IntoIterator<Item = impl Into<ScenarioChoice>>) -> () =
        call_as(&scenarios::ENQUEUE, "", EnqueueBody(scenarios.into_iter().map(Into::into).collect()), |_, _| Ok(()));

    /// Returns the names of the queued scenarios.
    fn queue() -> Vec<String> = call_as(&scenarios::QUEUE, "", EmptyBody {}, |_, queue| Ok(queue.scenarios));

    /// Empties the queue.
    fn empty_queue() -> () = call(&scenarios::EMPTY_QUEUE, "", EmptyBody {});

    /// Adds a fault for the next calls of the company, or of all companies.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if the fault names an unknown scenario or session.
    fn add_fault(fault: Fault) -> FaultInfo = call(&faults::ADD, "", fault);

    /// Returns the active faults: the server's, then each company's own. A handle of one company returns only the
    /// company's own. Faults of scenarios are not included.
    fn faults() -> Vec<FaultInfo> = list(&faults::LIST, ListFaultsQuery::default());

    /// Removes a fault of the company, or of the server.
    ///
    /// # Errors
    ///
    /// [`ControlError`] if there is none with this name.
    fn remove_fault(name: &str) -> () = call(&faults::REMOVE, name, EmptyBody {});

    /// Removes all faults of the company, or all faults.
    fn clear_faults() -> () = call(&faults::CLEAR, "", EmptyBody {});

    /// Asserts that everything prepared was used: each fault has hit a call, each scenario of the queue was taken, and
    /// each expectation is verified. Faults of scenarios do not count.
    ///
    /// # Errors
    ///
    /// [`ControlError`], with status 409 and a text with what was not used.
    fn assert_all_used() -> () =
        call_as(&assert_all_used::CHECK, "", EmptyBody {}, |control, ()| control.check_expectations());

    /// Returns the time of the company's clock, or of the server's.
    fn now() -> SystemTime = call_as(&clock::SHOW, "", EmptyBody {}, first_time);

    /// Advances the company's clock, or all clocks. Returns the first thousand due events, in order of time for each
    /// company.
    fn advance(by: Duration) -> Vec<DueEvent> =
        call_as(&clock::ADVANCE, "", AdvanceClockBody { by: DurationText(by) }, |_, moved| Ok(moved.fell_due));

    /// Sets the clocks, forward or back, as [`Self::advance`]. Reached stages stay when a clock is set back.
    fn set_clock(at: SystemTime) -> Vec<DueEvent> =
        call_as(&clock::SET, "", SetClockBody { to: nearest_moment(at) }, |_, moved| Ok(moved.fell_due));

    /// Freezes the company's clock, or all clocks.
    fn freeze_clock() -> () = call_as(&clock::FREEZE, "", EmptyBody {}, |_, _| Ok(()));

    /// Resumes the company's clock, or all clocks.
    fn resume_clock() -> () = call_as(&clock::RESUME, "", EmptyBody {}, |_, _| Ok(()));
}

/// Returns the time of the first clock.
fn first_time(_: &Control, clocks: ClockList) -> Result<SystemTime, ControlError> {
    let now = clocks.clocks.first().and_then(|clock| SystemTime::try_from(clock.now).ok());
    now.ok_or_else(|| ControlError::Unexpected("the response has no clock".into()))
}
