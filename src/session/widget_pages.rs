//! Which page of the widget the person goes on with: they may change from one device to another.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FinishError, Session};
use crate::{heap::OnHeap, vendor::Token};

/// Who looks at the widget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Viewer {
    /// `None` for a script, which goes on beside whatever page there is.
    pub(crate) page: Option<WidgetPage>,
    pub(crate) is_phone: bool,
}

/// A page of the widget in a browser, as it names itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct WidgetPage {
    pub(crate) browser: String,
    /// One of the browser's pages.
    pub(crate) tab: String,
}

/// The pages that have had the widget of a session open.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(super) struct WidgetPages {
    /// The browser that came first.
    first: String,
    /// The page that the person goes on with: the last that was opened.
    current: WidgetPage,
    is_phone: bool,
}

impl Session {
    /// Lets the person go on with a page that was opened. Where the session `stays` in one browser, another is refused.
    ///
    /// # Errors
    ///
    /// [`FinishError`] when it is another browser then, or there is nothing more to do for a person at `now`.
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

    /// Whether the person goes on with another page than that of the viewer.
    pub(crate) fn is_on_other_page(&self, viewer: &Viewer) -> bool {
        let current = self.pages().map(|devices| &devices.current);
        viewer.page.as_ref().zip(current).is_some_and(|(page, current)| page != current)
    }

    /// Whether the page that the person goes on with is a phone's.
    pub(crate) fn is_on_phone(&self) -> bool {
        self.pages().is_some_and(|devices| devices.is_phone)
    }

    fn pages(&self) -> Option<&WidgetPages> {
        self.activity.as_ref()?.pages.as_deref()
    }

    /// Takes note of a session that began as a part of this one.
    pub(crate) fn add_child(&mut self, child: Token) {
        let activity = self.activity_mut();
        activity.children.push(child);
        activity.unobserved_changes += 1;
    }

    /// The sessions that began as parts of this one, in the order in which they did; some may be gone.
    pub(crate) fn children(&self) -> &[Token] {
        self.activity.as_ref().map_or(&[], |activity| &activity.children)
    }
}

impl OnHeap for WidgetPages {
    fn on_heap(&self) -> usize {
        self.first.on_heap() + self.current.browser.on_heap() + self.current.tab.on_heap()
    }
}
