//! The steps of a session and the questionnaires among them.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde_json::{Map, Value};

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
    fn read(question: &'a Value) -> Self {
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

/// The questions of a form by their keys, so that checking answers takes time as they are long, not as the form is.
struct Asked<'a> {
    questionnaires: HashMap<Cow<'a, str>, HashMap<Cow<'a, str>, AskedQuestion<'a>>>,
    /// Questionnaire and key of each mandatory question, in the order of the form.
    mandatory: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

struct AskedQuestion<'a> {
    kind: Cow<'a, str>,
    options: HashSet<Cow<'a, str>>,
}

impl<'a> Asked<'a> {
    /// The form of those steps. Of several questions with one key, the first counts.
    fn of(steps: &'a Steps) -> Self {
        let mut asked = Self { questionnaires: HashMap::new(), mandatory: Vec::new() };
        for questionnaire in steps.questionnaires().filter(|questionnaire| !questionnaire.for_operator) {
            let questions = asked.questionnaires.entry(questionnaire.key.clone()).or_default();
            for question in questionnaire.questions {
                if question.mandatory {
                    asked.mandatory.push((questionnaire.key.clone(), question.key.clone()));
                }
                let options = question.options.into_iter().map(|option| option.key);
                questions
                    .entry(question.key)
                    .or_insert_with(|| AskedQuestion { kind: question.kind, options: options.collect() });
            }
        }
        asked
    }
}

impl AskedQuestion<'_> {
    /// Says what is wrong with a person's answer.
    fn problem(&self, answer: &Value) -> Option<String> {
        let is_option = |value: &Value| value.as_str().is_some_and(|key| self.options.contains(key));
        let (fits, wanted) = match &*self.kind {
            "boolean" => (answer.is_boolean(), "true or false"),
            "select" => (is_option(answer), "one of its options"),
            "multiselect" => {
                (answer.as_array().is_some_and(|keys| keys.iter().all(is_option)), "a list of its options")
            }
            "number" => {
                (answer.as_str().is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite)), "a number, as text")
            }
            "date" => (
                answer.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
                "a date, as text: 2020-01-15",
            ),
            _ => (answer.is_string(), "text"),
        };
        (!fits).then(|| format!("takes {wanted}, not {}", shortened(&answer.to_string())))
    }
}

/// The answers of a person: questionnaire key → question key → answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answers(Map<String, Value>);

impl Answers {
    /// Takes what the person filled in.
    ///
    /// # Errors
    ///
    /// A message that names the questionnaire and the question, and says what is wrong.
    pub(crate) fn new(answers: Map<String, Value>, steps: &Steps) -> Result<Self, String> {
        let asked = Asked::of(steps);
        for (key, given) in &answers {
            let Some(questions) = asked.questionnaires.get(key.as_str()) else {
                return Err(format!("the session has no questionnaire `{}` for the person", shortened(key)));
            };
            let Some(given) = given.as_object() else {
                return Err(format!("the answers to `{}` are not a JSON object", shortened(key)));
            };
            for (question, answer) in given {
                let Some(asked) = questions.get(question.as_str()) else {
                    return Err(format!("`{}` has no question `{}`", shortened(key), shortened(question)));
                };
                if !is_blank(answer)
                    && let Some(problem) = asked.problem(answer)
                {
                    return Err(format!("the question `{}` of `{}` {problem}", shortened(question), shortened(key)));
                }
            }
        }
        let answers = Self(answers);
        let open =
            |(questionnaire, question): &&(Cow<'_, str>, Cow<'_, str>)| answers.get(questionnaire, question).is_none();
        match asked.mandatory.iter().find(open) {
            Some((questionnaire, question)) => Err(format!(
                "the question `{}` of `{}` is mandatory and has no answer",
                shortened(question),
                shortened(questionnaire)
            )),
            None => Ok(answers),
        }
    }

    pub(crate) fn get(&self, questionnaire: &str, question: &str) -> Option<&Value> {
        self.0.get(questionnaire)?.get(question).filter(|answer| !is_blank(answer))
    }
}

fn is_blank(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
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

    fn answer(kind: &str, mandatory: bool, answer: Value) -> Result<Answers, String> {
        let question = json!({"type": kind, "key": "q", "mandatory": mandatory, "options": ["a", {"key": "b"}]});
        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]));
        Answers::new(json!({"s": {"q": answer}}).as_object().unwrap().clone(), &steps)
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

    #[test]
    fn every_invented_answer_would_be_taken_from_a_person() {
        for kind in ["boolean", "text", "select", "multiselect", "number", "date", "something-new"] {
            let question = json!({"type": kind, "key": "q", "options": ["a"]});
            let invented = Question::read(&question).invented_answer();
            answer(kind, true, invented).unwrap();
        }
    }

    #[test]
    fn a_wrong_answer_is_named() {
        for (kind, wrong, problem) in [
            ("boolean", json!("yes"), "takes true or false, not \"yes\""),
            ("select", json!("c"), "takes one of its options, not \"c\""),
            ("multiselect", json!(["a", "c"]), "takes a list of its options, not [\"a\",\"c\"]"),
            ("number", json!("many"), "takes a number, as text, not \"many\""),
            ("number", json!("NaN"), "takes a number, as text, not \"NaN\""),
            ("date", json!("tomorrow"), "takes a date, as text: 2020-01-15, not \"tomorrow\""),
            ("text", json!(7), "takes text, not 7"),
            ("text", json!(""), "is mandatory and has no answer"),
        ] {
            assert_eq!(answer(kind, true, wrong).unwrap_err(), format!("the question `q` of `s` {problem}"));
        }
    }

    #[test]
    fn an_optional_question_may_stay_open() {
        let answers = answer("boolean", false, Value::Null).unwrap();
        assert_eq!(answers.get("s", "q"), None);
    }

    #[test]
    fn numbers_are_keys_and_options_too() {
        let question = json!({"type": "select", "key": 7, "mandatory": true, "options": [1, {"key": 2}]});
        let steps = steps(json!([{"type": "user-questionnaire", "key": 1, "questions": [question, "no question"]}]));
        let answer = |option: &str| Answers::new(json!({"1": {"7": option}}).as_object().unwrap().clone(), &steps);
        assert_eq!(answer("2").unwrap().get("1", "7"), Some(&json!("2")));
        assert_eq!(answer("3").unwrap_err(), "the question `7` of `1` takes one of its options, not \"3\"");
    }

    #[test]
    fn a_choice_without_options_cannot_be_mandatory() {
        let question = json!({"type": "select", "key": "q", "mandatory": true});
        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]));
        Answers::new(Map::new(), &steps).unwrap();
    }

    #[test]
    fn answers_to_what_was_not_asked_are_refused() {
        let error = Answers::new(json!({"x": {}}).as_object().unwrap().clone(), &Steps::default()).unwrap_err();
        assert_eq!(error, "the session has no questionnaire `x` for the person");

        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [{"key": "q"}]}]));
        let error = |answers: Value| Answers::new(answers.as_object().unwrap().clone(), &steps).unwrap_err();
        assert_eq!(error(json!({"s": {"r": "x"}})), "`s` has no question `r`");
        assert_eq!(error(json!({"s": 5})), "the answers to `s` are not a JSON object");
    }
}
