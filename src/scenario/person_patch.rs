//! Who goes through the sessions of a scenario.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Who goes through the sessions of a company.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Casting<'a> {
    /// The names of those who can; where there are none, everybody can.
    pub(crate) names: &'a [String],
    /// Whether the language of a session says where its person is from, where nobody asks for a country.
    pub(crate) by_language: bool,
}

/// Somebody from the fixtures, and what is different about them. Members are those of the file of a person, at any
/// depth; null takes one away.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct PersonPatch {
    /// The name of their file; without one, whoever would come anyway.
    pub(crate) name: Option<String>,
    pub(crate) members: Map<String, Value>,
}

impl TryFrom<Value> for PersonPatch {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let problem = "`person` is the name of a person in `people` of the fixtures, or members that change the \
                       person (with `like: NAME`, that person)";
        match value {
            Value::String(name) => Ok(Self { name: Some(name), members: Map::new() }),
            Value::Object(mut members) => match members.shift_remove("like") {
                None => Ok(Self { name: None, members }),
                Some(Value::String(name)) => Ok(Self { name: Some(name), members }),
                Some(_) => Err(problem),
            },
            _ => Err(problem),
        }
    }
}
