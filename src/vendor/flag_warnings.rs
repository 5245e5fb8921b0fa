//! Warnings about flags. None is an error; the hint header has them.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{
    BooleanFlag, Language,
    boolean_flags::position,
    flags::{OTHERS, is_country, is_document_type, is_general_document_type, is_web_address},
};
use crate::{
    foreign_text::{MAX_NAMED, shortened},
    json_text::{JsonMembers, JsonStr, compact},
};

/// The warnings about flags.
#[derive(Debug, Default)]
struct FlagWarnings<'a> {
    unknown: Vec<Cow<'a, str>>,
    /// Warnings about list flags.
    lists: [Option<String>; 3],
    boolean_flags: Vec<(BooleanFlag, Cow<'a, str>, &'a RawValue)>,
    /// Whether `return_url` and `language` are not strings.
    no_texts: [bool; 2],
    is_no_web_address: bool,
    unknown_language: Option<Cow<'a, str>>,
}

/// Returns the warnings about the text of flags.
pub(super) fn oddities(flags: &str) -> Vec<String> {
    let mut odd = FlagWarnings::default();
    for (name, value) in JsonMembers::read(flags).unwrap_or_default().0 {
        odd.take(name, value);
    }
    odd.told()
}

impl<'a> FlagWarnings<'a> {
    fn take(&mut self, name: Cow<'a, str>, value: &'a RawValue) {
        if let Some(flag) = BooleanFlag::named(&name) {
            self.boolean_flags.retain(|(odd, ..)| *odd != flag);
            if position(value).is_none() {
                self.boolean_flags.push((flag, name, value));
            }
            return;
        }
        match &*name {
            "return_url" => {
                let text = JsonStr::from_json(value);
                self.no_texts[0] = text.is_none() && value.get() != "null";
                self.is_no_web_address = text.is_some_and(|url| !url.is_empty() && !is_web_address(&url));
            }
            "language" => {
                let text = JsonStr::from_json(value);
                self.no_texts[1] = text.is_none() && value.get() != "null";
                self.unknown_language = text.filter(|code| !code.is_empty() && Language::from_code(code).is_none());
            }
            "document_types" => self.lists[0] = odd_list(&name, value, is_document_type),
            "document_countries" => self.lists[1] = odd_list(&name, value, is_country),
            "general_document_types" => self.lists[2] = odd_list(&name, value, is_general_document_type),
            known if OTHERS.contains(&known) => {}
            _ => {
                if self.unknown.len() < MAX_NAMED && !self.unknown.contains(&name) {
                    self.unknown.push(name);
                }
            }
        }
    }

    fn told(self) -> Vec<String> {
        let unknown = self.unknown.iter();
        let unknown = unknown.map(|name| format!("unknown flag `{}` is kept and has no effect", shortened(name)));
        let mut told: Vec<_> = unknown.chain(self.lists.into_iter().flatten()).collect();
        told.extend(self.boolean_flags.iter().map(|(_, name, value)| {
            let value = compact(value.get());
            format!("the flag `{name}` is {}, not true or false; it counts as false", shortened(&value))
        }));
        for (name, is_odd) in ["return_url", "language"].into_iter().zip(self.no_texts) {
            if is_odd {
                told.push(format!("the flag `{name}` is not a string and is ignored"));
            }
        }
        if let Some(code) = self.unknown_language {
            let known = Language::ALL.map(Language::code).join(", ");
            let meant = Language::meant(&code).map(|meant| format!("; here it is `{}`", meant.code()));
            let (code, meant) = (shortened(&code), meant.unwrap_or_default());
            told.push(format!("`language` is `{code}`, not one of {known}; the widget is in English{meant}"));
        }
        if self.is_no_web_address {
            told.push("`return_url` is not http or https; the widget will not redirect there".into());
        }
        told
    }
}

/// Returns a warning about a list of known strings: its first unknown element, or a value that is not a list.
fn odd_list(name: &str, value: &RawValue, is_known: fn(&str) -> bool) -> Option<String> {
    match value.get() {
        "null" => None,
        list if list.starts_with('[') => {
            let wrong = |element: &&RawValue| !JsonStr::from_json(element).is_some_and(|text| is_known(&text));
            let elements: Vec<&RawValue> = serde_json::from_str(list).ok()?;
            let wrong = compact(elements.into_iter().find(wrong)?.get());
            Some(format!("`{name}` has the unknown value {}, which is ignored", shortened(&wrong)))
        }
        _ => Some(format!("the flag `{name}` is not a list and restricts nothing")),
    }
}
