//! Types with a schema, from which a test generates the OpenAPI document.

/// Describes a type as another one.
macro_rules! described_as {
    ($type:ty, $other:ty) => {
        #[cfg(test)]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$other as schemars::JsonSchema>::schema_name()
            }

            fn inline_schema() -> bool {
                <$other as schemars::JsonSchema>::inline_schema()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$other as schemars::JsonSchema>::json_schema(generator)
            }
        }
    };
}
pub(super) use described_as;

/// A type that has a schema in tests.
#[cfg(not(test))]
pub(crate) trait Described {}

#[cfg(not(test))]
impl<T> Described for T {}

#[cfg(test)]
pub(crate) use self::schemas::{JsonSchema as Described, QueuedScenario};

#[cfg(test)]
mod schemas {
    use std::borrow::Cow;

    pub(crate) use schemars::JsonSchema;
    use schemars::{Schema, SchemaGenerator, json_schema};
    use serde_json::{Value, json};

    use super::super::{
        action_params::ObjectBody,
        calls::{BesidePattern, PatternBody},
        paging::{DEFAULT_PAGE_LIMIT, ListPage, MAX_PAGE_LIMIT, PageLimit},
        scenarios::AddScenarioBody,
    };
    use crate::{http::journal::CallPattern, scenario::Scenario};

    impl<B: JsonSchema> JsonSchema for ObjectBody<B> {
        fn schema_name() -> Cow<'static, str> {
            B::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            B::json_schema(generator)
        }
    }

    /// The members of the pattern, and those beside it, under the name of these.
    impl<B: BesidePattern> JsonSchema for PatternBody<B> {
        fn schema_name() -> Cow<'static, str> {
            B::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let (mut schema, beside) = (CallPattern::json_schema(generator), B::json_schema(generator));
            let take = |key: &str| beside.get(key).cloned().unwrap_or_default();
            schema.insert("description".into(), take("description"));
            let members = schema.get_mut("properties").and_then(Value::as_object_mut).expect("it has members");
            members.extend(take("properties").as_object().expect("it has members").clone());
            schema
        }
    }

    /// A page of infos is named after what they are about: `SessionPage`.
    impl<T: JsonSchema> JsonSchema for ListPage<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("{}Page", T::schema_name().trim_end_matches("Info")).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "object",
                "description": "A page of a list.",
                "properties": {
                    "items": generator.subschema_for::<Vec<T>>(),
                    "next": {"type": ["string", "null"], "description": "The `cursor` of the next page; null on the last"},
                },
                "required": ["items", "next"],
            })
        }
    }

    impl JsonSchema for PageLimit {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "PageLimit".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "integer", "minimum": 1, "maximum": MAX_PAGE_LIMIT,
                "description": format!("Maximum number of items: {DEFAULT_PAGE_LIMIT} by default"),
            })
        }
    }

    impl JsonSchema for AddScenarioBody {
        fn schema_name() -> Cow<'static, str> {
            "NamedScenario".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let mut schema = InlineScenario::json_schema(generator);
            let required = schema.ensure_object().entry("required").or_insert_with(|| json!([]));
            required.as_array_mut().expect("a list").push(json!("name"));
            schema
        }
    }

    /// A scenario of the queue.
    pub(crate) struct QueuedScenario;

    impl JsonSchema for QueuedScenario {
        fn schema_name() -> Cow<'static, str> {
            "QueuedScenario".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "The name of a scenario, or a scenario written as in a file.",
                "anyOf": [{"type": "string"}, generator.subschema_for::<InlineScenario>()],
            })
        }
    }

    /// A scenario that may have a name.
    struct InlineScenario;

    impl JsonSchema for InlineScenario {
        fn schema_name() -> Cow<'static, str> {
            "InlineScenario".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let mut schema = Scenario::json_schema(generator);
            let members = schema.get_mut("properties").expect("a scenario has members");
            members["name"] = json!({"type": "string", "description": "Sessions request the scenario by it"});
            schema
        }
    }
}
