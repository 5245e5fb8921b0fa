//! What is done to the next calls: delays, errors, broken answers. A fault ends by itself unless it is told not to.

mod active;
mod effect;
mod endpoint;
mod file;
mod to_file;

use std::{ops::RangeInclusive, time::Duration};

use serde::{Deserialize, Serialize};

use self::effect::{checked_body, checked_content_type, checked_rate};
pub use self::{active::FaultInfo, effect::ClosePoint, endpoint::Endpoint};
pub(crate) use self::{
    active::{ActiveFaults, FaultContext, FaultHit, SharedFaults},
    effect::{FaultEffect, FaultResponse, allows_body, checked_status},
    file::FaultFile,
};
use crate::foreign_text::without_quotes;

/// Something that goes wrong with the next calls: one, unless it says how many or for how long.
///
/// ```
/// use std::time::Duration;
/// use identomat_mock::{Endpoint, Fault};
///
/// let down = Fault::status(503).endpoint(Endpoint::Result).times(2);
/// let slow = Fault::delay(Duration::from_secs(3)).for_duration(Duration::from_secs(60)).named("slow network");
/// let busy = Fault::status(503).retry_after(Duration::from_secs(30)).body(r#"{"error": "busy"}"#).calls(3..=5);
/// ```
#[must_use = "a fault does nothing until it is added"]
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Fault {
    name: Option<String>,
    endpoint: Option<Endpoint>,
    session: Option<String>,
    scenario: Option<String>,
    delay: Option<DelayRange>,
    effect: Option<FaultEffect>,
    ends: FaultEnd,
}

/// How long an answer is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
struct DelayRange {
    from: Duration,
    to: Duration,
}

/// When a fault ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
enum FaultEnd {
    /// When it has struck so often.
    AfterTimes(u32),
    /// After that call of those that it is on, counted from 1; the calls before the first are spared.
    AfterCalls(RangeInclusive<u32>),
    After(Duration),
    Never,
}

impl Fault {
    fn new(delay: Option<DelayRange>, effect: Option<FaultEffect>) -> Self {
        Self { name: None, endpoint: None, session: None, scenario: None, delay, effect, ends: FaultEnd::AfterTimes(1) }
    }

    fn with_effect(effect: FaultEffect) -> Self {
        Self::new(None, Some(effect))
    }

    /// The answer is held back, in real time: no clock ends it, but a client that goes away does.
    pub fn delay(time: Duration) -> Self {
        Self::delay_between(time, time)
    }

    /// As [`Fault::delay`], for a time between two bounds that the seed draws for each call.
    pub fn delay_between(shortest: Duration, longest: Duration) -> Self {
        Self::new(Some(DelayRange { from: shortest.min(longest), to: longest.max(shortest) }), None)
    }

    /// The call is not carried out; it is answered with this HTTP status, and a body as a proxy's.
    ///
    /// # Panics
    ///
    /// When `status` is not from 200 to 599.
    pub fn status(status: u16) -> Self {
        let status = checked_status(status).unwrap_or_else(|problem| panic!("{problem}"));
        Self::with_effect(FaultEffect::Response(FaultResponse { status, retry_after: None, body: None }))
    }

    /// The call is not carried out; it is answered with 429 and the header `Retry-After`, in full seconds.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::status(429).retry_after(retry_after)
    }

    /// The call is not carried out; it is answered with a page of HTML and status 200.
    pub fn html() -> Self {
        Self::with_effect(FaultEffect::Html)
    }

    /// The call is carried out, but the connection is closed there.
    pub fn close(at: ClosePoint) -> Self {
        Self::with_effect(FaultEffect::Close(at))
    }

    /// The call is carried out, but the connection is reset before the first byte of the answer.
    pub fn reset() -> Self {
        Self::with_effect(FaultEffect::Reset)
    }

    /// The body ends in the middle, and with it the connection, while `Content-Length` promises the whole.
    pub fn truncate() -> Self {
        Self::with_effect(FaultEffect::Truncation)
    }

    /// The body is no JSON.
    pub fn broken_json() -> Self {
        Self::with_effect(FaultEffect::BrokenJson)
    }

    /// The answer has this content type, whatever it is.
    ///
    /// # Panics
    ///
    /// When `content_type` is not visible ASCII, which a header has to be.
    pub fn content_type(content_type: impl Into<String>) -> Self {
        let content_type = checked_content_type(content_type.into());
        Self::with_effect(FaultEffect::ContentType(content_type.unwrap_or_else(|problem| panic!("{problem}"))))
    }

    /// The body comes slowly: so many bytes a second.
    ///
    /// # Panics
    ///
    /// When it is 0.
    pub fn throttle(bytes_per_second: u32) -> Self {
        Self::with_effect(FaultEffect::Throttle(
            checked_rate(bytes_per_second).unwrap_or_else(|problem| panic!("{problem}")),
        ))
    }

    /// A signed answer has the signature of another. What is not signed stays as it is.
    pub fn wrong_signature() -> Self {
        Self::with_effect(FaultEffect::WrongSignature)
    }

    /// Adds the header `Retry-After` to the answer of [`Fault::status`], in full seconds.
    ///
    /// # Panics
    ///
    /// When the fault answers no status.
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.instead().retry_after = Some(time);
        self
    }

    /// The body of the answer of [`Fault::status`], labelled as JSON, HTML or plain text, whichever it looks like.
    ///
    /// # Panics
    ///
    /// When the fault answers no status, or one that allows no body.
    pub fn body(self, body: impl Into<String>) -> Self {
        self.with_body(body.into(), None)
    }

    /// As [`Fault::body`], labelled with this content type.
    ///
    /// # Panics
    ///
    /// As [`Fault::body`], and when `content_type` is not visible ASCII.
    pub fn body_of_type(self, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        self.with_body(body.into(), Some(content_type.into()))
    }

    fn with_body(mut self, body: String, content_type: Option<String>) -> Self {
        let instead = self.instead();
        let body = checked_body(instead.status, body, content_type);
        instead.body = Some(body.unwrap_or_else(|problem| panic!("{problem}")));
        self
    }

    fn instead(&mut self) -> &mut FaultResponse {
        match &mut self.effect {
            Some(FaultEffect::Response(instead)) => instead,
            _ => panic!("this needs `Fault::status`"),
        }
    }

    /// Holds the answer back as well.
    pub fn delayed_by(mut self, time: Duration) -> Self {
        self.delay = Some(DelayRange { from: time, to: time });
        self
    }

    /// On calls of this endpoint only. Without one it is on every call of the vendor's API, those that the mock does
    /// not imitate included, and on nothing of the widget.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// On calls for this session only: those with its token.
    pub fn for_session(mut self, token: &str) -> Self {
        self.session = Some(without_quotes(token).to_owned());
        self
    }

    /// On calls for sessions of this scenario only, and on calls of `begin/` that would begin one.
    pub fn for_scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Ends when it has struck so often, instead of once.
    ///
    /// # Panics
    ///
    /// When `times` is 0: the fault would never begin.
    pub fn times(mut self, times: u32) -> Self {
        self.ends = FaultEnd::AfterTimes(checked_times(times).unwrap_or_else(|problem| panic!("{problem}")));
        self
    }

    /// From one call to another: of those that it is on, counted from 1, whatever other faults do to them.
    ///
    /// # Panics
    ///
    /// When there is no such call.
    pub fn calls(mut self, calls: RangeInclusive<u32>) -> Self {
        self.ends = FaultEnd::AfterCalls(checked_calls(calls).unwrap_or_else(|problem| panic!("{problem}")));
        self
    }

    /// Ends after this time on the clock, however many calls there are.
    ///
    /// # Panics
    ///
    /// When `time` is zero: the fault would never begin.
    pub fn for_duration(mut self, time: Duration) -> Self {
        self.ends = FaultEnd::After(checked_time(time).unwrap_or_else(|problem| panic!("{problem}")));
        self
    }

    /// Ends only when it is removed.
    pub fn forever(mut self) -> Self {
        self.ends = FaultEnd::Never;
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
        let endpoint = self.endpoint.map_or("any call", Endpoint::as_str);
        self.name.clone().unwrap_or_else(|| format!("{endpoint}: {}", self.effect()))
    }

    /// What it does, in words: `a delay of 3s, then status 503`.
    pub(crate) fn effect(&self) -> String {
        let delay = self.delay.map(|DelayRange { from, to }| match from == to {
            true => format!("a delay of {from:?}"),
            false => format!("a delay of {from:?} to {to:?}"),
        });
        let effect = self.effect.as_ref().map(ToString::to_string);
        [delay, effect].into_iter().flatten().collect::<Vec<_>>().join(", then ")
    }

    /// Whether it keeps calls from being carried out, and does not end by itself.
    pub(crate) fn blocks_forever(&self) -> bool {
        self.ends == FaultEnd::Never && self.effect.as_ref().is_some_and(FaultEffect::short_circuits)
    }

    pub(crate) fn matched_endpoint(&self) -> Option<Endpoint> {
        self.endpoint
    }

    /// Whether it is for some sessions only.
    pub(crate) fn is_for_some_sessions(&self) -> bool {
        self.session.is_some() || self.scenario.is_some()
    }

    /// The scenario whose sessions it is for.
    pub(crate) fn scenario(&self) -> Option<&str> {
        self.scenario.as_deref()
    }
}

fn checked_times(times: u32) -> Result<u32, String> {
    if times > 0 { Ok(times) } else { Err("a fault for 0 calls never begins; give at least 1".into()) }
}

fn checked_time(time: Duration) -> Result<Duration, String> {
    if time.is_zero() { Err("a fault with 0 time never begins; give at least 1ms".into()) } else { Ok(time) }
}

fn checked_calls(calls: RangeInclusive<u32>) -> Result<RangeInclusive<u32>, String> {
    let (first, last) = (calls.start(), calls.end());
    match () {
        () if *first == 0 => Err("calls are counted from 1".into()),
        () if first > last => Err(format!("the range {first} to {last} starts after its end")),
        () => Ok(calls),
    }
}
