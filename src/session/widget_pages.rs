//! The active page of the widget: a person may change from one device to another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FinishError, Session};
use crate::{heap::OnHeap, vendor::Token};

/// The viewer of the widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// `None` for a script, which is accepted beside any page.
    pub(crate) page: Option<WidgetPage>,
    pub(crate) is_phone: bool,
}

/// A page of the widget in a browser, with the ids that it sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct WidgetPage {
    pub(crate) browser: String,
    /// Id of a tab of the browser.
    pub(crate) tab: String,
}

/// The pages that have opened the widget of a session.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct WidgetPages {
    /// The first browser.
    first: String,
    /// The active page: the one that was opened last.
    current: WidgetPage,
    is_phone: bool,
}

impl Session {
    /// Makes a page the active one. If the session `stays` in one browser, other browsers are refused.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it is a refused browser, or the session is finished or expired at `now`.
    pub(crate) fn switch_to_page(&mut self, viewer: &Viewer, stays: bool, now: Timestamp) -> Result<(), FinishError> {
        self.check_open(now)?;
        let Some(page) = &viewer.page else { return Ok(()) };
        let activity = self.activity_mut();
        let first = match activity.pages.as_deref() {
            Some(devices) if devices.current == *page => return Ok(()),
            Some(devices) if stays && devices.first != page.browser => return Err(FinishError::OtherBrowser),
            Some(devices) => devices.first.clone(),
            None => page.browser.clone(),
        };
        activity.pages = Some(Box::new(WidgetPages { first, current: page.clone(), is_phone: viewer.is_phone }));
        activity.unobserved_changes += 1;
        Ok(())
    }

    /// Whether another page than the viewer's is active.
    pub(crate) fn is_on_other_page(&self, viewer: &Viewer) -> bool {
        let current = self.pages().map(|devices| &devices.current);
        viewer.page.as_ref().zip(current).is_some_and(|(page, current)| page != current)
    }

    /// Whether the active page is on a phone.
    pub(crate) fn is_on_phone(&self) -> bool {
        self.pages().is_some_and(|devices| devices.is_phone)
    }

    fn pages(&self) -> Option<&WidgetPages> {
        self.activity.as_ref()?.pages.as_deref()
    }

    /// Records a child session.
    pub(crate) fn add_child(&mut self, child: Token) {
        let activity = self.activity_mut();
        activity.children.push(child);
        activity.unobserved_changes += 1;
    }

    /// Returns the child sessions, in the order in which they began; some may be deleted.
    pub(crate) fn children(&self) -> &[Token] {
        self.activity.as_ref().map_or(&[], |activity| &activity.children)
    }
}

impl OnHeap for WidgetPages {
    fn on_heap(&self) -> usize {
        self.first.on_heap() + self.current.browser.on_heap() + self.current.tab.on_heap()
    }
}
