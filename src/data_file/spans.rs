//! Positions of values in a file.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error, Location, Spanned, options::DuplicateKeyPolicy};

use super::{DataFile, FileProblem, parse::options};

/// The keys and lists of a file, with their positions.
#[derive(Debug)]
pub(super) enum SpannedTree {
    Keys(Vec<(Spanned<String>, Spanned<SpannedTree>)>),
    List(Vec<Spanned<SpannedTree>>),
    Text(String),
    Other,
}

/// A line and a column.
pub(super) type LineColumn = (usize, usize);

/// A string value of a file.
#[cfg(feature = "cli")]
pub(super) struct SpannedText {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) bytes: std::ops::Range<usize>,
    pub(super) value: String,
}

/// The role of a word in a mapping.
pub(super) enum MappingPart {
    Key(LineColumn),
    Value(LineColumn),
}

impl DataFile {
    /// Returns a problem with the value at `path`, such as `stages.1.document`, as far as the path exists.
    pub(crate) fn problem_in(&self, path: &str, message: String) -> FileProblem {
        // The file was parsed before, so there is a tree.
        let Some(tree) = self.tree() else { return FileProblem::of_file(&self.path, message) };
        let steps = path.split('.').filter(|step| !step.is_empty());
        self.marked(follow(tree, steps).1, message)
    }

    /// Returns the strings at `path`, in which `*` stands for each element of a list, each with its path.
    pub(crate) fn texts(&self, path: &str) -> Vec<(String, String)> {
        let Some(tree) = self.tree() else { return Vec::new() };
        let mut reached = vec![(String::new(), tree)];
        for step in path.split('.') {
            let next = |(path, here): (String, _)| -> Vec<(String, &Spanned<SpannedTree>)> {
                let here: &Spanned<SpannedTree> = here;
                let to = |step: &str| format!("{path}{}{step}", if path.is_empty() { "" } else { "." });
                match &here.value {
                    SpannedTree::Keys(entries) => {
                        let entries = entries.iter().filter(|(key, _)| key.value == step);
                        entries.map(|(key, value)| (to(&key.value), value)).collect()
                    }
                    SpannedTree::List(elements) if step == "*" => {
                        elements.iter().enumerate().map(|(at, element)| (to(&at.to_string()), element)).collect()
                    }
                    SpannedTree::List(_) | SpannedTree::Text(_) | SpannedTree::Other => Vec::new(),
                }
            };
            reached = reached.into_iter().flat_map(next).collect();
        }
        let text = |(path, here): (String, &Spanned<SpannedTree>)| match &here.value {
            SpannedTree::Text(text) => Some((path, text.clone())),
            SpannedTree::Keys(_) | SpannedTree::List(_) | SpannedTree::Other => None,
        };
        reached.into_iter().filter_map(text).collect()
    }

    /// Returns the string values that contain this character, in the order of the file.
    #[cfg(feature = "cli")]
    pub(super) fn texts_with(&self, character: char) -> Vec<SpannedText> {
        fn collect(here: &Spanned<SpannedTree>, texts: &mut Vec<SpannedText>) {
            match &here.value {
                SpannedTree::Keys(entries) => entries.iter().for_each(|(_, value)| collect(value, texts)),
                SpannedTree::List(elements) => elements.iter().for_each(|element| collect(element, texts)),
                SpannedTree::Text(value) => {
                    let ((line, column), span) = (at(here.defined), here.defined.span());
                    let bytes = span.byte_offset().zip(span.byte_len());
                    let bytes = bytes.map(|(start, length)| start as usize..(start + length) as usize);
                    texts.extend(bytes.map(|bytes| SpannedText { line, column, bytes, value: value.clone() }));
                }
                SpannedTree::Other => {}
            }
        }
        let mut texts = Vec::new();
        self.tree().into_iter().for_each(|tree| collect(tree, &mut texts));
        texts.retain(|text| text.value.contains(character));
        texts.sort_by_key(|text| text.bytes.start);
        // An alias repeats the text of its anchor.
        texts.dedup_by_key(|text| text.bytes.start);
        texts
    }

    /// Whether there is a value at `path`.
    #[cfg(feature = "cli")]
    pub(crate) fn has(&self, path: &str) -> bool {
        let steps: Vec<_> = path.split('.').filter(|step| !step.is_empty()).collect();
        let Some((last, before)) = steps.split_last() else { return true };
        self.tree().is_some_and(|tree| match &follow(tree, before.iter().copied()).0.value {
            SpannedTree::Keys(entries) => entries.iter().any(|(key, _)| key.value == *last),
            SpannedTree::List(elements) => last.parse().is_ok_and(|number: usize| number < elements.len()),
            SpannedTree::Text(_) | SpannedTree::Other => false,
        })
    }

    /// Returns the position of the stage that a message about the list at `path` begins with: `stage 2 …`.
    pub(super) fn stage(&self, path: &[String], message: &str) -> Option<LineColumn> {
        let number: usize = message.strip_prefix("stage ")?.split(' ').next()?.parse().ok()?;
        let tree = self.tree()?;
        let SpannedTree::List(elements) = &follow(tree, path.iter().map(String::as_str)).0.value else { return None };
        elements.get(number.checked_sub(1)?).map(|element| at(element.referenced))
    }

    /// Returns the position of `word` as a key or value of the mapping at `path`.
    pub(super) fn member(&self, path: &[String], word: &str) -> Option<MappingPart> {
        let tree = self.tree()?;
        let SpannedTree::Keys(entries) = &follow(tree, path.iter().map(String::as_str)).0.value else { return None };
        let is_word = |value: &Spanned<SpannedTree>| matches!(&value.value, SpannedTree::Text(text) if text == word);
        entries.iter().find_map(|(key, value)| match () {
            () if is_word(value) => Some(MappingPart::Value(at(value.referenced))),
            () if key.value == word => Some(MappingPart::Key(place(key, value))),
            () => None,
        })
    }

    /// Returns the top-level keys; for invalid YAML, the keys at the start of lines.
    #[cfg(feature = "cli")]
    pub(super) fn top_keys(&self) -> Vec<&str> {
        match self.tree().map(|tree| &tree.value) {
            Some(SpannedTree::Keys(entries)) => entries.iter().map(|(key, _)| key.value.as_str()).collect(),
            Some(_) => Vec::new(),
            None => self
                .text
                .lines()
                .filter(|line| super::parse::key_at(line).is_some())
                .filter_map(|line| line.split(':').next())
                .collect(),
        }
    }

    /// Returns the index of the last element of the list at that key with one of these members and value.
    #[cfg(feature = "cli")]
    pub(crate) fn element_with(&self, list: &str, members: &[&str], value: &str) -> Option<usize> {
        let tree = self.tree()?;
        let SpannedTree::List(elements) = &follow(tree, [list].into_iter()).0.value else { return None };
        let is_member = |(key, member): &(Spanned<String>, Spanned<SpannedTree>)| {
            members.contains(&&*key.value) && matches!(&member.value, SpannedTree::Text(text) if text == value)
        };
        elements
            .iter()
            .rposition(|element| matches!(&element.value, SpannedTree::Keys(entries) if entries.iter().any(is_member)))
    }

    /// Returns the parsed tree, with the first value of a repeated key; `None` for invalid YAML.
    pub(super) fn tree(&self) -> Option<&Spanned<SpannedTree>> {
        self.read_tree().as_ref().ok()
    }

    pub(super) fn read_tree(&self) -> &Result<Spanned<SpannedTree>, Error> {
        self.tree.get_or_init(|| {
            let mut options = options();
            options.duplicate_keys = DuplicateKeyPolicy::FirstWins;
            serde_saphyr::from_str_with_options(&self.text, options)
        })
    }
}

/// Returns the value at the end of the path, and its position.
fn follow<'t, 's>(
    root: &'t Spanned<SpannedTree>,
    steps: impl Iterator<Item = &'s str>,
) -> (&'t Spanned<SpannedTree>, LineColumn) {
    let mut here = (root, at(root.referenced));
    for step in steps {
        let next = match &here.0.value {
            SpannedTree::Keys(entries) => {
                entries.iter().find(|(key, _)| key.value == step).map(|(key, value)| (value, place(key, value)))
            }
            SpannedTree::List(elements) => {
                let element = step.parse().ok().and_then(|number: usize| elements.get(number));
                element.map(|element| (element, at(element.referenced)))
            }
            SpannedTree::Text(_) | SpannedTree::Other => None,
        };
        let Some(next) = next else { break };
        here = next;
    }
    here
}

/// Returns the position of a value, or of its key if the value spans several lines.
fn place(key: &Spanned<String>, value: &Spanned<SpannedTree>) -> LineColumn {
    match value.value {
        SpannedTree::Keys(_) | SpannedTree::List(_) => at(key.referenced),
        SpannedTree::Text(_) | SpannedTree::Other => at(value.referenced),
    }
}

pub(super) fn at(location: Location) -> LineColumn {
    (location.line() as usize, location.column() as usize)
}

impl<'de> Deserialize<'de> for SpannedTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;

        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = SpannedTree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Text(text.to_owned()))
            }

            fn visit_none<E: de::Error>(self) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_unit<E: de::Error>(self) -> Result<SpannedTree, E> {
                Ok(SpannedTree::Other)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<SpannedTree, D::Error> {
                inner.deserialize_any(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SpannedTree, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(SpannedTree::List(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SpannedTree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(SpannedTree::Keys(entries))
            }
        }

        deserializer.deserialize_any(TreeVisitor)
    }
}
