//! The deserializer of a tree.

use std::{borrow::Cow, collections::HashSet, str::FromStr};

use serde::{
    de::{
        DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{Entry, Node, NodeValue, read::Reader, unplaced};
use crate::problem::Problem;

/// The list whose elements have a `key`. A mapping in its place has the keys of companies as its own.
const COMPANIES: &str = "companies";

/// A deserializer of one value.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'r, 's, 'n> {
    pub(super) reader: &'r Reader<'s>,
    pub(super) node: &'n Node,
}

impl<'n> Cursor<'_, '_, 'n> {
    /// Returns the value, if it is a string.
    fn text(&self) -> Option<&'n str> {
        match &self.node.value {
            NodeValue::Text(text) | NodeValue::Untyped { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Returns the value, where a string is expected: a number or a boolean as a file has it.
    fn string(&self) -> Result<Cow<'n, str>, Problem> {
        match (self.text(), &self.node.value) {
            (Some(text), _) => Ok(text.into()),
            (None, NodeValue::Null) if self.reader.file.is_some() => Err(Problem::missing_value()),
            (None, _) => self.written().map(Cow::from).ok_or_else(|| Problem::wrong_type("a string")),
        }
    }

    /// Returns a number or boolean as a file has it.
    fn written(&self) -> Option<String> {
        let file = self.reader.file?;
        let is_scalar = matches!(
            self.node.value,
            NodeValue::Bool(_) | NodeValue::Unsigned(_) | NodeValue::Signed(_) | NodeValue::Float(_)
        );
        let span = self.node.defined.span();
        let (start, length) = span.byte_offset().zip(span.byte_len()).filter(|_| is_scalar)?;
        let written = file.get(start as usize..(start + length) as usize)?;
        Some(written.trim_matches(['"', '\'']).to_owned())
    }

    /// Parses the text of a value that may be a number or a boolean: of a query, or quoted in a file.
    fn parsed<T: FromStr>(&self) -> Option<T> {
        match &self.node.value {
            NodeValue::Text(text) if self.reader.file.is_some() => text.parse().ok(),
            NodeValue::Untyped { text, .. } => text.parse().ok(),
            _ => None,
        }
    }
}

macro_rules! deserialize_number {
    ($($method:ident $visit:ident $number:ty = $expected:literal),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            let number = match self.node.value {
                NodeValue::Unsigned(number) => number.try_into().ok(),
                NodeValue::Signed(number) => number.try_into().ok(),
                _ => self.parsed::<$number>(),
            };
            visitor.$visit(number.ok_or_else(|| Problem::wrong_type($expected))?)
        })*
    };
}

impl<'de> Deserializer<'de> for Cursor<'_, '_, '_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.value {
            NodeValue::Mapping(_) => self.deserialize_map(visitor),
            NodeValue::List(_) => self.deserialize_seq(visitor),
            NodeValue::Text(text) => visitor.visit_str(text),
            NodeValue::Untyped { text, .. } => match typed(text) {
                NodeValue::Text(text) => visitor.visit_string(text),
                value => Cursor { node: &unplaced(value), ..self }.deserialize_any(visitor),
            },
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Bool(value) => visitor.visit_bool(*value),
            NodeValue::Unsigned(number) => visitor.visit_u64(*number),
            NodeValue::Signed(number) => visitor.visit_i64(*number),
            NodeValue::Float(number) => visitor.visit_f64(*number),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let value = match self.node.value {
            NodeValue::Bool(value) => Some(value),
            _ => self.parsed(),
        };
        visitor.visit_bool(value.ok_or_else(|| Problem::wrong_type("true or false"))?)
    }

    deserialize_number!(
        deserialize_i8 visit_i8 i8 = "a whole number",
        deserialize_i16 visit_i16 i16 = "a whole number",
        deserialize_i32 visit_i32 i32 = "a whole number",
        deserialize_i64 visit_i64 i64 = "a whole number",
        deserialize_u8 visit_u8 u8 = "a whole number from 0 to 255",
        deserialize_u16 visit_u16 u16 = "a whole number from 0 to 65535",
        deserialize_u32 visit_u32 u32 = "a whole number of 0 or more",
        deserialize_u64 visit_u64 u64 = "a whole number of 0 or more",
    );

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.node.value {
            NodeValue::Unsigned(number) => visitor.visit_u64(number),
            NodeValue::Signed(number) => visitor.visit_i64(number),
            NodeValue::Float(number) => visitor.visit_f64(number),
            _ => visitor.visit_f64(self.parsed().ok_or_else(|| Problem::wrong_type("a number"))?),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_seq(self.elements()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(self.entries(None)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_map(self.entries(Some(keys))?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match (&self.node.value, self.text()) {
            (NodeValue::Mapping(entries), _) if entries.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(self.entries(None)?))
            }
            (NodeValue::Mapping(_), _) => Err(Problem::wrong_type("a mapping with one key")),
            (_, Some(word)) => {
                IntoDeserializer::<Problem>::into_deserializer(word).deserialize_enum(name, variants, visitor)
            }
            (_, None) => Err(Problem::wrong_type("a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier }
}

impl<'r, 's, 'n> Cursor<'r, 's, 'n> {
    fn elements(self) -> Result<Elements<'r, 's, 'n>, Problem> {
        let elements = match &self.node.value {
            NodeValue::List(elements) => elements,
            NodeValue::Untyped { source: None, .. } => std::slice::from_ref(self.node),
            NodeValue::Mapping(entries) => {
                let problem = Problem::wrong_type("a list");
                let first = entries.first().filter(|_| self.reader.file.is_some());
                return Err(match first.map(|(key, _)| &key.value) {
                    None => problem,
                    Some(_) if self.reader.path.borrow().last_key() == Some(COMPANIES) => {
                        problem.with_remedy("begin each element with a dash: `- key: NAME`")
                    }
                    Some(key) => problem.with_remedy(format!("begin each element with a dash: `- {key}: …`")),
                });
            }
            _ => return Err(Problem::wrong_type("a list")),
        };
        Ok(Elements { reader: self.reader, elements, next: 0 })
    }

    /// Returns the entries of a mapping; `keys` are those of the struct that is being read.
    fn entries(self, keys: Option<&'static [&'static str]>) -> Result<Entries<'r, 's, 'n>, Problem> {
        if let Some(keys) = keys
            && self.reader.path.borrow().is_empty()
        {
            self.reader.root_keys.set(keys);
        }
        let NodeValue::Mapping(entries) = &self.node.value else {
            return Err(Problem::wrong_type("a mapping (keys with values)"));
        };
        Ok(Entries { reader: self.reader, entries, keys, seen: HashSet::new(), next: 0 })
    }

    /// Reads the value at the end of the current path, and leaves it.
    fn read<'de, S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Problem> {
        match seed.deserialize(self) {
            Ok(value) => {
                self.reader.leave();
                Ok(value)
            }
            Err(problem) => {
                self.reader.fails(&problem, self.node);
                Err(problem)
            }
        }
    }
}

/// Returns a text as an unquoted value of YAML: a number or a boolean, otherwise a string.
fn typed(text: &str) -> NodeValue {
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if let Ok(value) = text.parse() {
        NodeValue::Bool(value)
    } else if let Ok(number) = text.parse() {
        NodeValue::Unsigned(number)
    } else if let Ok(number) = text.parse() {
        NodeValue::Signed(number)
    } else if let Some(number) = text.parse().ok().filter(|_| is_number) {
        NodeValue::Float(number)
    } else {
        NodeValue::Text(text.to_owned())
    }
}

/// The elements of a list.
struct Elements<'r, 's, 'n> {
    reader: &'r Reader<'s>,
    elements: &'n [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, '_> {
    type Error = Problem;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        match self.enter_next() {
            Some(node) => Cursor { reader: self.reader, node }.read(seed).map(Some),
            None => Ok(None),
        }
    }
}

impl<'n> Elements<'_, '_, 'n> {
    /// Enters the next element that is not left out.
    fn enter_next(&mut self) -> Option<&'n Node> {
        while let Some(node) = self.elements.get(self.next) {
            self.reader.enter(self.next.into());
            self.next += 1;
            if !self.reader.is_left_out() {
                return Some(node);
            }
            self.reader.leave();
        }
        None
    }
}

/// The entries of a mapping.
struct Entries<'r, 's, 'n> {
    reader: &'r Reader<'s>,
    entries: &'n [Entry],
    /// The keys of the struct that is being read.
    keys: Option<&'static [&'static str]>,
    seen: HashSet<&'n str>,
    /// Index behind the current entry.
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        let Some((key, node)) = self.enter_next() else { return Ok(None) };
        match seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(&*key.value)) {
            Ok(key) => Ok(Some(key)),
            Err(problem) => {
                self.reader.fails(&problem, node);
                Err(problem)
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        match self.entries.get(self.next.saturating_sub(1)) {
            Some((_, node)) => Cursor { reader: self.reader, node }.read(seed),
            None => Err(Problem::custom("a value before its key")),
        }
    }
}

impl<'n> Entries<'_, '_, 'n> {
    /// Enters the next entry that is not left out, and notes those with an unknown or repeated key.
    fn enter_next(&mut self) -> Option<&'n Entry> {
        while let Some(entry) = self.entries.get(self.next) {
            let (key, _) = entry;
            self.next += 1;
            self.reader.enter(key.value.clone().into());
            let is_known = self.keys.is_none_or(|keys| keys.contains(&&*key.value));
            if self.reader.is_left_out() {
            } else if !self.seen.insert(&key.value) {
                self.reader.note(key.referenced, || Problem::duplicate_key(&key.value));
            } else if let Some(keys) = self.keys.filter(|_| !is_known) {
                self.reader.note(key.referenced, || {
                    let problem = Problem::unknown_key(&key.value, self.reader.shown(keys));
                    match self.reader.is_of_top(&key.value) {
                        true => problem.with_remedy("it belongs at the top of the file"),
                        false => problem,
                    }
                });
            } else {
                return Some(entry);
            }
            self.reader.leave();
        }
        None
    }
}
