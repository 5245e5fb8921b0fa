//! The forms of values.

use std::{
    net::IpAddr,
    path::PathBuf,
    str::FromStr,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{FlagUse, Form, Schema};
use crate::{
    clock::{parse_duration, parse_moment},
    problem::Problem,
    secret::Secret,
};

/// Declares forms: the type of the value, its name in the help, its use in a flag, how it is read and shown, and its
/// schema in the config file.
macro_rules! forms {
    ($(
        $(#[doc = $doc:literal])+
        $Form:ident<$type:ty>: $value:literal, $flag_use:expr, $read:expr, $Shown:ty = $show:expr, $schema:expr;
    )*) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug)]
            pub(crate) struct $Form;

            impl $crate::settings::Form<$type> for $Form {
                const VALUE: &'static str = $value;
                const USE: $crate::settings::FlagUse = $flag_use;
                type Shown = $Shown;

                fn read(text: &str, before: Option<$type>) -> Result<$type, $crate::problem::Problem> {
                    let read: fn(&str, Option<$type>) -> Result<$type, $crate::problem::Problem> = $read;
                    read(text, before)
                }

                fn show(value: &$type) -> $Shown {
                    let show: fn(&$type) -> $Shown = $show;
                    show(value)
                }

                #[cfg(test)]
                fn schema(_: &mut schemars::SchemaGenerator) -> serde_json::Value {
                    use $crate::settings::schemas;

                    $schema
                }
            }
        )*
    };
}
pub(crate) use forms;

forms! {
    /// `true`, `yes`, `1` and their opposites; the flag alone stands for `true`.
    Switch<bool>: "true|false", FlagUse::Optional("true"), |text, _| parse_switch(text), bool = |is_on| *is_on, schemas::switch();
    /// A switch that turns off what is on by default.
    Off<bool>: "true|false", FlagUse::Optional("true"), |text, _| parse_off(text), bool = |is_on| !is_on, schemas::switch();
    /// An IP address.
    Address<IpAddr>: "ADDRESS", FlagUse::Value, |text, _| parse_address(text), String = |address| address.to_string(),
        schemas::address();
    /// A TCP port.
    Port<u16>: "PORT", FlagUse::Value, |text, _| parse_port(text), u16 = |port| *port, schemas::whole(0, u16::MAX.into());
    /// A number of things, at least one.
    Count<usize>: "NUMBER", FlagUse::Value, |text, _| parse_number(text), usize = |count| *count, schemas::whole(1, u64::MAX);
    /// A number that begins a series of random numbers.
    Seed<u64>: "NUMBER", FlagUse::Value, |text, _| parse_number(text), u64 = |seed| *seed, schemas::whole(0, u64::MAX);
    /// A number of bytes, or a number with KiB or MiB.
    Size<usize>: "SIZE", FlagUse::Value, |text, _| parse_size(text), usize = |bytes| *bytes, schemas::size();
    /// A length of time, which is shown in seconds.
    Time<Duration>: "DURATION", FlagUse::Value, |text, _| parse_duration(text), f64 = Duration::as_secs_f64,
        schemas::looks_like(crate::clock::patterns::DURATION);
    /// A point in time.
    Moment<SystemTime>: "MOMENT", FlagUse::Value, |text, _| parse_moment(text),
        Option<String> = |moment| Timestamp::try_from(*moment).ok().map(|moment| moment.to_string()),
        schemas::looks_like(crate::clock::patterns::MOMENT);
    /// The name of something.
    Name<String>: "NAME", FlagUse::Value, |text, _| Ok(text.to_owned()), String = String::clone, schemas::text();
    /// Any text.
    Text<String>: "TEXT", FlagUse::Value, |text, _| Ok(text.to_owned()), String = String::clone, schemas::text();
    /// A secret, which is shown as whether it is set.
    Token<Option<Secret>>: "TOKEN", FlagUse::Value, |text, _| Ok(Some(text.into())), bool = Option::is_some, schemas::visible();
}

/// A path of a file.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct FilePath;

/// A path of a folder.
#[derive(Debug)]
pub(crate) struct FolderPath;

/// One of several words.
#[derive(Debug)]
pub(crate) struct Word;

/// A type whose values are words.
pub(crate) trait SettingWord: FromStr<Err = Problem> + Clone + Serialize + Schema {
    /// The name of the value in the help: `manual|live`.
    const VALUE: &'static str;
}

impl<T: SettingWord> Form<T> for Word {
    const VALUE: &'static str = T::VALUE;
    type Shown = T;

    fn read(text: &str, _: Option<T>) -> Result<T, Problem> {
        text.parse()
    }

    fn show(value: &T) -> T {
        value.clone()
    }

    #[cfg(test)]
    fn schema(generator: &mut schemars::SchemaGenerator) -> serde_json::Value {
        generator.subschema_for::<T>().to_value()
    }
}

macro_rules! paths {
    ($($Form:ident: $value:literal),*) => {
        $(impl Form<PathBuf> for $Form {
            const VALUE: &'static str = $value;
            const IS_PATH: bool = true;
            type Shown = String;

            fn read(text: &str, _: Option<PathBuf>) -> Result<PathBuf, Problem> {
                Ok(text.into())
            }

            fn show(path: &PathBuf) -> String {
                path.display().to_string()
            }

            #[cfg(test)]
            fn schema(_: &mut schemars::SchemaGenerator) -> serde_json::Value {
                super::schemas::text()
            }
        })*
    };
}

paths!(FolderPath: "DIR");
#[cfg(feature = "cli")]
paths!(FilePath: "FILE");

fn parse_switch(text: &str) -> Result<bool, Problem> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["true", "yes", "1"]) => Ok(true),
        () if is(["false", "no", "0"]) => Ok(false),
        () => Err(Problem::malformed(text, "true or false").with_remedy("write true, yes or 1, or false, no or 0")),
    }
}

fn parse_off(text: &str) -> Result<bool, Problem> {
    parse_switch(text).map(|is_off| !is_off)
}

fn parse_address(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "an IP address such as 127.0.0.1, 0.0.0.0 or ::1"))
}

fn parse_port(text: &str) -> Result<u16, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "a port: a number from 0 to 65535"))
}

/// Parses a number of 0 or more.
pub(crate) fn parse_number<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::malformed(text, "a whole number of 0 or more"))
}

fn parse_size(text: &str) -> Result<usize, Problem> {
    let (number, unit) = match (text.strip_suffix("KiB"), text.strip_suffix("MiB")) {
        (Some(number), _) => (number, 1 << 10),
        (_, Some(number)) => (number, 1 << 20),
        _ => (text, 1),
    };
    let bytes = number.trim().parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(|| Problem::malformed(text, "a size").with_remedy("write it like 500000, 512KiB or 16MiB"))
}
