//! The member `questionnaires`: the answers of the person and of the vendor's operator.

use serde::Serialize;
use serde_json::Value;

use crate::{session::Session, vendor::Question};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct AnsweredQuestionnaire {
    key: String,
    questions: Vec<AnsweredQuestion>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AnsweredQuestion {
    key: String,
    answer: Value,
}

/// Returns all questionnaires of the session, in the order of the steps.
///
/// Without answers of the person, they are invented. An optional question without an answer is left out.
pub(super) fn answered(session: &Session) -> Vec<AnsweredQuestionnaire> {
    let answer = |questionnaire: &str, for_operator: bool, question: &Question<'_>| {
        let operator = || session.scenario().operator_answers.get(&*question.key).cloned();
        match session.answers() {
            _ if for_operator => Some(operator().unwrap_or_else(|| question.invented_answer())),
            Some(answers) if answers.were_asked(questionnaire) => answers.get(questionnaire, &question.key).cloned(),
            _ => Some(question.invented_answer()),
        }
    };
    let steps = session.spec.form_layers().read_steps();
    let questionnaires = steps.questionnaires().map(|questionnaire| {
        let (key, for_operator) = (questionnaire.key, questionnaire.for_operator);
        let questions = questionnaire.questions.into_iter().filter_map(|question| {
            let answer = answer(&key, for_operator, &question)?;
            Some(AnsweredQuestion { key: question.key.into_owned(), answer })
        });
        let questions = questions.collect();
        AnsweredQuestionnaire { key: key.into_owned(), questions }
    });
    questionnaires.collect()
}
