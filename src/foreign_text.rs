//! Text from clients and files, made safe for messages, hints and the log.

use std::borrow::Cow;

/// Maximum number of similar mistakes that a message names.
pub(crate) const MAX_NAMED: usize = 10;

/// Returns the beginning of a client's text, enough to recognize it in a message.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    const MAX_SHORTENED_CHARS: usize = 60;
    match text.char_indices().nth(MAX_SHORTENED_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Removes the quotation marks that `begin/` puts around a token.
pub(crate) fn without_quotes(token: &str) -> &str {
    token.trim().trim_matches('"')
}

/// Whether a character could look like the end of a line or reverse the text beside it: control characters, line and
/// paragraph separators, and bidirectional marks.
pub(crate) fn is_disturbing(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Escapes disturbing characters as Rust does: `\n`, `\u{202e}`.
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

/// Escapes text for HTML.
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
