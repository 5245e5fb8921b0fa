//! Questionnaire answers, and their validation against the questions.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    foreign_text::shortened,
    problem::{Problem, member_path},
    vendor::{Questionnaire, Steps},
};

/// The answers of a person: questionnaire key → question key → answer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct QuestionnaireAnswers {
    values: Map<String, Value>,
    /// Whether missing answers are invented, because their questions were not shown.
    is_partial: bool,
}

impl QuestionnaireAnswers {
    /// Validates the answers to all questionnaires.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the questionnaire and the question.
    pub(crate) fn new(answers: Map<String, Value>, steps: &Steps) -> Result<Self, Problem> {
        let index = QuestionIndex::new(steps.questionnaires_of_person());
        for (key, given) in &answers {
            let Some(questions) = index.questionnaires.get(key.as_str()) else {
                let message = format!("the session has no questionnaire `{}` for the person", shortened(key));
                return Err(Problem::of_key(&**key, message));
            };
            let Some(given) = given.as_object() else {
                let message = format!("the answers to `{}` are not a JSON object", shortened(key));
                return Err(Problem::of_key(&**key, message));
            };
            check(key, given, questions)?;
        }
        let answers = Self { values: answers, is_partial: false };
        index.find_open(|questionnaire, question| answers.get(questionnaire, question).is_some())?;
        Ok(answers)
    }

    /// Validates the answers to one questionnaire.
    ///
    /// # Errors
    ///
    /// As [`QuestionnaireAnswers::new`].
    pub(crate) fn check(questionnaire: &Questionnaire<'_>, given: &Map<String, Value>) -> Result<(), Problem> {
        let index = QuestionIndex::new(std::iter::once(questionnaire.clone()));
        check(&questionnaire.key, given, &index.questionnaires[&*questionnaire.key])?;
        index.find_open(|_, question| given.get(question).is_some_and(|answer| !is_blank(answer)))
    }

    /// Collects answers of single questionnaires; `None` if there are none.
    pub(crate) fn partial(given: Map<String, Value>) -> Option<Self> {
        (!given.is_empty()).then_some(Self { values: given, is_partial: true })
    }

    /// Returns the answers as JSON.
    pub(crate) fn to_json(&self) -> &Map<String, Value> {
        &self.values
    }

    /// Whether the questions of this questionnaire were shown.
    pub(crate) fn were_asked(&self, questionnaire: &str) -> bool {
        !self.is_partial || self.values.contains_key(questionnaire)
    }

    pub(crate) fn get(&self, questionnaire: &str, question: &str) -> Option<&Value> {
        self.values.get(questionnaire)?.get(question).filter(|answer| !is_blank(answer))
    }
}

/// Validates the answers to one questionnaire.
fn check(
    questionnaire: &str,
    given: &Map<String, Value>,
    questions: &HashMap<Cow<'_, str>, IndexedQuestion<'_>>,
) -> Result<(), Problem> {
    for (question, answer) in given {
        let (key, name) = (shortened(questionnaire), shortened(question));
        let Some(known) = questions.get(question.as_str()) else {
            let message = format!("`{key}` has no question `{name}`");
            return Err(Problem::rule(message).at(&member_path![questionnaire, &**question]));
        };
        if !is_blank(answer)
            && let Some(problem) = known.problem(answer)
        {
            let message = format!("the question `{name}` of `{key}` {problem}");
            return Err(Problem::rule(message).at(&member_path![questionnaire, &**question]));
        }
    }
    Ok(())
}

/// The questions of a form and their options by key, so that one look-up validates an answer, however long the form is.
struct QuestionIndex<'a> {
    questionnaires: HashMap<Cow<'a, str>, HashMap<Cow<'a, str>, IndexedQuestion<'a>>>,
    /// Questionnaire and key of each mandatory question, in the order of the form.
    mandatory: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

struct IndexedQuestion<'a> {
    kind: Cow<'a, str>,
    options: HashSet<Cow<'a, str>>,
}

impl<'a> QuestionIndex<'a> {
    /// Indexes the questionnaires. If a key repeats, its first question counts.
    fn new(all: impl Iterator<Item = Questionnaire<'a>>) -> Self {
        let mut index = Self { questionnaires: HashMap::new(), mandatory: Vec::new() };
        for questionnaire in all {
            let questions = index.questionnaires.entry(questionnaire.key.clone()).or_default();
            for question in questionnaire.questions {
                if question.mandatory {
                    index.mandatory.push((questionnaire.key.clone(), question.key.clone()));
                }
                let options = question.options.into_iter().map(|option| option.key);
                questions
                    .entry(question.key)
                    .or_insert_with(|| IndexedQuestion { kind: question.kind, options: options.collect() });
            }
        }
        index
    }

    /// Returns a message about the first mandatory question without an answer.
    fn find_open(&self, has_answer: impl Fn(&str, &str) -> bool) -> Result<(), Problem> {
        let mut open = self.mandatory.iter().filter(|(questionnaire, question)| !has_answer(questionnaire, question));
        open.next().map_or(Ok(()), |(questionnaire, question)| {
            let path = member_path![&**questionnaire, &**question];
            let (questionnaire, question) = (shortened(questionnaire), shortened(question));
            let message = format!("the question `{question}` of `{questionnaire}` is mandatory and has no answer");
            Err(Problem::rule(message).at(&path))
        })
    }
}

impl IndexedQuestion<'_> {
    /// Returns the problem with an answer.
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

fn is_blank(answer: &Value) -> bool {
    match answer {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Question;
    use serde_json::json;

    fn steps(value: Value) -> Steps {
        Steps::read(&value.to_string())
    }

    fn answer(kind: &str, mandatory: bool, answer: Value) -> Result<QuestionnaireAnswers, Problem> {
        let question = json!({"type": kind, "key": "q", "mandatory": mandatory, "options": ["a", {"key": "b"}]});
        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]));
        QuestionnaireAnswers::new(json!({"s": {"q": answer}}).as_object().unwrap().clone(), &steps)
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
            assert_eq!(
                answer(kind, true, wrong).unwrap_err().to_string(),
                format!("the question `q` of `s` {problem}")
            );
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
        let answer =
            |option: &str| QuestionnaireAnswers::new(json!({"1": {"7": option}}).as_object().unwrap().clone(), &steps);
        assert_eq!(answer("2").unwrap().get("1", "7"), Some(&json!("2")));
        assert_eq!(answer("3").unwrap_err().to_string(), "the question `7` of `1` takes one of its options, not \"3\"");
    }

    #[test]
    fn a_choice_without_options_cannot_be_mandatory() {
        let question = json!({"type": "select", "key": "q", "mandatory": true});
        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]));
        QuestionnaireAnswers::new(Map::new(), &steps).unwrap();
    }

    #[test]
    fn answers_to_what_was_not_asked_are_refused() {
        let error =
            QuestionnaireAnswers::new(json!({"x": {}}).as_object().unwrap().clone(), &Steps::default()).unwrap_err();
        assert_eq!(error.to_string(), "the session has no questionnaire `x` for the person");

        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [{"key": "q"}]}]));
        let error =
            |answers: Value| QuestionnaireAnswers::new(answers.as_object().unwrap().clone(), &steps).unwrap_err();
        assert_eq!(error(json!({"s": {"r": "x"}})).to_string(), "`s` has no question `r`");
        assert_eq!(error(json!({"s": 5})).to_string(), "the answers to `s` are not a JSON object");
    }
}
