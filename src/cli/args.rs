//! The values of settings, parsed in the same way from a flag, a variable and the config file.

use std::{
    fmt,
    marker::PhantomData,
    net::IpAddr,
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use tracing::level_filters::LevelFilter;

use crate::{
    Company, Cors, ErrorCode, ErrorStatus,
    clock::{parse_duration, parse_moment},
    config::{check_base_url, check_host_name},
    problem::{Problem, read_as_text},
};

pub(super) fn parse_host(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "an IP address such as 127.0.0.1, 0.0.0.0 or ::1"))
}

pub(super) fn parse_port(text: &str) -> Result<u16, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "a port: a number from 0 to 65535"))
}

/// Parses a number of 0 or more.
pub(super) fn parse_number<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "a whole number of 0 or more"))
}

read_as_text!(
    PublicUrlArg,
    HostNameArg,
    CorsArg,
    CompanyArg,
    OnDemandArg,
    TimestampArg,
    DurationArg,
    SizeArg,
    StatusArg,
    ErrorStatusArg,
    LogFormat,
    LogLevel
);

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct PublicUrlArg(pub(super) String);

impl FromStr for PublicUrlArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        check_base_url(text).map(|()| Self(text.to_owned()))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct HostNameArg(pub(super) String);

impl FromStr for HostNameArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        check_host_name(text).map(|()| Self(text.to_owned()))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CorsArg(pub(super) Cors);

impl FromStr for CorsArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        text.parse().map(Self)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CompanyArg(pub(super) Company);

impl FromStr for CompanyArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let company = match text.split_once('=') {
            Some((key, secret)) => Company::new(key).secret(secret),
            None => Company::new(text),
        };
        match company.problem() {
            // An error about a flag prints its value, and so the secret: validation is left to the check of all
            // settings.
            Some(problem) if company.secret.as_deref().unwrap_or_default().is_empty() => Err(problem),
            _ => Ok(Self(company)),
        }
    }
}

/// A pattern of company keys and their secret; `true` stands for all keys, `false` for none.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct OnDemandArg(pub(super) Option<Company>);

impl FromStr for OnDemandArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let company = match text {
            "true" => Company::new("*"),
            "false" => return Ok(Self(None)),
            "" => return Err(Problem::rule("the pattern is empty; write `*` for all company keys")),
            pattern => pattern.parse::<CompanyArg>()?.0,
        };
        Ok(Self(Some(company)))
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct TimestampArg(pub(super) SystemTime);

impl FromStr for TimestampArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        parse_moment(text).map(Self)
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct DurationArg(pub(super) Duration);

impl FromStr for DurationArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        parse_duration(text).map(Self)
    }
}

/// A number of bytes, or a number with KiB or MiB.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct SizeArg(pub(super) usize);

impl FromStr for SizeArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let (number, unit) = match (text.strip_suffix("KiB"), text.strip_suffix("MiB")) {
            (Some(number), _) => (number, 1 << 10),
            (_, Some(number)) => (number, 1 << 20),
            _ => (text, 1),
        };
        let bytes = number.trim().parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
        let problem = || Problem::malformed(text, "a size").with_remedy("write it like 500000, 512KiB or 16MiB");
        bytes.map(Self).ok_or_else(problem)
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct StatusArg(pub(super) u16);

impl FromStr for StatusArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let status = text.parse().map_err(|_| Problem::malformed(text, "a status from 200 to 599"))?;
        ErrorStatus::all(status).map(|_| Self(status))
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum ErrorStatusArg {
    All(StatusArg),
    One(ErrorCode, StatusArg),
}

impl FromStr for ErrorStatusArg {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text.split_once('=') {
            Some((code, number)) => Ok(Self::One(code.parse()?, number.parse()?)),
            None => text.parse().map(Self::All),
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum LogFormat {
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(Problem::unknown_word(text, "a log format", ["text", "json"])),
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct LogLevel(pub(super) LevelFilter);

impl FromStr for LogLevel {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        // The log's library also accepts numbers and an empty string as levels.
        let is_word = !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphabetic());
        let level = text.parse().ok().filter(|_| is_word).map(Self);
        let levels = ["error", "warn", "info", "debug", "trace", "off"];
        level.ok_or_else(|| Problem::unknown_word(text, "a log level", levels))
    }
}

/// Implements parsing of foreign types in the config file, with the parser of the flag.
macro_rules! read_in_file {
    ($($name:ident: $type:ty = $parse:expr),* $(,)?) => {
        $(pub(super) fn $name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<$type>, D::Error> {
            let text = String::deserialize(deserializer)?;
            $parse(&text).map(Some).map_err(de::Error::custom)
        })*
    };
}

read_in_file!(
    host: IpAddr = parse_host,
    port: u16 = parse_port,
    seed: u64 = parse_number,
    count: usize = parse_number,
);

/// Parses one value or a list, as a flag that may be repeated.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + FromStr<Err = Problem>,
{
    struct OneOrMany<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de> + FromStr<Err = Problem>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value or a list of values")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            text.parse().map(|value| vec![value]).map_err(E::custom)
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Vec<T>, E> {
            self.visit_str(&number.to_string())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut values = Vec::new();
            while let Some(value) = list.next_element()? {
                values.push(value);
            }
            Ok(values)
        }
    }

    deserializer.deserialize_any(OneOrMany(PhantomData)).map(Some)
}
