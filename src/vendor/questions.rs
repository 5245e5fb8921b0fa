//! The questions of a session, to the person or to the vendor's operator (specification, section 6).

use std::borrow::Cow;

use serde_json::Value;

use super::steps::{as_text, text};

/// A step that asks questions.
#[derive(Debug, Clone)]
pub(crate) struct Questionnaire<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) title: &'a Value,
    pub(crate) description: &'a Value,
    /// Answered by the vendor's operator, never shown to the person.
    pub(crate) for_operator: bool,
    pub(crate) questions: Vec<Question<'a>>,
}

impl<'a> Questionnaire<'a> {
    /// Reads a step; `None` for one that asks nothing.
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

/// One question (specification, section 6).
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) key: Cow<'a, str>,
    /// `boolean`, `text`, `select`, `multiselect`, `number`, `date`, or a word that nobody knows.
    pub(crate) kind: Cow<'a, str>,
    pub(crate) mandatory: bool,
    /// Text, or a map from language to text.
    pub(crate) title: &'a Value,
    pub(crate) options: Vec<QuestionOption<'a>>,
}

/// One of the `options` of a question: a text, or an object with `key` and `title`.
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
