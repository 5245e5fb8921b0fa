//! JSON that is kept and read as text, without a tree of its values.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// The reason a text is not accepted as JSON; the name of the text precedes it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    #[error("is not JSON: {0}")]
    Invalid(#[from] serde_json::Error),
    #[error("is nested deeper than {0} levels")]
    TooDeep(usize),
}

/// Checks that `text` is valid JSON, nested at most `depth` levels deep.
///
/// # Errors
///
/// [`JsonError`].
pub(crate) fn check(text: &[u8], depth: usize) -> Result<(), JsonError> {
    let deepest = Cell::new(0);
    let mut reader = serde_json::Deserializer::from_slice(text);
    DepthCheck { level: 0, deepest: &deepest }.deserialize(&mut reader).and_then(|()| reader.end())?;
    if deepest.get() > depth { Err(JsonError::TooDeep(depth)) } else { Ok(()) }
}

/// Visits a value as a tree would be read, and tracks only the depth.
#[derive(Clone, Copy)]
pub(crate) struct DepthCheck<'a> {
    pub(crate) level: usize,
    pub(crate) deepest: &'a Cell<usize>,
}

impl DepthCheck<'_> {
    fn inside(self) -> Self {
        let level = self.level + 1;
        self.deepest.set(self.deepest.get().max(level));
        Self { level, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for DepthCheck<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DepthCheck<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let inside = self.inside();
        while elements.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inside = self.inside();
        while members.next_key_seed(inside)?.is_some() {
            members.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// Maximum depth of a tree: reading, comparing, writing and dropping a tree uses stack for each level.
pub(crate) const MAX_DEPTH: usize = 64;

/// Parses an unchecked text; `None` if it is invalid, or deeper than [`MAX_DEPTH`].
pub(crate) fn tree(text: &str) -> Option<Value> {
    check(text.as_bytes(), MAX_DEPTH).ok()?;
    serde_json::from_str(text).ok()
}

/// Returns a value without whitespace; invalid JSON is unchanged.
pub(crate) fn compact(value: &str) -> String {
    tree(value).map_or_else(|| value.to_owned(), |tree| tree.to_string())
}

/// A JSON string; borrowed if it has no escapes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct JsonStr<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'a> JsonStr<'a> {
    /// Reads a string; `None` for another value, or invalid JSON.
    pub(crate) fn read(value: &'a str) -> Option<Cow<'a, str>> {
        match plain_string(value) {
            Some(inside) if inside.len() + 2 == value.len() => Some(Cow::Borrowed(inside)),
            _ if value.starts_with('"') => serde_json::from_str(value).ok().map(|Self(text)| text),
            _ => None,
        }
    }
}

/// Returns the content of the string at the beginning of a text, if it has no escapes: most have none.
pub(crate) fn plain_string(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('"')?;
    let end = inside.bytes().position(|byte| STOPS[usize::from(byte)])?;
    (inside.as_bytes()[end] == b'"').then(|| &inside[..end])
}

/// The bytes that a string does not have inside, unless it has escapes. A table is faster than comparing each byte.
static STOPS: [bool; 256] = {
    let mut stops = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        stops[byte] = matches!(byte as u8, b'"' | b'\\' | ..b' ');
        byte += 1;
    }
    stops
};

/// Returns a struct as a JSON object.
pub(crate) fn members_of(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        other => unreachable!("a struct is an object: {other:?}"),
    }
}

/// Merges members into a document, as a JSON merge patch (RFC 7396): objects member by member, null removes one.
pub(crate) fn merge_patch(document: &mut Value, change: &Map<String, Value>) {
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Value::Object(members) = document else { return };
    for (name, value) in change {
        match value {
            Value::Null => {
                members.shift_remove(name);
            }
            Value::Object(change) => merge_patch(members.entry(name).or_insert(Value::Null), change),
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json_cursor::read;

    /// Whether a tree is nested deeper than that.
    fn is_deeper(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(list) => depth == 0 || list.iter().any(|value| is_deeper(value, depth - 1)),
            Value::Object(members) => depth == 0 || members.values().any(|value| is_deeper(value, depth - 1)),
            _ => false,
        }
    }

    /// Generates text that is JSON, or nearly.
    fn text() -> impl Strategy<Value = String> {
        let piece = proptest::sample::select(
            &[
                "{",
                "}",
                "[",
                "]",
                ",",
                ":",
                "\"a\"",
                "\"\\u12",
                "\"\\ud800\"",
                "\"\\ud83d\\ude00\"",
                "1",
                "-0",
                "1e999",
                "01",
                "true",
                "false",
                "tru",
                "null",
                " ",
                "\"",
                "\u{1}",
                "[[1]]",
                "{\"a\":[]}",
                "[1,{\"b\":{}}]",
            ][..],
        );
        proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::thorough::thorough(500, 2000)) })]

        #[test]
        fn what_is_refused_is_what_no_tree_can_be_read_from(text in text(), depth in 0..4_usize) {
            let of_tree = match serde_json::from_str::<Value>(&text) {
                Err(error) => Err(format!("is not JSON: {error}")),
                Ok(tree) if is_deeper(&tree, depth) => Err(format!("is nested deeper than {depth} levels")),
                Ok(_) => Ok(()),
            };
            prop_assert_eq!(check(text.as_bytes(), depth).map_err(|error| error.to_string()), of_tree.clone());
            let is_object = serde_json::from_str::<Value>(&text).is_ok_and(|tree| tree.is_object());
            let members = read(&text, depth, |cursor| {
                let mut members = Vec::new();
                cursor.members(&mut |cursor| {
                    let name = cursor.name()?;
                    members.push((name.into_owned(), cursor.value()?));
                    Ok(())
                })?;
                Ok(members)
            });
            match members {
                Ok(members) => {
                    prop_assert!(is_object, "{text}");
                    let tree: Map<String, Value> = serde_json::from_str(&text).unwrap();
                    let read = members.into_iter().map(|(name, value)| (name, serde_json::from_str(value).unwrap()));
                    prop_assert_eq!(read.collect::<Map<_, _>>(), tree);
                }
                Err(error) => match of_tree {
                    Err(problem) => prop_assert_eq!(error.to_string(), problem),
                    Ok(()) => prop_assert!(!is_object, "{text}"),
                },
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_is_what_json_says_it_is(inside in r#"[a\\"\n\u{7f}é]{0,4}"#, ends in any::<bool>()) {
            let value = format!("\"{inside}{}", if ends { "\"" } else { "" });
            let of_json = serde_json::from_str::<String>(&value).ok();
            prop_assert_eq!(JsonStr::read(&value).map(Cow::into_owned), of_json);
        }
    }
}
