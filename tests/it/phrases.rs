//! The texts are plain: comments, messages, pages and docs have no phrase that must be read twice.

use std::{collections::BTreeSet, fs, path::Path};

use regex_lite::{Regex, RegexBuilder};

/// Phrases as regular expressions, each with better words and with a text that it matches.
const BANNED: [(&str, &str, &str); 17] = [
    (r"whoever", "any client, a tester, the caller", "Whoever asks gets it"),
    (r"what (comes|came) of", "the result", "what comes of it"),
    (r"so many(-th)?", "a number, or `n`", "the so many-th of its company"),
    (r"those that", "the noun: the calls that …", "those that wait"),
    (r"(is|are|was|were|be|been) gone", "was removed, has expired, was evicted", "it is gone"),
    (r"stands?", "is, current, contains", "the session as it stands"),
    (r"(comes?|came|coming) to be", "is created", "companies come to be"),
    (r"(gets?|got|getting) on", "advances", "how a session gets on"),
    (r"(gets?|got|getting) through", "finishes", "the person gets through"),
    (r"(go|goes|went|going|gone) on", "continues", "the test goes on"),
    (r"(is|are|was|were) through", "has finished", "the person is through"),
    (r"(brings?|brought|bringing)( \S+){0,4} about", "triggers, causes", "brings the verdict about"),
    (r"how things", "the current state", "how things are"),
    (r"(makes?|made|making) room", "is evicted", "made room for newer ones"),
    (r"counts? for nothing", "is ignored", "an old poll counts for nothing"),
    (r"(go|goes|went) with", "conflicts with, belongs to", "does not go with it"),
    (r"in vain", "without success, after the timeout", "In vain, it answers 408"),
];

/// Texts that begin like a banned phrase and are fine, each with its reason.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("stand-in", "the term for what the product is"),
    ("stands for", "the meaning of a placeholder: `*` stands for any characters"),
    ("stand for", "the same"),
];

/// Files and folders that are read.
const READ: [&str; 15] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "Dockerfile",
    "FIDELITY.md",
    "GLOSSARY.md",
    "Makefile",
    "README.md",
    "compose.yaml",
    "docs",
    "examples",
    "scenarios",
    "src",
    "src/http/widget/languages/en.json",
];

/// Folders that are not read: built files, names of countries, and the widget's texts in other languages.
const SKIPPED: [&str; 5] = ["__pycache__", "countries", "languages", "node_modules", "target"];

/// A phrase that no text may contain, except as an exception.
struct Banned {
    regex: Regex,
    instead: &'static str,
}

/// A banned phrase in a text; `exception` names the exception that covers it.
struct Hit {
    line: usize,
    phrase: String,
    instead: &'static str,
    exception: Option<&'static str>,
}

fn banned() -> Vec<Banned> {
    // The next word may be in the next line of a text, a comment, a quotation or a string.
    let space = r"\s+(?:(?:\\|//[/!]?|#|\*|>)\s+)?";
    let regex = |phrase: &str| format!(r"\b{}\b", phrase.replace(' ', space));
    let phrases = BANNED.iter().map(|&(phrase, instead, _)| Banned {
        regex: RegexBuilder::new(&regex(phrase)).case_insensitive(true).build().unwrap(),
        instead,
    });
    phrases.collect()
}

fn hits(text: &str, banned: &[Banned]) -> Vec<Hit> {
    let exception = |start: usize| {
        let is_here = |words: &str| text[start..].get(..words.len()).is_some_and(|it| it.eq_ignore_ascii_case(words));
        EXCEPTIONS.iter().map(|(words, _)| *words).find(|words| is_here(words))
    };
    let all = banned.iter().flat_map(|Banned { regex, instead }| {
        regex.find_iter(text).map(|found| Hit {
            line: 1 + text[..found.start()].matches('\n').count(),
            phrase: found.as_str().to_owned(),
            instead,
            exception: exception(found.start()),
        })
    });
    all.collect()
}

/// The texts at a path, each with its path; files that are not text are left out.
pub(crate) fn texts(path: &Path) -> Vec<(String, String)> {
    if !path.is_dir() {
        let text = String::from_utf8(fs::read(path).unwrap()).ok();
        return text.map(|text| (path.display().to_string(), text)).into_iter().collect();
    }
    let inside = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let inside = inside.filter(|path| SKIPPED.iter().all(|skipped| !path.ends_with(skipped)));
    inside.flat_map(|path| texts(&path)).collect()
}

#[test]
fn no_text_has_a_banned_phrase() {
    let banned = banned();
    let texts: Vec<_> = READ.iter().flat_map(|path| texts(Path::new(path))).collect();
    assert!(texts.len() > 350, "the texts are found: {}", texts.len());
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for (path, text) in &texts {
        for Hit { line, phrase, instead, exception } in hits(text, &banned) {
            match exception {
                Some(exception) => _ = used.insert(exception),
                None => wrong.push(format!("{path}:{line}: `{phrase}` has to be read twice; write: {instead}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused: Vec<_> = EXCEPTIONS.iter().filter(|(words, _)| !used.contains(words)).collect();
    assert!(unused.is_empty(), "no text needs these exceptions: {unused:?}");
}

#[test]
fn a_banned_phrase_is_found_in_texts_strings_and_comments() {
    let banned = banned();
    for (phrase, _, example) in BANNED {
        let comment = format!("fn first() {{}}\n\n    /// A word, {}.", example.replace(' ', "\n    /// "));
        let string = example.replace(' ', " \\\n    ");
        for (text, line) in [(example, 1), (&string, 1), (&comment, 3)] {
            let hits = hits(text, &banned);
            assert!(hits.iter().any(|hit| hit.line >= line && hit.exception.is_none()), "{phrase}: {text}");
        }
    }
    let fine = hits("A stand-in; `*` stands for any characters.", &banned);
    assert_eq!(fine.iter().filter_map(|hit| hit.exception).collect::<Vec<_>>(), ["stand-in", "stands for"]);
    assert_eq!(fine.len(), 2);
    assert!(hits("It understands the standard.", &banned).is_empty());
}
