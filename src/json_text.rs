//! JSON that is kept and read as text, without a tree of its values.

use std::{borrow::Cow, cell::Cell, collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

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
    let is_json = || serde_json::from_slice::<&RawValue>(text).is_ok();
    if is_plain(text, depth) && is_json() { Ok(()) } else { look_closely(text, depth) }
}

/// Whether a quick look proves that the text is valid: no escapes, no number that could be too large, and not more
/// brackets than the allowed depth.
///
/// Skipping a value checks neither of these. Most texts are plain, and counting is much faster than parsing.
fn is_plain(text: &[u8], depth: usize) -> bool {
    /// Fewer digits cannot make a number that is too large.
    const MANY: usize = 300;
    // This many bytes fit a byte counter, so the compiler can count sixteen at once.
    let count = |is_one: fn(u8) -> bool| -> usize {
        let of_some = |some: &[u8]| some.iter().map(|byte| u8::from(is_one(*byte))).sum::<u8>();
        text.chunks(usize::from(u8::MAX)).map(|some| usize::from(of_some(some))).sum()
    };
    // A digit, `e`, and a sign or digit, which also occur in some tokens.
    let begins_exponent = |sign: u8| sign.is_ascii_digit() | (sign == b'+') | (sign == b'-');
    let has_exponent = text.array_windows().fold(false, |has, [before, e, behind]| {
        has | (before.is_ascii_digit() & (e | 0x20 == b'e') & begins_exponent(*behind))
    });
    !has_exponent
        && count(|byte| byte == b'\\') == 0
        && count(|byte| byte.is_ascii_digit()) < MANY
        && count(|byte| byte == b'[' || byte == b'{') <= depth
}

fn look_closely(text: &[u8], depth: usize) -> Result<(), JsonError> {
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
    /// Returns the string; `None` for another value.
    pub(crate) fn from_json(value: &'a RawValue) -> Option<Cow<'a, str>> {
        let inside = value.get().strip_prefix('"')?.strip_suffix('"')?;
        if inside.contains('\\') { Self::read(value.get()) } else { Some(Cow::Borrowed(inside)) }
    }

    /// Reads a string, as [`JsonStr::from_json`], from a text that may be invalid JSON.
    pub(crate) fn read(value: &'a str) -> Option<Cow<'a, str>> {
        value.strip_prefix('"').and_then(|_| serde_json::from_str(value).ok()).map(|Self(text)| text)
    }
}

/// The members of a JSON object in order, each with its value as text. If a name repeats, the last one counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonMembers<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> JsonMembers<'a> {
    /// Reads a checked object.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it is not an object.
    pub(crate) fn read(object: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(object)
    }

    /// Checks a text as [`check`] does, and reads it; `None` if it is not an object.
    ///
    /// # Errors
    ///
    /// As [`check`].
    pub(crate) fn read_checked(text: &'a [u8], depth: usize) -> Result<Option<Self>, JsonError> {
        if is_plain(text, depth)
            && let Ok(text) = str::from_utf8(text)
            && let Ok(members) = Self::read(text)
        {
            return Ok(Some(members));
        }
        look_closely(text, depth)?;
        Ok(str::from_utf8(text).ok().and_then(|text| Self::read(text).ok()))
    }

    /// Merges the members of both; members of `above` override, and keep the position below.
    pub(crate) fn merged_with(mut self, above: Self) -> Self {
        let mut places: HashMap<Cow<'a, str>, usize> =
            self.0.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
        for (name, value) in above.0 {
            match places.get(&name) {
                Some(place) => self.0[*place].1 = value,
                None => {
                    places.insert(name.clone(), self.0.len());
                    self.0.push((name, value));
                }
            }
        }
        self
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = JsonMembers<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<JsonMembers<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((JsonStr(name), value)) = object.next_entry()? {
                    members.push((name, value));
                }
                Ok(JsonMembers(members))
            }
        }

        reader.deserialize_map(MembersVisitor)
    }
}

impl Serialize for JsonMembers<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
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
    use serde_json::json;

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
            let read = JsonMembers::read_checked(text.as_bytes(), depth).map_err(|error| error.to_string());
            prop_assert_eq!(read.map(|members| members.is_some()), of_tree.map(|()| is_object));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_is_what_json_says_it_is(inside in r#"[a\\"\n\u{7f}é]{0,4}"#, ends in any::<bool>()) {
            let value = format!("\"{inside}{}", if ends { "\"" } else { "" });
            let of_json = serde_json::from_str::<String>(&value).ok();
            let raw = serde_json::from_str::<&RawValue>(&value).ok();
            prop_assert_eq!(raw.and_then(JsonStr::from_json).map(Cow::into_owned), of_json.clone());
            prop_assert_eq!(JsonStr::read(&value).map(Cow::into_owned), of_json);
        }
    }

    #[test]
    fn members_laid_over_others_keep_their_places_and_their_text() {
        let (below, above) = (r#"{"a": 1.0, "b": [ ], "a": 1e2}"#, r#"{"b":"\u0041","c": {} }"#);
        let both = JsonMembers::read(below).unwrap().merged_with(JsonMembers::read(above).unwrap());
        let tree: Value = serde_json::from_str(&serde_json::to_string(&both).unwrap()).unwrap();
        assert_eq!(tree, json!({"a": 100.0, "b": "A", "c": {}}));
        let both = JsonMembers::default().merged_with(both);
        assert_eq!(serde_json::to_string(&both).unwrap(), r#"{"a":1e2,"b":"\u0041","c":{} }"#.replace("{} ", "{}"));
    }
}
