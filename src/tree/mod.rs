//! A file, a body or a query as a tree of values, which types are read from.

mod cursor;
mod read;
mod renamed;

use std::{fmt, marker::PhantomData};

use indexmap::IndexMap;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::{Location, Options, Spanned};

#[cfg(feature = "cli")]
pub(crate) use self::{read::has_secret, renamed::OF_SETTINGS};
pub(crate) use self::{
    read::{Issue, is_secret, read},
    renamed::{OF_BODIES, OF_QUERIES, Renamed, may_have_old_key, rename_advice, renamed_keys},
};
use crate::problem::{Member, MemberPath, Problem};

/// A value with its position, which values of a body or a query do not have.
pub(crate) type Node = Spanned<NodeValue>;

/// A key and its value.
pub(crate) type Entry = (Spanned<String>, Node);

/// A value of a file, a body or a query.
#[derive(Debug, Clone)]
pub(crate) enum NodeValue {
    /// Keys and values in their order; a key may be repeated.
    Mapping(Vec<Entry>),
    List(Vec<Node>),
    /// A string. In a file, a quoted number is accepted as a number.
    Text(String),
    /// A text whose type depends on its use, such as a variable or a value of a query; `source` is what the file has.
    Untyped {
        text: String,
        source: Option<String>,
    },
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// A line and a column, from 1.
pub(crate) type LineColumn = (usize, usize);

/// Returns a node without a position.
pub(crate) fn unplaced(value: NodeValue) -> Node {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
}

/// Returns an entry of a mapping without a position.
pub(crate) fn unplaced_entry(key: &str, value: NodeValue) -> Entry {
    (Spanned::new(key.to_owned(), Location::UNKNOWN, Location::UNKNOWN), unplaced(value))
}

/// Returns the query as a tree; a repeated name has a list of values.
pub(crate) fn of_query(pairs: impl Iterator<Item = (String, String)>) -> Node {
    let mut by_name: IndexMap<String, Vec<Node>> = IndexMap::new();
    for (name, text) in pairs {
        by_name.entry(name).or_default().push(unplaced(NodeValue::Untyped { text, source: None }));
    }
    let entries = by_name.into_iter().map(|(name, mut values)| match values.len() {
        1 => unplaced_entry(&name, values.remove(0).value),
        _ => unplaced_entry(&name, NodeValue::List(values)),
    });
    unplaced(NodeValue::Mapping(entries.collect()))
}

/// Parses YAML, with positions.
///
/// # Errors
///
/// [`serde_saphyr::Error`] for invalid YAML, or more of it than the options allow.
pub(crate) fn of_yaml(text: &str, options: Options) -> Result<Node, serde_saphyr::Error> {
    serde_saphyr::from_str_with_options(text, options).map(Spanned::into_node)
}

/// Parses JSON.
///
/// # Errors
///
/// [`serde_json::Error`] for invalid JSON.
pub(crate) fn of_json(text: &[u8]) -> Result<Node, serde_json::Error> {
    serde_json::from_slice(text).map(String::into_node)
}

/// Reads a JSON value.
///
/// # Errors
///
/// The first [`Problem`].
pub(crate) fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    let Parsed(value, _) = Parsed::<String>::deserialize(value).expect("a value of JSON is a tree");
    read_first(&unplaced(value))
}

/// Reads a body or a query.
///
/// # Errors
///
/// The first [`Problem`].
pub(crate) fn read_first<T: DeserializeOwned>(node: &Node) -> Result<T, Problem> {
    read(node, None).map_err(|issues| issues.into_iter().next().expect("there is at least one problem").problem)
}

pub(crate) fn line_column(location: Location) -> LineColumn {
    (location.line() as usize, location.column() as usize)
}

/// Returns the value at the end of the path as far as it exists, with the key that has it.
pub(crate) fn follow<'n>(root: &'n Node, path: &MemberPath) -> (Option<&'n Spanned<String>>, &'n Node) {
    let mut here = (None, root);
    for member in &path.0 {
        let next = match (member, &here.1.value) {
            (Member::Key(key), NodeValue::Mapping(entries)) => {
                entries.iter().find(|(known, _)| known.value == *key).map(|(key, value)| (Some(key), value))
            }
            (Member::Index(index), NodeValue::List(elements)) => elements.get(*index).map(|element| (None, element)),
            _ => None,
        };
        let Some(next) = next else { break };
        here = next;
    }
    here
}

/// Returns the path of the last value.
pub(crate) fn path_of_last(root: &Node) -> MemberPath {
    let (mut path, mut here) = (MemberPath::default(), root);
    while let Some((member, inner)) = match &here.value {
        NodeValue::Mapping(entries) => entries.last().map(|(key, value)| (Member::from(&*key.value), value)),
        NodeValue::List(elements) => elements.last().map(|element| (Member::from(elements.len() - 1), element)),
        _ => None,
    } {
        path.0.push(member);
        here = inner;
    }
    path
}

/// Returns the strings at the end of a path of keys, in which `*` stands for each element of a list.
pub(crate) fn texts<'n>(root: &'n Node, keys: &[&str]) -> Vec<(MemberPath, &'n str)> {
    fn collect<'n>(here: &'n Node, keys: &[&str], path: &MemberPath, found: &mut Vec<(MemberPath, &'n str)>) {
        let inside = |member| path.join(&MemberPath(vec![member]));
        match (keys, &here.value) {
            ([], NodeValue::Text(text)) => found.push((path.clone(), text)),
            (["*", rest @ ..], NodeValue::List(elements)) => {
                let mut elements = elements.iter().enumerate();
                elements.by_ref().for_each(|(at, element)| collect(element, rest, &inside(at.into()), found));
            }
            ([key, rest @ ..], NodeValue::Mapping(entries)) => {
                let entries = entries.iter().filter(|(known, _)| known.value == *key);
                entries.for_each(|(_, value)| collect(value, rest, &inside((*key).into()), found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(root, keys, &MemberPath::default(), &mut found);
    found
}

impl NodeValue {
    /// Returns the value as a message shows it; `None` for a mapping or list with content.
    fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Mapping(entries) if entries.is_empty() => "{}".into(),
            Self::List(elements) if elements.is_empty() => "[]".into(),
            Self::Mapping(_) | Self::List(_) => return None,
            Self::Untyped { source: Some(source), .. } => source.clone(),
            Self::Text(text) | Self::Untyped { text, source: None } => text.clone(),
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Signed(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
        })
    }

    /// Names the type of the value.
    fn noun(&self) -> &'static str {
        match self {
            Self::Mapping(_) => "a mapping",
            Self::List(_) => "a list",
            _ => "a single value",
        }
    }
}

/// How a format provides keys and values: YAML with their positions, JSON without.
trait Format: DeserializeOwned {
    type Value: DeserializeOwned;

    fn into_key(key: Self) -> Spanned<String>;

    fn into_node(value: Self::Value) -> Node;
}

impl Format for Spanned<String> {
    type Value = Spanned<Parsed<Self>>;

    fn into_key(key: Self) -> Spanned<String> {
        key
    }

    fn into_node(Spanned { value: Parsed(value, _), referenced, defined }: Self::Value) -> Node {
        Spanned::new(value, referenced, defined)
    }
}

impl Format for String {
    type Value = Parsed<Self>;

    fn into_key(key: Self) -> Spanned<String> {
        Spanned::new(key, Location::UNKNOWN, Location::UNKNOWN)
    }

    fn into_node(Parsed(value, _): Self::Value) -> Node {
        unplaced(value)
    }
}

/// A value of a format, whose keys are `K`.
struct Parsed<K>(NodeValue, PhantomData<K>);

impl<'de, K: Format> Deserialize<'de> for Parsed<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor::<K>(PhantomData)).map(|value| Self(value, PhantomData))
    }
}

struct NodeVisitor<K>(PhantomData<K>);

impl<'de, K: Format> Visitor<'de> for NodeVisitor<K> {
    type Value = NodeValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<NodeValue, E> {
        Ok(u64::try_from(number).map_or(NodeValue::Signed(number), NodeValue::Unsigned))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Unsigned(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<NodeValue, E> {
        Ok(NodeValue::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(text.to_owned()))
    }

    fn visit_none<E: Error>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<NodeValue, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NodeValue, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(K::into_node(element));
        }
        Ok(NodeValue::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NodeValue, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((key, value)) = map.next_entry::<K, K::Value>()? {
            let (key, value) = (K::into_key(key), K::into_node(value));
            // A key of the mapping overrides one that it merges from elsewhere.
            let is_merged = key.referenced != key.defined;
            if !is_merged || !entries.iter().any(|(known, _)| known.value == key.value) {
                entries.push((key, value));
            }
        }
        Ok(NodeValue::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;

    #[test]
    fn very_many_unknown_names_are_refused_in_a_moment() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}

        let names = (0..100_000).map(|number| (format!("name-{number}"), String::new()));
        let watch = Stopwatch::start();
        let problem = read_first::<Nothing>(&of_query(names)).unwrap_err();
        assert_eq!(problem.path().to_string(), "name-0");
        assert!(watch.elapsed().as_secs() < 5, "{:?}", watch.elapsed());
    }

    #[test]
    fn a_repeated_name_is_a_list_and_one_value_is_one_too() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Query {
            one: Vec<u8>,
            two: Vec<String>,
            is: Option<bool>,
        }

        let pairs = [("two", "a"), ("one", "7"), ("is", "true"), ("two", "b")];
        let query = of_query(pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let expected = Query { one: vec![7], two: vec!["a".into(), "b".into()], is: Some(true) };
        assert_eq!(read_first::<Query>(&query), Ok(expected));
    }
}
