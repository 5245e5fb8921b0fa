//! The known words that are like an unknown one.

/// Minimum similarity, from 0 to 1, at which a word counts as a misspelling of another.
const ALIKE: f64 = 0.8;

/// Maximum number of compared characters of a word.
const MAX_COMPARED_CHARS: usize = 60;

/// Returns the known word nearest to `wrong`, if one is similar enough.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likenesses = known.into_iter().map(|word| (likeness(wrong, word), word));
    let (likeness, nearest) = likenesses.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    (likeness >= ALIKE).then_some(nearest)
}

/// Returns the known words, those most like `wrong` first.
pub(super) fn by_likeness<'a>(wrong: &str, known: &'a [String]) -> Vec<&'a str> {
    let mut words: Vec<_> = known.iter().map(|word| (likeness(wrong, word), word.as_str())).collect();
    words.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    words.into_iter().map(|(_, word)| word).collect()
}

/// Returns the similarity of the beginnings, as comparing takes the product of the lengths.
fn likeness(one: &str, other: &str) -> f64 {
    let [one, other] =
        [one, other].map(|word| word.chars().take(MAX_COMPARED_CHARS).collect::<String>().to_lowercase());
    strsim::jaro_winkler(&one, &other)
}
