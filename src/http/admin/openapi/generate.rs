//! Writes `openapi.json` from the types that are read and answered.

use std::borrow::Cow;

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
    json_schema,
};
use serde_json::{Map, Value, json};

use super::super::{
    calls, clock, faults, health, listing, listing::Part, problem, reading::Nothing, scenarios, sessions, settings,
    verdict,
};
use crate::{
    CallInfo, CompanyInfo, FaultInfo, ScenarioInfo, SessionDetails, SessionInfo,
    company::{CompanyChange, CompanyFile},
    faults::{Endpoint, FaultFile},
    result::ResultDocument,
    scenario::ScenarioFile,
    vendor::{ErrorCode, MediaKind},
};

/// The paths, and what schemas they name.
struct Document {
    paths: Map<String, Value>,
    /// Of what is read, and of what is answered.
    read: SchemaGenerator,
    answered: SchemaGenerator,
}

/// One method of a path, while it is put together.
struct Operation<'a> {
    document: &'a mut Document,
    method: &'static str,
    path: &'static str,
    value: Map<String, Value>,
    answers: Map<String, Value>,
}

impl Document {
    fn new() -> Self {
        let generator = |contract: Contract| {
            SchemaSettings::draft2020_12()
                .with(|settings| {
                    settings.definitions_path = Cow::Borrowed("/components/schemas");
                    settings.meta_schema = None;
                    settings.contract = contract.clone();
                })
                .into_generator()
        };
        Self { paths: Map::new(), read: generator(Contract::Deserialize), answered: generator(Contract::Serialize) }
    }

    /// A call of the control API.
    fn admin(&mut self, method: &'static str, path: &'static str, summary: &str) -> Operation<'_> {
        let parts: Vec<_> = path.split('/').collect();
        let names = parts.iter().filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<_> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let mut value = Map::new();
        value.insert("summary".into(), summary.into());
        value.insert("tags".into(), json!([parts[1]]));
        value.insert("operationId".into(), format!("{method}{}", path.replace(['/', '{', '}', '-'], "_")).into());
        value.insert("parameters".into(), parameters.into());
        let operation = Operation { document: self, method, path, value, answers: Map::new() };
        match method {
            _ if path.starts_with("/health/") => operation,
            "get" => operation.problems(&[401, 403]),
            // With a body that nobody needs, too.
            _ => operation.problems(&[401, 403, 415]),
        }
    }

    /// What OpenAPI 3.1 says of all of it.
    fn finish(mut self) -> Value {
        let problem = self.answered.subschema_for::<problem::Details<'_>>();
        let mut responses = Map::new();
        for status in [400, 401, 403, 404, 409, 410, 413, 415] {
            let content = json!({"application/problem+json": {"schema": problem}});
            responses.insert(format!("Problem{status}"), json!({"description": title(status), "content": content}));
        }
        for (name, description) in VENDOR_ERRORS {
            let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/VendorError"}}});
            responses.insert(name.to_owned(), json!({"description": description, "content": content}));
        }
        let mut schemas = self.read.take_definitions(true);
        for (name, mut schema) in self.answered.take_definitions(true) {
            // Documents of the vendor have members more or less, and scenarios add and take away.
            if name == "ResultDocument" {
                schema["required"] = json!(["result"]);
            } else if schema.get("properties").is_some() {
                schema["additionalProperties"] = false.into();
            }
            if let Some(other) = schemas.insert(name.clone(), schema.clone()) {
                assert_eq!(other, schema, "`{name}` is read and answered in the same form, or has two names");
            }
        }
        schemas.insert("VendorError".into(), vendor_error());
        schemas.sort_keys();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "identomat-mock",
                "version": "1",
                "description": "A stand-in for the Identomat identity-verification service: the vendor's paths as the \
                                mock imitates them, and its own control API.",
            },
            "servers": [{"url": "/"}],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": responses,
                "securitySchemes": {"token": {
                    "type": "http", "scheme": "bearer", "description": "Where the mock was started with --admin-token.",
                }},
            },
        })
    }
}

/// The errors of the vendor's API, with the statuses that they have without `--error-status`.
const VENDOR_ERRORS: [(&str, &str); 5] = [
    ("Vendor400", "A parameter is missing or wrong, or the token cannot be one"),
    ("Vendor401", "The signature is missing or wrong"),
    ("Vendor403", "The company key is missing or unknown"),
    ("Vendor404", "The company has no such session, or the session no such picture"),
    ("Vendor408", "The call did not arrive in time"),
];

fn vendor_error() -> Value {
    let codes = ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ArgumentError);
    json!({
        "description": "An error, or a complaint about a parameter.",
        "oneOf": [
            {"enum": codes.map(|code| code.as_str()).collect::<Vec<_>>()},
            {
                "type": "object", "required": ["argumentError"], "additionalProperties": false,
                "properties": {"argumentError": {"type": "string"}},
            },
        ],
    })
}

impl Operation<'_> {
    /// The parameters of its query.
    fn query<T: JsonSchema>(mut self) -> Self {
        let schema = T::json_schema(&mut self.document.read);
        let (properties, required) = (schema.get("properties"), schema.get("required"));
        let parameters = properties.and_then(Value::as_object).into_iter().flatten().map(|(name, schema)| {
            let is_required = required.and_then(Value::as_array).is_some_and(|names| names.contains(&json!(name)));
            // A query has no null.
            json!({"name": name, "in": "query", "required": is_required, "schema": without_null(schema.clone())})
        });
        let parameters: Vec<_> = parameters.collect();
        self.value["parameters"].as_array_mut().expect("a list").extend(parameters);
        self.problems(&[400])
    }

    /// What its body is, besides an empty one where nothing in it is required.
    fn body<T: JsonSchema>(self) -> Self {
        let schema = self.document.read.subschema_for::<T>();
        self.body_of(schema.into())
    }

    fn body_of(mut self, schema: Value) -> Self {
        self.value.insert("requestBody".into(), json!({"content": {"application/json": {"schema": schema}}}));
        self.problems(&[400, 413, 415])
    }

    fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        let schema = self.document.answered.subschema_for::<T>();
        let answer = json!({"description": title(status), "content": {"application/json": {"schema": schema}}});
        self.answers.insert(status.to_string(), answer);
        self
    }

    fn answers_nothing(mut self) -> Self {
        self.answers.insert("204".into(), json!({"description": title(204)}));
        self
    }

    fn problems(mut self, statuses: &[u16]) -> Self {
        for status in statuses {
            self.answers.insert(status.to_string(), json!({"$ref": format!("#/components/responses/Problem{status}")}));
        }
        self
    }

    fn done(mut self) {
        self.answers.sort_keys();
        self.value.insert("responses".into(), Value::Object(self.answers));
        let path = format!("/__admin{}", self.path);
        if !self.path.starts_with("/health/") {
            self.value.insert("security".into(), json!([{}, {"token": []}]));
        }
        let methods = self.document.paths.entry(path).or_insert_with(|| json!({}));
        methods[self.method] = Value::Object(self.value);
    }
}

fn title(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).expect("a status")
}

fn without_null(mut schema: Value) -> Value {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        if let [only] = &kinds[..] {
            schema["type"] = only.clone();
        }
    }
    if let Some(other) = schema.get("anyOf").and_then(Value::as_array).and_then(|any| any.first()).cloned() {
        return other;
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("default");
    }
    schema
}

/// A schema of an object, with more members.
fn with(
    document: &mut Document,
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

fn control_api(document: &mut Document) {
    document.admin("get", "/health/live", "Whether the process lives").answers::<health::Live>(200).done();
    document.admin("get", "/health/ready", "Whether vendor calls are taken").answers::<health::Ready>(200).done();

    document
        .admin("get", "/companies", "The companies, by their keys")
        .query::<listing::ByName>()
        .answers::<Part<CompanyInfo>>(200)
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
        .body::<Nothing>()
        .answers::<CompanyInfo>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/reset", "Makes everything as it was at the start")
        .body::<Nothing>()
        .answers_nothing()
        .done();

    document
        .admin("get", "/sessions", "The sessions")
        .query::<sessions::Wanted>()
        .answers::<Part<SessionInfo>>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/sessions", "Begins a session")
        .body::<sessions::Begin>()
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
            .body::<verdict::VerdictWish>()
            .answers::<SessionInfo>(200)
            .problems(&[404, 409])
            .done();
    }
    document
        .admin("post", "/sessions/{token}/expire", "The token opens the widget no more")
        .body::<Nothing>()
        .answers::<SessionInfo>(200)
        .problems(&[404, 409])
        .done();

    document
        .admin("get", "/scenarios", "The scenarios, by their names")
        .query::<listing::ByName>()
        .answers::<Part<ScenarioInfo>>(200)
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
        .query::<listing::Whose>()
        .answers::<scenarios::Queue>(200)
        .problems(&[404])
        .done();
    let own = with(document, ScenarioFile::json_schema, json!({"name": {"type": "string"}}), &[]);
    let mut queued = with(document, scenarios::Queued::json_schema, json!({}), &[]);
    queued["properties"]["scenarios"]["items"] = json!({"anyOf": [{"type": "string"}, own]});
    document
        .admin("post", queue, "Adds to them")
        .body_of(queued)
        .answers::<scenarios::Queue>(200)
        .problems(&[404])
        .done();
    document.admin("delete", queue, "Forgets them").query::<listing::Whose>().answers_nothing().problems(&[404]).done();

    document
        .admin("get", "/faults", "What goes wrong with the next calls")
        .query::<faults::Wanted>()
        .answers::<Part<FaultInfo>>(200)
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
        .query::<listing::Whose>()
        .answers_nothing()
        .problems(&[404])
        .done();
    document
        .admin("delete", "/faults/{name}", "Ends one")
        .query::<listing::Whose>()
        .answers_nothing()
        .problems(&[404])
        .done();

    document
        .admin("get", "/clock", "The time on the clocks")
        .query::<listing::Whose>()
        .answers::<clock::Clocks>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/advance", "Moves them on")
        .body::<clock::Advance>()
        .answers::<clock::Moved>(200)
        .problems(&[404])
        .done();
    document
        .admin("post", "/clock/set", "Sets them")
        .body::<clock::Set>()
        .answers::<clock::Moved>(200)
        .problems(&[404])
        .done();
    for (path, summary) in [("/clock/freeze", "Stops them"), ("/clock/resume", "Lets them run on")] {
        document
            .admin("post", path, summary)
            .body::<listing::Whose>()
            .answers::<clock::Clocks>(200)
            .problems(&[404])
            .done();
    }

    document
        .admin("get", "/calls", "The calls that are remembered")
        .query::<calls::Wanted>()
        .answers::<calls::Calls>(200)
        .problems(&[404])
        .done();
    document
        .admin("delete", "/calls", "Forgets them")
        .query::<listing::Whose>()
        .answers_nothing()
        .problems(&[404])
        .done();
    document.admin("get", "/calls/{id}", "One call").answers::<CallInfo>(200).problems(&[404, 410]).done();
    document.admin("get", "/settings", "What the mock was started with").answers::<settings::Settings>(200).done();
    document.admin("get", "/openapi.json", "This document").answers::<Map<String, Value>>(200).done();
}

/// A call of the vendor's API: its own parameters besides the company key, and what it answers.
fn vendor_call(document: &mut Document, path: &str, summary: &str, parameters: Value, answer: Value) {
    let mut properties = json!({"company_key": {"type": "string", "description": "Who calls."}});
    properties.as_object_mut().expect("members").extend(parameters.as_object().expect("members").clone());
    let parameters = properties
        .as_object()
        .expect("members")
        .iter()
        .map(|(name, schema)| json!({"name": name, "in": "query", "required": false, "schema": schema}));
    let parameters: Vec<_> = parameters.collect();
    let schema = json!({"type": "object", "properties": properties});
    let content: Map<_, _> = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
        .map(|kind| (kind.to_owned(), json!({"schema": schema})))
        .into_iter()
        .collect();
    let mut responses = json!({"200": answer});
    for (name, _) in VENDOR_ERRORS {
        responses[name.trim_start_matches("Vendor")] = json!({"$ref": format!("#/components/responses/{name}")});
    }
    let id = path.trim_matches('/').replace(['/', '-'], "_");
    let description = "Parameters may come in the query, as JSON, form or multipart, whatever the label says. Statuses of \
                       errors are those without --error-status; faults answer others.";
    for method in ["get", "post"] {
        let mut operation = json!({
            "summary": summary, "description": description, "tags": ["vendor"], "operationId": format!("{method}_{id}"),
            "responses": responses,
        });
        match method {
            "get" => operation["parameters"] = parameters.clone().into(),
            _ => operation["requestBody"] = json!({"content": content}),
        }
        let methods = document.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        methods[method] = operation;
    }
}

fn vendors_paths(document: &mut Document) {
    let json = |schema: Value| json!({"description": "OK", "content": {"application/json": {"schema": schema}}});
    let session = json!({"session_token": {"type": "string", "description": "What `begin/` answered, with or without its quotation marks."}});
    let begin = json!({
        "flags": {"type": ["object", "array", "string", "null"], "description": "A JSON object, or the text of one."},
        "steps": {"type": ["array", "object", "string", "null"], "description": "A JSON array of objects, or the text of one."},
        "config_id": {"type": ["string", "null"], "description": "A saved configuration."},
        "parent_session_id": {"type": ["string", "null"], "description": "The session that it is a part of."},
    });
    let token = json!({"type": "string", "pattern": "^[a-z0-9]{40}$"});
    vendor_call(document, "/external-api/begin/", "Begins a session", begin, json(token));
    let result: Value = document.answered.subschema_for::<ResultDocument<'_>>().into();
    vendor_call(document, "/external-api/result/", "How a session went", session.clone(), json(result.clone()));
    vendor_call(
        document,
        "/external-api/delete/",
        "Deletes a session, and says how it went",
        session.clone(),
        json(result),
    );
    let person = json!({"person_id": {"type": "string", "description": "From `screeningMatches`; also `personId`."}});
    let known = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
    vendor_call(
        document,
        "/external-api/get-screening-person-details/",
        "What a list says of somebody",
        person,
        json(known),
    );
    let pictures = json!({
        "image1": {"type": "string", "description": "A JPEG or PNG in base64."},
        "image2": {"type": "string", "description": "A JPEG or PNG in base64."},
    });
    let similarity = json!({
        "type": "object", "required": ["similarity"], "additionalProperties": false,
        "properties": {"similarity": {"type": "number", "minimum": 0, "maximum": 1}},
    });
    vendor_call(document, "/external-api/compare-faces/", "How alike two faces are", pictures, json(similarity));
    for kind in MediaKind::ALL {
        let mut parameters = session.clone();
        if kind == MediaKind::GeneralDocument {
            parameters["document_type"] = json!({"type": "string"});
            parameters["page"] = json!({"type": ["integer", "string"], "description": "From 1."});
        }
        let media = if kind == MediaKind::FaceVideo { "video/*" } else { "image/*" };
        let picture = json!({"description": "OK", "content": {media: {"schema": {}}}});
        vendor_call(
            document,
            &format!("/external-api/result/{kind}/"),
            &format!("The picture `{kind}` of a session"),
            parameters,
            picture,
        );
    }
}

fn generated() -> Value {
    let mut document = Document::new();
    vendors_paths(&mut document);
    control_api(&mut document);
    document.finish()
}

impl JsonSchema for Endpoint {
    fn schema_name() -> Cow<'static, str> {
        "Endpoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": Endpoint::all().map(Endpoint::as_str).collect::<Vec<_>>()})
    }
}

impl JsonSchema for ErrorCode {
    fn schema_name() -> Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": ErrorCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>()})
    }
}

impl JsonSchema for listing::Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": listing::MOST, "default": listing::Limit::default().0})
    }
}

#[test]
fn the_document_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/admin/openapi/openapi.json");
    let (generated, there) = (format!("{:#}\n", generated()), super::DOCUMENT);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &generated).expect("the document is written");
        return;
    }
    assert!(
        generated == there,
        "src/http/admin/openapi/openapi.json is stale: UPDATE_OPENAPI=1 cargo test --lib openapi writes it"
    );
}
