//! The paths of the control API.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    super::super::{
        calls, clock, coverage, events,
        extract::EmptyBody,
        faults, health,
        paging::{self, ListPage},
        scenarios, sessions, settings, uploads, verdict, wait,
    },
    OpenApiDocument,
};
use crate::{
    CallInfo, CallPattern, CompanyInfo, FaultInfo, ScenarioInfo, SessionDetails, SessionInfo, company::Company,
    faults::Fault, mock::CompanyPatch, scenario::Scenario,
};

/// Adds members to a schema of an object.
fn with(
    document: &mut OpenApiDocument,
    schema: fn(&mut SchemaGenerator) -> Schema,
    members: Value,
    required: &[&str],
) -> Value {
    let mut schema = schema(&mut document.read).to_value();
    let properties = schema["properties"].as_object_mut().expect("an object has members");
    properties.extend(members.as_object().expect("members").clone());
    let mut names: Vec<_> = required.iter().map(|name| json!(name)).collect();
    names.extend(schema.get("required").and_then(Value::as_array).into_iter().flatten().cloned());
    if !names.is_empty() {
        schema["required"] = names.into();
    }
    schema
}

pub(super) fn paths(document: &mut OpenApiDocument) {
    document.admin("get", "/health/live", "Liveness: the process runs").answers::<health::LivenessResponse>(200).done();
    document
        .admin("get", "/health/ready", "Readiness: vendor calls are accepted")
        .answers::<health::ReadinessResponse>(200)
        .done();

    document
        .admin("get", "/companies", "Lists the companies by key")
        .query::<paging::NameListQuery>()
        .answers::<ListPage<CompanyInfo>>(200)
        .done();
    document
        .admin("post", "/companies", "Adds a company")
        .body::<Company>()
        .answers::<CompanyInfo>(201)
        .problems(&[409])
        .done();
    let one = "/companies/{key}";
    document.admin("get", one, "Returns a company").answers::<CompanyInfo>(200).problems(&[404]).done();
    document
        .admin("patch", one, "Changes a company")
        .body::<CompanyPatch>()
        .answers::<CompanyInfo>(200)
        .problems(&[404])
        .done();
    document.admin("delete", one, "Removes a company with its sessions").answers_nothing().problems(&[404]).done();
    document
        .admin("post", "/companies/{key}/reset", "Resets a company to its initial state")
        .body::<EmptyBody>()
        .answers::<CompanyInfo>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/reset", "Resets everything, or one company, to its initial state")
        .body::<EmptyBody>()
        .of_company()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/sessions", "Lists the sessions")
        .query::<sessions::ListSessionsQuery>()
        .of_company()
        .answers::<ListPage<SessionInfo>>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/sessions", "Begins a session")
        .body::<sessions::BeginSessionBody>()
        .of_company()
        .answers::<SessionInfo>(201)
        .problems(&[404])
        .done();
    let one = "/sessions/{token}";
    document
        .admin("get", one, "Returns a session with its details")
        .of_company()
        .answers::<SessionDetails>(200)
        .problems(&[404])
        .done();
    document.admin("delete", one, "Deletes a session").of_company().answers_nothing().problems(&[404]).done();
    for (path, summary) in [
        ("/sessions/{token}/finish", "Finishes the session, as the scenario or the body says"),
        ("/sessions/{token}/decide", "Gives the decision of the vendor's operator, as the scenario or the body says"),
    ] {
        document
            .admin("post", path, summary)
            .body::<verdict::VerdictBody>()
            .of_company()
            .answers::<SessionInfo>(200)
            .problems(&[404, 409])
            .done();
    }
    document
        .admin("post", "/sessions/{token}/scenario", "Switches the session to another scenario")
        .body::<sessions::SwitchScenarioBody>()
        .of_company()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();
    document
        .admin("post", "/sessions/{token}/step", "Records that the person reached a step")
        .body::<sessions::ReachStepBody>()
        .of_company()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();
    document
        .admin("post", "/sessions/{token}/uploads", "Uploads a picture or video of the person")
        .query::<uploads::UploadQuery>()
        .file()
        .of_company()
        .answers::<SessionInfo>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/sessions/{token}/expire", "Expires the session token")
        .body::<EmptyBody>()
        .of_company()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();

    document
        .admin("get", "/scenarios", "Lists the scenarios by name")
        .query::<paging::NameListQuery>()
        .answers::<ListPage<ScenarioInfo>>(200)
        .done();
    let scenario = with(document, Scenario::json_schema, json!({"name": {"type": "string"}}), &["name"]);
    document
        .admin("post", "/scenarios", "Adds a scenario, written as in a file")
        .body_of(scenario)
        .answers::<ScenarioInfo>(201)
        .done();
    document
        .admin("get", "/scenarios/{name}", "Returns a scenario")
        .answers::<ScenarioInfo>(200)
        .problems(&[404])
        .done();
    let queue = "/scenarios/queue";
    document
        .admin("get", queue, "Returns the queue: the scenarios of a company's next sessions")
        .of_company()
        .answers::<scenarios::QueueResponse>(200)
        .problems(&[404])
        .done();
    let own = with(document, Scenario::json_schema, json!({"name": {"type": "string"}}), &[]);
    let mut queued = with(document, scenarios::EnqueueMembers::json_schema, json!({}), &[]);
    queued["properties"]["scenarios"]["items"] = json!({"anyOf": [{"type": "string"}, own]});
    document
        .admin("post", queue, "Adds scenarios to the queue")
        .body_of(queued)
        .of_company()
        .answers::<scenarios::QueueResponse>(200)
        .problems(&[404])
        .done();
    document.admin("delete", queue, "Empties the queue").of_company().answers_nothing().problems(&[404]).done();

    document
        .admin("get", "/faults", "Lists the active faults")
        .query::<faults::ListFaultsQuery>()
        .of_company()
        .answers::<ListPage<FaultInfo>>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/faults", "Adds a fault, written as in a file")
        .body::<Fault>()
        .of_company()
        .answers::<FaultInfo>(201)
        .problems(&[404])
        .done();
    document.admin("delete", "/faults", "Removes all faults").of_company().answers_nothing().problems(&[404]).done();
    document
        .admin("delete", "/faults/{name}", "Removes a fault")
        .of_company()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/clock", "Returns the clocks")
        .of_company()
        .answers::<clock::ClockList>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/advance", "Advances the clocks")
        .body::<clock::AdvanceClockBody>()
        .of_company()
        .answers::<clock::ClockMoveResponse>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/set", "Sets the clocks")
        .body::<clock::SetClockBody>()
        .of_company()
        .answers::<clock::ClockMoveResponse>(200)
        .problems(&[404])
        .done();
    for (path, summary) in [("/clock/freeze", "Freezes the clocks"), ("/clock/resume", "Resumes the clocks")] {
        document
            .admin("post", path, summary)
            .body::<EmptyBody>()
            .of_company()
            .answers::<clock::ClockList>(200)
            .problems(&[404])
            .done();
    }

    document
        .admin("get", "/calls", "Lists the calls in the journal")
        .query::<calls::ListCallsQuery>()
        .of_company()
        .answers::<calls::CallList>(200)
        .problems(&[404])
        .done();
    document.admin("delete", "/calls", "Clears the journal").of_company().answers_nothing().problems(&[404]).done();
    document
        .admin("post", "/calls/count", "Counts the calls that match")
        .body::<CallPattern>()
        .of_company()
        .answers::<calls::CountCallsResponse>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    let found = calls::FindCallsBody::json_schema(&mut document.read).to_value()["properties"].clone();
    let found = with(document, CallPattern::json_schema, found, &[]);
    document
        .admin("post", "/calls/find", "Lists the calls that match")
        .body_of(found)
        .of_company()
        .answers::<ListPage<CallInfo>>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    let expected = calls::ExpectedCount::json_schema(&mut document.read).to_value()["properties"].clone();
    let expected = with(document, CallPattern::json_schema, expected, &[]);
    document
        .admin("post", "/calls/verify", "Verifies the number of calls that match")
        .body_of(expected)
        .of_company()
        .answers::<calls::CountCallsResponse>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    document.admin("get", "/calls/{id}", "Returns a call").answers::<CallInfo>(200).problems(&[404, 410]).done();
    document
        .admin("get", "/events", "Streams events as server-sent events, each with a JSON object as its data")
        .query::<events::EventsQuery>()
        .header("Last-Event-ID", "Only events after this id; overrides `after`")
        .answers_in::<events::EventInfo<'_>>("text/event-stream")
        .problems(&[404, 409, 503])
        .done();
    document
        .admin("get", "/coverage", "Returns the coverage of outcomes, errors, faults and races")
        .query::<coverage::CoverageQuery>()
        .of_company()
        .answers::<coverage::CoverageResponse>(200)
        .problems(&[404])
        .done();
    document
        .admin("get", "/metrics", "Returns the metrics in the Prometheus text format")
        .answers_in::<String>("text/plain; version=0.0.4")
        .done();
    let so_many = json!({
        "count": {"type": "integer", "minimum": 0, "default": 1}, "timeout": {"type": "string"},
    });
    let so_many = with(document, CallPattern::json_schema, so_many, &[]);
    document
        .admin("get", "/wait/calls", "Waits for a number of calls")
        .query::<wait::WaitCallsQuery>()
        .of_company()
        .answers::<wait::WaitCallsResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document
        .admin("post", "/wait/calls", "Waits for a number of calls that match a pattern")
        .body_of(so_many)
        .of_company()
        .answers::<wait::WaitCallsResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document
        .admin("get", "/wait/session/{token}", "Waits for a condition of a session")
        .query::<wait::WaitSessionQuery>()
        .of_company()
        .answers::<wait::WaitSessionResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document.admin("get", "/settings", "Returns the settings").answers::<settings::SettingsResponse>(200).done();
    document.admin("get", "/openapi.json", "Returns this document").answers::<Map<String, Value>>(200).done();
}
