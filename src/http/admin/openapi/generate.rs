//! Generates `openapi.json` from the types of requests and responses.

mod control_api;
mod vendor;

use std::borrow::Cow;

use schemars::{
    JsonSchema, Schema, SchemaGenerator,
    generate::{Contract, SchemaSettings},
    json_schema,
};
use serde_json::{Map, Value, json};

use super::super::{paging, problem};
use crate::{faults::Endpoint, vendor::ErrorCode};

/// The paths, and the schemas that they reference.
struct OpenApiDocument {
    paths: Map<String, Value>,
    /// Schemas of requests, and of responses.
    read: SchemaGenerator,
    answered: SchemaGenerator,
}

/// An operation under construction.
struct Operation<'a> {
    document: &'a mut OpenApiDocument,
    method: &'static str,
    path: &'static str,
    value: Map<String, Value>,
    answers: Map<String, Value>,
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
        Self { paths: Map::new(), read: generator(Contract::Deserialize), answered: generator(Contract::Serialize) }
    }

    /// Adds a call of the control API.
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
            _ if path.starts_with("/health/") => operation.problems(&[400]),
            "get" => operation.problems(&[400, 401, 403]),
            // With an optional body, too.
            _ => operation.problems(&[400, 401, 403, 415]),
        }
    }

    /// Completes the OpenAPI 3.1 document.
    fn finish(mut self) -> Value {
        let problem = self.answered.subschema_for::<problem::ApiProblem>();
        let mut responses = Map::new();
        for status in [400, 401, 403, 404, 408, 409, 410, 413, 415, 503] {
            let content = json!({"application/problem+json": {"schema": problem}});
            responses.insert(format!("Problem{status}"), json!({"description": title(status), "content": content}));
        }
        for (name, description) in vendor::ERRORS {
            let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/VendorError"}}});
            responses.insert(name.to_owned(), json!({"description": description, "content": content}));
        }
        let mut schemas = self.read.take_definitions(true);
        for (name, mut schema) in self.answered.take_definitions(true) {
            // Vendor documents have optional members, and scenarios add and remove some.
            if name == "ResultDocument" {
                schema["required"] = json!(["result"]);
            } else if schema.get("properties").is_some() {
                // If members depend on each other, those of every case are listed.
                let has_cases = schema.get("oneOf").is_some();
                schema[if has_cases { "unevaluatedProperties" } else { "additionalProperties" }] = false.into();
            }
            // A type that is read, too, has members that may be absent there.
            if let Some(read) = schemas.get(&name) {
                schema["required"] = read.get("required").cloned().unwrap_or_default();
                schema.as_object_mut().expect("a schema").retain(|_, value| !value.is_null());
                assert_eq!(*read, schema, "`{name}` is read and answered in the same form, or has two names");
            }
            schemas.insert(name, schema);
        }
        schemas.insert("VendorError".into(), vendor::error());
        schemas.sort_keys();
        json!({
            "openapi": "3.1.0",
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
                    "type": "http", "scheme": "bearer", "description": "Where the mock was started with --admin-token.",
                }},
            },
        })
    }
}

impl Operation<'_> {
    /// Adds the parameters of its query.
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
        self
    }

    /// Sets its body; an empty one is allowed if no member is required.
    fn body<T: JsonSchema>(self) -> Self {
        let schema = self.document.read.subschema_for::<T>();
        self.body_of(schema.into())
    }

    fn body_of(mut self, schema: Value) -> Self {
        self.value.insert("requestBody".into(), json!({"content": {"application/json": {"schema": schema}}}));
        self.problems(&[413, 415])
    }

    /// Sets a file as its body.
    fn file(mut self) -> Self {
        let file = json!({"application/octet-stream": {}, "image/*": {}, "video/*": {}});
        self.value.insert("requestBody".into(), json!({"required": true, "content": file}));
        self.problems(&[413, 415])
    }

    /// Lets it be limited to a company, in the query, or in a JSON body, too.
    fn of_company(mut self) -> Self {
        let key = json!({"type": ["string", "null"]});
        let parameter =
            json!({"name": "company_key", "in": "query", "required": false, "schema": without_null(key.clone())});
        self.value["parameters"].as_array_mut().expect("a list").push(parameter);
        if let Some(schema) =
            self.value.get_mut("requestBody").and_then(|body| body.pointer_mut("/content/application~1json/schema"))
        {
            let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            if let Some(read) = name.and_then(|name| self.document.read.definitions().get(name)) {
                *schema = read.clone();
            }
            schema.as_object_mut().expect("a schema").entry("properties").or_insert_with(|| json!({}))["company_key"] =
                key;
        }
        self
    }

    fn answers<T: JsonSchema>(mut self, status: u16) -> Self {
        let schema = self.document.answered.subschema_for::<T>();
        let answer = json!({"description": title(status), "content": {"application/json": {"schema": schema}}});
        self.answers.insert(status.to_string(), answer);
        self
    }

    /// Adds a response of another type than JSON, with the schema of its parts.
    fn answers_in<T: JsonSchema>(mut self, content_type: &str) -> Self {
        let schema = self.document.answered.subschema_for::<T>();
        let content = json!({content_type: {"schema": schema}});
        self.answers.insert("200".into(), json!({"description": title(200), "content": content}));
        self
    }

    fn header(mut self, name: &str, description: &str) -> Self {
        let schema = json!({"type": "string"});
        let header = json!({"name": name, "in": "header", "description": description, "schema": schema});
        self.value["parameters"].as_array_mut().expect("a list").push(header);
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

fn generated() -> Value {
    let mut document = OpenApiDocument::new();
    vendor::paths(&mut document);
    control_api::paths(&mut document);
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

impl JsonSchema for paging::PageLimit {
    fn schema_name() -> Cow<'static, str> {
        "PageLimit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 1, "maximum": paging::MAX_PAGE_LIMIT, "default": paging::PageLimit::default().0})
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
