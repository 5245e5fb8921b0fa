//! The flags of a session, as the company sent them, and what they mean.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer as _, Serialize,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{Switch, Switches, switches::position};
use crate::{
    foreign_text::{MOST_NAMED, shortened},
    json_text::Text,
};

/// A kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DocumentType {
    Id,
    Passport,
    DriverLicense,
    ResidenceLicense,
}

impl DocumentType {
    /// Every kind, in the vendor's order.
    pub(crate) const ALL: [Self; 4] = [Self::Id, Self::Passport, Self::DriverLicense, Self::ResidenceLicense];

    /// The vendor's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Passport => "passport",
            Self::DriverLicense => "driver_license",
            Self::ResidenceLicense => "residence_license",
        }
    }
}

/// The kinds of general document; the first is what is brought where anything is allowed.
const GENERAL_DOCUMENT_TYPES: [&str; 3] = ["utility_bill", "bank_statement", "drivers_license"];

/// The other flags that are known, by name: texts, lists, what older clients send, and the mock's own.
const OTHERS: [&str; 10] = [
    "document_countries",
    "document_types",
    "general_document_types",
    "inn",
    "language",
    "mock_scenario",
    "platform",
    "return_url",
    "server",
    "switch_device_url",
];

/// What has to be known of flags when a session begins, read in one pass over their text.
#[derive(Debug, Default)]
pub(crate) struct FlagsAtBegin<'a> {
    pub(crate) switches: Switches,
    return_url: Option<Cow<'a, str>>,
    mock_scenario: Option<&'a RawValue>,
    oddities: Oddities<'a>,
}

/// What is odd about flags.
#[derive(Debug, Default)]
struct Oddities<'a> {
    unknown: Vec<Cow<'a, str>>,
    /// By the names of the lists.
    lists: [Option<String>; 3],
    switches: Vec<(Switch, Cow<'a, str>, &'a RawValue)>,
    no_texts: [bool; 2],
}

impl<'a> FlagsAtBegin<'a> {
    /// Reads the text of a JSON object; an empty one for no flags.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] when it is no object.
    pub(crate) fn read(flags: &'a str) -> serde_json::Result<Self> {
        let mut read = Self::default();
        if !flags.is_empty() {
            let mut reader = serde_json::Deserializer::from_str(flags);
            reader.deserialize_map(&mut read)?;
        }
        Ok(read)
    }

    fn take(&mut self, name: Cow<'a, str>, value: &'a RawValue) {
        let odd = &mut self.oddities;
        if let Some(switch) = Switch::named(&name) {
            let position = position(value);
            self.switches.set(switch, position == Some(true));
            odd.switches.retain(|(odd, ..)| *odd != switch);
            if position.is_none() && odd.switches.len() < MOST_NAMED {
                odd.switches.push((switch, name, value));
            }
            return;
        }
        let text = || Text::of(value.get());
        match &*name {
            "return_url" => {
                self.return_url = text().filter(|text| !text.is_empty());
                odd.no_texts[0] = !is_text_or_null(value);
            }
            "language" => odd.no_texts[1] = !is_text_or_null(value),
            "mock_scenario" => self.mock_scenario = Some(value),
            "document_types" => odd.lists[0] = odd_list(&name, value, is_document_type),
            "document_countries" => odd.lists[1] = odd_list(&name, value, is_country),
            "general_document_types" => {
                odd.lists[2] = odd_list(&name, value, |kind| GENERAL_DOCUMENT_TYPES.contains(&kind));
            }
            known if OTHERS.contains(&known) => {}
            _ => {
                if odd.unknown.len() < MOST_NAMED && !odd.unknown.contains(&name) {
                    odd.unknown.push(name);
                }
            }
        }
    }

    /// The scenario that the call asks for by name, and where it does so.
    ///
    /// # Errors
    ///
    /// A message when the flag `mock_scenario` is not text.
    pub(crate) fn wished_scenario(&self) -> Result<Option<(String, &'static str)>, String> {
        match self.mock_scenario.filter(|value| value.get() != "null") {
            None => {}
            Some(value) => match Text::of(value.get()) {
                Some(name) if name.is_empty() => {}
                Some(name) => return Ok(Some((name.into_owned(), "the flag `mock_scenario`"))),
                None => {
                    return Err(format!("the flag `mock_scenario` is not text: {}", shortened(&compact(value))));
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

    /// What is odd about the flags, for the hint header. None of it is an error.
    pub(crate) fn oddities(&self) -> Vec<String> {
        let Oddities { unknown, lists, switches, no_texts } = &self.oddities;
        let unknown = unknown
            .iter()
            .map(|name| format!("the flag `{}` is not known: it is kept and has no effect", shortened(name)));
        let mut oddities: Vec<_> = unknown.chain(lists.iter().flatten().cloned()).collect();
        oddities.extend(switches.iter().map(|(_, name, value)| {
            let value = compact(value);
            format!("the flag `{name}` is {}, not true or false: it counts as false", shortened(&value))
        }));
        for (name, is_odd) in ["return_url", "language"].into_iter().zip(no_texts) {
            if *is_odd {
                oddities.push(format!("the flag `{name}` is not text: it counts for nothing"));
            }
        }
        if self.return_url.as_deref().is_some_and(|url| !is_web_address(url)) {
            oddities.push("`return_url` is not http or https: the widget will not go there".into());
        }
        oddities
    }
}

impl<'a> Visitor<'a> for &mut FlagsAtBegin<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((Text(name), value)) = members.next_entry()? {
            self.take(name, value);
        }
        Ok(())
    }
}

fn is_text_or_null(value: &RawValue) -> bool {
    value.get() == "null" || value.get().starts_with('"')
}

/// A value as it is shown: without blanks.
fn compact(value: &RawValue) -> String {
    serde_json::from_str(value.get()).map_or_else(|_| value.get().to_owned(), |tree: Value| tree.to_string())
}

fn odd_list(name: &str, value: &RawValue, is_known: impl Fn(&str) -> bool) -> Option<String> {
    match value.get() {
        "null" => None,
        list if list.starts_with('[') => {
            let wrong = |element: &&RawValue| !Text::of(element.get()).is_some_and(|text| is_known(&text));
            let elements: Vec<&RawValue> = serde_json::from_str(list).ok()?;
            let wrong = compact(elements.into_iter().find(wrong)?);
            Some(format!("`{name}` has {}, which is not known and counts for nothing", shortened(&wrong)))
        }
        _ => Some(format!("the flag `{name}` is not a list: it restricts nothing")),
    }
}

/// Flags that were read for whoever needs more of them than [`FlagsAtBegin`]. Unknown flags have no effect.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flags(pub(crate) Map<String, Value>);

impl Flags {
    /// The language of the pages, as HTML writes it. Unknown ones fall back to English (specification, section 6).
    pub(crate) fn html_language(&self) -> &'static str {
        match self.text("language").unwrap_or_default() {
            "es" => "es",
            "gr" => "el",
            "ka" => "ka",
            "ru" => "ru",
            "uk" => "uk",
            "uz" => "uz",
            _ => "en",
        }
    }

    /// The text of a flag; `None` when it is missing, empty or no text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// The texts of a list; empty means "no restriction".
    fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        values.iter().filter_map(Value::as_str).collect()
    }

    /// Where the browser goes at the end; `None` for a widget that is embedded.
    ///
    /// Only `http` and `https` (specification, section 7).
    pub(crate) fn return_url(&self) -> Option<&str> {
        self.text("return_url").filter(|url| is_web_address(url))
    }

    /// The identity documents that the person may show. Never empty: a list that names no known kind is no list.
    pub(crate) fn document_types(&self) -> Vec<DocumentType> {
        let listed = self.list("document_types");
        let older = |kind: &DocumentType| self.0.get(&format!("document_type_{}", kind.as_str()))?.as_bool();
        let chosen = |is_chosen: &dyn Fn(&DocumentType) -> bool| -> Option<Vec<_>> {
            let kinds: Vec<_> = DocumentType::ALL.into_iter().filter(is_chosen).collect();
            (!kinds.is_empty()).then_some(kinds)
        };
        chosen(&|kind| listed.contains(&kind.as_str()))
            .or_else(|| chosen(&|kind| older(kind) == Some(true)))
            .or_else(|| chosen(&|kind| older(kind) != Some(false)))
            .unwrap_or(DocumentType::ALL.to_vec())
    }

    /// The countries whose documents are taken, in three capital letters; empty for any.
    pub(crate) fn document_countries(&self) -> Vec<String> {
        let countries = self.list("document_countries").into_iter().filter(|country| is_country(country));
        countries.map(str::to_ascii_uppercase).collect()
    }

    /// The kind of general document that the invented person brings: the first that is allowed.
    pub(crate) fn general_document_type(&self) -> &'static str {
        let listed = self.list("general_document_types");
        let known = |kind: &&str| GENERAL_DOCUMENT_TYPES.into_iter().find(|known| known == kind);
        listed.iter().find_map(known).unwrap_or(GENERAL_DOCUMENT_TYPES[0])
    }
}

fn is_web_address(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

fn is_document_type(kind: &str) -> bool {
    DocumentType::ALL.iter().any(|known| known.as_str() == kind)
}

fn is_country(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_map, prelude::*, sample::select};
    use serde_json::json;

    use super::*;

    fn flags(value: Value) -> Flags {
        Flags(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn document_types_follow_the_list_then_the_older_booleans() {
        let kinds = |value| flags(value).document_types().into_iter().map(DocumentType::as_str).collect::<Vec<_>>();
        let all = ["id", "passport", "driver_license", "residence_license"];
        assert_eq!(kinds(json!({})), all);
        assert_eq!(kinds(json!({"document_types": []})), all);
        assert_eq!(kinds(json!({"document_types": ["passport", "id"]})), ["id", "passport"]);
        assert_eq!(kinds(json!({"document_types": ["papyrus"]})), all);
        assert_eq!(kinds(json!({"document_type_passport": true, "document_type_id": false})), ["passport"]);
        assert_eq!(kinds(json!({"document_type_passport": false})), ["id", "driver_license", "residence_license"]);
    }

    #[test]
    fn only_web_addresses_are_returned_to() {
        let url = |url: &str| flags(json!({"return_url": url})).return_url().map(str::to_owned);
        assert_eq!(url("https://example.com/?a=1"), Some("https://example.com/?a=1".into()));
        assert_eq!(url("HTTP://example.com/"), Some("HTTP://example.com/".into()));
        for refused in ["javascript:alert(1)", "data:text/html,x", "myapp://done", "//example.com", ""] {
            assert_eq!(url(refused), None, "{refused}");
        }
    }

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

    /// The text of an object, in which a name may come twice, blanks stand anywhere, and letters may be escaped.
    fn object() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            4 => select(Switch::NAMED).prop_map(|(name, _)| (*name).to_owned()),
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
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

        #[test]
        fn a_switch_is_on_as_a_boolean_or_as_the_text_true(flags in object()) {
            let read = FlagsAtBegin::read(&flags).unwrap();
            let tree: Map<String, Value> = serde_json::from_str(&flags).unwrap();
            for (name, switch) in Switch::NAMED {
                let is_on = match tree.get(*name) {
                    Some(Value::Bool(on)) => *on,
                    Some(Value::String(text)) => text == "true",
                    _ => false,
                };
                prop_assert_eq!(read.switches.has(*switch), is_on, "{} in {}", name, flags);
            }
            let is_known = |name: &str| Switch::named(name).is_some() || OTHERS.contains(&name);
            let oddities = read.oddities();
            for name in tree.keys().filter(|name| !is_known(name)) {
                let oddity = format!("the flag `{name}` is not known: it is kept and has no effect");
                prop_assert!(oddities.contains(&oddity), "{:?}", oddities);
            }
        }
    }
}
