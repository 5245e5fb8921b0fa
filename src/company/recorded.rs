//! A call and its response as recorded; readers make them readable.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    faults::{Endpoint, FaultHit},
    heap::{OnHeap, allocated},
    scenario::Scenario,
    vendor::{ErrorCode, Token},
};

/// A call and its response, kept as received. The readable form is made when a reader asks for it.
#[derive(Debug, Clone)]
pub(crate) struct RecordedCall {
    /// Time of the response on the company's clock, or the server's if it has no company; while there is none, of the
    /// call.
    pub(crate) at: Timestamp,
    /// Duration in real time.
    pub(crate) took: Duration,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) session: Option<Token>,
    pub(crate) method: Cow<'static, str>,
    pub(crate) path_and_query: Cow<'static, str>,
    pub(crate) headers: RecordedHeaders,
    /// The beginning of the body; `body_length` is the full length.
    pub(crate) body: Box<[u8]>,
    pub(crate) body_length: usize,
    /// `None` if the client received no response: not yet, or because a fault closed the connection or the client did.
    pub(crate) status: Option<u16>,
    /// The vendor error of the response.
    pub(crate) error: Option<ErrorCode>,
    /// The beginning of the response, before a fault changed it.
    pub(crate) response: Bytes,
    pub(crate) response_type: Option<Cow<'static, str>>,
    /// Full length of the response, if known.
    pub(crate) response_length: Option<u64>,
    pub(crate) hint: Option<String>,
    pub(crate) scenario: Option<Arc<Scenario>>,
    /// The last reached stage of the scenario at that time, from 1.
    pub(crate) stage: Option<usize>,
    pub(crate) hits: Vec<FaultHit>,
}

/// The headers of a call, one line each: most recorded headers are never read.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecordedHeaders(Vec<u8>);

impl RecordedHeaders {
    /// Copies the headers.
    pub(crate) fn new<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        /// Most lines are shorter. Measuring them would take as long as copying them.
        const LINE: usize = 40;
        let mut lines = Vec::with_capacity(headers.size_hint().0 * LINE);
        for (name, value) in headers {
            lines.extend_from_slice(name.as_bytes());
            lines.push(b':');
            lines.extend_from_slice(value);
            lines.push(b'\n');
        }
        Self(lines)
    }

    /// Returns lower-case name and value of each header, in order; invalid characters are replaced.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let lines = self.0.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((String::from_utf8_lossy(&line[..colon]), String::from_utf8_lossy(&line[colon + 1..])))
        })
    }

    /// Returns the first value of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl RecordedCall {
    /// Returns the hint, if the call was refused.
    pub(crate) fn refusal_hint(&self) -> Option<String> {
        self.hint.clone().filter(|_| self.status.is_none_or(|status| status >= 400))
    }

    /// Returns the path without the query.
    pub(crate) fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// Whether the response is so long that calls should share it.
    fn has_long_answer(&self) -> bool {
        const LONG: usize = 256;
        self.response.len() > LONG
    }

    /// Returns the address of a long response: equal addresses are one response.
    pub(super) fn long_answer(&self) -> Option<usize> {
        self.has_long_answer().then(|| self.response.as_ptr() as usize)
    }
}

/// Does not count a long response, because other calls may share it.
impl OnHeap for RecordedCall {
    fn on_heap(&self) -> usize {
        let text = |text: &Cow<'static, str>| if let Cow::Owned(text) = text { text.on_heap() } else { 0 };
        let hits = self.hits.iter().map(|hit| hit.note.on_heap()).sum::<usize>();
        let answer = if self.has_long_answer() { 0 } else { allocated(self.response.len()) };
        text(&self.method)
            + text(&self.path_and_query)
            + self.response_type.as_ref().map_or(0, text)
            + allocated(self.headers.0.capacity())
            + allocated(self.body.len())
            + answer
            + self.hint.on_heap()
            + allocated(self.hits.capacity() * size_of::<FaultHit>())
            + hits
    }
}
