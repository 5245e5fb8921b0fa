//! Selecting a scenario by the content of a call of `begin/`.

use std::cell::OnceCell;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    condition::{MAX_SIZE_IN_BEGIN, ValueMatch},
    problem::{MemberPath, Problem, member_path},
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
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<ValueMatch>,
    /// Flags by name, including those of the saved configuration.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    flags: IndexMap<String, ValueMatch>,
    /// The list of steps, including those of the saved configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<ValueMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_id: Option<ValueMatch>,
    /// The parameter `parent_session_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<ValueMatch>,
    /// Request headers by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    header: IndexMap<String, ValueMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<ValueMatch>,
}

impl TryFrom<RawBeginMatch> for BeginMatch {
    type Error = Problem;

    fn try_from(raw: RawBeginMatch) -> Result<Self, Self::Error> {
        let headers = raw.header.into_iter().map(|(name, condition)| (name.to_ascii_lowercase(), condition)).collect();
        let mut matches = Self(RawBeginMatch { header: headers, ..raw });
        for (path, condition) in matches.conditions_mut() {
            condition.compile(MAX_SIZE_IN_BEGIN).map_err(|problem| problem.at(&path))?;
        }
        if matches.conditions().is_empty() {
            return Err(Problem::rule(
                "`match` names no condition, so every call would match; name one, or use --scenario",
            ));
        }
        Ok(matches)
    }
}

impl BeginMatch {
    /// Returns its conditions, each with its path.
    fn conditions_mut(&mut self) -> Vec<(MemberPath, &mut ValueMatch)> {
        let Self(RawBeginMatch { company, flags, steps, config_id, parent, header, return_url }) = self;
        let alone = [
            ("company", company),
            ("steps", steps),
            ("config_id", config_id),
            ("parent", parent),
            ("return_url", return_url),
        ];
        let mut conditions = Vec::new();
        for (key, condition) in alone {
            conditions.extend(condition.as_mut().map(|condition| (member_path![key], condition)));
        }
        for (key, named) in [("flags", flags), ("header", header)] {
            for (name, condition) in named {
                conditions.push((member_path![key, &**name], condition));
            }
        }
        conditions
    }

    /// Whether all conditions match.
    pub(crate) fn matches(&self, content: &BeginContent<'_>) -> bool {
        let text = |text: Option<&str>| text.map(Value::from);
        let Self(wanted) = self;
        let holds = |condition: &Option<ValueMatch>, value: &dyn Fn() -> Option<Value>| {
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
        let covers = |one: &Option<ValueMatch>, other: &Option<ValueMatch>| {
            one.as_ref().is_none_or(|one| other.as_ref().is_some_and(|other| one.subsumes(other)))
        };
        let covers_each = |one: &IndexMap<String, ValueMatch>, other: &IndexMap<String, ValueMatch>| {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}
