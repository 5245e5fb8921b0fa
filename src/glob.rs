//! Patterns: `*` stands for any characters, `?` for one.

use regex_lite::Regex;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::problem::Problem;

/// Maximum number of characters of a pattern.
const MAX_LENGTH: usize = 200;

/// A pattern, matched in time linear in the text.
#[derive(Debug, Clone)]
pub(crate) struct Glob {
    pattern: String,
    expression: Regex,
}

impl Glob {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// [`Problem`] if it is too long.
    pub(crate) fn new(pattern: &str) -> Result<Self, Problem> {
        if pattern.chars().count() > MAX_LENGTH {
            return Err(Problem::rule("a pattern has at most 200 characters"));
        }
        let mut expression = String::from("(?s)^");
        for character in pattern.chars() {
            match character {
                // Several `*` in a row equal one.
                '*' if expression.ends_with(".*") => {}
                '*' => expression.push_str(".*"),
                '?' => expression.push('.'),
                other => expression.push_str(&regex_lite::escape(other.encode_utf8(&mut [0; 4]))),
            }
        }
        expression.push('$');
        let expression = Regex::new(&expression).expect("what is escaped is an expression, and a short one is small");
        Ok(Self { pattern: pattern.to_owned(), expression })
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.expression.is_match(text)
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl Serialize for Glob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.pattern)
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(reader)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_any_characters_and_question_marks_are_one() {
        for (pattern, text, matches) in [
            ("https://*.example.com/*", "https://shop.example.com/done?a=b", true),
            ("https://*.example.com/*", "https://example.com/", false),
            ("case-?", "case-7", true),
            ("case-?", "case-17", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("**a**", "a\nb", true),
            ("a.c", "abc", false),
            (r"\w+", r"\w+", true),
            (r"a\*b", r"a\xb", true),
            ("გ?ა", "გია", true),
        ] {
            assert_eq!(Glob::new(pattern).unwrap().matches(text), matches, "{pattern} {text}");
        }
        assert!(Glob::new(&"?".repeat(MAX_LENGTH)).unwrap().matches(&"ა".repeat(MAX_LENGTH)));
        Glob::new(&"a".repeat(MAX_LENGTH + 1)).unwrap_err();
    }
}
