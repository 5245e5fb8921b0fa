//! The file form of a fault.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{ClosePoint, DelayRange, Fault, FaultEffect, FaultEnd, FaultResponse};
use crate::clock::format_duration;

impl Fault {
    /// Returns the keys of a file for this fault, and `session` if it is limited to one.
    pub(crate) fn to_file_value(&self) -> Map<String, Value> {
        let Self { name, endpoint, session, scenario, delay, effect, ends } = self;
        let time = |time: &Duration| Value::from(format_duration(*time));
        let mut keys = Map::new();
        let mut say = |key: &str, value: Value| drop(keys.insert(key.to_owned(), value));
        for (key, text) in [("name", name), ("session", session), ("scenario", scenario)] {
            text.iter().for_each(|text| say(key, text.as_str().into()));
        }
        endpoint.iter().for_each(|endpoint| say("endpoint", endpoint.as_str().into()));
        match delay {
            None => {}
            Some(DelayRange { from, to }) if from == to => say("delay", time(from)),
            Some(DelayRange { from, to }) => {
                say("delay", format!("{} to {}", format_duration(*from), format_duration(*to)).into());
            }
        }
        match effect {
            None => {}
            Some(FaultEffect::Response(FaultResponse { status, retry_after, body })) => {
                say("status", json!(status));
                retry_after.iter().for_each(|after| say("retry_after", time(after)));
                if let Some((body, content_type)) = body {
                    say("body", body.as_str().into());
                    say("content_type", content_type.as_str().into());
                }
            }
            Some(FaultEffect::Html) => say("response", "html".into()),
            Some(FaultEffect::Truncation) => say("response", "cut-off".into()),
            Some(FaultEffect::BrokenJson) => say("response", "broken-json".into()),
            Some(FaultEffect::WrongSignature) => say("response", "wrong-signature".into()),
            Some(FaultEffect::Close(ClosePoint::BeforeAnswer)) => say("close", "before-answer".into()),
            Some(FaultEffect::Close(ClosePoint::InHeaders)) => say("close", "in-headers".into()),
            Some(FaultEffect::Close(ClosePoint::InBody)) => say("close", "in-body".into()),
            Some(FaultEffect::Reset) => say("close", "reset".into()),
            Some(FaultEffect::ContentType(content_type)) => say("content_type", content_type.as_str().into()),
            Some(FaultEffect::Throttle(rate)) => say("drip", rate.get().into()),
        }
        match ends {
            FaultEnd::AfterTimes(times) => say("times", json!(times)),
            FaultEnd::AfterCalls(calls) => say("calls", format!("{} to {}", calls.start(), calls.end()).into()),
            FaultEnd::After(lasting) => say("lasts", time(lasting)),
            FaultEnd::Never => say("forever", true.into()),
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::{Endpoint, FaultFile};

    #[test]
    fn a_fault_that_is_written_is_read_as_it_was() {
        let second = Duration::from_secs(1);
        for fault in [
            Fault::status(503).endpoint(Endpoint::Result).times(2),
            Fault::status(503).retry_after(Duration::from_millis(90_500)).body(r#"{"error": "busy"}"#).calls(3..=5),
            Fault::status(502).body_of_type("text/plain", "no").for_scenario("approved").forever(),
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
            Fault::wrong_signature(),
        ] {
            let FaultFile(read) = serde_json::from_value(fault.to_file_value().into()).unwrap();
            assert_eq!(read, fault);
        }
        assert_eq!(Fault::reset().for_session("abc").to_file_value()["session"], "abc");
    }
}
