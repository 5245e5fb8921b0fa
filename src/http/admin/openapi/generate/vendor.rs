//! The vendor paths, as the mock implements them: each endpoint by POST, and by GET with its parameters in the query.

use serde_json::{Map, Value, json};

use super::OpenApiDocument;
use crate::{
    faults::Endpoint,
    result::ResultDocument,
    vendor::{ErrorCode, MediaKind},
};

/// The vendor errors, with their statuses without `--error-status`.
pub(super) const ERRORS: [(&str, &str); 5] = [
    ("Vendor400", "A parameter is missing or wrong, or the token is malformed"),
    ("Vendor401", "The signature is missing or wrong"),
    ("Vendor403", "The company key is missing or unknown"),
    ("Vendor404", "The company has no such session, or the session no such picture"),
    ("Vendor408", "The request did not arrive in time"),
];

const DESCRIPTION: &str = "Parameters may be sent in the query, as JSON, form or multipart, whatever the content type \
                           is. Statuses of errors are those without --error-status; faults answer others.";

pub(super) fn error() -> Value {
    let codes = ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ArgumentError);
    json!({
        "description": "An error, or a message about a parameter.",
        "oneOf": [
            {"type": "string", "enum": codes.map(|code| code.as_str()).collect::<Vec<_>>()},
            {
                "type": "object", "required": ["argumentError"], "additionalProperties": false,
                "properties": {"argumentError": {"type": "string"}},
            },
        ],
    })
}

/// A vendor call.
struct VendorCall {
    id: String,
    summary: String,
    /// Parameters besides the company key.
    parameters: Value,
    content_type: &'static str,
    response: Value,
}

pub(super) fn add_paths(document: &mut OpenApiDocument) {
    for endpoint in Endpoint::all().filter(|endpoint| endpoint.is_the_vendors()) {
        let VendorCall { id, summary, parameters, content_type, response } = describe(document, endpoint);
        let mut properties = Map::from_iter([("company_key".to_owned(), json!({"type": "string"}))]);
        properties.extend(parameters.as_object().expect("members").clone());
        let in_query = properties.iter().map(|(name, schema)| {
            // A query has texts alone.
            let is_json = matches!(schema["type"].as_str(), Some("object" | "array"));
            let description = schema["description"].as_str().unwrap_or("The key of the company");
            let kind = if is_json { "string" } else { schema["type"].as_str().expect("a type") };
            json!({"name": name, "in": "query", "required": false, "description": description, "schema": {"type": kind}})
        });
        let in_query: Vec<_> = in_query.collect();
        let name = format!("{}Parameters", capitalized(&id));
        let schema = document.name(&name, json!({"type": "object", "properties": properties}));
        let content = json!({content_type: {"schema": response}});
        let mut responses = json!({"200": {"description": "OK", "content": content}});
        for (name, _) in ERRORS {
            responses[name.trim_start_matches("Vendor")] = json!({"$ref": format!("#/components/responses/{name}")});
        }
        let operation = |id: String| {
            json!({
                "operationId": id, "summary": summary, "description": DESCRIPTION, "tags": ["vendor"],
                "responses": responses, "security": [],
            })
        };
        let (mut get, mut post) = (operation(format!("{id}ByQuery")), operation(id.clone()));
        get["parameters"] = in_query.into();
        post["requestBody"] = json!({"content": {"application/json": {"schema": schema}}});
        document.paths.insert(format!("/external-api/{}", endpoint.vendor_path()), json!({"get": get, "post": post}));
    }
}

fn describe(document: &mut OpenApiDocument, endpoint: Endpoint) -> VendorCall {
    let json_call = |id: &str, summary: &str, parameters: Value, response: Value| VendorCall {
        id: id.into(),
        summary: summary.into(),
        parameters,
        content_type: "application/json",
        response,
    };
    let token = "The token that `begin/` returned, with or without its quotation marks";
    let session = json!({"session_token": {"type": "string", "description": token}});
    let mut result = || Value::from(document.answered.subschema_for::<ResultDocument<'_>>());
    match endpoint {
        Endpoint::Begin => {
            let member = json!({"type": "object", "additionalProperties": true});
            let parameters = json!({
                "flags": {"type": "object", "additionalProperties": true, "description": "A JSON object, or its text"},
                "steps": {"type": "array", "items": member, "description": "A JSON array of objects, or its text"},
                "config_id": {"type": "string", "description": "A saved configuration"},
                "parent_session_id": {"type": "string", "description": "The token of the parent session"},
            });
            let token = json!({"type": "string", "pattern": "^[a-z0-9]{40}$"});
            json_call("begin", "Begins a session and returns its token", parameters, token)
        }
        Endpoint::Result => json_call("getResult", "Returns the result of a session", session, result()),
        Endpoint::Delete => json_call("deleteSession", "Deletes a session, and returns its result", session, result()),
        Endpoint::GetScreeningPersonDetails => {
            let description = "From `screeningMatches`; also `personId`";
            let parameters = json!({"person_id": {"type": "string", "description": description}});
            let entry = json!({
                "type": "object", "required": ["name"], "additionalProperties": true,
                "properties": {"name": {"type": "string"}},
            });
            let summary = "Returns the screening entry of a person";
            json_call("getScreeningPersonDetails", summary, parameters, document.name("ScreeningPerson", entry))
        }
        Endpoint::CompareFaces => {
            let picture = json!({"type": "string", "description": "A JPEG or PNG in base64"});
            let similarity = json!({
                "type": "object", "required": ["similarity"],
                "properties": {"similarity": {"type": "number", "minimum": 0, "maximum": 1}},
            });
            let parameters = json!({"image1": picture, "image2": picture});
            json_call("compareFaces", "Compares two faces", parameters, document.name("FaceComparison", similarity))
        }
        Endpoint::Media(kind) => {
            let mut parameters = session;
            if kind == MediaKind::GeneralDocument {
                parameters["document_type"] = json!({"type": "string", "description": "The type of the document"});
                parameters["page"] = json!({"type": "integer", "minimum": 1, "description": "From 1"});
            }
            let words = kind.as_str().split('-').map(capitalized);
            VendorCall {
                id: format!("get{}", words.collect::<String>()),
                summary: format!("Returns the picture `{kind}` of a session"),
                parameters,
                content_type: if kind == MediaKind::FaceVideo { "video/*" } else { "image/*" },
                response: json!({"type": "string", "format": "binary"}),
            }
        }
        Endpoint::Widget | Endpoint::WidgetData => unreachable!("they are the widget's"),
    }
}

pub(super) fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
