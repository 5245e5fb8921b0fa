//! A fault as it is written: in files, in bodies of the control API, and back.

use std::{fmt, ops::RangeInclusive};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize, Serializer};

use super::{
    ClosePoint, DelayRange, Endpoint, Fault, FaultEffect, FaultEnd, FaultResponse, checked_calls, checked_status,
    checked_time, checked_times,
    effect::{MAX_HEADERS, checked_body, checked_content_type, checked_header, checked_rate},
};
use crate::{
    clock::{DurationText, TextWithUnit, format_duration, parse_duration},
    foreign_text::without_quotes,
    problem::{Problem, member_path},
};

/// A fault: an effect on the next calls.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename = "Fault", deny_unknown_fields)]
pub(super) struct FaultKeys {
    /// Its name in hints and log.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The endpoint; by default all vendor calls.
    #[serde(alias = "on", skip_serializing_if = "Option::is_none")]
    endpoint: Option<Endpoint>,
    /// Only calls with this session token.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// Only calls of sessions with this scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<String>,
    /// Delays the response: `3s`, or a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<DelayRange>,
    /// Returns this HTTP status, as a proxy would; the call is not handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 200, max = 599)))]
    status: Option<u16>,
    /// Adds `Retry-After` to that status, or to 429.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<DurationText>,
    /// Headers of that status, each with its value: `Location: https://example.com/`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    headers: IndexMap<String, String>,
    /// The body of that status, instead of a page as that of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Sets the content type of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// Closes or resets the connection at this point.
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<CloseWord>,
    /// The change of the response.
    #[serde(alias = "answer", skip_serializing_if = "Option::is_none")]
    response: Option<ResponseWord>,
    /// Sends the body slowly, in bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    drip: Option<u32>,
    /// Expires after this number of hits; 1 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    times: Option<u32>,
    /// Applies only to this range of the matching calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<CallRange>,
    /// Expires after this time on the clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    lasts: Option<DurationText>,
    /// Never expires by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forever: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum CloseWord {
    BeforeAnswer,
    InHeaders,
    InBody,
    Reset,
}

/// The words of `close`, with their effects.
const CLOSES: [(CloseWord, FaultEffect); 4] = [
    (CloseWord::BeforeAnswer, FaultEffect::Close(ClosePoint::BeforeAnswer)),
    (CloseWord::InHeaders, FaultEffect::Close(ClosePoint::InHeaders)),
    (CloseWord::InBody, FaultEffect::Close(ClosePoint::InBody)),
    (CloseWord::Reset, FaultEffect::Reset),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum ResponseWord {
    Html,
    CutOff,
    BrokenJson,
    WrongSignature,
}

/// The words of `response`, with their effects.
const RESPONSES: [(ResponseWord, FaultEffect); 4] = [
    (ResponseWord::Html, FaultEffect::Html),
    (ResponseWord::CutOff, FaultEffect::Truncation),
    (ResponseWord::BrokenJson, FaultEffect::BrokenJson),
    (ResponseWord::WrongSignature, FaultEffect::WrongSignature),
];

/// Returns the effect of a word.
fn effect_of<W: Copy + PartialEq>(words: &[(W, FaultEffect)], word: W) -> Option<FaultEffect> {
    words.iter().find(|(known, _)| *known == word).map(|(_, effect)| effect.clone())
}

/// Returns the word of an effect.
fn word_of<W: Copy>(words: &[(W, FaultEffect)], effect: &FaultEffect) -> Option<W> {
    words.iter().find(|(_, known)| known == effect).map(|(word, _)| *word)
}

impl TryFrom<TextWithUnit> for DelayRange {
    type Error = Problem;

    fn try_from(TextWithUnit(text): TextWithUnit) -> Result<Self, Problem> {
        let (from, to) = text.split_once(" to ").unwrap_or((&text, &text));
        let (from, to) = (parse_duration(from.trim())?, parse_duration(to.trim())?);
        if from > to {
            return Err(Problem::malformed(text, "a range of times").with_remedy("write the shorter time first"));
        }
        Ok(Self { from, to })
    }
}

impl Serialize for DelayRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for DelayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_duration(self.from))?;
        if self.from == self.to { Ok(()) } else { write!(f, " to {}", format_duration(self.to)) }
    }
}

/// `3 to 5`: the matching calls, counted from 1.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^ *0*[1-9][0-9]* to +0*[1-9][0-9]* *$")))]
#[serde(try_from = "String")]
struct CallRange(#[cfg_attr(test, schemars(with = "String"))] RangeInclusive<u32>);

impl Serialize for CallRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} to {}", self.0.start(), self.0.end()))
    }
}

impl TryFrom<String> for CallRange {
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

impl TryFrom<FaultKeys> for Fault {
    type Error = Problem;

    fn try_from(mut raw: FaultKeys) -> Result<Self, Problem> {
        let effects = [
            raw.instead()?,
            raw.content_type
                .take()
                .map(|it| checked_content_type(it).map(FaultEffect::ContentType))
                .transpose()
                .map_err(in_key("content_type"))?,
            raw.close.and_then(|word| effect_of(&CLOSES, word)),
            raw.response.and_then(|word| effect_of(&RESPONSES, word)),
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
            (None, Some(CallRange(calls)), None, false) => FaultEnd::AfterCalls(calls),
            (None, None, Some(DurationText(time)), false) => {
                FaultEnd::After(checked_time(time).map_err(in_key("lasts"))?)
            }
            (None, None, None, true) => FaultEnd::Never,
            _ => {
                return Err(Problem::rule("a fault has only one of `times`, `calls`, `lasts` and `forever: true`"));
            }
        };
        let FaultKeys { name, endpoint, session, scenario, delay, .. } = raw;
        let session = session.map(|token| without_quotes(&token).to_owned());
        Ok(Self { name, endpoint, session, scenario, delay, effect, ends })
    }
}

impl From<Fault> for FaultKeys {
    fn from(fault: Fault) -> Self {
        let Fault { name, endpoint, session, scenario, delay, effect, ends } = fault;
        let mut keys = Self { name, endpoint, session, scenario, delay, ..Self::default() };
        match effect {
            None => {}
            Some(FaultEffect::Response(FaultResponse { status, retry_after, headers, body })) => {
                keys.headers = headers;
                (keys.status, keys.retry_after) = (Some(status), retry_after.map(DurationText));
                (keys.body, keys.content_type) = body.unzip();
            }
            Some(FaultEffect::ContentType(content_type)) => keys.content_type = Some(content_type),
            Some(FaultEffect::Throttle(rate)) => keys.drip = Some(rate.get()),
            Some(effect) => {
                (keys.close, keys.response) = (word_of(&CLOSES, &effect), word_of(&RESPONSES, &effect));
            }
        }
        match ends {
            FaultEnd::AfterTimes(times) => keys.times = Some(times),
            FaultEnd::AfterCalls(calls) => keys.calls = Some(CallRange(calls)),
            FaultEnd::After(time) => keys.lasts = Some(DurationText(time)),
            FaultEnd::Never => keys.forever = true,
        }
        keys
    }
}

/// Moves a problem to a key of the fault.
fn in_key(key: &'static str) -> impl Fn(Problem) -> Problem {
    move |problem| problem.at(&member_path![key])
}

impl FaultKeys {
    /// Returns the effect of `status` and its related keys.
    fn instead(&mut self) -> Result<Option<FaultEffect>, Problem> {
        let retry_after = self.retry_after.map(|DurationText(time)| time);
        let Some(status) = self.status.or(retry_after.map(|_| 429)) else {
            let key = [("body", self.body.is_some()), ("headers", !self.headers.is_empty())];
            return match key.into_iter().find(|(_, is_given)| *is_given) {
                None => Ok(None),
                Some((key, _)) => Err(Problem::of_key(key, format!("`{key}` needs a `status`"))),
            };
        };
        let status = checked_status(status).map_err(in_key("status"))?;
        let body = match self.body.take() {
            Some(body) => Some(checked_body(status, body, self.content_type.take())?),
            None => None,
        };
        if self.headers.len() > MAX_HEADERS {
            let problem = format!("a fault has at most {MAX_HEADERS} headers, not {}", self.headers.len());
            return Err(Problem::of_key("headers", problem));
        }
        let mut headers = IndexMap::new();
        for (name, value) in std::mem::take(&mut self.headers) {
            let known = checked_header(&name, &value).map_err(in_key("headers"))?;
            if headers.insert(known, value).is_some() {
                return Err(
                    Problem::of_key(&*name, format!("the header `{name}` is given twice")).at(&member_path!["headers"])
                );
            }
        }
        Ok(Some(FaultEffect::Response(FaultResponse { status, retry_after, headers, body })))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use std::time::Duration;

    #[test]
    fn a_fault_that_is_written_is_read_as_it_was() {
        let second = Duration::from_secs(1);
        for fault in [
            Fault::status(503).endpoint(Endpoint::Result).times(2),
            Fault::status(503).retry_after(Duration::from_millis(90_500)).body(r#"{"error": "busy"}"#).calls(3..=5),
            Fault::status(502).body_of_type("text/plain", "no").for_scenario("approved").forever(),
            Fault::status(302).header("Location", "https://example.com/?a=b"),
            Fault::too_many_requests(2 * second).named("busy").for_duration(60 * second),
            Fault::delay(3 * second),
            Fault::delay_between(second, 86_400 * second).endpoint(Endpoint::Widget),
            Fault::html().delayed_by(Duration::from_micros(1_500)),
            Fault::close(ClosePoint::BeforeAnswer),
            Fault::close(ClosePoint::InHeaders),
            Fault::close(ClosePoint::InBody),
            Fault::reset(),
            Fault::truncate(),
            Fault::broken_json(),
            Fault::content_type("text/plain"),
            Fault::throttle(7),
            Fault::wrong_signature().for_session("abc"),
        ] {
            let read: Fault = serde_json::from_value(json!(fault)).unwrap();
            assert_eq!(read, fault);
        }
    }
}
