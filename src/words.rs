//! Suggestions: the known word nearest to an unknown one, and the words that a message lists.

/// Minimum similarity, from 0 to 1, at which a word counts as a misspelling of another.
const ALIKE: f64 = 0.8;

/// Introductions of the list of allowed words in our messages, and in those of serde, which quotes its words.
const INTRODUCTIONS: [&str; 5] = ["allowed: ", " are: ", "known: ", ", expected one of ", ", expected `"];

/// Returns the allowed words that a message lists: ``…; allowed: manual, live``.
pub(crate) fn allowed(message: &str) -> Vec<String> {
    let mut lists = INTRODUCTIONS.iter().filter_map(|introduction| Some(message.split_once(introduction)?.1));
    let list = lists.find(|list| *list != "none").unwrap_or_default();
    let list = list.split(['\n', ';']).next().unwrap_or_default();
    let words = list.split(", ").flat_map(|part| part.split(" or ")).map(|word| word.trim().trim_matches('`'));
    let is_word = |word: &&str| !word.is_empty() && !word.contains([' ', '`']);
    words.filter(is_word).map(str::to_owned).collect()
}

/// Returns the `allowed` word nearest to the last word that the message quotes before its list.
pub(crate) fn meant<'a>(message: &str, allowed: &'a [String]) -> Option<&'a str> {
    let lists = INTRODUCTIONS.iter().filter_map(|introduction| message.find(introduction));
    let before = &message[..lists.min().unwrap_or(message.len())];
    nearest(before.rsplit('`').nth(1)?, allowed.iter().map(String::as_str))
}

/// Returns the known word nearest to `wrong`, if one is similar enough.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let likenesses = known.into_iter().map(|word| (strsim::jaro_winkler(&wrong, &word.to_lowercase()), word));
    let (likeness, nearest) = likenesses.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (likeness >= ALIKE).then_some(nearest)
}

/// Adds the nearest allowed word to a message that lists the allowed words.
pub(crate) fn with_meant(message: String) -> String {
    match meant(&message, &allowed(&message)) {
        Some(word) => format!("{message}; did you mean `{word}`?"),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_our_messages_and_those_of_serde_are_found() {
        for (message, words, word) in [
            ("unknown field `aftr`, expected one of `after`, `by`", &["after", "by"][..], Some("after")),
            ("`a.by`: unknown field `bye`, expected one of `by`, `a`", &["by", "a"], Some("by")),
            ("unknown field `bye`, expected `by`", &["by"], Some("by")),
            ("unknown field `x`, expected `one` or `two`", &["one", "two"], None),
            ("`manul` is not a dialect; allowed: manual, live", &["manual", "live"], Some("manual")),
            (
                "there is no scenario `aproved`; the scenarios are: approved, rejected",
                &["approved", "rejected"],
                Some("approved"),
            ),
            ("there is no configuration `x`; known: none", &[], None),
            ("invalid type: string \"a\", expected u32", &[], None),
            ("`15` is not a duration; write it like 500ms, 90s, 15m or 24h", &[], None),
        ] {
            let found = allowed(message);
            assert_eq!(
                (&found[..], meant(message, &found)),
                (&words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..], word),
                "{message}"
            );
        }
    }
}
