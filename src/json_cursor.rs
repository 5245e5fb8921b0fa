//! Reading JSON piece by piece, with the text of each piece.

use std::{borrow::Cow, cell::Cell, marker::PhantomData};

use indexmap::IndexMap;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde_json::Value;

use crate::json_text::{DepthCheck, JsonError, JsonStr, check, plain_string};

/// Reads a text in one pass, which also checks it as [`check`] does. `take` reads all of it.
///
/// # Errors
///
/// As [`check`], and when `take` wants another kind of value.
pub(crate) fn read<'a, T>(
    text: &'a str,
    depth: usize,
    take: impl FnOnce(&mut JsonCursor<'a>) -> Result<T, Unreadable>,
) -> Result<T, JsonError> {
    let mut cursor = JsonCursor { text, at: 0, level: 0, depth };
    match take(&mut cursor) {
        Ok(value) if cursor.peek().is_none() => Ok(value),
        _ => {
            check(text.as_bytes(), depth)?;
            Err(JsonError::Invalid(serde::de::Error::custom("it is another kind of value")))
        }
    }
}

/// Reads a text that was checked when it came, as [`read`].
pub(crate) fn read_checked<'a, T>(text: &'a str, take: impl FnOnce(&mut JsonCursor<'a>) -> Result<T, Unreadable>) -> T {
    read(text, usize::MAX, take).expect("the text was checked when it came")
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
        if self.word().or_else(|| self.plain_string()).is_none() {
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

    /// Reads true, false or null. What follows it is for the next piece to refuse.
    fn word(&mut self) -> Option<&'a str> {
        let word = ["true", "false", "null"].into_iter().find(|word| self.text[self.at..].starts_with(word))?;
        self.at += word.len();
        Some(word)
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
    read_checked(list, |cursor| {
        let mut elements = Vec::new();
        cursor.elements(&mut |cursor| {
            elements.push(cursor.value()?);
            Ok(())
        })?;
        Ok(elements)
    })
}

/// Merges the members of two checked objects; members of `above` override, and keep the position below.
pub(crate) fn merge_members(below: &str, above: &str) -> String {
    let mut members = IndexMap::new();
    for object in [below, above] {
        read_checked(object, |cursor| {
            cursor.members(&mut |cursor| {
                let name = cursor.name()?;
                members.insert(name, cursor.value()?);
                Ok(())
            })
        });
    }
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", Value::from(&**name))).collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_laid_over_others_keep_their_places_and_their_text() {
        let (below, above) = (r#"{"a": 1.0, "b": [ ], "a": 1e2}"#, r#"{"b":"\u0041","c": {} }"#);
        assert_eq!(merge_members(below, above), r#"{"a":1e2,"b":"\u0041","c":{}}"#);
        assert_eq!(merge_members("{}", r#"{"\"": null}"#), r#"{"\"":null}"#);
    }
}
