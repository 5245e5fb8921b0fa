//! The flags of a session, as the company sent them, and their meaning.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Language;

/// A kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum DocumentType {
    Id,
    Passport,
    DriverLicense,
    ResidenceLicense,
}

impl DocumentType {
    /// All kinds, in the vendor's order.
    pub(crate) const ALL: [Self; 4] = [Self::Id, Self::Passport, Self::DriverLicense, Self::ResidenceLicense];

    /// Returns the vendor's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Passport => "passport",
            Self::DriverLicense => "driver_license",
            Self::ResidenceLicense => "residence_license",
        }
    }
}

/// The kinds of general document; the first is used if any is allowed.
const GENERAL_DOCUMENT_TYPES: [&str; 3] = ["utility_bill", "bank_statement", "drivers_license"];

/// The other known flags: strings, lists, flags of older clients, and the mock's own.
pub(super) const OTHERS: [&str; 12] = [
    "document_countries",
    "document_types",
    "general_document_types",
    "inn",
    "language",
    "mock_autopilot",
    "mock_autopilot_pace",
    "mock_scenario",
    "platform",
    "return_url",
    "server",
    "switch_device_url",
];

/// The parsed flags, for code that needs more than [`super::FlagsAtBegin`]. Unknown flags have no effect.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flags(Map<String, Value>);

impl Flags {
    /// Parses a JSON object; an empty text means no flags.
    pub(crate) fn read(flags: &str) -> Self {
        if flags.is_empty() { Self::default() } else { Self(serde_json::from_str(flags).expect("flags are checked")) }
    }

    /// Returns a flag as it was sent.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns all flags, as a JSON object.
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// Returns the language of the pages. Unknown codes fall back to English ([source](crate::fidelity#the-widget)).
    pub(crate) fn language(&self) -> Language {
        self.text("language").and_then(Language::from_code).unwrap_or(Language::English)
    }

    /// Whether a flag is on: true, or the string `true`.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true))) || self.text(name) == Some("true")
    }

    /// Returns these flags with those of a step merged in: its members, and those of its member `flags`.
    pub(crate) fn with_step(&self, step: &Value) -> Self {
        let mut flags = self.0.clone();
        for members in [Some(step), step.get("flags")] {
            flags.extend(members.and_then(Value::as_object).cloned().unwrap_or_default());
        }
        Self(flags)
    }

    /// Returns a string flag; `None` if it is missing, empty or not a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Returns the strings of a list; empty for "no restriction".
    fn list(&self, name: &str) -> Vec<&str> {
        let values = self.0.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        values.iter().filter_map(Value::as_str).collect()
    }

    /// Returns the URL to redirect to at the end; `None` for an embedded widget.
    ///
    /// Only `http` and `https` ([source](crate::fidelity#the-widget)).
    pub(crate) fn return_url(&self) -> Option<&str> {
        self.text("return_url").filter(|url| is_web_address(url))
    }

    /// Returns the allowed identity documents. Never empty: a list without known kinds is ignored.
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

    /// Returns the countries of allowed documents, as three-letter codes; empty for any.
    pub(crate) fn document_countries(&self) -> Vec<String> {
        let countries = self.list("document_countries").into_iter().filter(|country| is_country(country));
        countries.map(str::to_ascii_uppercase).collect()
    }

    /// Returns the allowed general documents; an invented person has the first. Never empty: a list without known kinds
    /// is ignored.
    pub(crate) fn general_document_types(&self) -> Vec<&'static str> {
        let known = |kind: &str| GENERAL_DOCUMENT_TYPES.into_iter().find(|known| *known == kind);
        let listed: Vec<_> = self.list("general_document_types").into_iter().filter_map(known).collect();
        if listed.is_empty() { GENERAL_DOCUMENT_TYPES.to_vec() } else { listed }
    }
}

pub(super) fn is_web_address(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

pub(super) fn is_document_type(kind: &str) -> bool {
    DocumentType::ALL.iter().any(|known| known.as_str() == kind)
}

pub(super) fn is_general_document_type(kind: &str) -> bool {
    GENERAL_DOCUMENT_TYPES.contains(&kind)
}

pub(super) fn is_country(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
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
}
