//! The flags that `begin/` needs.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    BooleanFlag, BooleanFlags, Language,
    flag_warnings::oddities,
    flags::{OTHERS, is_country, is_document_type, is_general_document_type, is_web_address},
};
use crate::{
    json_text::{JsonStr, compact},
    problem::{Problem, member_path},
};

/// The flags that are needed when a session begins, read in one pass over their text.
#[derive(Debug, Default)]
pub(crate) struct FlagsAtBegin<'a> {
    text: &'a str,
    pub(crate) boolean_flags: BooleanFlags,
    return_url: Option<Cow<'a, str>>,
    mock_scenario: Option<&'a RawValue>,
    /// Whether there may be warnings.
    is_odd: bool,
}

impl<'a> FlagsAtBegin<'a> {
    /// Reads a JSON object; an empty text means no flags.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it is not an object.
    pub(crate) fn read(flags: &'a str) -> serde_json::Result<Self> {
        let mut read = Self { text: flags, ..Self::default() };
        if !flags.is_empty() {
            serde_json::Deserializer::from_str(flags).deserialize_map(&mut read)?;
        }
        Ok(read)
    }

    /// Reads a flag. Returns whether there may be a warning about it.
    fn take<A: MapAccess<'a>>(&mut self, name: &str, flags: &mut A) -> Result<bool, A::Error> {
        if let Some(flag) = BooleanFlag::named(name) {
            let position = flags.next_value::<FlagValue<'_>>()?.position();
            self.boolean_flags.set(flag, position == Some(true));
            return Ok(position.is_none());
        }
        Ok(match name {
            "return_url" => {
                let seen = flags.next_value()?;
                let is_odd =
                    !matches!(&seen, FlagValue::Null) && !matches!(&seen, FlagValue::Text(url) if is_web_address(url));
                self.return_url = if let FlagValue::Text(url) = seen { Some(url) } else { None };
                is_odd
            }
            "language" => match flags.next_value()? {
                FlagValue::Null => false,
                FlagValue::Text(code) => !code.is_empty() && Language::from_code(&code).is_none(),
                FlagValue::Bool(_) | FlagValue::Texts(_) | FlagValue::Other => true,
            },
            "mock_scenario" => {
                self.mock_scenario = Some(flags.next_value()?);
                false
            }
            "document_types" => !flags.next_value::<FlagValue<'_>>()?.lists_only(is_document_type),
            "document_countries" => !flags.next_value::<FlagValue<'_>>()?.lists_only(is_country),
            "general_document_types" => !flags.next_value::<FlagValue<'_>>()?.lists_only(is_general_document_type),
            other => {
                let IgnoredAny = flags.next_value()?;
                !OTHERS.contains(&other)
            }
        })
    }

    /// Returns the requested scenario, and where the call requests it.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the flag `mock_scenario` is not a string.
    pub(crate) fn wished_scenario(&self) -> Result<Option<(String, &'static str)>, Problem> {
        match self.mock_scenario.filter(|value| value.get() != "null") {
            None => {}
            Some(value) => match JsonStr::from_json(value) {
                Some(name) if name.is_empty() => {}
                Some(name) => return Ok(Some((name.into_owned(), "the flag `mock_scenario`"))),
                None => {
                    let problem = Problem::wrong_type("a string").at(&member_path!["mock_scenario"]);
                    return Err(problem.with_given(Some(compact(value.get()))).with_context("`flags`"));
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
    pub(crate) fn oddities(&self) -> Vec<String> {
        if self.is_odd { oddities(self.text) } else { Vec::new() }
    }
}

impl<'a> Visitor<'a> for &mut FlagsAtBegin<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut flags: A) -> Result<(), A::Error> {
        while let Some(JsonStr(name)) = flags.next_key()? {
            self.is_odd |= self.take(&name, &mut flags)?;
        }
        Ok(())
    }
}

/// Maximum length of a list that is checked.
const MAX_LIST_LENGTH: usize = 16;

/// A value, as far as boolean flags, strings and short lists are distinguished.
#[derive(Debug)]
enum FlagValue<'a> {
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    Texts(Vec<Cow<'a, str>>),
    Other,
}

impl FlagValue<'_> {
    /// Returns the position of a flag: true and `"true"` are on, false, null and `"false"` are off. `None` for other
    /// values.
    fn position(&self) -> Option<bool> {
        match self {
            Self::Bool(is_on) => Some(*is_on),
            Self::Null => Some(false),
            Self::Text(text) => text.parse().ok(),
            Self::Texts(_) | Self::Other => None,
        }
    }

    fn lists_only(&self, is_known: fn(&str) -> bool) -> bool {
        match self {
            Self::Null => true,
            Self::Texts(texts) => texts.iter().all(|text| is_known(text)),
            Self::Bool(_) | Self::Text(_) | Self::Other => false,
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for FlagValue<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct FlagValueVisitor;

        impl<'de> Visitor<'de> for FlagValueVisitor {
            type Value = FlagValue<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(FlagValue::Null)
            }

            fn visit_bool<E>(self, is_on: bool) -> Result<Self::Value, E> {
                Ok(FlagValue::Bool(is_on))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(FlagValue::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(FlagValue::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(FlagValue::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(FlagValue::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(FlagValue::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(element) = elements.next_element()? {
                    match element {
                        FlagValue::Text(text) if texts.len() < MAX_LIST_LENGTH => texts.push(text),
                        _ => return IgnoredAny.visit_seq(elements).map(|_| FlagValue::Other),
                    }
                }
                Ok(FlagValue::Texts(texts))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                IgnoredAny.visit_map(members).map(|_| FlagValue::Other)
            }
        }

        reader.deserialize_any(FlagValueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*, sample::select};
    use serde_json::{Map, Value, json};

    use super::*;

    fn wished(flags: Value) -> Option<String> {
        let flags = flags.to_string();
        FlagsAtBegin::read(&flags).unwrap().wished_scenario().unwrap().map(|(name, _)| name)
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
            let read = FlagsAtBegin::read(&flags).unwrap();
            let tree: Map<String, Value> = serde_json::from_str(&flags).unwrap();
            for (name, flag) in BooleanFlag::NAMED {
                let is_on = match tree.get(*name) {
                    Some(Value::Bool(on)) => *on,
                    Some(Value::String(text)) => text == "true",
                    _ => false,
                };
                prop_assert_eq!(read.boolean_flags.has(*flag), is_on, "{} in {}", name, flags);
            }
            let is_known = |name: &str| BooleanFlag::named(name).is_some() || OTHERS.contains(&name);
            let oddities = read.oddities();
            prop_assert_eq!(&oddities, &super::oddities(&flags), "the look at what may be odd hides something");
            for name in tree.keys().filter(|name| !is_known(name)) {
                let oddity = format!("unknown flag `{name}` is kept and has no effect");
                prop_assert!(oddities.contains(&oddity), "{:?}", oddities);
            }
        }
    }
}
