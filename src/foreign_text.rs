//! Text that somebody else wrote, where it stands in messages, hints and the log.

use std::borrow::Cow;

/// How many odd things of one kind a message names.
pub(crate) const MAX_NAMED: usize = 10;

/// The beginning of what a caller sent: enough to know it again in a message, however long it is.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const MAX_SHORTENED_CHARS: usize = 60;
    match text.char_indices().nth(MAX_SHORTENED_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A token as it came from `begin/`, or without the quotation marks that are around it there.
pub(crate) fn without_quotes(token: &str) -> &str {
    token.trim().trim_matches('"')
}

/// Whether a character could pass for the end of a line, or turn around what stands beside it: control characters, the
/// separators of lines and paragraphs, and the marks of bidirectional text.
pub(crate) fn is_disturbing(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Text with its disturbing characters escaped as in Rust: `\n`, `\u{202e}`.
pub(crate) fn on_one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_disturbing) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_disturbing(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    Cow::Owned(line)
}

/// Text as HTML shows it, whoever wrote it.
pub(crate) fn as_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_escaped_and_nothing_else() {
        for (text, line) in [
            ("a\r\n\tb\u{1b}[31m\0", "a\\r\\n\\tb\\u{1b}[31m\\u{0}"),
            ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
            ("\u{202e}gnp.\u{2066}\u{200f}", "\\u{202e}gnp.\\u{2066}\\u{200f}"),
            ("Ünïcödé მაგალითი \\ \"quoted\"", "Ünïcödé მაგალითი \\ \"quoted\""),
        ] {
            assert_eq!(on_one_line(text), line);
        }
    }
}
