//! Waiting for a condition of a session, without polling.

use std::{fmt, pin::pin, str::FromStr, time::Duration};

use indexmap::IndexSet;
use jiff::Timestamp;
use tokio::time::sleep;

use super::{
    MockService, SessionInfo,
    sessions::{answer_of, result_of_document},
};
use crate::{
    catalogue::Catalogue,
    company::RemovalReason,
    problem::Problem,
    scenario::StageEffect,
    session::{CurrentResult, Session},
    vendor::{ErrorCode, Outcome, ResultCase, Token},
};

/// A condition of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WaitCondition {
    /// The widget was opened.
    Opened,
    /// The person reached the step with this key or type.
    Step(String),
    /// The person finished.
    Finished,
    /// The stage with this number was reached, from 1.
    Stage(usize),
    /// `result/` would return this word, or without one any result except `IN_PROGRESS`.
    Result(Option<String>),
    /// The session was deleted.
    Deleted,
    /// The token expired before the person finished.
    Expired,
}

/// The reason a wait ends without success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WaitError {
    #[error(
        "there is no session `{0}`; it may have been removed with its company (--company-idle) or deleted long ago, \
         or the mock has restarted since"
    )]
    NoSuchSession(Token),
    /// The step, stage or result does not exist.
    #[error(transparent)]
    UnknownTarget(Problem),
    /// The session was removed before the condition was met.
    #[error("{0}")]
    Removed(String),
    /// The condition can no longer be met.
    #[error("{0}")]
    Unreachable(String),
}

/// The forms of wait conditions.
const FORMS: [&str; 8] = ["opened", "step=NAME", "finished", "stage=N", "result", "result=WORD", "deleted", "expired"];

impl FromStr for WaitCondition {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let value = value.filter(|value| !value.is_empty());
        match (name, value) {
            ("opened", None) => Ok(Self::Opened),
            ("step", Some(step)) => Ok(Self::Step(step.to_owned())),
            ("finished", None) => Ok(Self::Finished),
            ("stage", Some(number)) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                number
                    .map(Self::Stage)
                    .ok_or_else(|| Problem::malformed(text, "a stage").with_remedy("stages are counted from 1"))
            }
            ("result", word) => Ok(Self::Result(word.map(str::to_owned))),
            ("deleted", None) => Ok(Self::Deleted),
            ("expired", None) => Ok(Self::Expired),
            _ => Err(Problem::unknown_word(text, "a wait condition", FORMS)),
        }
    }
}

/// Formats as [`WaitCondition::from_str`] parses.
impl fmt::Display for WaitCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("opened"),
            Self::Step(step) => write!(f, "step={step}"),
            Self::Finished => f.write_str("finished"),
            Self::Stage(number) => write!(f, "stage={number}"),
            Self::Result(None) => f.write_str("result"),
            Self::Result(Some(word)) => write!(f, "result={word}"),
            Self::Deleted => f.write_str("deleted"),
            Self::Expired => f.write_str("expired"),
        }
    }
}

/// The progress of a session towards a condition.
enum WaitProgress {
    Reached,
    /// Not met; the clock alone changes the session at this time, if at all.
    Pending(Option<Timestamp>),
}

impl MockService {
    /// Waits until the condition is met, without a timeout. Returns the session, `None` if it was deleted.
    ///
    /// # Errors
    ///
    /// [`WaitError`] as soon as the condition can no longer be met.
    pub(crate) async fn wait_for_session(
        &self,
        token: Token,
        condition: &WaitCondition,
    ) -> Result<Option<SessionInfo>, WaitError> {
        let Some(tenant) = self.tenant_of(token.as_str()) else {
            let mut tenants = self.tenants.all().into_iter();
            let removal = tenants.find_map(|tenant| tenant.sessions.removal_reason(&token));
            return end(token, condition, removal);
        };
        let (notifier, _waiting) = (tenant.sessions.notifier(token), tenant.register_waiter());
        loop {
            let mut changed = pin!(notifier.changed.notified());
            // No change is missed from here on.
            changed.as_mut().enable();
            let now = tenant.clock.now();
            let look = || {
                let progress = tenant.sessions.update(&token, |session, catalogue| {
                    session.apply_due_stages(now);
                    distance(session, catalogue, condition)
                });
                let is_reached = matches!(progress, Some(Ok(WaitProgress::Reached)));
                (progress, is_reached.then(|| self.find_session(token.as_str())).flatten())
            };
            let (progress, info) = self.workers.run_in_place(self.tenants.is_large(&token), look).await;
            let due = match progress {
                None => return end(token, condition, tenant.sessions.removal_reason(&token)),
                Some(Ok(WaitProgress::Reached)) => return Ok(info),
                Some(Ok(WaitProgress::Pending(due))) => due,
                Some(Err(error)) => return Err(error),
            };
            tokio::select! {
                () = changed => {}
                () = sleep(due.and_then(|due| tenant.clock.runs_until(due)).unwrap_or(Duration::MAX)) => {}
            }
        }
    }
}

/// Returns the result of waiting for a removed session.
fn end(
    token: Token,
    condition: &WaitCondition,
    removal: Option<RemovalReason>,
) -> Result<Option<SessionInfo>, WaitError> {
    match removal {
        Some(RemovalReason::Deleted) if *condition == WaitCondition::Deleted => Ok(None),
        Some(RemovalReason::Deleted) => {
            Err(WaitError::Removed(format!("the session `{token}` was deleted before `{condition}`")))
        }
        Some(RemovalReason::Evicted) => {
            Err(WaitError::Removed(format!("the session `{token}` was evicted for a new one (--max-sessions)")))
        }
        None => Err(WaitError::NoSuchSession(token)),
    }
}

/// Checks that a session can have this result: an outcome, an error, or a word of its scenario.
///
/// # Errors
///
/// [`WaitError`] with the known words.
fn check_result(session: &Session, catalogue: &Catalogue, word: &str) -> Result<(), WaitError> {
    let mut known: IndexSet<_> = Outcome::ALL.map(|outcome| outcome.as_str().to_owned()).into();
    known.extend(ErrorCode::ALL.map(|code| code.to_string()));
    for effect in session.scenario().stages.iter().flat_map(|stage| &stage.effects) {
        match effect {
            StageEffect::Verdict(verdict) => _ = known.insert(verdict.result.word(ResultCase::Upper).into_owned()),
            StageEffect::Document(name) => _ = known.insert(result_of_document(catalogue, name)),
            _ => {}
        }
    }
    if known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    Err(WaitError::UnknownTarget(Problem::unknown_word(word, "a result of the session", known)))
}

/// Returns the progress towards the condition.
///
/// # Errors
///
/// [`WaitError`] if the condition can no longer be met.
fn distance(session: &Session, catalogue: &Catalogue, condition: &WaitCondition) -> Result<WaitProgress, WaitError> {
    let never = |why: &str| WaitError::Unreachable(format!("`{condition}` can no longer be reached: {why}"));
    let (is_finished, has_expired) = (session.is_finished(), session.has_expired());
    // Conditions about the widget cannot be met after the person has finished.
    let in_widget = |has_happened: bool| match has_happened || is_finished {
        false if has_expired => Err(never("the token expired before the person finished")),
        is_so => Ok(is_so),
    };
    let is_so = match condition {
        WaitCondition::Opened => in_widget(session.opened_at().is_some())?,
        WaitCondition::Step(name) => {
            session.find_step(name).map_err(WaitError::UnknownTarget)?;
            in_widget(session.reached_at(name).is_some())?
        }
        WaitCondition::Finished => in_widget(false)?,
        WaitCondition::Stage(number) => {
            let (name, stages) = (&session.scenario().name, session.scenario().stages.len());
            if *number > stages {
                let message = format!("the scenario `{name}` has no stage {number}; it has {stages}");
                return Err(WaitError::UnknownTarget(message.into()));
            }
            session.is_stage_reached(*number).ok_or_else(|| never("a decision replaced it"))?
        }
        WaitCondition::Result(Some(word)) => {
            let is_current = answer_of(session, catalogue).eq_ignore_ascii_case(word);
            if !is_current {
                check_result(session, catalogue, word)?;
            }
            is_current
        }
        WaitCondition::Result(None) => {
            !matches!(session.current_result(), CurrentResult::Error(_))
                && answer_of(session, catalogue) != Outcome::InProgress.as_str()
        }
        WaitCondition::Expired if is_finished => return Err(never("the person has finished")),
        WaitCondition::Expired => has_expired,
        WaitCondition::Deleted => false,
    };
    Ok(if is_so { WaitProgress::Reached } else { WaitProgress::Pending(session.next_due()) })
}
