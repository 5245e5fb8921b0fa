//! Waiting until something is so, without asking again and again.

use std::{fmt, pin::pin, str::FromStr, time::Duration};

use jiff::Timestamp;
use tokio::time::sleep;

use super::{Mock, SessionInfo, sessions::answer_of};
use crate::{
    catalogue::Catalogue,
    company::RemovalReason,
    session::{CurrentResult, Session},
    vendor::{Outcome, Token},
};

/// What somebody waits for in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Until {
    /// Somebody opened the widget.
    Opened,
    /// The person came to the step of that key or type.
    Step(String),
    /// The person got through.
    Finished,
    /// The stage of that number of the scenario came, from 1.
    Stage(usize),
    /// `result/` would answer that word, or without one any result but that there is none yet.
    Result(Option<String>),
    /// The session was deleted.
    Deleted,
    /// The token ran out before the person was through.
    Expired,
}

/// Why nobody waits any longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WaitError {
    #[error(
        "there is no session `{0}`; it may have gone with its company (--company-idle), been deleted long ago, or the mock was \
         started again since"
    )]
    NoSuchSession(Token),
    /// There is no such step or stage.
    #[error("{0}")]
    NoSuchThing(String),
    /// The session went before it was so.
    #[error("{0}")]
    Gone(String),
    /// It cannot become so.
    #[error("{0}")]
    Never(String),
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let value = value.filter(|value| !value.is_empty());
        match (name, value) {
            ("opened", None) => Ok(Self::Opened),
            ("step", Some(step)) => Ok(Self::Step(step.to_owned())),
            ("finished", None) => Ok(Self::Finished),
            ("stage", Some(number)) => {
                let number = number.parse().ok().filter(|number| *number > 0);
                number.map(Self::Stage).ok_or_else(|| format!("`{text}` names no stage; they are counted from 1"))
            }
            ("result", word) => Ok(Self::Result(word.map(str::to_owned))),
            ("deleted", None) => Ok(Self::Deleted),
            ("expired", None) => Ok(Self::Expired),
            _ => Err(format!(
                "`{text}` is nothing to wait for; allowed: opened, step=NAME, finished, stage=N, result, result=WORD, \
                 deleted, expired"
            )),
        }
    }
}

/// As [`Until::from_str`] reads it.
impl fmt::Display for Until {
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

/// How far a session is from what is waited for.
enum Distance {
    There,
    /// It gets on by the clock alone at that moment, if it does.
    Ahead(Option<Timestamp>),
}

impl Mock {
    /// Waits until it is so, for as long as it takes; answers the session as it stands then, `None` where it was deleted.
    ///
    /// # Errors
    ///
    /// [`WaitError`] as soon as it cannot become so.
    pub(crate) async fn wait_for_session(&self, token: Token, until: &Until) -> Result<Option<SessionInfo>, WaitError> {
        let Some(tenant) = self.tenant_of(token.as_str()) else {
            let mut tenants = self.tenants.all().into_iter();
            let gone = tenants.find_map(|tenant| tenant.sessions.removal_reason(&token));
            return end(token, until, gone);
        };
        let (bell, _waiting) = (tenant.sessions.bell(token), tenant.register_waiter());
        loop {
            let mut rings = pin!(bell.changed.notified());
            // From here on nothing is missed.
            rings.as_mut().enable();
            let now = tenant.clock.now();
            let look = || {
                let looked = tenant.sessions.update(&token, |session, catalogue| {
                    session.apply_due_stages(now);
                    distance(session, catalogue, until)
                });
                let is_there = matches!(looked, Some(Ok(Distance::There)));
                (looked, is_there.then(|| self.look_at_session(token.as_str())).flatten())
            };
            let (looked, info) = self.workers.run_in_place(self.tenants.is_large(&token), look).await;
            let due = match looked {
                None => return end(token, until, tenant.sessions.removal_reason(&token)),
                Some(Ok(Distance::There)) => return Ok(info),
                Some(Ok(Distance::Ahead(due))) => due,
                Some(Err(error)) => return Err(error),
            };
            tokio::select! {
                () = rings => {}
                () = sleep(due.and_then(|due| tenant.clock.runs_until(due)).unwrap_or(Duration::MAX)) => {}
            }
        }
    }
}

/// What is to be said of a session that is not there.
fn end(token: Token, until: &Until, gone: Option<RemovalReason>) -> Result<Option<SessionInfo>, WaitError> {
    match gone {
        Some(RemovalReason::Deleted) if *until == Until::Deleted => Ok(None),
        Some(RemovalReason::Deleted) => {
            Err(WaitError::Gone(format!("the session `{token}` was deleted before `{until}`")))
        }
        Some(RemovalReason::Evicted) => {
            Err(WaitError::Gone(format!("the session `{token}` was given up for a new one (--max-sessions)")))
        }
        None => Err(WaitError::NoSuchSession(token)),
    }
}

/// How far it is.
///
/// # Errors
///
/// [`WaitError`] when it cannot become so.
fn distance(session: &Session, catalogue: &Catalogue, until: &Until) -> Result<Distance, WaitError> {
    let never = |why: &str| WaitError::Never(format!("`{until}` cannot come any more: {why}"));
    let (is_finished, has_expired) = (session.is_finished(), session.has_expired());
    // What a person would have to do, who has done all of it when they are through.
    let in_widget = |has_happened: bool| match has_happened || is_finished {
        false if has_expired => Err(never("the token ran out before the person was through")),
        is_so => Ok(is_so),
    };
    let is_so = match until {
        Until::Opened => in_widget(session.opened_at().is_some())?,
        Until::Step(name) => {
            session.find_step(name).map_err(WaitError::NoSuchThing)?;
            in_widget(session.reached_at(name).is_some())?
        }
        Until::Finished => in_widget(false)?,
        Until::Stage(number) => {
            let (name, stages) = (&session.scenario().name, session.scenario().stages.len());
            if *number > stages {
                let problem = format!("the scenario `{name}` has no stage {number}; it has {stages}");
                return Err(WaitError::NoSuchThing(problem));
            }
            session.is_stage_reached(*number).ok_or_else(|| never("what was decided from outside stood in for it"))?
        }
        Until::Result(Some(word)) => answer_of(session, catalogue).eq_ignore_ascii_case(word),
        Until::Result(None) => {
            !matches!(session.current_result(), CurrentResult::Error(_))
                && answer_of(session, catalogue) != Outcome::InProgress.as_str()
        }
        Until::Expired if is_finished => return Err(never("the person is through")),
        Until::Expired => has_expired,
        Until::Deleted => false,
    };
    Ok(if is_so { Distance::There } else { Distance::Ahead(session.next_due()) })
}
