//! What a page sees of a session that others get on with: on another device, or from outside.

use std::{pin::pin, time::Duration};

use jiff::Timestamp;
use tokio::time::sleep;

use super::{Mock, Stop, screens::progress};
use crate::{
    flow::Flow,
    session::{Session, Viewer},
    vendor::Token,
};

/// How a session stands, for one of its pages.
#[derive(Debug)]
pub(crate) struct Glance<T> {
    pub(crate) standing: Standing<T>,
    /// How those stand who take part in it, in the order in which their sessions began.
    pub(crate) parts: Vec<Part>,
}

/// Where the person is.
#[derive(Debug)]
pub(crate) enum Standing<T> {
    /// On their way, at a screen as it was shown.
    Open { is_elsewhere: bool, is_on_phone: bool, shown: T },
    /// Through; the browser goes to the `return_url`.
    Through(Option<String>),
    /// The session has expired, or is gone.
    Closed,
}

/// How far somebody is who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) is_opened: bool,
    pub(crate) is_finished: bool,
}

impl Mock {
    /// Waits until what is `told` of a session is news, for as long as it takes, and answers it.
    pub(crate) async fn glance<T, R>(
        &self,
        token: Token,
        viewer: &Viewer,
        show: impl Fn(&Stop<'_>) -> T,
        told: impl Fn(Glance<T>) -> R,
        is_news: impl Fn(&R) -> bool,
    ) -> R {
        let closed = || told(Glance { standing: Standing::Closed, parts: Vec::new() });
        let Some(tenant) = self.tenant_of(token.as_str()) else { return closed() };
        let (bell, _waiting) = (tenant.sessions.bell(token), tenant.register_waiter());
        loop {
            let mut rings = pin!(bell.changed.notified());
            // From here on nothing is missed.
            rings.as_mut().enable();
            let look = || self.look(&token, viewer, &show).map(|(glance, due)| (told(glance), due));
            let looked = self.workers.run_in_place(self.tenants.is_large(&token), look).await;
            let Some((told, due)) = looked else { return closed() };
            if is_news(&told) {
                return told;
            }
            tokio::select! {
                () = rings => {}
                () = sleep(due.and_then(|due| tenant.clock.runs_until(due)).unwrap_or(Duration::MAX)) => {}
            }
        }
    }

    /// How a session stands now, and when it gets on by the clock alone.
    fn look<T>(
        &self,
        token: &Token,
        viewer: &Viewer,
        show: &impl Fn(&Stop<'_>) -> T,
    ) -> Option<(Glance<T>, Option<Timestamp>)> {
        let look = |session: &mut Session, now| {
            session.apply_due_stages(now);
            let is_open = session.check_open(now).is_ok();
            let devices = (session.is_on_other_page(viewer), session.is_on_phone());
            (progress(session), is_open, session.is_finished(), devices, session.next_due())
        };
        let ((asked, progress), is_open, is_finished, devices, due) = self.in_session(token.as_str(), look)?;
        let flags = asked.form_layers().read_flags();
        let standing = if is_open {
            let (is_elsewhere, is_on_phone) = devices;
            let steps = asked.form_layers().read_steps();
            let flow = Flow::new(&flags, &steps, &progress, is_on_phone);
            let language = progress.language().unwrap_or_else(|| flags.language());
            let (at, progress) = (flow.current(&progress), &progress);
            let (asked, flags, token) = (&asked, &flags, token.as_str());
            let shown = show(&Stop { token, asked, flags, flow: &flow, at, progress, language, document: None });
            Standing::Open { is_elsewhere, is_on_phone, shown }
        } else if is_finished {
            Standing::Through(flags.return_url().map(str::to_owned))
        } else {
            Standing::Closed
        };
        let parts = if flags.is_on("multiple_participants") { self.parts(token.as_str()) } else { Vec::new() };
        Some((Glance { standing, parts }, due))
    }

    /// How those stand who take part in a session.
    fn parts(&self, token: &str) -> Vec<Part> {
        let part = |session: &mut Session, _| Part {
            is_opened: session.opened_at().is_some(),
            is_finished: session.is_finished(),
        };
        self.children(token).iter().filter_map(|child| self.in_session(child.as_str(), part)).collect()
    }
}
