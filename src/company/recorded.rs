//! A call and its answer as they are remembered: as they were, and made readable by those who read them.

use std::{borrow::Cow, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    faults::{Endpoint, FaultHit},
    heap::{OnHeap, allocated},
    scenario::Scenario,
    vendor::{ErrorCode, Token},
};

/// A call and its answer, kept as they came. The readable form is made when a reader asks for it.
#[derive(Debug)]
pub(crate) struct RecordedCall {
    /// When it was answered, on the company's clock, or the server's where there is no company.
    pub(crate) at: Timestamp,
    /// How long it took, in real time.
    pub(crate) took: Duration,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) session: Option<Token>,
    pub(crate) method: Cow<'static, str>,
    pub(crate) path_and_query: Cow<'static, str>,
    pub(crate) headers: RecordedHeaders,
    /// The beginning of the body, and how long the whole is.
    pub(crate) body: Box<[u8]>,
    pub(crate) body_length: usize,
    pub(crate) status: u16,
    /// The error of the vendor that it was answered with.
    pub(crate) error: Option<ErrorCode>,
    /// The beginning of the answer, before a fault did anything to it.
    pub(crate) response: Bytes,
    pub(crate) response_type: Option<Cow<'static, str>>,
    /// How long the whole is, where that is known.
    pub(crate) response_length: Option<u64>,
    pub(crate) hint: Option<String>,
    pub(crate) scenario: Option<Arc<Scenario>>,
    /// The stage of the scenario that was the last when it was answered, from 1.
    pub(crate) stage: Option<usize>,
    pub(crate) hits: Vec<FaultHit>,
}

/// The headers of a call, each a line: most of what is remembered is never read.
#[derive(Debug, Default)]
pub(crate) struct RecordedHeaders(Vec<u8>);

impl RecordedHeaders {
    /// Takes them as they came.
    pub(crate) fn new<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Self {
        /// Most lines are shorter. To find out how long they are takes as long as to copy them.
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

    /// Name, in lower case, and value of each, in the order in which they came; what is not text in them is replaced.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        let lines = self.0.split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((String::from_utf8_lossy(&line[..colon]), String::from_utf8_lossy(&line[colon + 1..])))
        })
    }

    /// The first of that name.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl RecordedCall {
    /// The path without the query.
    pub(crate) fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }

    /// Whether its answer is so long that it matters whether it is there once or twice.
    fn has_long_answer(&self) -> bool {
        const LONG: usize = 256;
        self.response.len() > LONG
    }

    /// Where a long answer is: those that are at the same place are one.
    pub(super) fn long_answer(&self) -> Option<usize> {
        self.has_long_answer().then(|| self.response.as_ptr() as usize)
    }
}

/// A long answer is not counted: other calls may share it.
impl OnHeap for RecordedCall {
    fn on_heap(&self) -> usize {
        let text = |text: &Cow<'static, str>| if let Cow::Owned(text) = text { text.on_heap() } else { 0 };
        let strikes = self.hits.iter().map(|strike| strike.note.on_heap()).sum::<usize>();
        let answer = if self.has_long_answer() { 0 } else { allocated(self.response.len()) };
        text(&self.method)
            + text(&self.path_and_query)
            + self.response_type.as_ref().map_or(0, text)
            + allocated(self.headers.0.capacity())
            + allocated(self.body.len())
            + answer
            + self.hint.on_heap()
            + allocated(self.hits.capacity() * size_of::<FaultHit>())
            + strikes
    }
}
