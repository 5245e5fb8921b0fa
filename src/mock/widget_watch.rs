//! Changes of a session for its pages: made on another device, or by the control API.

use std::{pin::pin, time::Duration};

use jiff::Timestamp;
use tokio::time::sleep;

use super::{MockService, ScreenContext, screens::spec_and_progress};
use crate::{
    flow::Flow,
    session::{Session, Viewer},
    vendor::Token,
};

/// The state of a session, for one of its pages.
#[derive(Debug)]
pub(crate) struct WidgetSnapshot<T> {
    pub(crate) state: WidgetState<T>,
    /// The state of its participants, in the order in which their sessions began.
    pub(crate) participants: Vec<ParticipantStatus>,
}

/// The state of the widget.
#[derive(Debug)]
pub(crate) enum WidgetState<T> {
    /// The screen, as shown.
    Open { is_elsewhere: bool, is_on_phone: bool, shown: T },
    /// Finished; the browser is redirected to the `return_url`.
    Finished(Option<String>),
    /// The session has expired, or was removed.
    Closed,
}

/// The progress of a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParticipantStatus {
    pub(crate) is_opened: bool,
    pub(crate) is_finished: bool,
}

impl MockService {
    /// Waits until the state differs from `told`, without a timeout, and returns it.
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
            // No change is missed from here on.
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

    /// Returns the state for a page, and the time at which the clock alone changes it.
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

    /// Returns the progress of the participants.
    fn participants(&self, token: &str) -> Vec<ParticipantStatus> {
        let part = |session: &mut Session, _| ParticipantStatus {
            is_opened: session.opened_at().is_some(),
            is_finished: session.is_finished(),
        };
        self.children(token).iter().filter_map(|child| self.in_session(child.as_str(), part)).collect()
    }
}
