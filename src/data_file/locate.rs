//! Where a value stands in a file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Location, Spanned, options::DuplicateKeyPolicy};

use super::{DataFile, Problem, parse::options};

/// A file as keys, lists and where they are.
enum Tree {
    Keys(Vec<(Spanned<String>, Spanned<Tree>)>),
    List(Vec<Spanned<Tree>>),
    Text(String),
    Other,
}

/// A line and a column.
type At = (usize, usize);

/// What a word is in a mapping.
pub(super) enum Member {
    Key(At),
    Value(At),
}

impl DataFile {
    /// A problem with what the keys and places of `path` lead to, such as `stages.1.document`; as far as they lead.
    pub(crate) fn problem_in(&self, path: &str, message: String) -> Problem {
        // What is looked for was read from the file.
        let Some(tree) = self.tree() else { return Problem::of_file(&self.path, message) };
        let steps = path.split('.').filter(|step| !step.is_empty());
        self.marked(follow(&tree, steps).1, message)
    }

    /// Where `word` is a key or a value of the mapping that `path` leads to.
    pub(super) fn member(&self, path: &[String], word: &str) -> Option<Member> {
        let tree = self.tree()?;
        let Tree::Keys(entries) = &follow(&tree, path.iter().map(String::as_str)).0.value else { return None };
        let is_word = |value: &Spanned<Tree>| matches!(&value.value, Tree::Text(text) if text == word);
        entries.iter().find_map(|(key, value)| match () {
            () if is_word(value) => Some(Member::Value(at(value.referenced))),
            () if key.value == word => Some(Member::Key(place(key, value))),
            () => None,
        })
    }

    fn tree(&self) -> Option<Spanned<Tree>> {
        let mut options = options();
        options.duplicate_keys = DuplicateKeyPolicy::FirstWins;
        serde_saphyr::from_str_with_options(&self.text, options).ok()
    }
}

/// What the steps lead to, and where it is.
fn follow<'t, 's>(root: &'t Spanned<Tree>, steps: impl Iterator<Item = &'s str>) -> (&'t Spanned<Tree>, At) {
    let mut here = (root, at(root.referenced));
    for step in steps {
        let next = match &here.0.value {
            Tree::Keys(entries) => {
                entries.iter().find(|(key, _)| key.value == step).map(|(key, value)| (value, place(key, value)))
            }
            Tree::List(elements) => {
                let element = step.parse().ok().and_then(|number: usize| elements.get(number));
                element.map(|element| (element, at(element.referenced)))
            }
            Tree::Text(_) | Tree::Other => None,
        };
        let Some(next) = next else { break };
        here = next;
    }
    here
}

/// Where a value is; where it fills several lines, where its key is.
fn place(key: &Spanned<String>, value: &Spanned<Tree>) -> At {
    match value.value {
        Tree::Keys(_) | Tree::List(_) => at(key.referenced),
        Tree::Text(_) | Tree::Other => at(value.referenced),
    }
}

fn at(location: Location) -> At {
    (location.line() as usize, location.column() as usize)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Anything;

        impl<'de> Visitor<'de> for Anything {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_none<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Tree, D::Error> {
                inner.deserialize_any(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Tree, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Tree::List(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Tree::Keys(entries))
            }
        }

        deserializer.deserialize_any(Anything)
    }
}
