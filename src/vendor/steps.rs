//! The steps of a session, and the questions among them.

use std::borrow::Cow;

use serde_json::Value;

use crate::foreign_text::shortened;

/// The types of steps (specification, section 6).
const KNOWN_TYPES: [&str; 12] = [
    "user-questionnaire",
    "operator-questionnaire",
    "client-questionnaire",
    "liveness",
    "identity-document",
    "general-document",
    "phone-number",
    "email",
    "selfie-with-document",
    "video-call",
    "language",
    "geolocation",
];

/// The explicit steps of a session, in order: JSON objects. Unknown types and members are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Steps(Vec<Value>);

impl Steps {
    /// Takes the steps of a call.
    ///
    /// # Errors
    ///
    /// A message that names the first element which is not an object.
    pub(crate) fn new(steps: Vec<Value>) -> Result<Self, String> {
        match steps.iter().position(|step| !step.is_object()) {
            Some(at) => Err(format!("`steps[{at}]` is not a JSON object: {}", shortened(&steps[at].to_string()))),
            None => Ok(Self(steps)),
        }
    }

    /// Takes steps that were read as objects.
    pub(crate) fn from_objects(steps: Vec<Value>) -> Self {
        debug_assert!(steps.iter().all(Value::is_object), "{steps:?}");
        Self(steps)
    }

    /// Lays these steps over those `below`: a step replaces the one of the same `key`, or else is added at the end.
    pub(crate) fn over_keys(self, below: &Self) -> Self {
        self.over_by(below, &["key"])
    }

    /// As [`Steps::over_keys`], but a step whose key is new replaces one of the same `type`, where there is one left
    /// (specification, section 3).
    pub(crate) fn over(self, below: &Self) -> Self {
        self.over_by(below, &["key", "type"])
    }

    /// Finds the places by one member after the other, so that no step takes the place that another has a better
    /// claim to.
    fn over_by(self, below: &Self, members: &[&str]) -> Self {
        let mut places: Vec<Option<usize>> = vec![None; self.0.len()];
        let mut is_taken = vec![false; below.0.len()];
        for member in members {
            for (step, place) in self.0.iter().zip(&mut places).filter(|(_, place)| place.is_none()) {
                let Some(wanted) = step.get(member) else { continue };
                *place = (0..below.0.len()).find(|at| !is_taken[*at] && below.0[*at].get(member) == Some(wanted));
                if let Some(at) = *place {
                    is_taken[at] = true;
                }
            }
        }
        let mut steps = below.0.clone();
        for (step, place) in self.0.into_iter().zip(places) {
            match place {
                Some(at) => steps[at] = step,
                None => steps.push(step),
            }
        }
        Self(steps)
    }

    /// The steps as the company sent them.
    pub(crate) fn as_list(&self) -> &[Value] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, kind: &str) -> bool {
        self.0.iter().any(|step| text(step, "type") == kind)
    }

    /// Key and type of the steps that the person sees; one without a key goes by its type.
    pub(crate) fn for_person(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let names = self.0.iter().map(|step| (text(step, "key"), text(step, "type")));
        let names = names.map(|(key, kind)| (if key.is_empty() { kind.clone() } else { key }, kind));
        names.filter(|(_, kind)| kind != "operator-questionnaire")
    }

    /// The types of steps that nobody knows, for the hint header.
    pub(crate) fn unknown_types(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.iter().map(|step| text(step, "type")).filter(|kind| !KNOWN_TYPES.contains(&&**kind))
    }

    /// The questionnaires that the person fills in.
    pub(crate) fn questionnaires_of_person(&self) -> impl Iterator<Item = Questionnaire<'_>> {
        self.questionnaires().filter(|questionnaire| !questionnaire.for_operator)
    }

    pub(crate) fn questionnaires(&self) -> impl Iterator<Item = Questionnaire<'_>> {
        self.0.iter().filter_map(Questionnaire::read)
    }
}

/// A step that asks questions.
#[derive(Debug)]
pub(crate) struct Questionnaire<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) title: &'a Value,
    pub(crate) description: &'a Value,
    /// Answered by the vendor's operator, never shown to the person.
    pub(crate) for_operator: bool,
    pub(crate) questions: Vec<Question<'a>>,
}

impl<'a> Questionnaire<'a> {
    fn read(step: &'a Value) -> Option<Self> {
        let for_operator = match &*text(step, "type") {
            "user-questionnaire" | "client-questionnaire" => false,
            "operator-questionnaire" => true,
            _ => return None,
        };
        let questions = step.get("questions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Some(Self {
            key: text(step, "key"),
            title: &step["title"],
            description: &step["description"],
            for_operator,
            questions: questions.iter().filter(|question| question.is_object()).map(Question::read).collect(),
        })
    }
}

/// One question (specification, section 6).
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) key: Cow<'a, str>,
    /// `boolean`, `text`, `select`, `multiselect`, `number`, `date`, or a word that nobody knows.
    pub(crate) kind: Cow<'a, str>,
    pub(crate) mandatory: bool,
    /// Text, or a map from language to text.
    pub(crate) title: &'a Value,
    pub(crate) options: Vec<Choice<'a>>,
}

/// One of the `options` of a question: a text, or an object with `key` and `title`.
#[derive(Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) title: &'a Value,
}

impl<'a> Question<'a> {
    pub(crate) fn read(question: &'a Value) -> Self {
        let options = question.get("options").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let choice = |option: &'a Value| match option {
            Value::Object(_) => Choice { key: text(option, "key"), title: &option["title"] },
            _ => Choice { key: as_text(option), title: option },
        };
        let kind = text(question, "type");
        // Where there is nothing to choose from, nobody could get through.
        let is_answerable = !matches!(&*kind, "select" | "multiselect") || !options.is_empty();
        Self {
            key: text(question, "key"),
            kind,
            mandatory: is_answerable && question.get("mandatory").and_then(Value::as_bool).unwrap_or(false),
            title: &question["title"],
            options: options.iter().map(choice).collect(),
        }
    }

    /// An answer that fits, for a person who only exists in the mock.
    pub(crate) fn invented_answer(&self) -> Value {
        let first = self.options.first().map(|option| &*option.key);
        match &*self.kind {
            "boolean" => true.into(),
            "multiselect" => first.into_iter().collect(),
            "select" => first.unwrap_or_default().into(),
            "number" => "1".into(),
            "date" => "2020-01-15".into(),
            _ => "Sample answer".into(),
        }
    }
}

fn text<'a>(object: &'a Value, member: &str) -> Cow<'a, str> {
    object.get(member).map_or(Cow::Borrowed(""), as_text)
}

/// Keys and options are texts; a number is taken for its digits.
fn as_text(value: &Value) -> Cow<'_, str> {
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

    fn steps(value: Value) -> Steps {
        Steps::new(value.as_array().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_step_replaces_by_key_then_by_type() {
        let base = steps(json!([
            {"type": "liveness", "key": "one"}, {"type": "email", "old": true}, {"type": "user-questionnaire", "key": "k"},
        ]));
        let above = steps(json!([
            {"type": "email", "new": true}, {"type": "client-questionnaire", "key": "k"}, {"type": "video-call"},
        ]));
        assert_eq!(
            above.over(&base),
            steps(json!([
                {"type": "liveness", "key": "one"}, {"type": "email", "new": true},
                {"type": "client-questionnaire", "key": "k"}, {"type": "video-call"},
            ]))
        );
    }

    #[test]
    fn a_key_has_the_better_claim_to_a_place_than_a_type() {
        let base = steps(json!([{"type": "t", "key": "one"}, {"type": "t", "key": "two"}]));
        let above = steps(json!([{"type": "t", "key": "new"}, {"type": "t", "key": "one"}]));
        let keys = |steps: Steps| steps.0.iter().map(|step| text(step, "key").into_owned()).collect::<Vec<_>>();
        assert_eq!(keys(above.clone().over(&base)), ["one", "new"]);
        assert_eq!(keys(above.over_keys(&base)), ["one", "two", "new"]);
    }
}
