//! The control API, path by path.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{
    super::super::{
        calls, clock, coverage, events,
        extract::EmptyBody,
        faults, health,
        paging::{self, ListPage},
        scenarios, sessions, settings, verdict, wait,
    },
    OpenApiDocument,
};
use crate::{
    CallInfo, CallPattern, CompanyInfo, FaultInfo, ScenarioInfo, SessionDetails, SessionInfo,
    company::{CompanyChange, CompanyFile},
    faults::FaultFile,
    scenario::ScenarioFile,
};

/// A schema of an object, with more members.
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
    document.admin("get", "/health/live", "Whether the process lives").answers::<health::LivenessResponse>(200).done();
    document
        .admin("get", "/health/ready", "Whether vendor calls are taken")
        .answers::<health::ReadinessResponse>(200)
        .done();

    document
        .admin("get", "/companies", "The companies, by their keys")
        .query::<paging::NameListQuery>()
        .answers::<ListPage<CompanyInfo>>(200)
        .done();
    document
        .admin("post", "/companies", "Adds a company")
        .body::<CompanyFile>()
        .answers::<CompanyInfo>(201)
        .problems(&[409])
        .done();
    let one = "/companies/{key}";
    document.admin("get", one, "One company").answers::<CompanyInfo>(200).problems(&[404]).done();
    document
        .admin("patch", one, "Sets it in another way")
        .body::<CompanyChange>()
        .answers::<CompanyInfo>(200)
        .problems(&[404])
        .done();
    document.admin("delete", one, "Removes it with its sessions").answers_nothing().problems(&[404]).done();
    document
        .admin("post", "/companies/{key}/reset", "Makes it as it was at the start")
        .body::<EmptyBody>()
        .answers::<CompanyInfo>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/reset", "Makes everything as it was at the start, or one company")
        .body::<paging::CompanyParam>()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/sessions", "The sessions")
        .query::<sessions::ListSessionsQuery>()
        .answers::<ListPage<SessionInfo>>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/sessions", "Begins a session")
        .body::<sessions::BeginSessionBody>()
        .answers::<SessionInfo>(201)
        .problems(&[404])
        .done();
    let one = "/sessions/{token}";
    document.admin("get", one, "All that is known of a session").answers::<SessionDetails>(200).problems(&[404]).done();
    document.admin("delete", one, "Removes it").answers_nothing().problems(&[404]).done();
    for (path, summary) in [
        ("/sessions/{token}/finish", "The person gets through: as the scenario or the body says"),
        ("/sessions/{token}/decide", "The vendor's operator decides: as the scenario or the body says"),
    ] {
        document
            .admin("post", path, summary)
            .body::<verdict::VerdictBody>()
            .answers::<SessionInfo>(200)
            .problems(&[404, 409])
            .done();
    }
    document
        .admin("post", "/sessions/{token}/scenario", "Another scenario happens to it from now on")
        .body::<sessions::SwitchScenarioBody>()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();
    document
        .admin("post", "/sessions/{token}/expire", "The token opens the widget no more")
        .body::<EmptyBody>()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();

    document
        .admin("get", "/scenarios", "The scenarios, by their names")
        .query::<paging::NameListQuery>()
        .answers::<ListPage<ScenarioInfo>>(200)
        .done();
    let scenario = with(document, ScenarioFile::json_schema, json!({"name": {"type": "string"}}), &["name"]);
    document
        .admin("post", "/scenarios", "Adds a scenario, as a file has it")
        .body_of(scenario)
        .answers::<ScenarioInfo>(201)
        .done();
    document.admin("get", "/scenarios/{name}", "One scenario").answers::<ScenarioInfo>(200).problems(&[404]).done();
    let queue = "/scenarios/queue";
    document
        .admin("get", queue, "The scenarios of a company's next sessions")
        .query::<paging::CompanyParam>()
        .answers::<scenarios::QueueResponse>(200)
        .problems(&[404])
        .done();
    let own = with(document, ScenarioFile::json_schema, json!({"name": {"type": "string"}}), &[]);
    let mut queued = with(document, scenarios::EnqueueBody::json_schema, json!({}), &[]);
    queued["properties"]["scenarios"]["items"] = json!({"anyOf": [{"type": "string"}, own]});
    document
        .admin("post", queue, "Adds to them")
        .body_of(queued)
        .answers::<scenarios::QueueResponse>(200)
        .problems(&[404])
        .done();
    document
        .admin("delete", queue, "Forgets them")
        .query::<paging::CompanyParam>()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/faults", "What goes wrong with the next calls")
        .query::<faults::ListFaultsQuery>()
        .answers::<ListPage<FaultInfo>>(200)
        .problems(&[404])
        .done();
    let text = json!({"type": ["string", "null"]});
    let fault = with(document, FaultFile::json_schema, json!({"company_key": text, "session": text}), &[]);
    document
        .admin("post", "/faults", "Adds a fault, as a file has it")
        .body_of(fault)
        .answers::<FaultInfo>(201)
        .problems(&[404])
        .done();
    document
        .admin("delete", "/faults", "Ends all of them")
        .query::<paging::CompanyParam>()
        .answers_nothing()
        .problems(&[404])
        .done();
    document
        .admin("delete", "/faults/{name}", "Ends one")
        .query::<paging::CompanyParam>()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/clock", "The time on the clocks")
        .query::<paging::CompanyParam>()
        .answers::<clock::ClockList>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/advance", "Moves them on")
        .body::<clock::AdvanceClockBody>()
        .answers::<clock::ClockMoveResponse>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/set", "Sets them")
        .body::<clock::SetClockBody>()
        .answers::<clock::ClockMoveResponse>(200)
        .problems(&[404])
        .done();
    for (path, summary) in [("/clock/freeze", "Stops them"), ("/clock/resume", "Lets them run on")] {
        document
            .admin("post", path, summary)
            .body::<paging::CompanyParam>()
            .answers::<clock::ClockList>(200)
            .problems(&[404])
            .done();
    }

    document
        .admin("get", "/calls", "The calls that are remembered")
        .query::<calls::ListCallsQuery>()
        .answers::<calls::CallList>(200)
        .problems(&[404])
        .done();
    document
        .admin("delete", "/calls", "Forgets them")
        .query::<paging::CompanyParam>()
        .answers_nothing()
        .problems(&[404])
        .done();
    let whose = json!({"company_key": text});
    let pattern = with(document, CallPattern::json_schema, whose.clone(), &[]);
    document
        .admin("post", "/calls/count", "How many calls are like that")
        .body_of(pattern)
        .answers::<calls::CountCallsResponse>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    let found = calls::FindCallsBody::json_schema(&mut document.read).to_value()["properties"].clone();
    let found = with(document, CallPattern::json_schema, found, &[]);
    document
        .admin("post", "/calls/find", "The calls that are like that")
        .body_of(found)
        .answers::<ListPage<CallInfo>>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    let expected = calls::ExpectedCount::json_schema(&mut document.read).to_value()["properties"].clone();
    let expected = with(document, CallPattern::json_schema, expected, &[]);
    document
        .admin("post", "/calls/verify", "Whether there are as many calls like that as expected")
        .body_of(expected)
        .answers::<calls::CountCallsResponse>(200)
        .problems(&[404, 408, 409, 410])
        .done();
    document.admin("get", "/calls/{id}", "One call").answers::<CallInfo>(200).problems(&[404, 410]).done();
    document
        .admin("get", "/events", "What happens, as server-sent events: each with a JSON object as its data")
        .query::<events::EventsQuery>()
        .header("Last-Event-ID", "The events behind that id; as `after`, above which it holds")
        .answers_in::<events::EventInfo<'_>>("text/event-stream")
        .problems(&[404, 409, 503])
        .done();
    document
        .admin("get", "/coverage", "What the code under test has met, and what never")
        .query::<coverage::CoverageQuery>()
        .answers::<coverage::CoverageResponse>(200)
        .problems(&[404])
        .done();
    document
        .admin("get", "/metrics", "What is counted, as Prometheus reads it")
        .answers_in::<String>("text/plain; version=0.0.4")
        .done();
    let so_many = json!({
        "company_key": text, "count": {"type": "integer", "minimum": 0, "default": 1}, "timeout": {"type": "string"},
    });
    let so_many = with(document, CallPattern::json_schema, so_many, &[]);
    document
        .admin("get", "/wait/calls", "Answers as soon as there are so many calls")
        .query::<wait::WaitCallsQuery>()
        .answers::<wait::WaitCallsResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document
        .admin("post", "/wait/calls", "The same, for whatever can be said of calls")
        .body_of(so_many)
        .answers::<wait::WaitCallsResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document
        .admin("get", "/wait/session/{token}", "Answers as soon as a session is so")
        .query::<wait::WaitSessionQuery>()
        .answers::<wait::WaitSessionResponse>(200)
        .problems(&[404, 408, 409, 410, 503])
        .done();
    document
        .admin("get", "/settings", "What the mock was started with")
        .answers::<settings::SettingsResponse>(200)
        .done();
    document.admin("get", "/openapi.json", "This document").answers::<Map<String, Value>>(200).done();
}
