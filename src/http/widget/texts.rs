//! The texts of the pages: one file a language, each with the same keys.

use std::{borrow::Cow, collections::HashMap};

use crate::{foreign_text::as_html, vendor::Language};

/// The file of a language, JSON: key → text. The page's script reads it.
pub(super) fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("languages/en.json"),
        Language::Spanish => include_str!("languages/es.json"),
        Language::Georgian => include_str!("languages/ka.json"),
        Language::Russian => include_str!("languages/ru.json"),
        Language::Ukrainian => include_str!("languages/uk.json"),
        Language::Greek => include_str!("languages/gr.json"),
        Language::Uzbek => include_str!("languages/uz.json"),
    }
}

/// A page with the texts of a language in place of their keys in braces, and before them those that are `given`.
pub(super) fn filled_in(page: &str, language: Language, given: &[(&str, &str)]) -> String {
    let texts: HashMap<&str, Cow<'_, str>> = serde_json::from_str(file(language)).expect("the texts are JSON");
    let mut filled = page.replacen(r#"<html lang="en">"#, &format!(r#"<html lang="{}">"#, language.html()), 1);
    // One pass over the page's own keys: what is filled in is never looked through for more.
    let mut whole = String::with_capacity(filled.len() + 256);
    while let Some((before, rest)) = filled.split_once('{') {
        let (key, after) = rest.split_once('}').expect("a brace of a page is closed");
        let given = given.iter().find(|(name, _)| *name == key).map(|(_, text)| *text);
        let text = given.or_else(|| texts.get(key).map(|text| &**text)).expect("the key is known");
        whole.push_str(before);
        whole.push_str(&as_html(text));
        filled = after.to_owned();
    }
    whole + &filled
}

/// The text of a key in a language.
pub(super) fn text(language: Language, key: &str) -> String {
    let texts: HashMap<String, String> = serde_json::from_str(file(language)).expect("the texts are JSON");
    texts[key].clone()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use serde_json::{Map, Value};

    use super::*;

    fn texts(language: Language) -> Map<String, Value> {
        serde_json::from_str(file(language)).unwrap()
    }

    /// What stands in braces in a text.
    fn gaps(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
    }

    #[test]
    fn every_language_has_every_text() {
        let english = texts(Language::English);
        for language in Language::ALL {
            let texts = texts(language);
            assert_eq!(texts.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language:?}");
            for (key, text) in &texts {
                let text = text.as_str().unwrap();
                assert!(!text.trim().is_empty(), "{language:?}: {key}");
                assert_eq!(gaps(text), gaps(english[key].as_str().unwrap()), "{language:?}: {key}");
            }
            let same = texts.iter().filter(|(key, text)| english[*key] == **text).count();
            assert!(language == Language::English || same <= 2, "{language:?} has {same} English texts");
        }
    }

    #[test]
    fn no_text_is_missing_and_none_is_unused() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let (mut code, mut scripts) = (String::new(), String::new());
        for place in ["http/widget", "http/widget/screens", "flow", "mock"] {
            for entry in fs::read_dir(folder.join(place)).unwrap() {
                let path = entry.unwrap().path();
                let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
                if matches!(ending, "js" | "html" | "rs") && !path.ends_with("texts.rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    if ending == "js" {
                        scripts += &text;
                    }
                    code += &text;
                }
            }
        }
        // Where a key is put together, its beginning stands there: `document-${kind}`.
        let families =
            ["document-", "capture-", "paper-", "prompt-", "camera-", "email-", "phone-", "check-", "processing-"];
        let families =
            families.into_iter().filter(|family| code.contains(&format!("`{family}${{")) || code.contains("`${kind}-"));
        let families: Vec<_> = families.collect();
        let texts = texts(Language::English);
        for key in texts.keys() {
            let is_named = [format!("\"{key}\""), format!("{{{key}}}")].iter().any(|name| code.contains(name));
            let page = ["not-valid", "expired", "finished", "misfit"]
                .iter()
                .any(|page| key.strip_prefix(page).is_some_and(|rest| matches!(rest, "-title" | "-text")));
            let is_put_together = page || families.iter().any(|family| key.starts_with(family));
            assert!(is_named || is_put_together, "nothing uses the text `{key}`");
        }
        let calls = scripts.split("t(\"").zip(scripts.split("t(\"").skip(1));
        let calls = calls.filter(|(before, _)| !before.ends_with(|letter: char| letter.is_alphanumeric()));
        let named = calls.map(|(_, rest)| rest.split('"').next().unwrap());
        let missing: Vec<_> = named.filter(|key| !texts.contains_key(*key)).collect();
        assert_eq!(missing, [""; 0]);
    }
}
