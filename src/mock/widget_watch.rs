//! What a page sees of a session that others get on with: on another device, or from outside.

use std::{pin::pin, time::Duration};

use jiff::Timestamp;
use tokio::time::sleep;

use super::{MockService, ScreenContext, screens::spec_and_progress};
use crate::{
    flow::Flow,
    session::{Session, Viewer},
    vendor::Token,
};

/// How a session stands, for one of its pages.
#[derive(Debug)]
pub(crate) struct WidgetSnapshot<T> {
    pub(crate) state: WidgetState<T>,
    /// How those stand who take part in it, in the order in which their sessions began.
    pub(crate) participants: Vec<ParticipantStatus>,
}

/// Where the person is.
#[derive(Debug)]
pub(crate) enum WidgetState<T> {
    /// On their way, at a screen as it was shown.
    Open { is_elsewhere: bool, is_on_phone: bool, shown: T },
    /// Through; the browser goes to the `return_url`.
    Finished(Option<String>),
    /// The session has expired, or is gone.
    Closed,
}

/// How far somebody is who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParticipantStatus {
    pub(crate) is_opened: bool,
    pub(crate) is_finished: bool,
}

impl MockService {
    /// Waits until what is `told` of a session is news, for as long as it takes, and answers it.
    pub(crate) async fn watch_session<T, R>(
        &self,
        token: Token,
        viewer: &Viewer,
        show: impl Fn(&ScreenContext<'_>) -> T,
        told: impl Fn(WidgetSnapshot<T>) -> R,
        is_news: impl Fn(&R) -> bool,
    ) -> R {
        let closed = || told(WidgetSnapshot { state: WidgetState::Closed, participants: Vec::new() });
        let Some(tenant) = self.tenant_of(token.as_str()) else { return closed() };
        let (notifier, _waiting) = (tenant.sessions.notifier(token), tenant.register_waiter());
        loop {
            let mut changed = pin!(notifier.changed.notified());
            // From here on nothing is missed.
            changed.as_mut().enable();
            let look = || self.widget_snapshot(&token, viewer, &show).map(|(snapshot, due)| (told(snapshot), due));
            let looked = self.workers.run_in_place(self.tenants.is_large(&token), look).await;
            let Some((told, due)) = looked else { return closed() };
            if is_news(&told) {
                return told;
            }
            tokio::select! {
                () = changed => {}
                () = sleep(due.and_then(|due| tenant.clock.runs_until(due)).unwrap_or(Duration::MAX)) => {}
            }
        }
    }

    /// The session as its page sees it now, and when it changes by the clock alone.
    fn widget_snapshot<T>(
        &self,
        token: &Token,
        viewer: &Viewer,
        show: &impl Fn(&ScreenContext<'_>) -> T,
    ) -> Option<(WidgetSnapshot<T>, Option<Timestamp>)> {
        let look = |session: &mut Session, now| {
            session.apply_due_stages(now);
            let is_open = session.check_open(now).is_ok();
            let devices = (session.is_on_other_page(viewer), session.is_on_phone());
            (spec_and_progress(session), is_open, session.is_finished(), devices, session.next_due())
        };
        let ((spec, progress), is_open, is_finished, devices, due) = self.in_session(token.as_str(), look)?;
        let flags = spec.form_layers().read_flags();
        let state = if is_open {
            let (is_elsewhere, is_on_phone) = devices;
            let steps = spec.form_layers().read_steps();
            let flow = Flow::new(&flags, &steps, &progress, is_on_phone);
            let language = progress.language().unwrap_or_else(|| flags.language());
            let (at, progress) = (flow.current(&progress), &progress);
            let (spec, flags, token) = (&spec, &flags, token.as_str());
            let shown =
                show(&ScreenContext { token, spec, flags, flow: &flow, at, progress, language, document: None });
            WidgetState::Open { is_elsewhere, is_on_phone, shown }
        } else if is_finished {
            WidgetState::Finished(flags.return_url().map(str::to_owned))
        } else {
            WidgetState::Closed
        };
        let participants =
            if flags.is_on("multiple_participants") { self.participants(token.as_str()) } else { Vec::new() };
        Some((WidgetSnapshot { state, participants }, due))
    }

    /// How far the participants of a session are.
    fn participants(&self, token: &str) -> Vec<ParticipantStatus> {
        let part = |session: &mut Session, _| ParticipantStatus {
            is_opened: session.opened_at().is_some(),
            is_finished: session.is_finished(),
        };
        self.children(token).iter().filter_map(|child| self.in_session(child.as_str(), part)).collect()
    }
}
