//! Regular expressions of clients: they match in linear time, and their size is bounded.

use regex::{Error, Regex, RegexBuilder};

use crate::{foreign_text::shortened, problem::Problem};

/// Maximum size of a compiled expression, in bytes. Matching takes at most this times the length of the text.
pub(crate) const MAX_SIZE: usize = 256 << 10;

/// The same for an expression that is matched in `begin/`.
pub(crate) const MAX_SIZE_IN_BEGIN: usize = 32 << 10;

/// Maximum cache of all expressions of a pattern together, in bytes.
const MAX_CACHE: usize = 16 << 20;
const MAX_CACHE_OF_ONE: usize = 1 << 20;

/// Compiles one of `count` expressions, of at most `max_size` bytes. `\w`, `\d`, `\s` and `\b` are ASCII, as in JavaScript.
///
/// # Errors
///
/// [`Problem`] with the remedy.
pub(super) fn compile(expression: &str, max_size: usize, count: usize) -> Result<Regex, Problem> {
    let compiled = RegexBuilder::new(&with_ascii_classes(expression))
        .size_limit(max_size)
        .dfa_size_limit((MAX_CACHE / count.max(1)).min(MAX_CACHE_OF_ONE))
        .build();
    let shown = shortened(expression);
    compiled.map_err(|error| match error {
        Error::CompiledTooBig(_) => Problem::rule(format!(
            "`{shown}` is too large a regular expression; use fewer repetitions, such as `+` instead of `{{1,999}}`"
        )),
        error => {
            let error = error.to_string();
            let reason = error.lines().next_back().unwrap_or_default().trim_start_matches("error: ");
            Problem::rule(format!("`{shown}` is not a regular expression: {reason}"))
        }
    })
}

/// Replaces Unicode classes with ASCII ones. The Unicode class of letters is hundreds of times as large, so repeating
/// it soon exceeds the limit.
fn with_ascii_classes(expression: &str) -> String {
    let (mut ascii, mut rest) = (String::with_capacity(expression.len()), expression);
    while let Some((before, escaped)) = rest.split_once('\\') {
        ascii.push_str(before);
        let mut characters = escaped.chars();
        match characters.next() {
            Some('w') => ascii.push_str("[0-9A-Za-z_]"),
            Some('W') => ascii.push_str("[^0-9A-Za-z_]"),
            Some('d') => ascii.push_str("[0-9]"),
            Some('D') => ascii.push_str("[^0-9]"),
            Some('s') => ascii.push_str("[\\t-\\r ]"),
            Some('S') => ascii.push_str("[^\\t-\\r ]"),
            Some('b') => ascii.push_str("(?-u:\\b)"),
            Some('B') => ascii.push_str("(?-u:\\B)"),
            other => {
                ascii.push('\\');
                ascii.extend(other);
            }
        }
        rest = characters.as_str();
    }
    ascii + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_in_begin_is_smaller() {
        for (expression, is_small) in
            [("^https://.*/shop/", true), ("^[a-z-]{1,100}$", true), ("(ab|cd){1,500}", false)]
        {
            assert_eq!(compile(expression, MAX_SIZE_IN_BEGIN, 1).is_ok(), is_small, "{expression}");
            assert!(compile(expression, MAX_SIZE, 1).is_ok(), "{expression}");
        }
    }

    #[test]
    fn classes_are_ascii_and_all_else_is_unicode() {
        for (expression, text, matches) in [
            (r"^\w+$", "abc_9", true),
            (r"^\w+$", "გია", false),
            (r"^.{3}$", "გია", true),
            (r"^[ა-ჰ]+$", "გია", true),
            (r"^[^\w]$", "გ", true),
            (r"^[\w.]{1,64}@[\w.]{1,255}$", "a.b@example.com", true),
            (r"^\d{2}\s\D\S$", "12\ta\u{e9}", true),
            (r"\ba\b", "b a b", true),
            (r"\ba\b", "bab", false),
            (r"a\Bb", "ab", true),
            (r"^\\w$", r"\w", true),
            (r"(?i)ÄB", "äb", true),
        ] {
            assert_eq!(compile(expression, MAX_SIZE, 1).unwrap().is_match(text), matches, "{expression} {text}");
        }
    }

    #[test]
    fn what_is_refused_says_what_to_write() {
        for (expression, reason) in [
            ("(a{100}){100}", "is too large a regular expression; use fewer"),
            ("(", "is not a regular expression: unclosed group"),
            ("a\\", "is not a regular expression: incomplete escape sequence"),
            ("(a)\\1", "is not a regular expression: backreferences are not supported"),
        ] {
            let problem = compile(expression, MAX_SIZE, 1).unwrap_err().to_string();
            assert!(problem.contains(reason), "{problem}");
        }
    }
}
