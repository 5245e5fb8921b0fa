//! The texts of the pages: one file per language, all with the same keys.

use std::{borrow::Cow, collections::HashMap};

use crate::{foreign_text::as_html, vendor::Language};

/// Includes the file of a language from a folder beside this one.
macro_rules! file_of {
    ($language:expr, $folder:literal) => {
        match $language {
            Language::English => include_str!(concat!($folder, "/en.json")),
            Language::Spanish => include_str!(concat!($folder, "/es.json")),
            Language::Georgian => include_str!(concat!($folder, "/ka.json")),
            Language::Russian => include_str!(concat!($folder, "/ru.json")),
            Language::Ukrainian => include_str!(concat!($folder, "/uk.json")),
            Language::Greek => include_str!(concat!($folder, "/gr.json")),
            Language::Uzbek => include_str!(concat!($folder, "/uz.json")),
        }
    };
}
#[cfg(feature = "page")]
pub(super) use file_of;

/// Returns the file of a language, JSON: key → text. The page's script reads it.
pub(super) fn file(language: Language) -> &'static str {
    file_of!(language, "languages")
}

/// Returns a page with the texts of a language in place of keys in braces; `given` values take precedence.
pub(super) fn filled_in(page: &str, language: Language, given: &[(&str, &str)]) -> String {
    let texts: HashMap<&str, Cow<'_, str>> = serde_json::from_str(file(language)).expect("the texts are JSON");
    let page = page.replacen(r#"<html lang="en">"#, &format!(r#"<html lang="{}">"#, language.html()), 1);
    // One pass over the page's own keys: inserted texts are not searched for keys.
    let (mut filled, mut rest) = (String::with_capacity(page.len() + 256), &*page);
    while let Some((before, from_key)) = rest.split_once('{') {
        let (key, after) = from_key.split_once('}').expect("a brace of a page is closed");
        let given = given.iter().find(|(name, _)| *name == key).map(|(_, text)| *text);
        filled.push_str(before);
        filled.push_str(&as_html(given.or(texts.get(key).map(|text| &**text)).expect("the key is known")));
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use serde_json::{Map, Value};

    use super::*;
    use crate::vendor::{DocumentType, Flags};

    fn texts(language: Language) -> Map<String, Value> {
        serde_json::from_str(file(language)).unwrap()
    }

    /// Returns the keys in braces of a text.
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
        // Composed keys: `document-${kind}`.
        let kinds = DocumentType::ALL.map(|kind| format!("document-{}", kind.as_str()));
        let papers = Flags::default().general_document_types().into_iter().map(|kind| format!("paper-{kind}"));
        let subjects = [
            "card-front",
            "card-back",
            "passport",
            "passport-spread",
            "face",
            "liveness",
            "face-with-document",
            "paper",
        ];
        let subjects = subjects.iter().flat_map(|it| [format!("capture-{it}"), format!("capture-{it}-text")]);
        let cameras = ["denied", "missing", "poor"].map(|reason| format!("camera-{reason}"));
        let screens = ["email", "phone", "check", "processing", "participants", "video-call"];
        let pages = ["not-valid", "expired", "finished", "other-browser", "misfit"];
        let titles = screens.iter().chain(&pages).map(|it| format!("{it}-title"));
        // An invalid form has its own message.
        let leads = screens.iter().chain(&pages[..4]).map(|it| format!("{it}-text"));
        let labels = ["email", "phone"].map(|it| format!("{it}-label"));
        let prompts = (1..=3).map(|number| format!("prompt-{number}"));
        let built = kinds.into_iter().chain(papers).chain(subjects).chain(cameras).chain(titles).chain(leads);
        let built: BTreeSet<_> = built.chain(labels).chain(prompts).collect();
        let texts = texts(Language::English);
        let is_named = |key: &str| [format!("\"{key}\""), format!("{{{key}}}")].iter().any(|name| code.contains(name));
        let unused: Vec<_> = texts.keys().filter(|key| !built.contains(*key) && !is_named(key)).collect();
        assert_eq!(unused, [""; 0]);
        let missing: Vec<_> = built.iter().filter(|key| !texts.contains_key(*key)).collect();
        assert_eq!(missing, [""; 0]);
        let calls = scripts.split("t(\"").zip(scripts.split("t(\"").skip(1));
        let calls = calls.filter(|(before, _)| !before.ends_with(|letter: char| letter.is_alphanumeric()));
        let named = calls.map(|(_, rest)| rest.split('"').next().unwrap());
        let missing: Vec<_> = named.filter(|key| !texts.contains_key(*key)).collect();
        assert_eq!(missing, [""; 0]);
    }
}
