//! Reads a type from a tree, and collects all problems: it is read repeatedly, each time without the values that
//! failed before.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashSet},
    str::FromStr,
};

use serde::{
    de::{
        DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_saphyr::Location;

use super::{Node, NodeValue, renamed::is_old_name, unplaced};
use crate::problem::{Member, MemberPath, Problem};

/// Maximum number of problems; a file with more is of another kind.
const MAX_PROBLEMS: usize = 100;

/// A key that a file and a body name differently, besides `-` in a file and `_` in a body.
const IN_FILE: &str = "key";
const IN_BODY: &str = "company_key";

/// The text of a file that a tree was parsed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    /// How the elements of a list begin: the key of the list, and the first key with a value.
    pub(crate) elements: &'a [(&'a str, &'a str)],
    /// Whether the value of this key is secret, so that no message shows it.
    pub(crate) is_secret: fn(&str) -> bool,
}

/// A problem with a tree, and the position that explains it.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) problem: Problem,
    /// The position of the key, for a problem with a key.
    pub(crate) key: Option<Location>,
    /// The value in which it was found; problems of combinations are found in their mapping.
    found_in: MemberPath,
}

/// Reads a `T`; `source` is that of a file. Unknown keys are problems where `T` is a struct.
///
/// # Errors
///
/// All problems, at least one, in the order in which they were found.
pub(crate) fn read<T: DeserializeOwned>(root: &Node, source: Option<Source<'_>>) -> Result<T, Vec<Issue>> {
    let mut reader = Reader { source, ..Reader::default() };
    for _ in 0..MAX_PROBLEMS {
        let read = T::deserialize(Cursor { reader: &reader, node: root });
        match read {
            Ok(value) if reader.issues.get_mut().is_empty() => return Ok(value),
            Ok(_) => break,
            Err(problem) => {
                let failed = reader.failed.take().unwrap_or_else(|| reader.of_value(problem, root));
                if !reader.leave_out(failed) {
                    break;
                }
            }
        }
    }
    Err(reader.issues.into_inner())
}

/// The state of repeated attempts to read a tree.
#[derive(Default)]
struct Reader<'s> {
    source: Option<Source<'s>>,
    issues: RefCell<Vec<Issue>>,
    /// Values that are left out, because they failed.
    left_out: BTreeSet<MemberPath>,
    /// The current path.
    path: RefCell<MemberPath>,
    /// The problem of this attempt.
    failed: RefCell<Option<Issue>>,
    /// The keys of the root.
    root_keys: Cell<&'static [&'static str]>,
}

impl Reader<'_> {
    /// Records the failure of an attempt, and leaves its value out of the next one; false if another attempt is
    /// useless.
    fn leave_out(&mut self, failed: Issue) -> bool {
        self.path.get_mut().0.clear();
        let issues = self.issues.get_mut();
        let path = failed.found_in.clone();
        let may_follow = issues.iter().any(|known| known.found_in.is_within(&path));
        if !may_follow || failed.problem.is_of_value() {
            issues.push(failed);
        }
        !path.is_empty() && issues.len() < MAX_PROBLEMS && self.left_out.insert(path)
    }

    fn enter(&self, member: Member) {
        self.path.borrow_mut().0.push(member);
    }

    fn leave(&self) {
        self.path.borrow_mut().0.pop();
    }

    fn is_left_out(&self) -> bool {
        !self.left_out.is_empty() && self.left_out.contains(&*self.path.borrow())
    }

    /// Records the problem of the current value, unless one further inside is recorded.
    fn fails(&self, problem: &Problem, node: &Node) {
        let mut failed = self.failed.borrow_mut();
        if failed.is_none() {
            *failed = Some(self.of_value(problem.clone(), node));
        }
    }

    /// Returns a problem with its whole path, and with what may be shown of the value.
    fn of_value(&self, problem: Problem, node: &Node) -> Issue {
        let found_in = self.path.borrow().clone();
        let problem = match self.source {
            Some(_) if problem.as_missing_key() == Some(IN_BODY) => Problem::missing_key(IN_FILE),
            _ => problem,
        };
        let problem = problem.at(&found_in);
        let (_, value) = super::follow(node, &MemberPath(problem.path().0[found_in.0.len()..].to_vec()));
        let is_hidden = self.source.is_some_and(|source| {
            problem.path().0.iter().any(|member| matches!(member, Member::Key(key) if (source.is_secret)(key)))
        });
        let problem = match (&value.value, problem.given()) {
            _ if is_hidden => problem.with_given(None),
            (NodeValue::Untyped { source: Some(source), .. }, Some(_)) => problem.with_given(Some(source.clone())),
            (value, None) => problem.with_found(value.describe()),
            _ => problem,
        };
        Issue { problem, key: None, found_in }
    }

    /// Records a problem with a key, once.
    fn note(&self, problem: Problem, key: Location) {
        let (mut issues, found_in) = (self.issues.borrow_mut(), self.path.borrow().clone());
        let is_known = issues.iter().any(|known| known.found_in == found_in && known.problem.kind() == problem.kind());
        if !is_known && issues.len() < MAX_PROBLEMS {
            issues.push(Issue { problem: problem.at(&found_in), key: Some(key), found_in });
        }
    }

    /// Returns the keys that a message shows: each in one spelling, and none for editors.
    fn shown(&self, known: &'static [&'static str]) -> Vec<&'static str> {
        let is_other_spelling = |key: &str| {
            let (from, to, this, other) = match self.source {
                Some(_) => ('_', "-", IN_BODY, IN_FILE),
                None => ('-', "_", IN_FILE, IN_BODY),
            };
            (key.contains(from) && known.contains(&&*key.replace(from, to))) || (key == this && known.contains(&other))
        };
        known
            .iter()
            .copied()
            .filter(|key| !key.starts_with('$') && !is_old_name(key) && !is_other_spelling(key))
            .collect()
    }
}

/// A deserializer of one value.
#[derive(Clone, Copy)]
struct Cursor<'r, 's, 'n> {
    reader: &'r Reader<'s>,
    node: &'n Node,
}

impl<'n> Cursor<'_, '_, 'n> {
    /// Returns the value, if it is a string.
    fn text(&self) -> Option<&'n str> {
        match &self.node.value {
            NodeValue::Text(text) | NodeValue::Untyped { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Returns a number or boolean as a file has it, where a string is expected.
    fn written(&self) -> Option<String> {
        let source = self.reader.source?;
        let is_scalar = matches!(
            self.node.value,
            NodeValue::Bool(_) | NodeValue::Unsigned(_) | NodeValue::Signed(_) | NodeValue::Float(_)
        );
        let span = self.node.defined.span();
        let (start, length) = span.byte_offset().zip(span.byte_len()).filter(|_| is_scalar)?;
        let written = source.text.get(start as usize..(start + length) as usize)?;
        Some(written.trim_matches(['"', '\'']).to_owned())
    }

    /// Parses the text of a value that may be a number or a boolean: of a query, or quoted in a file.
    fn parsed<T: FromStr>(&self) -> Option<T> {
        match &self.node.value {
            NodeValue::Text(text) if self.reader.source.is_some() => text.parse().ok(),
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
        match (self.text(), &self.node.value) {
            (Some(text), _) => visitor.visit_str(text),
            (None, NodeValue::Null) if self.reader.source.is_some() => Err(Problem::missing_value()),
            (None, _) => visitor.visit_str(&self.written().ok_or_else(|| Problem::wrong_type("a string"))?),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match &self.node.value {
            NodeValue::List(elements) => visitor.visit_seq(Elements { reader: self.reader, elements, next: 0 }),
            NodeValue::Untyped { source: None, .. } => {
                let elements = std::slice::from_ref(self.node);
                visitor.visit_seq(Elements { reader: self.reader, elements, next: 0 })
            }
            NodeValue::Mapping(entries) => {
                let problem = Problem::wrong_type("a list");
                let Some(source) = self.reader.source else { return Err(problem) };
                let list = self.reader.path.borrow().last_key().map(str::to_owned);
                let known = source.elements.iter().find(|(key, _)| Some(*key) == list.as_deref());
                let start = known.map(|(_, start)| (*start).to_owned());
                let start = start.or_else(|| Some(format!("{}: …", entries.first()?.0.value)));
                Err(match start {
                    Some(start) => problem.with_remedy(format!("begin each element with a dash: `- {start}`")),
                    None => problem,
                })
            }
            _ => Err(Problem::wrong_type("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.visit_entries(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        if self.reader.path.borrow().is_empty() {
            self.reader.root_keys.set(keys);
        }
        self.visit_entries(Some(keys), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match (&self.node.value, self.text()) {
            (NodeValue::Mapping(entries), _) if entries.len() == 1 => {
                let entries = Entries { reader: self.reader, entries, keys: None, seen: HashSet::new(), next: 0 };
                visitor.visit_enum(MapAccessDeserializer::new(entries))
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

impl Cursor<'_, '_, '_> {
    fn visit_entries<'de, V: Visitor<'de>>(
        self,
        keys: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let NodeValue::Mapping(entries) = &self.node.value else {
            return Err(Problem::wrong_type("a mapping (keys with values)"));
        };
        visitor.visit_map(Entries { reader: self.reader, entries, keys, seen: HashSet::new(), next: 0 })
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
        while let Some(node) = self.elements.get(self.next) {
            self.reader.enter(self.next.into());
            self.next += 1;
            if self.reader.is_left_out() {
                self.reader.leave();
                continue;
            }
            let element = seed.deserialize(Cursor { reader: self.reader, node });
            let element = element.inspect_err(|problem| self.reader.fails(problem, node))?;
            self.reader.leave();
            return Ok(Some(element));
        }
        Ok(None)
    }
}

/// The entries of a mapping.
struct Entries<'r, 's, 'n> {
    reader: &'r Reader<'s>,
    entries: &'n [(serde_saphyr::Spanned<String>, Node)],
    /// The keys of the struct that is being read.
    keys: Option<&'static [&'static str]>,
    seen: HashSet<&'n str>,
    /// Index behind the current entry.
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, '_> {
    type Error = Problem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Problem> {
        while let Some((key, node)) = self.entries.get(self.next) {
            self.next += 1;
            self.reader.enter(key.value.clone().into());
            let is_known = self.keys.is_none_or(|keys| keys.contains(&&*key.value));
            if self.reader.is_left_out() {
            } else if !self.seen.insert(&key.value) {
                self.reader.note(Problem::duplicate_key(&key.value), key.referenced);
            } else if let Some(keys) = self.keys.filter(|_| !is_known) {
                let is_of_top = self.reader.path.borrow().0.len() > 1
                    && self.reader.root_keys.get().contains(&&*key.value.replace('_', "-"));
                let problem = Problem::unknown_key(&key.value, self.reader.shown(keys));
                let problem =
                    if is_of_top { problem.with_remedy("it belongs at the top of the file") } else { problem };
                self.reader.note(problem, key.referenced);
            } else {
                let read = seed.deserialize(IntoDeserializer::<Problem>::into_deserializer(&*key.value));
                return read.map(Some).inspect_err(|problem| self.reader.fails(problem, node));
            }
            self.reader.leave();
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Problem> {
        let Some((_, node)) = self.entries.get(self.next.saturating_sub(1)) else {
            return Err(Problem::custom("a value before its key"));
        };
        let value = seed.deserialize(Cursor { reader: self.reader, node });
        let value = value.inspect_err(|problem| self.reader.fails(problem, node))?;
        self.reader.leave();
        Ok(value)
    }
}
