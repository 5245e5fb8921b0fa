//! The people of a scenario's sessions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::problem::Problem;

/// The rule that draws people for the sessions of a company.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Casting<'a> {
    /// Names of the allowed people; empty for all.
    pub(crate) names: &'a [String],
    /// Whether the language of a session selects the person's country if no country is requested.
    pub(crate) by_language: bool,
}

/// A person of the fixtures, or changes to one. Members are those of a person file, at any depth; null removes one.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, !into, with = "Value"))]
#[cfg_attr(test, schemars(extend("anyOf" = [
    {"type": "string"},
    {"type": "object", "properties": {"like": {"type": "string"}}, "additionalProperties": true},
])))]
#[serde(try_from = "Value", into = "Value")]
pub(crate) struct PersonPatch {
    /// File name of the person; without one, the drawn person is changed.
    pub(crate) name: Option<String>,
    pub(crate) members: Map<String, Value>,
}

impl TryFrom<Value> for PersonPatch {
    type Error = Problem;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let problem = || {
            Problem::rule(
                "`person` is the name of a person in `people` of the fixtures, or members that change the \
                 person (with `like: NAME`, that person)",
            )
        };
        match value {
            Value::String(name) => Ok(Self { name: Some(name), members: Map::new() }),
            Value::Object(mut members) => match members.shift_remove("like") {
                None => Ok(Self { name: None, members }),
                Some(Value::String(name)) => Ok(Self { name: Some(name), members }),
                Some(_) => Err(problem()),
            },
            _ => Err(problem()),
        }
    }
}

impl From<PersonPatch> for Value {
    fn from(PersonPatch { name, mut members }: PersonPatch) -> Self {
        match name {
            Some(name) if members.is_empty() => name.into(),
            Some(name) => {
                members.insert("like".into(), name.into());
                members.into()
            }
            None => members.into(),
        }
    }
}
