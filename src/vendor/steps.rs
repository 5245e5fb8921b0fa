//! The steps of a session.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::Questionnaire;
use crate::{
    foreign_text::{MAX_NAMED, shortened},
    json_text::{JsonStr, compact},
    problem::{Problem, member_path},
};

macro_rules! step_types {
    ($($name:literal => $kind:ident,)*) => {
        /// A known type of step ([source](crate::fidelity#the-widget)).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum StepType {
            $($kind,)*
        }

        impl StepType {
            /// Returns the type with this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$kind),)*
                    _ => None,
                }
            }

            /// Returns the vendor's word.
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

step_types! {
    "user-questionnaire" => UserQuestionnaire,
    "operator-questionnaire" => OperatorQuestionnaire,
    "client-questionnaire" => ClientQuestionnaire,
    "liveness" => Liveness,
    "identity-document" => IdentityDocument,
    "general-document" => GeneralDocument,
    "phone-number" => PhoneNumber,
    "email" => Email,
    "selfie-with-document" => SelfieWithDocument,
    "video-call" => VideoCall,
    "language" => Language,
    "geolocation" => Geolocation,
}

/// The types of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StepTypes(u16);

impl StepTypes {
    /// Whether there is a step of this type.
    pub(crate) fn has(self, kind: StepType) -> bool {
        self.0 & 1 << kind as u16 != 0
    }

    /// Whether there is a questionnaire, for the person or the operator.
    pub(crate) fn has_questionnaire(self) -> bool {
        use StepType::{ClientQuestionnaire, OperatorQuestionnaire, UserQuestionnaire};
        [ClientQuestionnaire, OperatorQuestionnaire, UserQuestionnaire].into_iter().any(|kind| self.has(kind))
    }
}

/// The parts of steps that are needed when a session begins, read in one pass over their text.
#[derive(Debug, Default)]
pub(crate) struct StepsAtBegin {
    pub(crate) types: StepTypes,
    /// Unknown types, for the hint header, up to a maximum number.
    pub(crate) unknown_types: Vec<String>,
}

impl StepsAtBegin {
    /// Reads a JSON array; an empty text means no steps.
    ///
    /// # Errors
    ///
    /// [`Problem`] of the first element that is not an object.
    pub(crate) fn read(steps: &str) -> Result<Self, Problem> {
        let mut read = Self::default();
        if !steps.is_empty() {
            let done = serde_json::Deserializer::from_str(steps).deserialize_seq(&mut read);
            done.map_err(|error| first_problem(steps).unwrap_or_else(|| Problem::rule(error.to_string())))?;
        }
        Ok(read)
    }

    /// Returns the warnings about the steps, for the hint header. None is an error.
    pub(crate) fn oddities(&self) -> impl Iterator<Item = String> {
        self.unknown_types
            .iter()
            .map(|kind| format!("unknown step type `{}` is kept and has no effect", shortened(kind)))
    }

    fn take(&mut self, StepHead { kind, .. }: &StepHead<'_>) {
        let kind = kind.map(text_of_raw).unwrap_or_default();
        match StepType::named(&kind) {
            Some(known) => self.types.0 |= 1 << known as u16,
            None if self.unknown_types.len() < MAX_NAMED => self.unknown_types.push(kind.into_owned()),
            None => {}
        }
    }
}

impl<'a> Visitor<'a> for &mut StepsAtBegin {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut steps: A) -> Result<(), A::Error> {
        while let Some(head) = steps.next_element()? {
            self.take(&head);
        }
        Ok(())
    }
}

/// Returns the problem of the first element of a list that is not an object.
fn first_problem(steps: &str) -> Option<Problem> {
    let steps: Vec<&RawValue> = serde_json::from_str(steps).ok()?;
    let at = steps.iter().position(|step| !step.get().starts_with('{'))?;
    let message = format!("`steps[{at}]` is not a JSON object: {}", shortened(&compact(steps[at].get())));
    Some(Problem::rule(message).at(&member_path!["steps", at]))
}

/// The members by which steps are matched. If a member repeats, the last one counts.
#[derive(Debug, Default)]
struct StepHead<'a> {
    key: Option<&'a RawValue>,
    kind: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for StepHead<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct StepHeadVisitor;

        impl<'de> Visitor<'de> for StepHeadVisitor {
            type Value = StepHead<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut step: A) -> Result<StepHead<'de>, A::Error> {
                let mut head = StepHead::default();
                while let Some(JsonStr(name)) = step.next_key()? {
                    match &*name {
                        "key" => head.key = Some(step.next_value()?),
                        "type" => head.kind = Some(step.next_value()?),
                        _ => {
                            let IgnoredAny = step.next_value()?;
                        }
                    }
                }
                Ok(head)
            }
        }

        reader.deserialize_map(StepHeadVisitor)
    }
}

/// Merges steps into others, and returns the text of all. A step replaces the one with the same `key`, otherwise,
/// `by_type`, the one with the same `type` ([source](crate::fidelity#calls)); otherwise it is added at the end.
///
/// All keys are matched before all types, so that no step takes the place of a better match.
pub(super) fn merge_steps(above: &str, below: &str, by_type: bool) -> String {
    let steps = |list| -> Vec<&RawValue> { serde_json::from_str(list).expect("steps are checked when they come") };
    let (above, mut steps) = (steps(above), steps(below));
    let names = |steps: &[&RawValue]| -> Vec<[Option<Value>; 2]> {
        let heads = steps.iter().map(|step| serde_json::from_str(step.get()).unwrap_or_default());
        heads
            .map(|head: StepHead<'_>| [head.key, head.kind].map(|name| serde_json::from_str(name?.get()).ok()))
            .collect()
    };
    let (wanted, there) = (names(&above), names(&steps));
    let mut places: Vec<Option<usize>> = vec![None; above.len()];
    let mut is_taken = vec![false; steps.len()];
    for member in 0..if by_type { 2 } else { 1 } {
        for (wanted, place) in wanted.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
            let Some(wanted) = &wanted[member] else { continue };
            *place = (0..there.len()).find(|at| !is_taken[*at] && there[*at][member].as_ref() == Some(wanted));
            if let Some(at) = *place {
                is_taken[at] = true;
            }
        }
    }
    for (step, place) in above.into_iter().zip(places) {
        match place {
            Some(at) => steps[at] = step,
            None => steps.push(step),
        }
    }
    serde_json::to_string(&steps).expect("steps are JSON")
}

/// The parsed steps, for code that needs more than [`StepsAtBegin`]: JSON objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Steps(Vec<Value>);

impl Steps {
    /// Parses a JSON array of objects; an empty text means no steps.
    pub(crate) fn read(steps: &str) -> Self {
        if steps.is_empty() { Self::default() } else { Self(serde_json::from_str(steps).expect("steps are checked")) }
    }

    /// Returns the steps as the company sent them.
    pub(crate) fn into_list(self) -> Vec<Value> {
        self.0
    }

    /// Returns the steps of the person, without those of the operator.
    pub(crate) fn for_person(&self) -> impl Iterator<Item = Step<'_>> {
        self.0.iter().map(Step::read).filter(|step| step.kind != "operator-questionnaire")
    }

    /// Returns the questionnaires of the person.
    pub(crate) fn questionnaires_of_person(&self) -> impl Iterator<Item = Questionnaire<'_>> {
        self.questionnaires().filter(|questionnaire| !questionnaire.for_operator)
    }

    pub(crate) fn questionnaires(&self) -> impl Iterator<Item = Questionnaire<'_>> {
        self.0.iter().filter_map(Questionnaire::read)
    }
}

/// A step of the widget: requested by the company, or added by flags.
#[derive(Debug, Clone)]
pub(crate) struct Step<'a> {
    /// The key; without one, the type.
    pub(crate) key: Cow<'a, str>,
    pub(crate) kind: Cow<'a, str>,
    /// The step as the company sent it; `None` if flags add it.
    pub(crate) own: Option<&'a Value>,
}

impl<'a> Step<'a> {
    fn read(step: &'a Value) -> Self {
        let (key, kind) = (text(step, "key"), text(step, "type"));
        Self { key: if key.is_empty() { kind.clone() } else { key }, kind, own: Some(step) }
    }

    /// Creates a step that flags add.
    pub(crate) fn automatic(key: &'static str, kind: &'static str) -> Self {
        Self { key: key.into(), kind: kind.into(), own: None }
    }

    /// Whether this is its name: its key or its type.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.key == name || self.kind == name
    }

    /// Returns its questionnaire for the person.
    pub(crate) fn questionnaire(&self) -> Option<Questionnaire<'a>> {
        Questionnaire::read(self.own?).filter(|questionnaire| !questionnaire.for_operator)
    }
}

pub(super) fn text<'a>(object: &'a Value, member: &str) -> Cow<'a, str> {
    object.get(member).map_or(Cow::Borrowed(""), as_text)
}

/// Returns an unparsed key or option as text, as [`as_text`].
fn text_of_raw(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        text if text.starts_with('"') => JsonStr::from_json(value).unwrap_or_default(),
        other => {
            serde_json::from_str(other).map_or(Cow::Borrowed(""), |value: Value| as_text(&value).into_owned().into())
        }
    }
}

/// Returns a key or option as text; a number becomes its digits.
pub(super) fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn over(above: Value, below: Value, by_type: bool) -> Value {
        serde_json::from_str(&merge_steps(&above.to_string(), &below.to_string(), by_type)).unwrap()
    }

    #[test]
    fn a_step_replaces_by_key_then_by_type() {
        let below = json!([
            {"type": "liveness", "key": "one"}, {"type": "email", "old": true}, {"type": "user-questionnaire", "key": "k"},
        ]);
        let above = json!([
            {"type": "email", "new": true}, {"type": "client-questionnaire", "key": "k"}, {"type": "video-call"},
        ]);
        assert_eq!(
            over(above, below, true),
            json!([
                {"type": "liveness", "key": "one"}, {"type": "email", "new": true},
                {"type": "client-questionnaire", "key": "k"}, {"type": "video-call"},
            ])
        );
    }

    #[test]
    fn a_key_has_the_better_claim_to_a_place_than_a_type() {
        let below = json!([{"type": "t", "key": "one"}, {"type": "t", "key": "two"}]);
        let above = json!([{"type": "t", "key": "new"}, {"type": "t", "key": "one"}]);
        let keys = |steps: Value| -> Vec<String> {
            steps.as_array().unwrap().iter().map(|step| step["key"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(keys(over(above.clone(), below.clone(), true)), ["one", "new"]);
        assert_eq!(keys(over(above, below, false)), ["one", "two", "new"]);
    }

    #[test]
    fn the_types_of_steps_are_read_from_their_text() {
        let steps =
            r#"[{"type": "email"}, {"type":"li\u0076eness","type":"liveness"}, {"a":{"type":"x"}}, {"type":7}]"#;
        let read = StepsAtBegin::read(steps).unwrap();
        assert!(read.types.has(StepType::Email) && read.types.has(StepType::Liveness));
        assert!(!read.types.has(StepType::VideoCall) && !read.types.has_questionnaire());
        assert_eq!(read.unknown_types, ["", "7"]);
        assert_eq!(StepsAtBegin::read("[{}, [ 1 ]]").unwrap_err().to_string(), "`steps[1]` is not a JSON object: [1]");
    }
}
