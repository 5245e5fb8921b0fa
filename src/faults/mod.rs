//! Faults: delays, errors and broken responses for the next calls. A fault expires by itself unless it is set to stay.

mod active;
mod effect;
mod endpoint;
mod file;

use std::{ops::RangeInclusive, time::Duration};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use self::{active::FaultInfo, effect::ClosePoint, endpoint::Endpoint};
pub(crate) use self::{
    active::{ActiveFaults, FaultContext, FaultHit, SharedFaults},
    effect::{FaultEffect, FaultResponse, allows_body, checked_status},
};
use self::{
    effect::{MAX_HEADERS, checked_body, checked_content_type, checked_header, checked_rate},
    file::FaultKeys,
};
use crate::{
    clock::TextWithUnit,
    foreign_text::without_quotes,
    problem::{Problem, or_panic},
};

/// A fault for the next calls. By default it applies to one call.
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
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from, !into, with = "FaultKeys", description = "A fault: an effect on the next calls."))]
#[serde(try_from = "FaultKeys", into = "FaultKeys")]
pub struct Fault {
    name: Option<String>,
    endpoint: Option<Endpoint>,
    session: Option<String>,
    scenario: Option<String>,
    delay: Option<DelayRange>,
    effect: Option<FaultEffect>,
    ends: FaultEnd,
}

/// The range of a delay: `3s`, or `1s to 3s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(with = "String", extend("pattern" = format!("^( *{0}( to +{0})?)$", crate::clock::patterns::DURATION))))]
#[serde(try_from = "TextWithUnit")]
struct DelayRange {
    from: Duration,
    to: Duration,
}

/// The end of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FaultEnd {
    /// After this number of hits.
    AfterTimes(u32),
    /// After this range of matching calls, counted from 1; the calls before the range pass.
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

    /// Delays the response in real time; the delay ends early if the client disconnects.
    pub fn delay(time: Duration) -> Self {
        Self::delay_between(time, time)
    }

    /// Delays the response, as [`Fault::delay`], by a time in a range that the seed picks for each call.
    pub fn delay_between(shortest: Duration, longest: Duration) -> Self {
        Self::new(Some(DelayRange { from: shortest.min(longest), to: longest.max(shortest) }), None)
    }

    /// Returns this HTTP status with a body as that of a proxy; the call is not handled.
    ///
    /// # Panics
    ///
    /// If `status` is not from 200 to 599.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let status = or_panic(checked_status(status));
        Self::with_effect(FaultEffect::Response(FaultResponse {
            status,
            retry_after: None,
            headers: IndexMap::new(),
            body: None,
        }))
    }

    /// Returns 429 with the header `Retry-After`, in full seconds; the call is not handled.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::status(429).retry_after(retry_after)
    }

    /// Returns an HTML page with status 200; the call is not handled.
    pub fn html() -> Self {
        Self::with_effect(FaultEffect::Html)
    }

    /// Handles the call, but closes the connection at this point.
    pub fn close(at: ClosePoint) -> Self {
        Self::with_effect(FaultEffect::Close(at))
    }

    /// Handles the call, but resets the connection before the first byte of the response.
    pub fn reset() -> Self {
        Self::with_effect(FaultEffect::Reset)
    }

    /// Ends body and connection in the middle, although `Content-Length` announces the full length.
    pub fn truncate() -> Self {
        Self::with_effect(FaultEffect::Truncation)
    }

    /// Makes the body invalid JSON.
    pub fn broken_json() -> Self {
        Self::with_effect(FaultEffect::BrokenJson)
    }

    /// Sets a wrong content type.
    ///
    /// # Panics
    ///
    /// If `content_type` is not visible ASCII, as headers require.
    #[track_caller]
    pub fn content_type(content_type: impl Into<String>) -> Self {
        let content_type = checked_content_type(content_type.into());
        Self::with_effect(FaultEffect::ContentType(or_panic(content_type)))
    }

    /// Sends the body slowly, in bytes per second.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn throttle(bytes_per_second: u32) -> Self {
        Self::with_effect(FaultEffect::Throttle(or_panic(checked_rate(bytes_per_second))))
    }

    /// Makes the signature wrong; unsigned responses are unchanged.
    pub fn wrong_signature() -> Self {
        Self::with_effect(FaultEffect::WrongSignature)
    }

    /// Adds the header `Retry-After` to the response of [`Fault::status`], in full seconds.
    ///
    /// # Panics
    ///
    /// If the fault has no status.
    #[track_caller]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.instead().retry_after = Some(time);
        self
    }

    /// Adds a header to the response of [`Fault::status`]: `Fault::status(302).header("Location", url)`.
    ///
    /// # Panics
    ///
    /// If the fault has no status or 100 headers already, the name or the value is not allowed in HTTP or too long, or
    /// the fault has a method of its own for the header.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let name = or_panic(checked_header(name, &value));
        let headers = &mut self.instead().headers;
        assert!(headers.len() < MAX_HEADERS, "a fault has at most {MAX_HEADERS} headers");
        headers.insert(name, value);
        self
    }

    /// Sets the body of [`Fault::status`]; its content type is detected: JSON, HTML or plain text.
    ///
    /// # Panics
    ///
    /// If the fault has no status, or one that allows no body.
    #[track_caller]
    pub fn body(self, body: impl Into<String>) -> Self {
        self.with_body(body.into(), None)
    }

    /// Sets the body and its content type, as [`Fault::body`].
    ///
    /// # Panics
    ///
    /// As [`Fault::body`], and if `content_type` is not visible ASCII.
    #[track_caller]
    pub fn body_of_type(self, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        self.with_body(body.into(), Some(content_type.into()))
    }

    #[track_caller]
    fn with_body(mut self, body: String, content_type: Option<String>) -> Self {
        let instead = self.instead();
        let body = checked_body(instead.status, body, content_type);
        instead.body = Some(or_panic(body));
        self
    }

    #[track_caller]
    fn instead(&mut self) -> &mut FaultResponse {
        match &mut self.effect {
            Some(FaultEffect::Response(instead)) => instead,
            _ => panic!("this needs `Fault::status`"),
        }
    }

    /// Adds a delay.
    pub fn delayed_by(mut self, time: Duration) -> Self {
        self.delay = Some(DelayRange { from: time, to: time });
        self
    }

    /// Applies only to calls of this endpoint. Without an endpoint it applies to all vendor calls, including
    /// unimplemented paths, and not to the widget.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Applies only to calls with the token of this session.
    pub fn for_session(mut self, token: &str) -> Self {
        self.session = Some(without_quotes(token).to_owned());
        self
    }

    /// Applies only to calls of sessions with this scenario, and to the `begin/` calls that would begin one.
    pub fn for_scenario(mut self, name: impl Into<String>) -> Self {
        self.scenario = Some(name.into());
        self
    }

    /// Expires after this number of hits, instead of one.
    ///
    /// # Panics
    ///
    /// If `times` is 0: the fault would never apply.
    #[track_caller]
    pub fn times(mut self, times: u32) -> Self {
        self.ends = FaultEnd::AfterTimes(or_panic(checked_times(times)));
        self
    }

    /// Applies only to this range of the matching calls, counted from 1, including calls that other faults hit.
    ///
    /// # Panics
    ///
    /// If the range is empty or starts at 0.
    #[track_caller]
    pub fn calls(mut self, calls: RangeInclusive<u32>) -> Self {
        self.ends = FaultEnd::AfterCalls(or_panic(checked_calls(calls)));
        self
    }

    /// Expires after this time on the clock, however many calls there are.
    ///
    /// # Panics
    ///
    /// If `time` is zero: the fault would never apply.
    #[track_caller]
    pub fn for_duration(mut self, time: Duration) -> Self {
        self.ends = FaultEnd::After(or_panic(checked_time(time)));
        self
    }

    /// Never expires; it stays until it is removed.
    pub fn forever(mut self) -> Self {
        self.ends = FaultEnd::Never;
        self
    }

    /// Sets the name in hints and log, and replaces an active fault of the same name. By default the name describes the
    /// effect, and replaces none.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the name if it has none.
    pub(crate) fn or_named(mut self, name: &str) -> Self {
        self.name.get_or_insert_with(|| name.to_owned());
        self
    }

    /// Returns the name, given or derived: `result: status 503`.
    pub(crate) fn name(&self) -> String {
        let endpoint = self.endpoint.map_or("any call", Endpoint::as_str);
        self.name.clone().unwrap_or_else(|| format!("{endpoint}: {}", self.effect()))
    }

    /// Describes the effect: `a delay of 3s, then status 503`.
    pub(crate) fn effect(&self) -> String {
        let delay = self.delay.map(|DelayRange { from, to }| match from == to {
            true => format!("a delay of {from:?}"),
            false => format!("a delay of {from:?} to {to:?}"),
        });
        let effect = self.effect.as_ref().map(ToString::to_string);
        [delay, effect].into_iter().flatten().collect::<Vec<_>>().join(", then ")
    }

    /// Whether it short-circuits calls and never expires.
    pub(crate) fn blocks_forever(&self) -> bool {
        self.ends == FaultEnd::Never && self.effect.as_ref().is_some_and(FaultEffect::short_circuits)
    }

    pub(crate) fn matched_endpoint(&self) -> Option<Endpoint> {
        self.endpoint
    }

    /// Returns the key that limits it to some sessions.
    pub(crate) fn session_key(&self) -> Option<&'static str> {
        let keys = [("session", &self.session), ("scenario", &self.scenario)];
        keys.into_iter().find_map(|(key, value)| value.as_ref().map(|_| key))
    }

    /// Returns the token of the session that it applies to.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Returns the scenario whose sessions it applies to.
    pub(crate) fn scenario(&self) -> Option<&str> {
        self.scenario.as_deref()
    }
}

fn checked_times(times: u32) -> Result<u32, Problem> {
    if times > 0 { Ok(times) } else { Err(Problem::rule("a fault for 0 calls never begins; give at least 1")) }
}

fn checked_time(time: Duration) -> Result<Duration, Problem> {
    if time.is_zero() { Err(Problem::rule("a fault with 0 time never begins; give at least 1ms")) } else { Ok(time) }
}

fn checked_calls(calls: RangeInclusive<u32>) -> Result<RangeInclusive<u32>, Problem> {
    let (first, last) = (calls.start(), calls.end());
    match () {
        () if *first == 0 => Err(Problem::rule("calls are counted from 1")),
        () if first > last => Err(Problem::rule(format!("the range {first} to {last} starts after its end"))),
        () => Ok(calls),
    }
}
