//! The steps of a session and the questionnaires among them.

use serde_json::{Map, Value};

/// The explicit steps of a session, in order. Unknown types and members are kept.
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
            Some(at) => Err(format!("`steps[{at}]` is not a JSON object: {}", steps[at])),
            None => Ok(Self(steps)),
        }
    }

    /// Lays these steps over those `below`: a step replaces the one of the same `key`, or else of the same `type`, or
    /// is added at the end (specification, section 3).
    pub(crate) fn over(self, below: &Self) -> Self {
        let mut steps = below.0.clone();
        let mut replaced = vec![false; steps.len()];
        for step in self.0 {
            let same = |member: &str| {
                let wanted = step.get(member)?;
                steps.iter().zip(&replaced).position(|(old, taken)| !taken && old.get(member) == Some(wanted))
            };
            match same("key").or_else(|| same("type")) {
                Some(at) => {
                    replaced[at] = true;
                    steps[at] = step;
                }
                None => {
                    replaced.push(true);
                    steps.push(step);
                }
            }
        }
        Self(steps)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, kind: &str) -> bool {
        self.0.iter().any(|step| text(step, "type") == kind)
    }

    pub(crate) fn questionnaires(&self) -> impl Iterator<Item = Questionnaire<'_>> {
        self.0.iter().filter_map(Questionnaire::read)
    }
}

/// A step that asks questions.
#[derive(Debug)]
pub(crate) struct Questionnaire<'a> {
    pub(crate) key: &'a str,
    pub(crate) title: &'a Value,
    pub(crate) description: &'a Value,
    /// Answered by the vendor's operator, never shown to the person.
    pub(crate) for_operator: bool,
    pub(crate) questions: Vec<Question<'a>>,
}

impl<'a> Questionnaire<'a> {
    fn read(step: &'a Value) -> Option<Self> {
        let for_operator = match text(step, "type") {
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
            questions: questions.iter().map(Question::read).collect(),
        })
    }
}

/// One question (specification, section 6).
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) key: &'a str,
    /// `boolean`, `text`, `select`, `multiselect`, `number`, `date`, or a word that nobody knows.
    pub(crate) kind: &'a str,
    pub(crate) mandatory: bool,
    /// Text, or a map from language to text.
    pub(crate) title: &'a Value,
    pub(crate) options: Vec<Choice<'a>>,
}

/// One of the `options` of a question: a text, or an object with `key` and `title`.
#[derive(Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) key: &'a str,
    pub(crate) title: &'a Value,
}

impl<'a> Question<'a> {
    fn read(question: &'a Value) -> Self {
        let options = question.get("options").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let choice = |option: &'a Value| match option.as_str() {
            Some(key) => Choice { key, title: option },
            None => Choice { key: text(option, "key"), title: &option["title"] },
        };
        let kind = text(question, "type");
        // Where there is nothing to choose from, nobody could get through.
        let is_answerable = !matches!(kind, "select" | "multiselect") || !options.is_empty();
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
        let first = self.options.first().map(|option| option.key);
        match self.kind {
            "boolean" => true.into(),
            "multiselect" => first.into_iter().collect(),
            "select" => first.unwrap_or_default().into(),
            "number" => "1".into(),
            "date" => "2020-01-15".into(),
            _ => "Sample answer".into(),
        }
    }

    /// Says what is wrong with a person's answer.
    fn problem(&self, answer: Option<&Value>) -> Option<String> {
        let is_option = |value: &Value| value.as_str().is_some_and(|key| self.options.iter().any(|o| o.key == key));
        let Some(answer) = answer.filter(|answer| !is_blank(answer)) else {
            return self.mandatory.then(|| "is mandatory and has no answer".into());
        };
        let (fits, wanted) = match self.kind {
            "boolean" => (answer.is_boolean(), "true or false"),
            "select" => (is_option(answer), "one of its options"),
            "multiselect" => {
                (answer.as_array().is_some_and(|keys| keys.iter().all(is_option)), "a list of its options")
            }
            "number" => (answer.as_str().is_some_and(|text| text.parse::<f64>().is_ok()), "a number, as text"),
            "date" => (
                answer.as_str().is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
                "a date, as text: 2020-01-15",
            ),
            _ => (answer.is_string(), "text"),
        };
        (!fits).then(|| format!("takes {wanted}, not {answer}"))
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
        let asked: Vec<_> = steps.questionnaires().filter(|questionnaire| !questionnaire.for_operator).collect();
        for questionnaire in &asked {
            let given = answers.get(questionnaire.key);
            for question in &questionnaire.questions {
                if let Some(problem) = question.problem(given.and_then(|given| given.get(question.key))) {
                    return Err(format!("the question `{}` of `{}` {problem}", question.key, questionnaire.key));
                }
            }
        }
        match answers.keys().find(|key| !asked.iter().any(|questionnaire| questionnaire.key == **key)) {
            Some(key) => Err(format!("the session has no questionnaire `{key}` for the person")),
            None => Ok(Self(answers)),
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

fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
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
    fn a_choice_without_options_cannot_be_mandatory() {
        let question = json!({"type": "select", "key": "q", "mandatory": true});
        let steps = steps(json!([{"type": "user-questionnaire", "key": "s", "questions": [question]}]));
        Answers::new(Map::new(), &steps).unwrap();
    }

    #[test]
    fn answers_to_what_was_not_asked_are_refused() {
        let error = Answers::new(json!({"x": {}}).as_object().unwrap().clone(), &Steps::default()).unwrap_err();
        assert_eq!(error, "the session has no questionnaire `x` for the person");
    }
}
