//! How a fault is written in scenario and config files.

use std::time::Duration;

use serde::Deserialize;

use super::{CloseAt, Delay, End, Endpoint, Fault, Harm, checked_content_type, checked_status};
use crate::clock::parse_duration;

/// A fault as a file says it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawFault")]
pub(crate) struct FaultFile(pub(crate) Fault);

/// Something that goes wrong with the next calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    /// By which hints and log call it.
    name: Option<String>,
    /// The endpoint; without one, any.
    on: Option<Endpoint>,
    /// Holds the answer back: `3s`, or a time between two bounds.
    delay: Option<DelayFile>,
    /// Answers this HTTP status, as a proxy would; the call is not carried out.
    status: Option<u16>,
    /// Answers 429 with `Retry-After`; the call is not carried out.
    retry_after: Option<Length>,
    /// Closes the connection there.
    close: Option<CloseAt>,
    /// What is wrong with the body.
    body: Option<BodyFile>,
    /// Labels the answer so, whatever it is.
    content_type: Option<String>,
    /// Sends the body one byte at a time, with this pause before each.
    drip: Option<Length>,
    /// Ends after so many calls: 1, where nothing else is said.
    calls: Option<u32>,
    /// Ends after this time on the clock.
    lasts: Option<Length>,
    /// Does not end by itself.
    #[serde(default)]
    forever: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BodyFile {
    CutOff,
    BrokenJson,
}

/// A length of time such as `90s`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Length(Duration);

impl TryFrom<String> for Length {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse_duration(&text).map(Self)
    }
}

/// `3s`, or `1s to 3s`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct DelayFile(Delay);

impl TryFrom<String> for DelayFile {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (from, to) = text.split_once(" to ").unwrap_or((&text, &text));
        let (from, to) = (parse_duration(from.trim())?, parse_duration(to.trim())?);
        if from > to {
            return Err(format!("`{text}` begins with the longer time; write the shorter one first"));
        }
        Ok(Self(Delay { from, to }))
    }
}

impl TryFrom<RawFault> for FaultFile {
    type Error = String;

    fn try_from(raw: RawFault) -> Result<Self, String> {
        let status = raw.status.map(checked_status).transpose()?.map(Harm::Status);
        let content_type = raw.content_type.map(checked_content_type).transpose()?.map(Harm::ContentType);
        let harms = [
            status,
            raw.retry_after.map(|Length(retry_after)| Harm::TooManyRequests { retry_after }),
            raw.close.map(Harm::Close),
            raw.body.map(|body| match body {
                BodyFile::CutOff => Harm::CutOff,
                BodyFile::BrokenJson => Harm::BrokenJson,
            }),
            content_type,
            raw.drip.map(|Length(pause)| Harm::Drip(pause)),
        ];
        let mut harms = harms.into_iter().flatten();
        let harm = harms.next();
        if harms.next().is_some() {
            return Err("a fault has one of `status`, `retry_after`, `close`, `body`, `content_type`, `drip`; write \
                        another fault for the other"
                .into());
        }
        if harm.is_none() && raw.delay.is_none() {
            return Err("a fault needs something that goes wrong: `delay`, `status`, `retry_after`, `close`, `body`, \
                        `content_type` or `drip`"
                .into());
        }
        let ends = match (raw.calls, raw.lasts, raw.forever) {
            (None, None, false) => End::AfterCalls(1),
            (Some(0), ..) => return Err("a fault for 0 calls never begins; give at least 1".into()),
            (Some(calls), None, false) => End::AfterCalls(calls),
            (None, Some(Length(time)), false) => End::After(time),
            (None, None, true) => End::Never,
            _ => return Err("a fault ends in one way: `calls`, `lasts`, or not at all with `forever: true`".into()),
        };
        let delay = raw.delay.map(|DelayFile(delay)| delay);
        Ok(Self(Fault { name: raw.name, on: raw.on, session: None, delay, harm, ends }))
    }
}
