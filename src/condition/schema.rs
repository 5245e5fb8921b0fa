//! The schema of a condition in a body.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::{ValueMatch, WORDS};

impl JsonSchema for ValueMatch {
    fn schema_name() -> Cow<'static, str> {
        "ValueMatch".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let forms = WORDS.map(|word| {
            let (taken, text) = match word {
                "is" => (json!({}), "Equals this value, sent as JSON or as text. Null is no value."),
                "contains" => (
                    json!({}),
                    "A list with this element, for an object with all its members, or a text with this part.",
                ),
                "glob" => (
                    json!({"type": "string", "maxLength": 200}),
                    "A text that fits the pattern: `*` stands for any characters, `?` for one.",
                ),
                "matches" => (json!({"type": "string"}), "A text with a match of this regular expression."),
                _ => (json!({"type": "boolean"}), "Is present, or with `false` absent. Null is no value."),
            };
            json!({
                "type": "object", "description": text, "properties": {word: taken}, "required": [word],
                "additionalProperties": false,
            })
        });
        let value = json!({
            "type": ["string", "number", "boolean", "array"], "description": "Equals this value, sent as JSON or as text.",
        });
        let forms: Vec<_> = [value].into_iter().chain(forms).collect();
        json_schema!({"description": "A condition on a value.", "oneOf": forms})
    }
}
