//! The keys of a kind of file.

use serde::de::DeserializeOwned;

use super::{DataFile, yaml::key_at};
use crate::tree::{self, NodeValue, unplaced, unplaced_entry};

/// Returns the top-level keys of a kind of file.
pub(crate) fn keys_of<T: DeserializeOwned>() -> Vec<String> {
    let unknown = unplaced(NodeValue::Mapping(vec![unplaced_entry("", NodeValue::Null)]));
    let issues = tree::read::<T>(&unknown, None).err().unwrap_or_default();
    let unknown = issues.iter().find(|issue| issue.problem.key().is_some());
    unknown.map(|issue| issue.problem.allowed().to_vec()).unwrap_or_default()
}

impl DataFile {
    /// Returns how many of these keys are at the top of the file, and how many keys there are.
    pub(crate) fn count_keys(&self, keys: &[String]) -> (usize, usize) {
        let top_keys = self.top_keys();
        (top_keys.iter().filter(|key| keys.iter().any(|known| known == *key)).count(), top_keys.len())
    }

    /// Returns the top-level keys; for invalid YAML, the keys at the start of lines.
    fn top_keys(&self) -> Vec<&str> {
        match self.tree().map(|tree| &tree.value) {
            Some(NodeValue::Mapping(entries)) => entries.iter().map(|(key, _)| key.value.as_str()).collect(),
            Some(_) => Vec::new(),
            None => {
                let keys = self.text.lines().filter(|line| key_at(line).is_some());
                keys.filter_map(|line| line.split(':').next()).collect()
            }
        }
    }
}
