//! Generates `openapi.json` from the actions, and from the types of their requests and responses.

mod forms;
mod vendor;

use std::borrow::Cow;

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
    json_schema,
};
use serde_json::{Map, Value, json};

use super::super::{
    action::{Action, ActionMethod, ActionRow, Success},
    action_params::{ActionParams, ActionResponse},
    actions, problem,
};
use crate::{
    faults::Endpoint,
    vendor::{ErrorCode, MediaKind},
};

/// The paths, and the schemas that they reference.
pub(crate) struct OpenApiDocument {
    paths: Map<String, Value>,
    /// Schemas of requests, and of responses.
    read: SchemaGenerator,
    answered: SchemaGenerator,
    /// Schemas that are no type.
    named: Map<String, Value>,
}

impl OpenApiDocument {
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
        let (read, answered) = (generator(Contract::Deserialize), generator(Contract::Serialize));
        Self { paths: Map::new(), read, answered, named: Map::new() }
    }

    /// Names a schema, and returns a reference to it.
    fn name(&mut self, name: &str, schema: Value) -> Value {
        self.named.insert(name.to_owned(), schema);
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Adds an action of the control API.
    pub(in crate::http::admin) fn add<T: ActionParams, R: ActionResponse>(&mut self, action: &Action<T, R>) {
        let ActionRow { method, path, id, summary, .. } = action.row;
        let tag = path.split('/').nth(1).expect("a path has a first part");
        let mut operation = json!({
            "operationId": id, "summary": summary, "tags": [tag], "parameters": self.parameters(action),
        });
        if T::IS_FILE {
            let file = json!({"schema": {"type": "string", "format": "binary"}});
            let content = json!({"application/octet-stream": file, "image/*": file, "video/*": file});
            operation["requestBody"] = json!({"required": true, "content": content});
        } else if !method.is_query() && !is_empty(&T::json_schema(&mut self.read)) {
            let schema = self.read.subschema_for::<T>();
            let required = T::json_schema(&mut self.read).get("required").is_some();
            operation["requestBody"] =
                json!({"required": required, "content": {"application/json": {"schema": schema}}});
        }
        operation["responses"] = self.responses(action);
        let is_open = path.starts_with("/health/");
        operation["security"] = if is_open { json!([]) } else { json!([{}, {"token": []}]) };
        let methods = self.paths.entry(format!("/__admin{path}")).or_insert_with(|| json!({}));
        let previous =
            methods.as_object_mut().expect("methods").insert(method.as_http().as_str().to_lowercase(), operation);
        assert!(previous.is_none(), "{path} has one {method:?}");
    }

    /// Returns the parameters of path, query and headers.
    fn parameters<T: ActionParams, R>(&mut self, action: &Action<T, R>) -> Vec<Value> {
        let ActionRow { method, path, is_of_company, .. } = action.row;
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let text = json!({"type": "string"});
        let in_path = names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": text}));
        let mut parameters: Vec<_> = in_path.collect();
        if method.is_query() || T::IS_FILE {
            let schema = T::json_schema(&mut self.read);
            let required: Vec<String> = schema.get("required").cloned().map(names_of).unwrap_or_default();
            let members = schema.get("properties").and_then(Value::as_object);
            parameters.extend(members.into_iter().flatten().map(|(name, schema)| {
                let mut schema = forms::without_null(schema.clone());
                let description = schema.as_object_mut().and_then(|schema| schema.shift_remove("description"));
                let mut parameter =
                    json!({"name": name, "in": "query", "required": required.contains(name), "schema": schema});
                if let Some(description) = description {
                    parameter["description"] = description;
                }
                parameter
            }));
        }
        if is_of_company {
            let description = "Limits it to a company";
            parameters.push(
                json!({"name": "company_key", "in": "query", "required": false, "schema": text, "description": description}),
            );
        }
        let in_headers = T::HEADERS.iter().map(|(name, description)| {
            json!({"name": name, "in": "header", "required": false, "schema": text, "description": description})
        });
        parameters.extend(in_headers);
        parameters
    }

    fn responses<T: ActionParams, R: ActionResponse>(&mut self, action: &Action<T, R>) -> Value {
        let ActionRow { method, path, is_of_company, problems, .. } = action.row;
        let status = match action.success {
            Success::Ok => 200,
            Success::Created(_) => 201,
            Success::NoContent => 204,
        };
        let mut success = json!({"description": title(status)});
        if !matches!(action.success, Success::NoContent) {
            let schema = self.answered.subschema_for::<R>();
            success["content"] = json!({R::CONTENT_TYPE: {"schema": schema}});
        }
        let mut statuses = vec![400];
        if !path.starts_with("/health/") {
            statuses.extend([401, 403]);
        }
        if is_of_company || path.contains('{') {
            statuses.push(404);
        }
        match method {
            ActionMethod::Get => {}
            // With an optional body, too.
            ActionMethod::Delete => statuses.push(415),
            ActionMethod::Post | ActionMethod::Patch => statuses.extend([413, 415]),
        }
        statuses.extend(problems);
        statuses.sort_unstable();
        let problems = statuses
            .into_iter()
            .map(|status| (status.to_string(), json!({"$ref": format!("#/components/responses/Problem{status}")})));
        [(status.to_string(), success)].into_iter().chain(problems).collect::<Map<_, _>>().into()
    }

    /// Completes the document.
    fn finish(mut self) -> Value {
        let problem = self.answered.subschema_for::<problem::ApiProblem>();
        let vendor_error = self.name("VendorError", vendor::error());
        let mut responses = Map::new();
        for status in [400, 401, 403, 404, 408, 409, 410, 413, 415, 503] {
            let content = json!({"application/problem+json": {"schema": problem}});
            responses.insert(format!("Problem{status}"), json!({"description": title(status), "content": content}));
        }
        for (name, description) in vendor::ERRORS {
            let content = json!({"application/json": {"schema": vendor_error}});
            responses.insert(name.to_owned(), json!({"description": description, "content": content}));
        }
        let (mut schemas, mut answered) = (self.read.take_definitions(true), self.answered.take_definitions(true));
        let operations = self.paths.values().flat_map(|methods| methods.as_object().expect("methods").values());
        let in_responses = operations.map(|operation| &operation["responses"]).chain(responses.values());
        let in_responses = forms::used_by(in_responses.collect(), &answered);
        answered.retain(|name, _| in_responses.contains(name));
        // Null removes a member of a patch.
        let is_only_read = |name: &str| name != "CompanyPatch" && !answered.contains_key(name);
        schemas.iter_mut().filter(|(name, _)| is_only_read(name)).for_each(|(_, schema)| {
            forms::without_null_references(schema);
        });
        for (name, mut schema) in answered {
            // Vendor documents have optional members, and scenarios add and remove some.
            if name == "ResultDocument" {
                schema["required"] = json!(["result"]);
                schema["additionalProperties"] = true.into();
            }
            // A type that is read, too, has members that may be absent there.
            if let Some(read) = schemas.get(&name) {
                schema["required"] = read.get("required").cloned().unwrap_or_default();
                schema["additionalProperties"] = read.get("additionalProperties").cloned().unwrap_or_default();
                schema.as_object_mut().expect("a schema").retain(|_, value| !value.is_null());
                assert_eq!(*read, schema, "`{name}` is read and answered in the same form, or has two names");
            }
            schemas.insert(name, schema);
        }
        schemas.extend(self.named);
        let mut document = json!({
            "openapi": "3.0.3",
            "info": {
                "title": "identomat-mock",
                "version": "1",
                "description": "A mock of the Identomat identity-verification service: the vendor paths that it implements, and \
                 its control API.",
            },
            "servers": [{"url": "/"}],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "responses": responses,
                "securitySchemes": {"token": {
                    "type": "http", "scheme": "bearer", "description": "For a mock that was started with --admin-token.",
                }},
            },
        });
        forms::convert(&mut document);
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let used = forms::used_by(vec![&document["paths"], &document["components"]["responses"]], schemas);
        let schemas = document["components"]["schemas"].as_object_mut().expect("schemas");
        schemas.retain(|name, _| used.contains(name));
        schemas.sort_keys();
        document
    }
}

/// Whether a schema allows no member.
fn is_empty(schema: &Schema) -> bool {
    schema.get("properties").and_then(Value::as_object).is_none_or(Map::is_empty)
        && schema.get("additionalProperties") == Some(&json!(false))
}

fn names_of(names: Value) -> Vec<String> {
    serde_json::from_value(names).expect("a list of names")
}

fn title(status: u16) -> &'static str {
    axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).expect("a status")
}

fn generated() -> Value {
    let mut document = OpenApiDocument::new();
    vendor::add_paths(&mut document);
    actions().for_each(|action| action.describe(&mut document));
    document.finish()
}

/// Implements a schema of words.
macro_rules! words {
    ($($type:ty: $name:literal, $words:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": $words.collect::<Vec<_>>()})
            }
        }
    )*};
}

words! {
    Endpoint: "Endpoint", Endpoint::all().map(Endpoint::as_str);
    ErrorCode: "ErrorCode", ErrorCode::ALL.iter().map(|code| code.as_str());
    MediaKind: "MediaKind", MediaKind::ALL.iter().map(|kind| kind.as_str());
}

#[test]
fn the_document_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/admin/openapi/openapi.json");
    let generated = generated();
    if cfg!(not(all(feature = "media", feature = "metrics"))) {
        let document: Value = serde_json::from_str(super::DOCUMENT).expect("it is JSON");
        for (path, methods) in generated["paths"].as_object().expect("paths") {
            assert_eq!(document["paths"][path], *methods, "{path}");
        }
        return;
    }
    let generated = format!("{generated:#}\n");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &generated).expect("the document is written");
        return;
    }
    assert!(
        generated == super::DOCUMENT,
        "src/http/admin/openapi/openapi.json is stale: UPDATE_OPENAPI=1 cargo test --lib openapi writes it"
    );
}

#[test]
fn each_action_has_a_name_and_a_summary_of_its_own() {
    let mut names = std::collections::BTreeSet::new();
    for ActionRow { path, id, summary, .. } in actions().map(|action| action.row()) {
        assert!(id.chars().all(|c| c.is_ascii_alphabetic()) && !id.is_empty(), "{path}: `{id}`");
        assert!(names.insert(id), "{path}: another action has the name `{id}`");
        assert!(summary.starts_with(|c: char| c.is_ascii_uppercase()) && !summary.ends_with('.'), "{path}: {summary}");
    }
}
