//! The format of a fault in scenario and config files.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::{
    ClosePoint, DelayRange, Endpoint, Fault, FaultEffect, FaultEnd, FaultResponse, checked_calls, checked_status,
    checked_time, checked_times,
    effect::{checked_body, checked_content_type, checked_rate},
};
use crate::{
    clock::{DurationText, TextWithUnit, parse_duration},
    problem::{Problem, member_path},
};

/// A validated fault of a file.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "RawFault")]
pub(crate) struct FaultFile(#[cfg_attr(test, schemars(with = "RawFault"))] pub(crate) Fault);

/// A fault: an effect on the next calls.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct RawFault {
    /// Its name in hints and log.
    name: Option<String>,
    /// The endpoint; by default all vendor calls.
    #[serde(alias = "on")]
    endpoint: Option<Endpoint>,
    /// Only calls of sessions with this scenario.
    scenario: Option<String>,
    /// Delays the response: `3s`, or a range.
    delay: Option<DelayFile>,
    /// Returns this HTTP status, as a proxy would; the call is not handled.
    status: Option<u16>,
    /// Adds `Retry-After` to that status, or to 429.
    retry_after: Option<DurationText>,
    /// The body of that status, instead of a page as that of a proxy.
    body: Option<String>,
    /// Sets the content type of the response.
    content_type: Option<String>,
    /// Closes or resets the connection at this point.
    close: Option<CloseFile>,
    /// The change of the response.
    #[serde(alias = "answer")]
    response: Option<ResponseFaultFile>,
    /// Sends the body slowly, in bytes per second.
    drip: Option<u32>,
    /// Expires after this number of hits; 1 by default.
    times: Option<u32>,
    /// Applies only to this range of the matching calls.
    calls: Option<CallsFile>,
    /// Expires after this time on the clock.
    lasts: Option<DurationText>,
    /// Never expires by itself.
    #[serde(default)]
    forever: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum CloseFile {
    BeforeAnswer,
    InHeaders,
    InBody,
    Reset,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum ResponseFaultFile {
    Html,
    CutOff,
    BrokenJson,
    WrongSignature,
}

/// `3s`, or `1s to 3s`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(!try_from))]
#[serde(try_from = "TextWithUnit")]
struct DelayFile(#[cfg_attr(test, schemars(with = "String"))] DelayRange);

impl TryFrom<TextWithUnit> for DelayFile {
    type Error = Problem;

    fn try_from(TextWithUnit(text): TextWithUnit) -> Result<Self, Problem> {
        let (from, to) = text.split_once(" to ").unwrap_or((&text, &text));
        let (from, to) = (parse_duration(from.trim())?, parse_duration(to.trim())?);
        if from > to {
            return Err(Problem::malformed(text, "a range of times").with_remedy("write the shorter time first"));
        }
        Ok(Self(DelayRange { from, to }))
    }
}

/// `3 to 5`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
struct CallsFile(#[cfg_attr(test, schemars(with = "String"))] RangeInclusive<u32>);

impl TryFrom<String> for CallsFile {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        let bounds = text.split_once(" to ").and_then(|(first, last)| {
            let number = |text: &str| text.trim().parse::<u32>().ok();
            Some(number(first)?..=number(last)?)
        });
        let calls = bounds.ok_or_else(|| {
            Problem::malformed(&text, "a range of calls")
                .with_remedy("write `calls: 3 to 5`, or `times: 2` for the next 2 calls")
        })?;
        checked_calls(calls).map(Self)
    }
}

impl TryFrom<RawFault> for FaultFile {
    type Error = Problem;

    fn try_from(mut raw: RawFault) -> Result<Self, Problem> {
        let effects = [
            raw.instead()?,
            raw.content_type
                .take()
                .map(|it| checked_content_type(it).map(FaultEffect::ContentType))
                .transpose()
                .map_err(in_key("content_type"))?,
            raw.close.map(|close| match close {
                CloseFile::BeforeAnswer => FaultEffect::Close(ClosePoint::BeforeAnswer),
                CloseFile::InHeaders => FaultEffect::Close(ClosePoint::InHeaders),
                CloseFile::InBody => FaultEffect::Close(ClosePoint::InBody),
                CloseFile::Reset => FaultEffect::Reset,
            }),
            raw.response.map(|response| match response {
                ResponseFaultFile::Html => FaultEffect::Html,
                ResponseFaultFile::CutOff => FaultEffect::Truncation,
                ResponseFaultFile::BrokenJson => FaultEffect::BrokenJson,
                ResponseFaultFile::WrongSignature => FaultEffect::WrongSignature,
            }),
            raw.drip.map(checked_rate).transpose().map_err(in_key("drip"))?.map(FaultEffect::Throttle),
        ];
        let mut effects = effects.into_iter().flatten();
        let effect = effects.next();
        if effects.next().is_some() {
            return Err(Problem::rule(
                "a fault has only one of `status`, `retry_after`, `content_type`, `close`, `response`, `drip`; add a \
                 second fault for the other",
            ));
        }
        if effect.is_none() && raw.delay.is_none() {
            return Err(Problem::rule(
                "a fault needs an effect: `delay`, `status`, `retry_after`, `content_type`, `close`, `response` or \
                 `drip`",
            ));
        }
        if raw.scenario.is_some()
            && let Some(endpoint) = raw.endpoint.filter(|it| *it != Endpoint::Begin && !it.names_session())
        {
            return Err(Problem::of_key(
                "scenario",
                format!("`{endpoint}/` has no session, so `scenario` cannot select it; remove `scenario`"),
            ));
        }
        let ends = match (raw.times, raw.calls, raw.lasts, raw.forever) {
            (None, None, None, false) => FaultEnd::AfterTimes(1),
            (Some(times), None, None, false) => FaultEnd::AfterTimes(checked_times(times).map_err(in_key("times"))?),
            (None, Some(CallsFile(calls)), None, false) => FaultEnd::AfterCalls(calls),
            (None, None, Some(DurationText(time)), false) => {
                FaultEnd::After(checked_time(time).map_err(in_key("lasts"))?)
            }
            (None, None, None, true) => FaultEnd::Never,
            _ => {
                return Err(Problem::rule("a fault has only one of `times`, `calls`, `lasts` and `forever: true`"));
            }
        };
        let delay = raw.delay.map(|DelayFile(delay)| delay);
        Ok(Self(Fault {
            name: raw.name,
            endpoint: raw.endpoint,
            session: None,
            scenario: raw.scenario,
            delay,
            effect,
            ends,
        }))
    }
}

/// Moves a problem to a key of the fault.
fn in_key(key: &'static str) -> impl Fn(Problem) -> Problem {
    move |problem| problem.at(&member_path![key])
}

impl RawFault {
    /// Returns the effect of `status` and its related keys.
    fn instead(&mut self) -> Result<Option<FaultEffect>, Problem> {
        let retry_after = self.retry_after.map(|DurationText(time)| time);
        let Some(status) = self.status.or(retry_after.map(|_| 429)) else {
            return match self.body {
                None => Ok(None),
                Some(_) => Err(Problem::of_key("body", "`body` needs a `status`")),
            };
        };
        let status = checked_status(status).map_err(in_key("status"))?;
        let body = match self.body.take() {
            Some(body) => Some(checked_body(status, body, self.content_type.take())?),
            None => None,
        };
        Ok(Some(FaultEffect::Response(FaultResponse { status, retry_after, body })))
    }
}
