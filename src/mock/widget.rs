//! What a person does in the widget, which names no company.

use jiff::Timestamp;
use serde_json::Value;

use super::Mock;
use crate::{
    foreign_text::shortened,
    scenario::Decision,
    session::{Answers, Browser, FinishError, Session},
    vendor::Outcome,
};

/// How a session is finished.
#[derive(Debug, Default)]
pub(crate) struct FinishRequest {
    /// Instead of what the scenario says.
    pub(crate) decision: Option<Decision>,
    /// What the person filled in; without it the answers are invented.
    pub(crate) answers: Option<Value>,
}

impl From<Decision> for FinishRequest {
    fn from(mut decision: Decision) -> Self {
        let answers = decision.answers.take();
        Self { decision: Some(decision), answers }
    }
}

impl Mock {
    /// Opens the widget of a session for a browser.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing to do for a person.
    pub(crate) fn open(&self, token: &str, browser: Browser) -> Result<(), FinishError> {
        self.in_widget(token, |session, now| session.open(&browser, now))
    }

    /// Looks at a session that a person has open.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is nothing to do for a person.
    pub(crate) fn view<T>(&self, token: &str, view: impl Fn(&Session) -> T) -> Result<T, FinishError> {
        self.in_widget(token, |session, now| {
            session.check_open(now)?;
            Ok(view(session))
        })
    }

    /// Notes that the person of a session came to a step of the widget.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when there is no such session or step, or nothing more to do for a person.
    pub(crate) fn reach(&self, token: &str, step: &str) -> Result<(), FinishError> {
        self.in_widget(token, |session, now| session.reach(step, now))
    }

    /// The language of a session's pages, as HTML writes it; English where there is no such session.
    pub(crate) fn language(&self, token: &str) -> &'static str {
        let asked = self.in_session(token, |session, _| session.asked.clone());
        asked.map_or("en", |asked| asked.layers().read_flags().html_language())
    }

    /// Lets the person of a session get through; answers the `return_url` that the browser goes to.
    ///
    /// # Errors
    ///
    /// [`FinishError`]; the session is as it was then.
    pub(crate) fn finish(&self, token: &str, request: FinishRequest) -> Result<Option<String>, FinishError> {
        let FinishRequest { decision, answers } = request;
        if let Some(problem) = decision.as_ref().and_then(Decision::problem) {
            return Err(FinishError::Decision(problem));
        }
        let outcome = decision.as_ref().map(Decision::outcome);
        let disagrees = outcome == Some(Outcome::DisagreedWithTerms);
        let answers = match answers.filter(|_| !disagrees) {
            // A form can be long, and is checked while nobody has to wait for the session.
            Some(Value::Object(answers)) => {
                let asked = self.view(token, |session| session.asked.clone())?;
                Some(Answers::new(answers, &asked.layers().read_steps()).map_err(FinishError::Answers)?)
            }
            Some(other) => {
                let other = other.to_string();
                let problem = format!("the answers are not a JSON object: {}", shortened(&other));
                return Err(FinishError::Answers(problem));
            }
            None => None,
        };
        let asked = self.in_widget(token, |session, now| {
            let forced = decision.clone().map(|decision| decision.verdict(session.has_face_step()));
            session.finish(forced, answers.clone(), now)?;
            Ok(session.asked.clone())
        })?;
        let return_url = asked.layers().read_flags().return_url().map(str::to_owned);
        let outcome = outcome.map_or("as the scenario says", Outcome::as_str);
        tracing::debug!(session = token, outcome, "the person finished the widget");
        Ok(return_url)
    }

    fn in_widget<T>(
        &self,
        token: &str,
        action: impl Fn(&mut Session, Timestamp) -> Result<T, FinishError>,
    ) -> Result<T, FinishError> {
        self.in_session(token, action).unwrap_or(Err(FinishError::NoSuchSession))
    }
}
