//! The sessions in memory; the only file that names `DashMap`.

use dashmap::DashMap;

use crate::{session::Session, vendor::Token};

/// The sessions of one company by token. No lock leaves it: its methods take a closure and hand out owned values.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// Boxed, so that growing the table moves pointers and not sessions.
    sessions: DashMap<Token, Box<Session>>,
}

impl Sessions {
    pub(crate) fn insert(&self, session: Session) {
        self.sessions.insert(session.token, Box::new(session));
    }

    /// Changes a session; `None` when there is none of that token.
    pub(crate) fn update<T>(&self, token: &Token, change: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.sessions.get_mut(token).map(|mut session| change(&mut session))
    }

    /// Changes one session after the other, in no order.
    pub(crate) fn update_all(&self, mut change: impl FnMut(&mut Session)) {
        self.sessions.iter_mut().for_each(|mut session| change(&mut session));
    }

    /// Removes a session when `last_look` at it is a success; `None` when there is none of that token.
    pub(crate) fn remove<T, E>(
        &self,
        token: &Token,
        last_look: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let mut look = Some(last_look);
        let mut seen = None;
        self.sessions.remove_if_mut(token, |_, session| {
            seen = look.take().map(|look| look(session));
            matches!(seen, Some(Ok(_)))
        });
        seen
    }

    /// Removes all sessions.
    pub(crate) fn clear(&self) {
        self.sessions.clear();
    }

    pub(crate) fn has(&self, token: &Token) -> bool {
        self.sessions.contains_key(token)
    }
}
