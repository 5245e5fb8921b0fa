//! Keys that have a new name. The old name is read for one release, with a warning.

use serde_saphyr::Spanned;

use super::{
    DataFile, FileProblem,
    spans::{LineColumn, SpannedTree, at},
};

/// An old name and the new one.
pub(crate) type Renamed = (&'static str, &'static str);

/// The renamed keys of a fault.
const OF_FAULTS: [Renamed; 2] = [("on", "endpoint"), ("answer", "response")];

/// All old names. No list of allowed keys shows them.
const OLD_NAMES: [&str; 6] = ["on", "answer", "encoding", "finish", "done-patience", "max-unfinished"];

/// The keys whose values are faults, or lists of faults.
const FAULTS: [&str; 3] = ["fault", "faults", "begin_fault"];

impl DataFile {
    /// Returns a warning for each old name of a fault's key, and for each old name in `at_top` at the top of the file.
    pub(crate) fn renamed_keys(&self, at_top: &[Renamed]) -> Vec<FileProblem> {
        let mut found = Vec::new();
        self.tree().into_iter().for_each(|tree| collect(tree, at_top, &mut found));
        found.into_iter().map(|(position, renamed)| self.marked(position, rename_advice(renamed))).collect()
    }
}

/// Returns the message about an old name.
pub(crate) fn rename_advice((old, new): (&str, &str)) -> String {
    format!("`{old}` is now `{new}`; rename it: the next release does not read the old name")
}

/// Whether a key is an old name.
pub(super) fn is_old_name(key: &str) -> bool {
    OLD_NAMES.contains(&key)
}

/// Removes the old names from the list of keys in a message of serde.
pub(crate) fn without_old_names(message: &str) -> String {
    let Some((unknown, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let expected = OLD_NAMES.iter().fold(expected.to_owned(), |list, old| list.replace(&format!("`{old}`, "), ""));
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
