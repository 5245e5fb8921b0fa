//! The flags that `begin/` needs, and the warnings about them.

use std::borrow::Cow;

use super::{
    BooleanFlag, BooleanFlags, Language,
    flags::{OTHERS, is_country, is_document_type, is_general_document_type, is_web_address},
};
use crate::{
    foreign_text::{MAX_NAMED, shortened},
    json_cursor::{JsonCursor, Unreadable, read_checked},
    json_text::{JsonStr, compact},
    problem::{Problem, member_path},
};

/// The flags that are needed when a session begins, read in one pass over their text.
#[derive(Debug, Default)]
pub(crate) struct FlagsAtBegin<'a> {
    /// The JSON object; empty for no flags.
    pub(crate) text: &'a str,
    pub(crate) boolean_flags: BooleanFlags,
    return_url: Option<Cow<'a, str>>,
    mock_scenario: Option<&'a str>,
    odd: Vec<(Cow<'a, str>, FlagWarning<'a>)>,
}

/// What is odd about a flag. Nothing of it is an error.
#[derive(Debug, PartialEq)]
enum FlagWarning<'a> {
    Unknown,
    NotBoolean(&'a str),
    NotText,
    NotList,
    UnknownElement(&'a str),
    UnknownLanguage(Cow<'a, str>),
    NotWebAddress,
}

impl<'a> FlagsAtBegin<'a> {
    /// Reads a checked JSON object; an empty text means no flags.
    pub(crate) fn read(flags: &'a str) -> Self {
        if flags.is_empty() { Self::default() } else { read_checked(flags, Self::take_from) }
    }

    /// Reads an object.
    pub(crate) fn take_from(cursor: &mut JsonCursor<'a>) -> Result<Self, Unreadable> {
        let mut flags = Self::default();
        let mut is_empty = true;
        let text = cursor.members(&mut |cursor| {
            let name = cursor.name()?;
            is_empty = false;
            let odd = flags.take(&name, cursor)?;
            flags.note(name, odd);
            Ok(())
        })?;
        flags.text = if is_empty { "" } else { text };
        Ok(flags)
    }

    /// Reads a flag. Returns what is odd about it.
    fn take(&mut self, name: &str, cursor: &mut JsonCursor<'a>) -> Result<Option<FlagWarning<'a>>, Unreadable> {
        let is_known: fn(&str) -> bool = match name {
            "document_types" => is_document_type,
            "document_countries" => is_country,
            "general_document_types" => is_general_document_type,
            _ => return Ok(self.take_value(name, cursor.value()?)),
        };
        if cursor.peek() != Some(b'[') {
            return Ok((cursor.value()? != "null").then_some(FlagWarning::NotList));
        }
        let mut odd = None;
        cursor.elements(&mut |cursor| {
            let element = cursor.value()?;
            if odd.is_none() && !JsonStr::read(element).is_some_and(|text| is_known(&text)) {
                odd = Some(FlagWarning::UnknownElement(element));
            }
            Ok(())
        })?;
        Ok(odd)
    }

    fn take_value(&mut self, name: &str, value: &'a str) -> Option<FlagWarning<'a>> {
        if let Some(flag) = BooleanFlag::named(name) {
            let position = position(value);
            self.boolean_flags.set(flag, position == Some(true));
            return position.is_none().then_some(FlagWarning::NotBoolean(value));
        }
        let no_text = || (value != "null").then_some(FlagWarning::NotText);
        match name {
            "return_url" => {
                self.return_url = JsonStr::read(value);
                let Some(url) = &self.return_url else { return no_text() };
                (!url.is_empty() && !is_web_address(url)).then_some(FlagWarning::NotWebAddress)
            }
            "language" => {
                let Some(code) = JsonStr::read(value) else { return no_text() };
                let is_unknown = !code.is_empty() && Language::from_code(&code).is_none();
                is_unknown.then_some(FlagWarning::UnknownLanguage(code))
            }
            "mock_scenario" => {
                self.mock_scenario = Some(value);
                None
            }
            other => (!OTHERS.contains(&other)).then_some(FlagWarning::Unknown),
        }
    }

    /// Notes what is odd about a flag. If a name repeats, the last value counts.
    fn note(&mut self, name: Cow<'a, str>, odd: Option<FlagWarning<'a>>) {
        self.odd.retain(|(noted, _)| *noted != name);
        if let Some(odd) = odd {
            let is_unknown = |odd: &FlagWarning<'_>| *odd == FlagWarning::Unknown;
            if !is_unknown(&odd) || self.odd.iter().filter(|(_, odd)| is_unknown(odd)).count() < MAX_NAMED {
                self.odd.push((name, odd));
            }
        }
    }

    /// Returns the requested scenario, and where the call requests it.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the flag `mock_scenario` is not a string.
    pub(crate) fn wished_scenario(&self) -> Result<Option<(String, &'static str)>, Problem> {
        match self.mock_scenario.filter(|value| *value != "null") {
            None => {}
            Some(value) => match JsonStr::read(value) {
                Some(name) if name.is_empty() => {}
                Some(name) => return Ok(Some((name.into_owned(), "the flag `mock_scenario`"))),
                None => {
                    let problem = Problem::wrong_type("a string").at(&member_path!["mock_scenario"]);
                    return Err(problem.with_given(Some(compact(value))).with_context("`flags`"));
                }
            },
        }
        let in_query = || {
            let page = self.return_url.as_deref()?.split('#').next()?;
            let (_, query) = page.split_once('?')?;
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "mock_scenario")
        };
        Ok(in_query().map(|(_, name)| (name.into_owned(), "`mock_scenario` in the query of `return_url`")))
    }

    /// Returns the warnings about the flags, for the hint header. None is an error.
    pub(crate) fn oddities(&self) -> impl Iterator<Item = String> {
        self.odd.iter().map(|(name, odd)| odd.about(&shortened(name)))
    }
}

impl FlagWarning<'_> {
    /// Returns the warning about a flag with this name.
    fn about(&self, name: &str) -> String {
        let short = |value: &str| shortened(&compact(value)).into_owned();
        match self {
            Self::Unknown => format!("unknown flag `{name}` is kept and has no effect"),
            Self::NotBoolean(value) => {
                format!("the flag `{name}` is {}, not true or false; it counts as false", short(value))
            }
            Self::NotText => format!("the flag `{name}` is not a string and is ignored"),
            Self::NotList => format!("the flag `{name}` is not a list and restricts nothing"),
            Self::UnknownElement(value) => {
                format!("`{name}` has the unknown value {}, which is ignored", short(value))
            }
            Self::UnknownLanguage(code) => {
                let known = Language::ALL.map(Language::code).join(", ");
                let meant = Language::meant(code).map(|meant| format!("; here it is `{}`", meant.code()));
                let (code, meant) = (shortened(code), meant.unwrap_or_default());
                format!("`{name}` is `{code}`, not one of {known}; the widget is in English{meant}")
            }
            Self::NotWebAddress => format!("`{name}` is not http or https; the widget will not redirect there"),
        }
    }
}

/// Returns the position of a flag: true and `"true"` are on, false, null and `"false"` are off. `None` for other
/// values, which count as off.
fn position(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" | "null" => Some(false),
        _ => JsonStr::read(value)?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*, sample::select};
    use serde_json::{Map, Value, json};

    use super::*;

    fn wished(flags: Value) -> Option<String> {
        let flags = flags.to_string();
        FlagsAtBegin::read(&flags).wished_scenario().unwrap().map(|(name, _)| name)
    }

    #[test]
    fn the_flag_is_stronger_than_the_return_url() {
        let both = json!({"mock_scenario": "a", "return_url": "https://example.com/?mock_scenario=b#c"});
        assert_eq!(wished(both).unwrap(), "a");
        let one = json!({"return_url": "https://example.com/?x=1&mock_scenario=b%2Dc#d"});
        assert_eq!(wished(one).unwrap(), "b-c");
        for without in ["https://example.com/", "https://example.com/#/done?mock_scenario=c"] {
            assert_eq!(wished(json!({"return_url": without})), None);
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = select(vec![
            json!(true),
            json!(false),
            json!("true"),
            json!("false"),
            json!("TRUE"),
            json!(" true"),
            json!(""),
            json!("passport"),
            json!("GEO"),
            json!("utility_bill"),
            json!(null),
            json!(1),
            json!(0.0),
        ]);
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                btree_map("[a-z]{1,3}", inner, 0..3).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    /// Generates the text of an object with repeated names, whitespace and escapes.
    fn object() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            4 => select(BooleanFlag::NAMED).prop_map(|(name, _)| (*name).to_owned()),
            1 => select(&OTHERS[..]).prop_map(str::to_owned),
            1 => "[a-z_]{0,9}",
        ];
        let written = (any::<bool>(), any::<bool>());
        proptest::collection::vec((name, value(), written), 0..10).prop_map(|members| {
            let member = |(name, value, (is_escaped, is_wide)): (String, Value, (bool, bool))| {
                let escaped = |text: String| if is_escaped { text.replacen('e', "\\u0065", 1) } else { text };
                let value = if value.is_string() { escaped(value.to_string()) } else { value.to_string() };
                let blank = if is_wide { " \n" } else { "" };
                format!("{blank}\"{}\"{blank}:{blank}{value}{blank}", escaped(name))
            };
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::thorough::thorough(250, 1000)) })]

        #[test]
        fn a_flag_is_on_as_a_boolean_or_as_the_text_true(flags in object()) {
            let read = FlagsAtBegin::read(&flags);
            let tree: Map<String, Value> = serde_json::from_str(&flags).unwrap();
            for (name, flag) in BooleanFlag::NAMED {
                let is_on = match tree.get(*name) {
                    Some(Value::Bool(on)) => *on,
                    Some(Value::String(text)) => text == "true",
                    _ => false,
                };
                prop_assert_eq!(read.boolean_flags.has(*flag), is_on, "{} in {}", name, flags);
            }
            let oddities: Vec<_> = read.oddities().collect();
            for (name, _) in BooleanFlag::NAMED {
                let is_odd = match tree.get(*name) {
                    None | Some(Value::Null | Value::Bool(_)) => false,
                    Some(Value::String(text)) => text != "true" && text != "false",
                    Some(_) => true,
                };
                let is_told = oddities.iter().any(|oddity| oddity.starts_with(&format!("the flag `{name}` is ")));
                prop_assert_eq!(is_told, is_odd, "{} in {}: {:?}", name, flags, oddities);
            }
            let is_known = |name: &str| BooleanFlag::named(name).is_some() || OTHERS.contains(&name);
            for name in tree.keys().filter(|name| !is_known(name)) {
                let oddity = format!("unknown flag `{name}` is kept and has no effect");
                prop_assert!(oddities.contains(&oddity), "{:?}", oddities);
            }
        }
    }
}
