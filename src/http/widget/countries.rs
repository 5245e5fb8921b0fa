//! The countries of ISO 3166-1 with their CLDR names: one file per language.

use serde_json::{Map, Value};

use super::texts::file_of;
use crate::vendor::Language;

/// Returns every country: three-letter code → name. `_own` is the default.
pub(super) fn names(language: Language, _own: &str) -> Map<String, Value> {
    serde_json::from_str(file_of!(language, "countries")).expect("the names are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_name_for_every_country() {
        let english = names(Language::English, "");
        assert!(english.len() > 240 && english.keys().all(|code| code.len() == 3));
        for language in Language::ALL {
            let names = names(language, "");
            assert_eq!(names.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
            let same = names.iter().filter(|(code, name)| english.get(*code) == Some(*name)).count();
            assert!(language == Language::English || same < names.len() / 2, "{language:?} has {same} English names");
        }
        assert_eq!(names(Language::Georgian, "")["GEO"], "საქართველო");
        assert_eq!(names(Language::Uzbek, "")["UZB"], "Oʻzbekiston");
    }
}
