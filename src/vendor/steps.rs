//! The steps of a session.

use std::borrow::Cow;

use serde_json::Value;

use super::Questionnaire;
use crate::{
    foreign_text::{MAX_NAMED, shortened},
    json_cursor::{JsonCursor, Unreadable, elements, read_checked},
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
pub(crate) struct StepsAtBegin<'a> {
    /// The JSON array; empty for no steps.
    pub(crate) text: &'a str,
    pub(crate) types: StepTypes,
    /// Unknown types, for the hint header, up to a maximum number.
    pub(crate) unknown_types: Vec<String>,
    /// Position and text of the first element that is not an object.
    misfit: Option<(usize, &'a str)>,
}

impl<'a> StepsAtBegin<'a> {
    /// Reads a checked JSON array; an empty text means no steps.
    pub(crate) fn read(steps: &'a str) -> Self {
        if steps.is_empty() { Self::default() } else { read_checked(steps, Self::take_from) }
    }

    /// Reads an array.
    pub(crate) fn take_from(cursor: &mut JsonCursor<'a>) -> Result<Self, Unreadable> {
        let (mut steps, mut at) = (Self::default(), 0);
        let text = cursor.elements(&mut |cursor| {
            if cursor.peek() == Some(b'{') {
                let [_, kind] = StepType::head(cursor)?;
                steps.take(kind.map(text_of_json).unwrap_or_default());
            } else {
                let element = cursor.value()?;
                steps.misfit.get_or_insert((at, element));
            }
            at += 1;
            Ok(())
        })?;
        steps.text = if at == 0 { "" } else { text };
        Ok(steps)
    }

    fn take(&mut self, kind: Cow<'_, str>) {
        match StepType::named(&kind) {
            Some(known) => self.types.0 |= 1 << known as u16,
            None if self.unknown_types.len() < MAX_NAMED => self.unknown_types.push(kind.into_owned()),
            None => {}
        }
    }

    /// Checks that all steps are objects.
    ///
    /// # Errors
    ///
    /// [`Problem`] of the first one that is not.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let Some((at, element)) = self.misfit else { return Ok(()) };
        let message = format!("`steps[{at}]` is not a JSON object: {}", shortened(&compact(element)));
        Err(Problem::rule(message).at(&member_path!["steps", at]))
    }

    /// Returns the warnings about the steps, for the hint header. None is an error.
    pub(crate) fn oddities(&self) -> impl Iterator<Item = String> {
        self.unknown_types
            .iter()
            .map(|kind| format!("unknown step type `{}` is kept and has no effect", shortened(kind)))
    }
}

impl StepType {
    /// Reads the members by which steps are matched, `key` and `type`. If a member repeats, the last one counts.
    fn head<'a>(cursor: &mut JsonCursor<'a>) -> Result<[Option<&'a str>; 2], Unreadable> {
        let mut head = [None; 2];
        cursor.members(&mut |cursor| {
            let name = cursor.name()?;
            let value = cursor.value()?;
            match &*name {
                "key" => head[0] = Some(value),
                "type" => head[1] = Some(value),
                _ => {}
            }
            Ok(())
        })?;
        Ok(head)
    }
}

/// Merges steps into others, and returns the text of all. A step replaces the one with the same `key`, otherwise,
/// `by_type`, the one with the same `type` ([source](crate::fidelity#calls)); otherwise it is added at the end.
///
/// All keys are matched before all types, so that no step takes the place of a better match.
pub(super) fn merge_steps(above: &str, below: &str, by_type: bool) -> String {
    let (above, mut steps) = (elements(above), elements(below));
    let names = |steps: &[&str]| -> Vec<[Option<Value>; 2]> {
        let value = |text: Option<&str>| serde_json::from_str(text?).ok();
        steps.iter().map(|step| read_checked(step, StepType::head).map(value)).collect()
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
    format!("[{}]", steps.join(","))
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
fn text_of_json(value: &str) -> Cow<'_, str> {
    JsonStr::read(value).unwrap_or_else(|| {
        serde_json::from_str(value).map_or(Cow::Borrowed(""), |value: Value| as_text(&value).into_owned().into())
    })
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
        let read = StepsAtBegin::read(steps);
        assert!(read.types.has(StepType::Email) && read.types.has(StepType::Liveness));
        assert!(!read.types.has(StepType::VideoCall) && !read.types.has_questionnaire());
        assert_eq!(read.unknown_types, ["", "7"]);
        let problem = StepsAtBegin::read("[{}, [ 1 ]]").check().unwrap_err();
        assert_eq!(problem.to_string(), "`steps[1]` is not a JSON object: [1]");
    }
}
