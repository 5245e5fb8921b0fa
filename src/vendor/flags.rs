//! The flags of a session, as the company sent them, and what they mean.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::foreign_text::{MOST_NAMED, shortened};

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

/// The flags of the vendor's manual and of older clients that are true or false (specification, section 6).
const SWITCHES: [&str; 26] = [
    "liveness",
    "allow_general_document_capture",
    "allow_general_document_upload",
    "skip_agreement",
    "skip_document",
    "skip_face",
    "allow_document_upload",
    "allow_face_upload",
    "allow_face_doc_upload",
    "require_face_document",
    "disable_document_capture",
    "skip_desktop",
    "capture_double_page_passport",
    "require_email_check",
    "require_email",
    "require_phone_number_check",
    "require_phone_number",
    "restrict_url_sharing",
    "optional_continue_on_another_device",
    "multiple_participants",
    "cascading_identity_verification",
    "requireHdMedia",
    "document_type_id",
    "document_type_passport",
    "document_type_driver_license",
    "document_type_residence_license",
];

/// The other flags that are known: texts, lists, what older clients send, and the mock's own.
const OTHERS: [&str; 10] = [
    "return_url",
    "language",
    "document_types",
    "document_countries",
    "general_document_types",
    "switch_device_url",
    "server",
    "inn",
    "platform",
    "mock_scenario",
];

/// What the company asked for. Unknown flags are kept and have no effect.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flags(Map<String, Value>);

impl Flags {
    pub(crate) fn new(flags: Map<String, Value>) -> Self {
        Self(flags)
    }

    /// These flags with those `above` laid over them: where both have a flag, the one from above holds.
    pub(crate) fn with(mut self, above: Map<String, Value>) -> Self {
        if self.0.is_empty() {
            self.0 = above;
        } else {
            self.0.extend(above);
        }
        self
    }

    /// A flag as the company sent it.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(on)) => *on,
            Some(Value::String(text)) => text == "true",
            _ => false,
        }
    }

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
        let is_web = |url: &&str| {
            let scheme = url.split(':').next().unwrap_or_default();
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        };
        self.text("return_url").filter(is_web)
    }

    /// The scenario that the call asks for by name, and where it does so.
    ///
    /// # Errors
    ///
    /// A message when the flag `mock_scenario` is not text.
    pub(crate) fn wished_scenario(&self) -> Result<Option<(String, &'static str)>, String> {
        match self.0.get("mock_scenario") {
            Some(Value::String(name)) if !name.is_empty() => {
                return Ok(Some((name.clone(), "the flag `mock_scenario`")));
            }
            None | Some(Value::Null | Value::String(_)) => {}
            Some(other) => {
                return Err(format!("the flag `mock_scenario` is not text: {}", shortened(&other.to_string())));
            }
        }
        let in_query = || {
            let page = self.text("return_url")?.split('#').next()?;
            let (_, query) = page.split_once('?')?;
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "mock_scenario")
        };
        Ok(in_query().map(|(_, name)| (name.into_owned(), "`mock_scenario` in the query of `return_url`")))
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

    /// Whether the person is asked for general documents such as a utility bill.
    pub(crate) fn wants_general_document(&self) -> bool {
        self.is_on("allow_general_document_capture") || self.is_on("allow_general_document_upload")
    }

    /// The kind of general document that the invented person brings: the first that is allowed.
    pub(crate) fn general_document_type(&self) -> &'static str {
        let listed = self.list("general_document_types");
        let known = |kind: &&str| GENERAL_DOCUMENT_TYPES.into_iter().find(|known| known == kind);
        listed.iter().find_map(known).unwrap_or(GENERAL_DOCUMENT_TYPES[0])
    }

    /// What is odd about the flags, for the hint header. None of it is an error.
    pub(crate) fn oddities(&self) -> Vec<String> {
        let is_known = |name: &str| SWITCHES.contains(&name) || OTHERS.contains(&name);
        let unknown = self.0.keys().filter(|name| !is_known(name)).take(MOST_NAMED);
        let mut oddities: Vec<_> = unknown
            .map(|name| format!("the flag `{}` is not known: it is kept and has no effect", shortened(name)))
            .collect();
        let is_kind = |kind: &str| DocumentType::ALL.iter().any(|known| known.as_str() == kind);
        oddities.extend(self.odd_list("document_types", is_kind));
        oddities.extend(self.odd_list("document_countries", is_country));
        oddities.extend(self.odd_list("general_document_types", |kind| GENERAL_DOCUMENT_TYPES.contains(&kind)));
        for (name, value) in self.0.iter().filter(|(name, _)| SWITCHES.contains(&name.as_str())) {
            if !(value.is_boolean() || value.is_null() || value == "true" || value == "false") {
                let value = value.to_string();
                oddities
                    .push(format!("the flag `{name}` is {}, not true or false: it counts as false", shortened(&value)));
            }
        }
        for name in ["return_url", "language"] {
            if self.0.get(name).is_some_and(|value| !(value.is_string() || value.is_null())) {
                oddities.push(format!("the flag `{name}` is not text: it counts for nothing"));
            }
        }
        if self.text("return_url").is_some() && self.return_url().is_none() {
            oddities.push("`return_url` is not http or https: the widget will not go there".into());
        }
        oddities
    }

    fn odd_list(&self, name: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
        match self.0.get(name)? {
            Value::Null => None,
            Value::Array(values) => {
                let wrong = values.iter().find(|value| !value.as_str().is_some_and(&is_known))?.to_string();
                Some(format!("`{name}` has {}, which is not known and counts for nothing", shortened(&wrong)))
            }
            _ => Some(format!("the flag `{name}` is not a list: it restricts nothing")),
        }
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flags(value: Value) -> Flags {
        Flags::new(serde_json::from_value(value).unwrap())
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

    #[test]
    fn the_flag_is_stronger_than_the_return_url() {
        let both = flags(json!({"mock_scenario": "a", "return_url": "https://example.com/?mock_scenario=b#c"}));
        assert_eq!(both.wished_scenario().unwrap().unwrap().0, "a");
        let one = flags(json!({"return_url": "https://example.com/?x=1&mock_scenario=b%2Dc#d"}));
        assert_eq!(one.wished_scenario().unwrap().unwrap().0, "b-c");
        for without in ["https://example.com/", "https://example.com/#/done?mock_scenario=c"] {
            assert_eq!(flags(json!({"return_url": without})).wished_scenario(), Ok(None));
        }
    }

    #[test]
    fn a_flag_is_on_as_a_boolean_or_as_text() {
        for (value, on) in [(json!(true), true), (json!("true"), true), (json!(false), false), (json!("false"), false)]
        {
            assert_eq!(flags(json!({"liveness": value})).is_on("liveness"), on);
        }
    }
}
