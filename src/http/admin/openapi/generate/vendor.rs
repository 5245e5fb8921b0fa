//! The vendor paths, as the mock implements them.

use serde_json::{Map, Value, json};

use super::OpenApiDocument;
use crate::{
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

pub(super) fn error() -> Value {
    let codes = ErrorCode::ALL.iter().filter(|code| **code != ErrorCode::ArgumentError);
    json!({
        "description": "An error, or a message about a parameter.",
        "oneOf": [
            {"enum": codes.map(|code| code.as_str()).collect::<Vec<_>>()},
            {
                "type": "object", "required": ["argumentError"], "additionalProperties": false,
                "properties": {"argumentError": {"type": "string"}},
            },
        ],
    })
}

/// Adds a vendor call: its parameters besides the company key, and its response.
fn vendor_call(document: &mut OpenApiDocument, path: &str, summary: &str, parameters: Value, answer: Value) {
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
    for (name, _) in ERRORS {
        responses[name.trim_start_matches("Vendor")] = json!({"$ref": format!("#/components/responses/{name}")});
    }
    let id = path.trim_matches('/').replace(['/', '-'], "_");
    let description = "Parameters may be sent in the query, as JSON, form or multipart, whatever the content type is. Statuses of \
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

pub(super) fn paths(document: &mut OpenApiDocument) {
    let json = |schema: Value| json!({"description": "OK", "content": {"application/json": {"schema": schema}}});
    let session = json!({"session_token": {"type": "string", "description": "The token that `begin/` returned, with or without its quotation marks."}});
    let begin = json!({
        "flags": {"type": ["object", "array", "string", "null"], "description": "A JSON object, or its text."},
        "steps": {"type": ["array", "object", "string", "null"], "description": "A JSON array of objects, or its text."},
        "config_id": {"type": ["string", "null"], "description": "A saved configuration."},
        "parent_session_id": {"type": ["string", "null"], "description": "Token of the parent session."},
    });
    let token = json!({"type": "string", "pattern": "^[a-z0-9]{40}$"});
    vendor_call(document, "/external-api/begin/", "Begins a session", begin, json(token));
    let result: Value = document.answered.subschema_for::<ResultDocument<'_>>().into();
    vendor_call(
        document,
        "/external-api/result/",
        "Returns the result of a session",
        session.clone(),
        json(result.clone()),
    );
    vendor_call(
        document,
        "/external-api/delete/",
        "Deletes a session, and returns its result",
        session.clone(),
        json(result),
    );
    let person = json!({"person_id": {"type": "string", "description": "From `screeningMatches`; also `personId`."}});
    let known = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}});
    vendor_call(
        document,
        "/external-api/get-screening-person-details/",
        "Returns the screening entry of a person",
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
    vendor_call(document, "/external-api/compare-faces/", "Compares two faces", pictures, json(similarity));
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
            &format!("Returns the picture `{kind}` of a session"),
            parameters,
            picture,
        );
    }
}
