//! Selecting a scenario by the content of a call of `begin/`.

use std::{cell::OnceCell, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    glob::Glob,
    problem::Problem,
    vendor::{Flags, FormLayers},
};

/// The content of a call of `begin/`, for [`BeginMatch`].
pub(crate) struct BeginContent<'a> {
    pub(crate) company: &'a str,
    pub(crate) layers: FormLayers<'a>,
    /// Flags and steps, parsed when a condition reads them.
    pub(crate) read: ParsedBeginContent,
    pub(crate) config_id: Option<&'a str>,
    pub(crate) parent: Option<&'a str>,
    /// Returns the value of a request header; names are in lower case.
    pub(crate) header: &'a dyn Fn(&str) -> Option<String>,
}

/// The parsed parts of a call.
#[derive(Default)]
pub(crate) struct ParsedBeginContent {
    flags: OnceCell<Flags>,
    steps: OnceCell<Value>,
}

impl BeginContent<'_> {
    fn flags(&self) -> &Flags {
        self.read.flags.get_or_init(|| self.layers.read_flags())
    }

    fn steps(&self) -> &Value {
        self.read.steps.get_or_init(|| self.layers.read_steps().into_list().into())
    }
}

/// The calls of `begin/` that select a scenario without naming it: all conditions must match.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "RawBeginMatch")]
pub(crate) struct BeginMatch(RawBeginMatch);

/// The calls of `begin/` that select this scenario without naming it: all conditions must match.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
struct RawBeginMatch {
    /// The company key.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<MatchCondition>,
    /// Flags by name, including those of the saved configuration.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Value>"))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    flags: BTreeMap<String, MatchCondition>,
    /// The list of steps, including those of the saved configuration.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<MatchCondition>,
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    config_id: Option<MatchCondition>,
    /// The parameter `parent_session_id`.
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<MatchCondition>,
    /// Request headers by name.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Value>"))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: BTreeMap<String, MatchCondition>,
    #[cfg_attr(test, schemars(with = "Option<Value>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<MatchCondition>,
}

/// A value that must match exactly, `{present: true}` or `{present: false}`, `{contains: VALUE}`, or `{glob: PATTERN}`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Value", into = "Value")]
enum MatchCondition {
    Is(Value),
    Present(bool),
    /// An element of a list, or a part of a string. An object matches elements that have all its members.
    Contains(Value),
    /// A string pattern: `*` stands for any characters, `?` for one.
    Glob(Glob),
}

impl TryFrom<Value> for MatchCondition {
    type Error = Problem;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        let problem = || {
            Problem::rule(
                "a condition is a value, `{present: true}`, `{present: false}`, `{contains: VALUE}` or \
                 `{glob: PATTERN}`",
            )
        };
        let Value::Object(mut members) = value else {
            return if value.is_null() { Err(problem()) } else { Ok(Self::Is(value)) };
        };
        let mut only = |name| if members.len() == 1 { members.remove(name) } else { None };
        match (only("present"), only("contains"), only("glob")) {
            (Some(Value::Bool(present)), ..) => Ok(Self::Present(present)),
            (_, Some(element), _) => Ok(Self::Contains(element)),
            (.., Some(Value::String(pattern))) => Ok(Self::Glob(Glob::new(&pattern)?)),
            _ => Err(problem()),
        }
    }
}

impl TryFrom<RawBeginMatch> for BeginMatch {
    type Error = Problem;

    fn try_from(raw: RawBeginMatch) -> Result<Self, Self::Error> {
        let headers = raw.header.into_iter().map(|(name, condition)| (name.to_ascii_lowercase(), condition)).collect();
        let matches = Self(RawBeginMatch { header: headers, ..raw });
        if matches.conditions().is_empty() {
            return Err(Problem::rule(
                "`match` names no condition, so every call would match; name one, or use --scenario",
            ));
        }
        Ok(matches)
    }
}

impl BeginMatch {
    /// Whether all conditions match.
    pub(crate) fn matches(&self, content: &BeginContent<'_>) -> bool {
        let text = |text: Option<&str>| text.map(Value::from);
        let Self(wanted) = self;
        let holds = |condition: &Option<MatchCondition>, value: &dyn Fn() -> Option<Value>| {
            condition.as_ref().is_none_or(|condition| condition.holds(value().as_ref()))
        };
        holds(&wanted.company, &|| text(Some(content.company)))
            && holds(&wanted.config_id, &|| text(content.config_id))
            && holds(&wanted.parent, &|| text(content.parent))
            && holds(&wanted.return_url, &|| text(content.flags().text("return_url")))
            && wanted.steps.as_ref().is_none_or(|condition| condition.holds(Some(content.steps())))
            && wanted.flags.iter().all(|(name, condition)| condition.holds(content.flags().get(name)))
            && wanted
                .header
                .iter()
                .all(|(name, condition)| condition.holds(text((content.header)(name).as_deref()).as_ref()))
    }

    /// Returns the names of its conditions, for hint and log: `company`, `flags.liveness`.
    pub(crate) fn conditions(&self) -> Vec<String> {
        let Self(wanted) = self;
        let mut names = Vec::new();
        names.extend(wanted.company.is_some().then(|| "company".to_owned()));
        names.extend(wanted.flags.keys().map(|name| format!("flags.{name}")));
        names.extend(wanted.steps.is_some().then(|| "steps".to_owned()));
        names.extend(wanted.config_id.is_some().then(|| "config_id".to_owned()));
        names.extend(wanted.parent.is_some().then(|| "parent".to_owned()));
        names.extend(wanted.header.keys().map(|name| format!("header.{name}")));
        names.extend(wanted.return_url.is_some().then(|| "return_url".to_owned()));
        names
    }
}

impl BeginMatch {
    /// Whether it matches every call that the other one matches; only obvious cases are recognized.
    pub(crate) fn subsumes(&self, other: &Self) -> bool {
        let (Self(one), Self(other)) = (self, other);
        let covers = |one: &Option<MatchCondition>, other: &Option<MatchCondition>| {
            one.as_ref().is_none_or(|one| other.as_ref().is_some_and(|other| one.subsumes(other)))
        };
        let covers_each = |one: &BTreeMap<String, MatchCondition>, other: &BTreeMap<String, MatchCondition>| {
            one.iter().all(|(name, one)| other.get(name).is_some_and(|other| one.subsumes(other)))
        };
        covers(&one.company, &other.company)
            && covers(&one.steps, &other.steps)
            && covers(&one.config_id, &other.config_id)
            && covers(&one.parent, &other.parent)
            && covers(&one.return_url, &other.return_url)
            && covers_each(&one.flags, &other.flags)
            && covers_each(&one.header, &other.header)
    }
}

impl From<MatchCondition> for Value {
    fn from(condition: MatchCondition) -> Self {
        match condition {
            MatchCondition::Is(value) => value,
            MatchCondition::Present(is) => json!({ "present": is }),
            MatchCondition::Contains(element) => json!({ "contains": element }),
            MatchCondition::Glob(pattern) => json!({ "glob": pattern.pattern() }),
        }
    }
}

impl MatchCondition {
    /// Whether it matches everything that the other one matches.
    fn subsumes(&self, other: &Self) -> bool {
        match other {
            _ if self == other => true,
            // `true` may also be sent as a string.
            Self::Is(value @ Value::Bool(_)) => self.holds(Some(value)) && self.holds(Some(&value.to_string().into())),
            Self::Is(value) => self.holds(Some(value)),
            Self::Contains(_) | Self::Glob(_) => *self == Self::Present(true),
            Self::Present(_) => false,
        }
    }

    /// Whether the value matches. A missing value equals null.
    fn holds(&self, value: Option<&Value>) -> bool {
        let value = value.filter(|value| !value.is_null());
        match (self, value) {
            (Self::Present(present), value) => *present == value.is_some(),
            (Self::Is(wanted), Some(value)) => is(wanted, value),
            (Self::Contains(wanted), Some(Value::Array(list))) => list.iter().any(|element| has(element, wanted)),
            (Self::Contains(Value::String(part)), Some(Value::String(text))) => text.contains(part),
            (Self::Glob(pattern), Some(Value::String(text))) => pattern.matches(text),
            _ => false,
        }
    }
}

/// Whether two values are equal; a flag may also be the string `true`.
fn is(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Bool(wanted), Value::String(text)) => *text == wanted.to_string(),
        _ => wanted == value,
    }
}

fn has(element: &Value, wanted: &Value) -> bool {
    match (element, wanted) {
        (Value::Object(members), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|value| has(value, wanted)))
        }
        _ => is(wanted, element),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(condition: Value, value: Option<Value>) -> bool {
        MatchCondition::try_from(condition).unwrap().holds(value.as_ref())
    }

    #[test]
    fn a_value_has_to_be_the_same() {
        assert!(holds(json!("a"), Some(json!("a"))));
        assert!(!holds(json!("a"), Some(json!("ab"))));
        assert!(!holds(json!("a"), None));
        assert!(holds(json!(["a", 1]), Some(json!(["a", 1]))));
        assert!(!holds(json!(["a", 1]), Some(json!([1, "a"]))));
        assert!(holds(json!(true), Some(json!("true"))), "flags come as texts too");
    }

    #[test]
    fn presence_does_not_see_null() {
        for (value, is_there) in [(None, false), (Some(Value::Null), false), (Some(json!("")), true)] {
            assert_eq!(holds(json!({"present": true}), value.clone()), is_there);
            assert_eq!(holds(json!({"present": false}), value), !is_there);
        }
    }

    #[test]
    fn a_list_contains_elements_and_a_text_its_parts() {
        let steps = json!([{"type": "liveness", "key": "selfie"}, {"type": "email"}]);
        assert!(holds(json!({"contains": {"type": "liveness"}}), Some(steps.clone())));
        assert!(!holds(json!({"contains": {"type": "email", "key": "selfie"}}), Some(steps)));
        assert!(holds(json!({"contains": "GEO"}), Some(json!(["UKR", "GEO"]))));
        assert!(holds(json!({"contains": "/checkout"}), Some(json!("https://example.com/checkout?a=b"))));
        assert!(!holds(json!({"contains": "x"}), None));
    }

    #[test]
    fn a_glob_is_a_text_with_gaps() {
        assert!(holds(json!({"glob": "case-?"}), Some(json!("case-7"))));
        assert!(!holds(json!({"glob": "case-?"}), Some(json!("case-17"))));
        assert!(!holds(json!({"glob": "*"}), None));
        assert!(!holds(json!({"glob": "*"}), Some(json!(["a"]))), "a list contains, a text looks");
        MatchCondition::try_from(json!({"glob": "a".repeat(201)})).unwrap_err();
    }

    #[test]
    fn a_condition_covers_those_that_are_narrower() {
        let covers = |one: Value, other: Value| {
            let [one, other] = [one, other].map(|it| serde_json::from_value::<BeginMatch>(it).unwrap());
            one.subsumes(&other)
        };
        let broad = json!({"company": "a"});
        assert!(covers(broad.clone(), json!({"company": "a", "flags": {"liveness": true}})));
        assert!(!covers(json!({"company": "a", "flags": {"liveness": true}}), broad.clone()));
        assert!(!covers(broad, json!({"company": "b"})));
        for (wide, narrow, is_covered) in [
            (json!({"present": true}), json!("x"), true),
            (json!({"present": true}), json!({"contains": "x"}), true),
            (json!({"present": true}), json!({"glob": "x*"}), true),
            (json!({"present": false}), json!("x"), false),
            (json!({"glob": "a*"}), json!("ab"), true),
            (json!({"glob": "a*"}), json!("b"), false),
            (json!({"glob": "a*"}), json!({"glob": "ab*"}), false),
            (json!({"contains": "b"}), json!("abc"), true),
            (json!({"contains": "GEO"}), json!(["GEO", "UKR"]), true),
            (json!("x"), json!({"present": true}), false),
        ] {
            let of = |condition: &Value| json!({"flags": {"f": condition}});
            assert_eq!(covers(of(&wide), of(&narrow)), is_covered, "{wide} and {narrow}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for wrong in [
            json!(null),
            json!({}),
            json!({"present": "yes"}),
            json!({"contains": 1, "present": true}),
            json!({"is": 1}),
            json!({"glob": 1}),
            json!({"glob": "a", "present": true}),
        ] {
            MatchCondition::try_from(wrong).unwrap_err();
        }
    }
}
