//! The person's actions in the widget, which name no company.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::MockService;
use crate::{
    embedding::Finding,
    flow::{FlowProgress, QuestionnaireAnswers},
    foreign_text::shortened,
    scenario::Verdict,
    session::{Browser, FinishError, Session},
    vendor::{Language, ResultCase},
};

/// How a session is finished; by default as scripted, with invented answers.
///
/// ```
/// use identomat_mock::{FinishRequest, Outcome};
/// use serde_json::json;
///
/// let answered = FinishRequest::default().answers(json!({"employment": {"are-you-employed": true}}));
/// let rejected = FinishRequest::from(Outcome::Rejected);
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct FinishRequest {
    /// Replaces the scenario's verdict.
    verdict: Option<Verdict>,
    /// The person's answers; by default they are invented.
    answers: Option<Value>,
}

impl FinishRequest {
    /// Sets the person's answers, as a JSON object: questionnaire key → question key → answer.
    pub fn answers(mut self, answers: Value) -> Self {
        self.answers = Some(answers);
        self
    }
}

impl FinishRequest {
    /// Returns the request body of the control API.
    pub(crate) fn to_body(&self) -> Map<String, Value> {
        let mut keys = self.verdict.as_ref().map(|verdict| verdict.to_members("outcome")).unwrap_or_default();
        keys.extend(self.answers.iter().map(|answers| ("answers".to_owned(), answers.clone())));
        keys
    }
}

impl<V: Into<Verdict>> From<V> for FinishRequest {
    fn from(verdict: V) -> Self {
        Self { verdict: Some(verdict.into()), answers: None }
    }
}

impl MockService {
    /// Opens the widget of a session for a browser.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if the session cannot be continued.
    pub(crate) fn open(&self, token: &str, browser: Browser) -> Result<(), FinishError> {
        self.in_widget(token, |session, now| session.open(&browser, now))
    }

    /// Reads an open session.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if the session cannot be continued.
    pub(crate) fn view<T>(&self, token: &str, view: impl Fn(&Session) -> T) -> Result<T, FinishError> {
        self.in_widget(token, |session, now| {
            session.check_open(now)?;
            Ok(view(session))
        })
    }

    /// Records a finding of the embedding checks; false if there is no such session.
    pub(crate) fn note_finding(&self, token: &str, finding: Finding) -> bool {
        let is_new = self.in_session(token, |session, now| session.add_finding(finding, now));
        if is_new == Some(true) {
            let (name, problem, remedy) = (finding.as_str(), finding.problem(), finding.remedy());
            tracing::warn!(session = token, finding = name, "{problem} {remedy}");
        }
        is_new.is_some()
    }

    /// Records that the person reached a step of the widget.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if there is no such session or step, or the session cannot be continued.
    pub(crate) fn reach(&self, token: &str, step: &str) -> Result<(), FinishError> {
        self.in_widget(token, |session, now| session.reach(step, now))
    }

    /// Returns the language of a session's pages; English if there is no such session.
    pub(crate) fn language(&self, token: &str) -> Language {
        self.language_and_end(token).0
    }

    /// Returns the language as [`MockService::language`], and whether the browser is redirected at the end.
    pub(crate) fn language_and_end(&self, token: &str) -> (Language, bool) {
        let seen = self.in_session(token, |session, _| {
            (session.spec.clone(), session.progress().and_then(FlowProgress::language))
        });
        let Some((spec, chosen)) = seen else { return (Language::English, false) };
        let flags = spec.form_layers().read_flags();
        (chosen.unwrap_or_else(|| flags.language()), flags.return_url().is_some())
    }

    /// Finishes a session. Returns the `return_url` of the redirect.
    ///
    /// # Errors
    ///
    /// [`FinishError`]; the session is unchanged then.
    pub(crate) fn finish(&self, token: &str, finish: FinishRequest) -> Result<Option<String>, FinishError> {
        let FinishRequest { verdict, answers } = finish;
        verdict.as_ref().map_or(Ok(()), Verdict::check).map_err(FinishError::InvalidVerdict)?;
        let disagrees = verdict.as_ref().is_some_and(Verdict::disagrees);
        let answers = match answers.filter(|_| !disagrees) {
            // A form can be long, so it is validated without the lock of the session.
            Some(Value::Object(answers)) => {
                let spec = self.view(token, |session| session.spec.clone())?;
                Some(
                    QuestionnaireAnswers::new(answers, &spec.form_layers().read_steps())
                        .map_err(FinishError::InvalidAnswers)?,
                )
            }
            Some(other) => {
                let message = format!("the answers are not a JSON object: {}", shortened(&other.to_string()));
                return Err(FinishError::InvalidAnswers(message.into()));
            }
            None => None,
        };
        let spec = self.in_widget(token, |session, now| {
            let forced = verdict.clone().map(|verdict| verdict.completed_for_decision(session.default_reject_reason()));
            session.finish(forced, answers.clone(), now)?;
            Ok(session.spec.clone())
        })?;
        let return_url = spec.form_layers().read_flags().return_url().map(str::to_owned);
        let result = verdict.as_ref().map_or("as the scenario says".into(), |it| it.result.word(ResultCase::Upper));
        tracing::debug!(session = token, result = &*result, "the person finished the widget");
        Ok(return_url)
    }

    /// Expires the token of a session now.
    ///
    /// # Errors
    ///
    /// [`FinishError`] if there is no such session, or the person has finished.
    pub(crate) fn expire(&self, token: &str) -> Result<(), FinishError> {
        self.in_widget(token, Session::expire)?;
        tracing::debug!(session = token, "expired the token");
        Ok(())
    }

    pub(super) fn in_widget<T>(
        &self,
        token: &str,
        action: impl Fn(&mut Session, Timestamp) -> Result<T, FinishError>,
    ) -> Result<T, FinishError> {
        self.in_session(token, action).unwrap_or(Err(FinishError::NoSuchSession))
    }
}
