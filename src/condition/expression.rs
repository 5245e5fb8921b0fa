//! Regular expressions of clients: they match in linear time, and their size is bounded.

use regex_lite::{Regex, RegexBuilder};

use crate::{foreign_text::shortened, problem::Problem};

/// Maximum size of a compiled expression, in bytes. Matching takes at most this times the length of the text.
pub(crate) const MAX_SIZE: usize = 256 << 10;

/// The same for an expression that is matched in `begin/`.
pub(crate) const MAX_SIZE_IN_BEGIN: usize = 32 << 10;

/// Compiles an expression of at most `max_size` bytes. `\w`, `\d`, `\s`, `\b` and `(?i)` are ASCII.
///
/// # Errors
///
/// [`Problem`] with the remedy.
pub(super) fn compile(expression: &str, max_size: usize) -> Result<Regex, Problem> {
    RegexBuilder::new(expression).size_limit(max_size).build().map_err(|error| {
        let shown = shortened(expression);
        // The error has no kind.
        let too_large = RegexBuilder::new("a").size_limit(0).build();
        Problem::rule(match too_large {
            Err(too_large) if error == too_large => format!(
                "`{shown}` is too large a regular expression; use fewer repetitions, such as `+` instead of `{{1,999}}`"
            ),
            _ => format!("`{shown}` is not a regular expression: {error}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_in_begin_is_smaller() {
        for (expression, is_small) in
            [("^https://.*/shop/", true), ("^[a-z-]{1,100}$", true), ("(ab|cd){1,500}", false)]
        {
            assert_eq!(compile(expression, MAX_SIZE_IN_BEGIN).is_ok(), is_small, "{expression}");
            assert!(compile(expression, MAX_SIZE).is_ok(), "{expression}");
        }
    }

    #[test]
    fn classes_and_case_are_ascii_and_all_else_is_unicode() {
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
            (r"(?i)AB", "ab", true),
            (r"(?i)Ä", "ä", false),
        ] {
            assert_eq!(compile(expression, MAX_SIZE).unwrap().is_match(text), matches, "{expression} {text}");
        }
    }

    #[test]
    fn what_is_refused_says_what_to_write() {
        for (expression, reason) in [
            ("(a{100}){100}", "is too large a regular expression; use fewer"),
            ("(", "is not a regular expression: found open group without closing"),
            ("a\\", "is not a regular expression: saw start of escape sequence"),
            ("(a)\\1", "is not a regular expression: backreferences are not supported"),
        ] {
            let problem = compile(expression, MAX_SIZE).unwrap_err().to_string();
            assert!(problem.contains(reason), "{problem}");
        }
    }
}
