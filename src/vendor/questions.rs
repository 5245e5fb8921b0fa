//! The questions of a session, for the person or the vendor's operator ([source](crate::fidelity#the-widget)).

use std::borrow::Cow;

use serde_json::Value;

use super::steps::{as_text, text};

/// A questionnaire step.
#[derive(Debug, Clone)]
pub(crate) struct Questionnaire<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) title: &'a Value,
    pub(crate) description: &'a Value,
    /// Whether the vendor's operator answers it; the person never sees it.
    pub(crate) for_operator: bool,
    pub(crate) questions: Vec<Question<'a>>,
}

impl<'a> Questionnaire<'a> {
    /// Reads a step; `None` if it has no questions.
    pub(super) fn read(step: &'a Value) -> Option<Self> {
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

/// A question ([source](crate::fidelity#the-widget)).
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) key: Cow<'a, str>,
    /// `boolean`, `text`, `select`, `multiselect`, `number`, `date`, or an unknown word.
    pub(crate) kind: Cow<'a, str>,
    pub(crate) mandatory: bool,
    /// A string, or a map from language to string.
    pub(crate) title: &'a Value,
    pub(crate) options: Vec<QuestionOption<'a>>,
}

/// An element of the `options` of a question: a string, or an object with `key` and `title`.
#[derive(Debug, Clone)]
pub(crate) struct QuestionOption<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) title: &'a Value,
}

impl<'a> Question<'a> {
    pub(crate) fn read(question: &'a Value) -> Self {
        let options = question.get("options").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let choice = |option: &'a Value| match option {
            Value::Object(_) => QuestionOption { key: text(option, "key"), title: &option["title"] },
            _ => QuestionOption { key: as_text(option), title: option },
        };
        let kind = text(question, "type");
        // A mandatory question without options could not be answered.
        let is_answerable = !matches!(&*kind, "select" | "multiselect") || !options.is_empty();
        Self {
            key: text(question, "key"),
            kind,
            mandatory: is_answerable && question.get("mandatory").and_then(Value::as_bool).unwrap_or(false),
            title: &question["title"],
            options: options.iter().map(choice).collect(),
        }
    }

    /// Returns a valid answer, for an invented person.
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
