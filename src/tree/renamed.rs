//! Keys that have a new name. The old name is read for one release, with a warning.

use super::{LineColumn, Node, NodeValue, line_column};

/// An old name and the new one.
pub(crate) type Renamed = (&'static str, &'static str);

/// The renamed keys of the config file; each is also the flag without its dashes.
pub(crate) const OF_SETTINGS: [Renamed; 3] =
    [("finish", "outcome-trigger"), ("done-patience", "done-timeout"), ("max-unfinished", "max-incomplete-bytes")];

/// The renamed keys of a fault.
const OF_FAULTS: [Renamed; 2] = [("on", "endpoint"), ("answer", "response")];

/// The renamed members of bodies of the control API: of a call pattern, or of a fault.
pub(crate) const OF_BODIES: [Renamed; 3] = [("encoding", "body_format"), OF_FAULTS[0], OF_FAULTS[1]];

/// The renamed words of a condition.
const OF_CONDITIONS: [Renamed; 2] = [("exact", "is"), ("absent: true", "present: false")];

/// The renamed members of queries of the control API.
pub(crate) const OF_QUERIES: [Renamed; 2] = [("encoding", "body_format"), ("answer", "current_result")];

/// The keys whose members are conditions.
const CONDITIONS: [&str; 2] = ["parameters", "headers"];

/// The keys whose values are faults, or lists of faults.
const FAULTS: [&str; 3] = ["fault", "faults", "begin_fault"];

/// Returns the position of each old name: of a fault's key, and of those in `at_top` at the top of the tree.
pub(crate) fn renamed_keys(root: &Node, at_top: &[Renamed]) -> Vec<(LineColumn, Renamed)> {
    let mut found = Vec::new();
    collect(root, at_top, &mut found);
    found
}

/// Whether a text may have a key with an old name, of a fault or one of these. Far faster than parsing the text.
pub(crate) fn may_have_old_key(text: &str, renamed: &[Renamed]) -> bool {
    let is_key = |(at, old): (usize, &str)| {
        let is_whole = !text[..at].ends_with(|before: char| before.is_alphanumeric() || "-_".contains(before));
        is_whole && text[at + old.len()..].trim_start_matches(['"', '\'', ' ']).starts_with(':')
    };
    renamed.iter().chain(&OF_FAULTS).any(|(old, _)| text.match_indices(old).any(is_key))
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

fn collect(here: &Node, renamed: &[Renamed], found: &mut Vec<(LineColumn, Renamed)>) {
    match &here.value {
        NodeValue::Mapping(entries) => {
            for (key, value) in entries {
                let old = renamed.iter().find(|(old, _)| key.value == *old);
                found.extend(old.map(|old| (line_column(key.referenced), *old)));
                let is_fault = FAULTS.contains(&key.value.as_str());
                collect(value, if is_fault { &OF_FAULTS } else { &[] }, found);
                if CONDITIONS.contains(&key.value.as_str()) {
                    collect_of_conditions(value, found);
                }
            }
        }
        NodeValue::List(elements) => elements.iter().for_each(|element| collect(element, renamed, found)),
        _ => {}
    }
}

/// Collects the old words of named conditions.
fn collect_of_conditions(named: &Node, found: &mut Vec<(LineColumn, Renamed)>) {
    let NodeValue::Mapping(named) = &named.value else { return };
    for (_, condition) in named {
        let NodeValue::Mapping(words) = &condition.value else { continue };
        for (word, _) in words {
            let is_old = |(old, _): &&Renamed| old.split(':').next() == Some(&word.value);
            found.extend(OF_CONDITIONS.iter().find(is_old).map(|renamed| (line_column(word.referenced), *renamed)));
        }
    }
}
