//! Keys that have a new name. The old name is read for one release, with a warning.

use serde_saphyr::Spanned;

use super::{
    DataFile, FileProblem,
    spans::{LineColumn, SpannedTree, at},
};

/// An old name and the new one.
pub(crate) type Renamed = (&'static str, &'static str);

/// The renamed keys of the config file; each is also the flag without its dashes.
pub(crate) const OF_SETTINGS: [Renamed; 3] =
    [("finish", "outcome-trigger"), ("done-patience", "done-timeout"), ("max-unfinished", "max-incomplete-bytes")];

/// The renamed keys of a fault.
const OF_FAULTS: [Renamed; 2] = [("on", "endpoint"), ("answer", "response")];

/// The renamed members of bodies of the control API: of a call pattern, or of a fault.
pub(crate) const OF_BODIES: [Renamed; 3] = [("encoding", "body_format"), OF_FAULTS[0], OF_FAULTS[1]];

/// The renamed members of queries of the control API.
pub(crate) const OF_QUERIES: [Renamed; 2] = [("encoding", "body_format"), ("answer", "current_result")];

/// The keys whose values are faults, or lists of faults.
const FAULTS: [&str; 3] = ["fault", "faults", "begin_fault"];

impl DataFile {
    /// Returns a warning for each old name of a fault's key, and for each old name in `at_top` at the top of the file.
    pub(crate) fn renamed_keys(&self, at_top: &[Renamed]) -> Vec<FileProblem> {
        if ![at_top, &OF_FAULTS].iter().any(|renamed| may_have_key(&self.text, renamed)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        self.tree().into_iter().for_each(|tree| collect(tree, at_top, &mut found));
        found.into_iter().map(|(position, renamed)| self.marked(position, rename_advice(renamed))).collect()
    }
}

/// Whether a text may have a key with an old name. Far faster than parsing the text.
pub(crate) fn may_have_key(text: &str, renamed: &[Renamed]) -> bool {
    let is_key = |(at, old): (usize, &str)| {
        let is_whole = !text[..at].ends_with(|before: char| before.is_alphanumeric() || "-_".contains(before));
        is_whole && text[at + old.len()..].trim_start_matches(['"', '\'', ' ']).starts_with(':')
    };
    renamed.iter().any(|(old, _)| text.match_indices(old).any(is_key))
}

/// Returns the message about an old name.
pub(crate) fn rename_advice((old, new): (&str, &str)) -> String {
    format!("`{old}` is now `{new}`; rename it: the next release does not read the old name")
}

/// Returns all old names. No list of allowed keys shows them.
fn old_names() -> impl Iterator<Item = &'static str> {
    OF_SETTINGS.iter().chain(&OF_BODIES).chain(&OF_QUERIES).map(|(old, _)| *old)
}

/// Whether a key is an old name.
pub(super) fn is_old_name(key: &str) -> bool {
    old_names().any(|old| old == key)
}

/// Removes the old names from the list of keys in a message of serde.
pub(crate) fn without_old_names(message: &str) -> String {
    let Some((unknown, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let expected = old_names().fold(expected.to_owned(), |list, old| list.replace(&format!("`{old}`, "), ""));
    format!("{unknown}, expected {expected}")
}

fn collect(here: &Spanned<SpannedTree>, renamed: &[Renamed], found: &mut Vec<(LineColumn, Renamed)>) {
    match &here.value {
        SpannedTree::Keys(entries) => {
            for (key, value) in entries {
                let old = renamed.iter().find(|(old, _)| key.value == *old);
                found.extend(old.map(|old| (at(key.referenced), *old)));
                let is_fault = FAULTS.contains(&key.value.as_str());
                collect(value, if is_fault { &OF_FAULTS } else { &[] }, found);
            }
        }
        SpannedTree::List(elements) => elements.iter().for_each(|element| collect(element, renamed, found)),
        SpannedTree::Text(_) | SpannedTree::Other => {}
    }
}
