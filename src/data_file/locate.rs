//! Where a value stands in a file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error, Location, Spanned, options::DuplicateKeyPolicy};

use super::{DataFile, Problem, parse::options};

/// A file as keys, lists and where they are.
#[derive(Debug)]
pub(super) enum Tree {
    Keys(Vec<(Spanned<String>, Spanned<Tree>)>),
    List(Vec<Spanned<Tree>>),
    Text(String),
    Other,
}

/// A line and a column.
type At = (usize, usize);

/// A text of a file.
#[cfg(feature = "cli")]
pub(super) struct PlacedText {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) bytes: std::ops::Range<usize>,
    pub(super) value: String,
}

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
        self.marked(follow(tree, steps).1, message)
    }

    /// The texts that `path` leads to, in which `*` stands for each element of a list, and the path of each.
    pub(crate) fn texts(&self, path: &str) -> Vec<(String, String)> {
        let Some(tree) = self.tree() else { return Vec::new() };
        let mut reached = vec![(String::new(), tree)];
        for step in path.split('.') {
            let next = |(path, here): (String, _)| -> Vec<(String, &Spanned<Tree>)> {
                let here: &Spanned<Tree> = here;
                let to = |step: &str| format!("{path}{}{step}", if path.is_empty() { "" } else { "." });
                match &here.value {
                    Tree::Keys(entries) => {
                        let entries = entries.iter().filter(|(key, _)| key.value == step);
                        entries.map(|(key, value)| (to(&key.value), value)).collect()
                    }
                    Tree::List(elements) if step == "*" => {
                        elements.iter().enumerate().map(|(at, element)| (to(&at.to_string()), element)).collect()
                    }
                    Tree::List(_) | Tree::Text(_) | Tree::Other => Vec::new(),
                }
            };
            reached = reached.into_iter().flat_map(next).collect();
        }
        let text = |(path, here): (String, &Spanned<Tree>)| match &here.value {
            Tree::Text(text) => Some((path, text.clone())),
            Tree::Keys(_) | Tree::List(_) | Tree::Other => None,
        };
        reached.into_iter().filter_map(text).collect()
    }

    /// The texts that are values and have that character in them, in the order in which they stand in the file.
    #[cfg(feature = "cli")]
    pub(super) fn texts_with(&self, character: char) -> Vec<PlacedText> {
        fn collect(here: &Spanned<Tree>, texts: &mut Vec<PlacedText>) {
            match &here.value {
                Tree::Keys(entries) => entries.iter().for_each(|(_, value)| collect(value, texts)),
                Tree::List(elements) => elements.iter().for_each(|element| collect(element, texts)),
                Tree::Text(value) => {
                    let ((line, column), span) = (at(here.defined), here.defined.span());
                    let bytes = span.byte_offset().zip(span.byte_len());
                    let bytes = bytes.map(|(start, length)| start as usize..(start + length) as usize);
                    texts.extend(bytes.map(|bytes| PlacedText { line, column, bytes, value: value.clone() }));
                }
                Tree::Other => {}
            }
        }
        let mut texts = Vec::new();
        self.tree().into_iter().for_each(|tree| collect(tree, &mut texts));
        texts.retain(|text| text.value.contains(character));
        texts.sort_by_key(|text| text.bytes.start);
        // What an alias stands for is found with its anchor, too.
        texts.dedup_by_key(|text| text.bytes.start);
        texts
    }

    /// Whether there is something where `path` leads to.
    #[cfg(feature = "cli")]
    pub(crate) fn has(&self, path: &str) -> bool {
        let steps: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
        let Some((last, before)) = steps.split_last() else { return true };
        self.tree().is_some_and(|tree| match &follow(tree, before.iter().copied()).0.value {
            Tree::Keys(entries) => entries.iter().any(|(key, _)| key.value == *last),
            Tree::List(elements) => last.parse().is_ok_and(|number: usize| number < elements.len()),
            Tree::Text(_) | Tree::Other => false,
        })
    }

    /// Where the stage is that a message about the list that `path` leads to begins with: `stage 2 …`.
    pub(super) fn stage(&self, path: &[String], message: &str) -> Option<At> {
        let number: usize = message.strip_prefix("stage ")?.split(' ').next()?.parse().ok()?;
        let tree = self.tree()?;
        let Tree::List(elements) = &follow(tree, path.iter().map(String::as_str)).0.value else { return None };
        elements.get(number.checked_sub(1)?).map(|element| at(element.referenced))
    }

    /// Where `word` is a key or a value of the mapping that `path` leads to.
    pub(super) fn member(&self, path: &[String], word: &str) -> Option<Member> {
        let tree = self.tree()?;
        let Tree::Keys(entries) = &follow(tree, path.iter().map(String::as_str)).0.value else { return None };
        let is_word = |value: &Spanned<Tree>| matches!(&value.value, Tree::Text(text) if text == word);
        entries.iter().find_map(|(key, value)| match () {
            () if is_word(value) => Some(Member::Value(at(value.referenced))),
            () if key.value == word => Some(Member::Key(place(key, value))),
            () => None,
        })
    }

    /// The keys at the top of the file; of one that is no YAML, those that lines begin with.
    #[cfg(feature = "cli")]
    pub(super) fn top_keys(&self) -> Vec<&str> {
        match self.tree().map(|tree| &tree.value) {
            Some(Tree::Keys(entries)) => entries.iter().map(|(key, _)| key.value.as_str()).collect(),
            Some(_) => Vec::new(),
            None => self
                .text
                .lines()
                .filter(|line| super::parse::key_at(line).is_some())
                .filter_map(|line| line.split(':').next())
                .collect(),
        }
    }

    /// The place in the list of that key of the last element that has one of these members with that value.
    #[cfg(feature = "cli")]
    pub(crate) fn element_with(&self, list: &str, members: &[&str], value: &str) -> Option<usize> {
        let tree = self.tree()?;
        let Tree::List(elements) = &follow(tree, [list].into_iter()).0.value else { return None };
        let is_member = |(key, member): &(Spanned<String>, Spanned<Tree>)| {
            members.contains(&&*key.value) && matches!(&member.value, Tree::Text(text) if text == value)
        };
        elements
            .iter()
            .rposition(|element| matches!(&element.value, Tree::Keys(entries) if entries.iter().any(is_member)))
    }

    /// What the file says, of a key that stands there twice what it says first; `None` where it is no YAML.
    fn tree(&self) -> Option<&Spanned<Tree>> {
        self.read_tree().as_ref().ok()
    }

    pub(super) fn read_tree(&self) -> &Result<Spanned<Tree>, Error> {
        self.tree.get_or_init(|| {
            let mut options = options();
            options.duplicate_keys = DuplicateKeyPolicy::FirstWins;
            serde_saphyr::from_str_with_options(&self.text, options)
        })
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

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Tree, E> {
                Ok(Tree::Text(text.to_owned()))
            }

            fn visit_none<E: de::Error>(self) -> Result<Tree, E> {
                Ok(Tree::Other)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
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
