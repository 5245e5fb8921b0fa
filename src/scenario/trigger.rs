//! Triggers of stages.

use std::{fmt, str::FromStr, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::{
    clock::parse_duration,
    problem::{Problem, read_as_text},
};

/// A trigger of a stage, counted from the previous stage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
#[serde(try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, transform = described::as_text))]
pub enum Trigger {
    /// `begin`: fires at once, even if the widget is never opened.
    Begin,
    /// `opened`: fires when the person opens the widget.
    Opened,
    /// `step=NAME`: fires when the person reaches a step of the widget, named by its key or type.
    Step(String),
    /// `widget`: fires when the person finishes the widget.
    Widget,
    /// `polls=N`: fires after N calls of `result/` have returned the result of the previous stage.
    Polls(u32),
    /// `after=DURATION`: fires after this time on the clock.
    After(#[cfg_attr(test, schemars(with = "String"))] Duration),
    /// `operator`: fires when a decision is made.
    Operator,
}

impl Trigger {
    /// Returns the position of a widget event that happens once; `None` for triggers that can fire at any time.
    pub(crate) fn moment_in_widget(&self) -> Option<u8> {
        match self {
            Self::Begin => Some(0),
            Self::Opened => Some(1),
            Self::Step(_) => Some(2),
            Self::Widget => Some(3),
            Self::Polls(_) | Self::After(_) | Self::Operator => None,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin => f.write_str("begin"),
            Self::Opened => f.write_str("opened"),
            Self::Step(name) => write!(f, "step={name}"),
            Self::Widget => f.write_str("widget"),
            Self::Polls(polls) => write!(f, "polls={polls}"),
            Self::After(time) => write!(f, "after={}s", time.as_secs_f64()),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl Serialize for Trigger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The forms of triggers.
const FORMS: [&str; 7] =
    ["begin", "opened", "step=NAME", "widget", "polls=N", "after=DURATION (after=90s)", "operator"];

impl FromStr for Trigger {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text.split_once('=') {
            None if text == "begin" => Ok(Self::Begin),
            None if text == "opened" => Ok(Self::Opened),
            None if text == "widget" => Ok(Self::Widget),
            None if text == "operator" => Ok(Self::Operator),
            Some(("step", "")) => Err(Problem::rule("`step=` needs the key or type of a step, such as step=liveness")),
            Some(("step", name)) => Ok(Self::Step(name.to_owned())),
            Some(("polls", number)) => match number.parse() {
                Ok(0) | Err(_) => {
                    Err(Problem::malformed(text, "a number of polls").with_remedy("write `polls=1` or more"))
                }
                Ok(polls) => Ok(Self::Polls(polls)),
            },
            Some(("after", time)) => parse_duration(time).map(Self::After),
            _ => Err(Problem::unknown_word(text, "a trigger", FORMS)),
        }
    }
}

impl TryFrom<&str> for Trigger {
    type Error = Problem;

    fn try_from(text: &str) -> Result<Self, Problem> {
        text.parse()
    }
}

read_as_text!(Trigger);

/// The triggers of a stage, of which the first to fire counts. A file has one, or a list.
#[derive(Debug, Serialize)]
pub(super) struct Triggers(pub(super) Vec<Trigger>);

impl<'de> Deserialize<'de> for Triggers {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrSeveral;

        impl<'de> Visitor<'de> for OneOrSeveral {
            type Value = Triggers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trigger, or a list of triggers")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Triggers, E> {
                text.parse().map(|trigger| Triggers(vec![trigger])).map_err(E::custom)
            }

            // A YAML value that is not a string is reported as an unknown trigger.
            fn visit_bool<E: Error>(self, other: bool) -> Result<Triggers, E> {
                self.visit_str(&other.to_string())
            }

            fn visit_i64<E: Error>(self, other: i64) -> Result<Triggers, E> {
                self.visit_str(&other.to_string())
            }

            fn visit_u64<E: Error>(self, other: u64) -> Result<Triggers, E> {
                self.visit_str(&other.to_string())
            }

            fn visit_f64<E: Error>(self, other: f64) -> Result<Triggers, E> {
                self.visit_str(&other.to_string())
            }

            // `after: 60s` is the form of a mapping, so that is what somebody may write.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Triggers, A::Error> {
                let entry = map.next_entry::<String, String>()?;
                let problem = Problem::wrong_type("a trigger, or a list of triggers");
                Err(A::Error::custom(match entry {
                    Some((name, value)) => problem.with_remedy(format!("write `{name}={value}`")),
                    None => problem,
                }))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Triggers, A::Error> {
                let mut triggers = Vec::new();
                while let Some(trigger) = list.next_element()? {
                    triggers.push(trigger);
                }
                if triggers.is_empty() {
                    Err(A::Error::custom(Problem::rule("the list of triggers is empty; add one")))
                } else {
                    Ok(Triggers(triggers))
                }
            }
        }

        reader.deserialize_any(OneOrSeveral)
    }
}

#[cfg(test)]
mod described {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde_json::json;

    use super::Triggers;
    use crate::{clock::patterns::DURATION, settings::schemas::looks_like};

    /// Describes the triggers as they are written.
    pub(super) fn as_text(schema: &mut Schema) {
        let after = format!("after={DURATION}");
        let forms = [
            ("begin", None),
            ("opened", None),
            ("step=liveness", Some("step=.+")),
            ("widget", None),
            ("polls=3", Some("polls=0*[1-9][0-9]*")),
            ("after=60s", Some(&*after)),
            ("operator", None),
        ];
        let variants = schema.remove("oneOf").expect("it has variants");
        let variants = variants.as_array().expect("a list").iter().map(|variant| &variant["description"]);
        let described = forms.into_iter().zip(variants).map(|((example, pattern), text)| {
            let Some(pattern) = pattern else { return json!({"const": example, "description": text}) };
            let mut form = looks_like(pattern);
            form["description"] = text.clone();
            form["defaultSnippets"] = json!([{"label": example, "description": text, "body": example}]);
            form["errorMessage"] =
                "a trigger is begin, opened, step=NAME, widget, polls=N, after=DURATION (after=90s) or operator".into();
            form
        });
        let mut described: Vec<_> = described.collect();
        // Editors show the message of the first form.
        described.sort_by_key(|form| form.get("const").is_some());
        schema.insert("anyOf".into(), described.into());
    }

    impl JsonSchema for Triggers {
        fn schema_name() -> Cow<'static, str> {
            "Triggers".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let trigger = generator.subschema_for::<super::Trigger>();
            json_schema!({"anyOf": [trigger, {"type": "array", "minItems": 1, "items": trigger}]})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written() {
        for (text, trigger) in [
            ("begin", Trigger::Begin),
            ("opened", Trigger::Opened),
            ("step=liveness", Trigger::Step("liveness".into())),
            ("widget", Trigger::Widget),
            ("polls=3", Trigger::Polls(3)),
            ("after=90s", Trigger::After(Duration::from_secs(90))),
            ("operator", Trigger::Operator),
        ] {
            assert_eq!(trigger.to_string(), text);
            assert_eq!(text.parse(), Ok(trigger));
        }
        assert_eq!("after=1h 30m".parse(), Ok(Trigger::After(Duration::from_secs(5400))));
    }

    #[test]
    fn a_wrong_trigger_says_what_is_allowed() {
        let wrong = |text: &str| text.parse::<Trigger>().unwrap_err().to_string();
        assert_eq!(
            wrong("sometimes"),
            "`sometimes` is not a trigger; allowed: begin, opened, step=NAME, widget, polls=N, after=DURATION \
             (after=90s), operator"
        );
        assert_eq!(wrong("polls=0"), "`polls=0` is not a number of polls; write `polls=1` or more");
        assert_eq!(wrong("after=-5s"), "`-5s` is not a duration; write it like 500ms, 90s, 15m, 24h or 7d");
        assert_eq!(wrong("step="), "`step=` needs the key or type of a step, such as step=liveness");
    }
}
