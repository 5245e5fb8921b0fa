//! What is done to the next calls: delays, errors, broken answers. A fault ends by itself unless it is told not to.

mod file;
mod list;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    foreign_text::{shortened, without_quotes},
    vendor::MediaKind,
};

pub(crate) use self::{
    file::FaultFile,
    list::{FaultList, Faults, Strike},
};

/// A call of the vendor's API that a fault can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(into = "&str", try_from = "String")]
#[non_exhaustive]
pub enum Endpoint {
    /// `begin/`
    Begin,
    /// `result/`
    Result,
    /// `delete/`
    Delete,
    /// A picture or video below `result/`.
    Media(MediaKind),
    /// `get-screening-person-details/`
    GetScreeningPersonDetails,
    /// `compare-faces/`
    CompareFaces,
}

impl Endpoint {
    /// The last part of the endpoint's path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Begin => "begin",
            Self::Result => "result",
            Self::Delete => "delete",
            Self::Media(kind) => kind.as_str(),
            Self::GetScreeningPersonDetails => "get-screening-person-details",
            Self::CompareFaces => "compare-faces",
        }
    }

    /// Every endpoint.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Begin, Self::Result, Self::Delete, Self::GetScreeningPersonDetails, Self::CompareFaces];
        others.into_iter().chain(MediaKind::ALL.map(Self::Media))
    }
}

impl From<Endpoint> for &str {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.as_str()
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::all().find(|endpoint| endpoint.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = Self::all().map(|endpoint| format!("`{endpoint}`")).collect();
            format!("`{}` is no endpoint; there are: {}", shortened(&name), names.join(", "))
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that goes wrong with the next calls: one, unless it says how many or for how long.
///
/// ```
/// use std::time::Duration;
/// use identomat_mock::{Endpoint, Fault};
///
/// let down = Fault::status(503).on(Endpoint::Result).calls(2);
/// let slow = Fault::delay(Duration::from_secs(3)).lasting(Duration::from_secs(60)).named("slow network");
/// ```
#[must_use = "a fault does nothing before it is added"]
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Fault {
    name: Option<String>,
    on: Option<Endpoint>,
    session: Option<String>,
    delay: Option<Delay>,
    harm: Option<Harm>,
    ends: End,
}

/// How long an answer is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
struct Delay {
    from: Duration,
    to: Duration,
}

/// What is done to an answer, apart from holding it back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) enum Harm {
    /// The call is not carried out; a proxy answers this status instead.
    Status(u16),
    /// The call is not carried out; it is answered with 429 and `Retry-After`.
    TooManyRequests { retry_after: Duration },
    /// The call is carried out, and the connection closed instead of answering, or while answering.
    Close(CloseAt),
    /// The body ends in the middle, while the head says that it is complete.
    CutOff,
    /// The body is no JSON.
    BrokenJson,
    /// The body is right, the head says that it is something else.
    ContentType(String),
    /// The body comes one byte at a time, with this pause before each.
    Drip(Duration),
}

/// Where in an answer the connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseAt {
    /// Before the first byte.
    BeforeAnswer,
    /// In the middle of the headers.
    InHeaders,
    /// In the middle of the body.
    InBody,
}

/// When a fault ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
enum End {
    AfterCalls(u32),
    After(Duration),
    Never,
}

impl Fault {
    fn new(delay: Option<Delay>, harm: Option<Harm>) -> Self {
        Self { name: None, on: None, session: None, delay, harm, ends: End::AfterCalls(1) }
    }

    fn harm(harm: Harm) -> Self {
        Self::new(None, Some(harm))
    }

    /// The answer is held back, in real time or until the company's clock has been moved that far.
    pub fn delay(time: Duration) -> Self {
        Self::delay_between(time, time)
    }

    /// As [`Fault::delay`], for a time between two bounds that the seed draws for each call.
    pub fn delay_between(shortest: Duration, longest: Duration) -> Self {
        Self::new(Some(Delay { from: shortest.min(longest), to: longest.max(shortest) }), None)
    }

    /// The call is not carried out; it is answered with this HTTP status, and a body as a proxy's.
    ///
    /// # Panics
    ///
    /// When `status` is not from 200 to 599.
    pub fn status(status: u16) -> Self {
        Self::harm(Harm::Status(checked_status(status).unwrap_or_else(|problem| panic!("{problem}"))))
    }

    /// The call is not carried out; it is answered with 429 and the header `Retry-After`, in full seconds.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::harm(Harm::TooManyRequests { retry_after })
    }

    /// The call is carried out, but the connection is closed there.
    pub fn close(at: CloseAt) -> Self {
        Self::harm(Harm::Close(at))
    }

    /// The body ends in the middle, while the head says that it is complete.
    pub fn cut_off() -> Self {
        Self::harm(Harm::CutOff)
    }

    /// The body is no JSON.
    pub fn broken_json() -> Self {
        Self::harm(Harm::BrokenJson)
    }

    /// The answer has this content type, whatever it is.
    ///
    /// # Panics
    ///
    /// When `content_type` is not visible ASCII, which a header has to be.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        let content_type = checked_content_type(content_type.into());
        Self::harm(Harm::ContentType(content_type.unwrap_or_else(|problem| panic!("{problem}"))))
    }

    /// The body comes one byte at a time, with this pause before each.
    pub fn drip(pause: Duration) -> Self {
        Self::harm(Harm::Drip(pause))
    }

    /// Holds the answer back as well.
    pub fn delayed_by(mut self, time: Duration) -> Self {
        self.delay = Some(Delay { from: time, to: time });
        self
    }

    /// On calls of this endpoint only.
    pub fn on(mut self, endpoint: Endpoint) -> Self {
        self.on = Some(endpoint);
        self
    }

    /// On calls for this session only: those with its token.
    pub fn for_session(mut self, token: &str) -> Self {
        self.session = Some(without_quotes(token).to_owned());
        self
    }

    /// Ends after so many calls, instead of one.
    ///
    /// # Panics
    ///
    /// When `calls` is 0: the fault would never begin.
    pub fn calls(mut self, calls: u32) -> Self {
        assert!(calls > 0, "a fault for 0 calls never begins");
        self.ends = End::AfterCalls(calls);
        self
    }

    /// Ends after this time on the clock, however many calls there are.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.ends = End::After(time);
        self
    }

    /// Ends only when it is removed.
    pub fn forever(mut self) -> Self {
        self.ends = End::Never;
        self
    }

    /// The name by which hints and log call it; otherwise it is called after what it does. A fault replaces the one of
    /// the same name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// As [`Fault::named`], where it has no name yet.
    pub(crate) fn or_named(mut self, name: &str) -> Self {
        self.name.get_or_insert_with(|| name.to_owned());
        self
    }

    /// The name, given or made of what it does: `result: status 503`.
    pub(crate) fn name(&self) -> String {
        let endpoint = self.on.map_or("any call", Endpoint::as_str);
        self.name.clone().unwrap_or_else(|| format!("{endpoint}: {}", self.effect()))
    }

    /// What it does, in words: `a delay of 3s, then status 503`.
    pub(crate) fn effect(&self) -> String {
        let delay = self.delay.map(|delay| match (words(delay.from), words(delay.to)) {
            (from, to) if from == to => format!("a delay of {from}"),
            (from, to) => format!("a delay of {from} to {to}"),
        });
        let harm = self.harm.as_ref().map(ToString::to_string);
        [delay, harm].into_iter().flatten().collect::<Vec<_>>().join(", then ")
    }

    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        self.on
    }
}

impl Harm {
    /// Whether the call is not carried out at all.
    fn comes_first(&self) -> bool {
        matches!(self, Self::Status(_) | Self::TooManyRequests { .. })
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::TooManyRequests { retry_after } => write!(f, "429, retry after {}", words(*retry_after)),
            Self::Close(CloseAt::BeforeAnswer) => f.write_str("connection closed before the answer"),
            Self::Close(CloseAt::InHeaders) => f.write_str("connection closed in the headers"),
            Self::Close(CloseAt::InBody) => f.write_str("connection closed in the body"),
            Self::CutOff => f.write_str("body cut off"),
            Self::BrokenJson => f.write_str("broken JSON"),
            Self::ContentType(content_type) => write!(f, "content type {content_type}"),
            Self::Drip(pause) => write!(f, "a byte every {}", words(*pause)),
        }
    }
}

fn words(time: Duration) -> String {
    format!("{time:?}")
}

/// A status that an answer can have.
pub(crate) fn checked_status(status: u16) -> Result<u16, String> {
    match status {
        200..=599 => Ok(status),
        _ => Err(format!("`{status}` is not a status from 200 to 599")),
    }
}

fn checked_content_type(content_type: String) -> Result<String, String> {
    let is_visible = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_visible && !content_type.trim().is_empty() {
        Ok(content_type)
    } else {
        Err(format!("`{content_type}` is not a content type: it has visible ASCII characters only"))
    }
}
