//! The keys of a kind of file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
    forward_to_deserialize_any,
};

use super::{DataFile, yaml::key_at};
use crate::tree::NodeValue;

/// Returns the top-level keys of a kind of file.
pub(crate) fn keys_of<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(KeyProbe) {
        Err(KeyProbeResult::Keys(keys)) => keys,
        _ => &[],
    }
}

impl DataFile {
    /// Returns how many of these keys are at the top of the file, and how many keys there are.
    pub(crate) fn count_keys(&self, keys: &[&str]) -> (usize, usize) {
        let top_keys = self.top_keys();
        (top_keys.iter().filter(|key| keys.contains(key)).count(), top_keys.len())
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

/// A deserializer that learns the keys of a type, and provides no values.
struct KeyProbe;

#[derive(Debug)]
enum KeyProbeResult {
    Keys(&'static [&'static str]),
    Other,
}

impl<'de> Deserializer<'de> for KeyProbe {
    type Error = KeyProbeResult;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, KeyProbeResult> {
        Err(KeyProbeResult::Other)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, KeyProbeResult> {
        Err(KeyProbeResult::Keys(fields))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for KeyProbeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for KeyProbeResult {}

impl de::Error for KeyProbeResult {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}
