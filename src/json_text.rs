//! JSON that is kept and read as text, without a tree of its values.

use std::{borrow::Cow, cell::Cell, fmt, marker::PhantomData};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
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
struct DepthCheck<'a> {
    level: usize,
    deepest: &'a Cell<usize>,
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
fn plain_string(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('"')?;
    let end = inside.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))?;
    (inside.as_bytes()[end] == b'"').then(|| &inside[..end])
}

/// Reads a text in one pass, which also checks it as [`check`] does. `read` reads all of it.
///
/// # Errors
///
/// As [`check`], and when `read` wants another kind of value.
pub(crate) fn read<'a, T>(
    text: &'a str,
    depth: usize,
    read: impl FnOnce(&mut JsonCursor<'a>) -> Result<T, Unreadable>,
) -> Result<T, JsonError> {
    let mut cursor = JsonCursor { text, at: 0, level: 0, depth };
    match read(&mut cursor) {
        Ok(value) if cursor.peek().is_none() => Ok(value),
        _ => {
            check(text.as_bytes(), depth)?;
            Err(JsonError::Invalid(serde::de::Error::custom("it is another kind of value")))
        }
    }
}

/// The text cannot be read; [`check`] knows why.
#[derive(Debug)]
pub(crate) struct Unreadable;

/// Reads JSON piece by piece, with the text of each piece.
#[derive(Debug)]
pub(crate) struct JsonCursor<'a> {
    text: &'a str,
    at: usize,
    /// Number of brackets that are open.
    level: usize,
    /// Its maximum.
    depth: usize,
}

impl<'a> JsonCursor<'a> {
    /// Returns the first byte of the next piece; `None` at the end.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    /// Reads any value. Returns its text.
    pub(crate) fn value(&mut self) -> Result<&'a str, Unreadable> {
        self.peek();
        let (start, deepest) = (self.at, Cell::new(self.level));
        if self.plain_string().is_none() {
            self.read_with(DepthCheck { level: self.level, deepest: &deepest })?;
        }
        if deepest.get() > self.depth { Err(Unreadable) } else { Ok(&self.text[start..self.at]) }
    }

    /// Reads any value. If it begins with this bracket, `read` reads it into `place`. Returns its text.
    pub(crate) fn value_as<T>(
        &mut self,
        begins: u8,
        read: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
        place: &mut Option<T>,
    ) -> Result<&'a str, Unreadable> {
        *place = None;
        if self.peek() != Some(begins) {
            return self.value();
        }
        let start = self.at;
        *place = Some(read(self)?);
        Ok(&self.text[start..self.at])
    }

    /// Reads an object; `take` reads the name and the value of each member. Returns the text of the object.
    pub(crate) fn members(
        &mut self,
        take: &mut dyn FnMut(&mut Self) -> Result<(), Unreadable>,
    ) -> Result<&'a str, Unreadable> {
        self.bracketed(*b"{}", take)
    }

    /// Reads the name of a member.
    pub(crate) fn name(&mut self) -> Result<Cow<'a, str>, Unreadable> {
        self.peek();
        let name = match self.plain_string() {
            Some(name) => Cow::Borrowed(name),
            None => self.read_with(PhantomData::<JsonStr<'a>>)?.0,
        };
        self.expect(b':')?;
        Ok(name)
    }

    /// Reads a list; `take` reads each element. Returns the text of the list.
    pub(crate) fn elements(
        &mut self,
        take: &mut dyn FnMut(&mut Self) -> Result<(), Unreadable>,
    ) -> Result<&'a str, Unreadable> {
        self.bracketed(*b"[]", take)
    }

    fn bracketed(
        &mut self,
        [open, close]: [u8; 2],
        take: &mut dyn FnMut(&mut Self) -> Result<(), Unreadable>,
    ) -> Result<&'a str, Unreadable> {
        self.expect(open)?;
        let start = self.at - 1;
        self.level += 1;
        if self.level > self.depth {
            return Err(Unreadable);
        }
        if self.expect(close).is_err() {
            loop {
                take(self)?;
                if self.expect(close).is_ok() {
                    break;
                }
                self.expect(b',')?;
            }
        }
        self.level -= 1;
        Ok(&self.text[start..self.at])
    }

    fn expect(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.peek() != Some(byte) {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    fn plain_string(&mut self) -> Option<&'a str> {
        let inside = plain_string(&self.text[self.at..])?;
        self.at += inside.len() + 2;
        Some(inside)
    }

    fn read_with<S: DeserializeSeed<'a>>(&mut self, seed: S) -> Result<S::Value, Unreadable> {
        let mut reader = serde_json::Deserializer::from_str(&self.text[self.at..]);
        let value = seed.deserialize(&mut reader).map_err(|_| Unreadable)?;
        self.at += reader.into_iter::<IgnoredAny>().byte_offset();
        Ok(value)
    }
}

/// Returns the elements of a checked list, as text.
pub(crate) fn elements(list: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    let read = read(list, usize::MAX, |cursor| {
        cursor.elements(&mut |cursor| {
            elements.push(cursor.value()?);
            Ok(())
        })
    });
    debug_assert!(read.is_ok(), "{list}");
    elements
}

/// Merges the members of two checked objects; members of `above` override, and keep the position below.
pub(crate) fn merge_members(below: &str, above: &str) -> String {
    let mut members = IndexMap::new();
    for object in [below, above] {
        let read = read(object, usize::MAX, |cursor| {
            cursor.members(&mut |cursor| {
                let name = cursor.name()?;
                members.insert(name, cursor.value()?);
                Ok(())
            })
        });
        debug_assert!(read.is_ok(), "{object}");
    }
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", Value::from(&**name))).collect();
    format!("{{{}}}", members.join(","))
}

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

    #[test]
    fn members_laid_over_others_keep_their_places_and_their_text() {
        let (below, above) = (r#"{"a": 1.0, "b": [ ], "a": 1e2}"#, r#"{"b":"\u0041","c": {} }"#);
        assert_eq!(merge_members(below, above), r#"{"a":1e2,"b":"\u0041","c":{}}"#);
        assert_eq!(merge_members("{}", r#"{"\"": null}"#), r#"{"\"":null}"#);
    }
}
