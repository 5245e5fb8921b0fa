//! Masks secrets in displayed lines of a file, which others may read in the log of a build.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::yaml::key_at;
use crate::tree::is_secret;

/// Returns a line of the text, counted from 1, with `*` for each character of a secret.
pub(super) fn line_without_secrets(text: &str, line: usize) -> String {
    let whole = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    if is_below_secret(text, line) {
        return whole.chars().map(|c| if c.is_whitespace() || c == '-' { c } else { '*' }).collect();
    }
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(secret|admin-token|company-key)["']?[\t-\r ]*:[\t-\r ]*"#).expect("a pattern"));
    let (mut shown, mut end) = (String::new(), 0);
    for found in KEY.captures_iter(whole) {
        let (Some(all), Some(key)) = (found.get(0), found.get(1)) else { continue };
        if all.end() < end {
            continue;
        }
        let value = &whole[all.end()..all.end() + length_of_value(&whole[..all.start()], &whole[all.end()..])];
        shown.push_str(&whole[end..all.end()]);
        match key.as_str() {
            "company-key" => {
                let keys = value.split_inclusive([',', ']']);
                keys.for_each(|key| match key.split_once('=') {
                    Some((key, secret)) => shown.extend(key.chars().chain(['=']).chain(secret.chars().map(|_| '*'))),
                    None => shown.push_str(key),
                });
            }
            _ => shown.extend(value.chars().map(|_| '*')),
        }
        end = all.end() + value.len();
    }
    shown + &whole[end..]
}

/// Whether the line belongs to the value of a secret key on a line above.
fn is_below_secret(text: &str, line: usize) -> bool {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<_> = text.lines().take(line).collect();
    let Some((here, above)) = lines.split_last() else { return false };
    // Elements of a list may be directly below their key.
    let mut indent = indent_of(here) + usize::from(here.trim_start().starts_with('-'));
    for line in above.iter().rev().filter(|line| !line.trim().is_empty()) {
        // The key in a list element follows the dash.
        let key = key_at(line);
        let at = key.map_or(indent_of(line), |(at, _)| at);
        if at < indent {
            indent = at;
            if key.is_some() {
                let key = line[at..].split(':').next().unwrap_or_default();
                return is_secret(key.trim_matches(['"', '\'']));
            }
        }
    }
    false
}

/// Returns the length of a key's value on its line, in bytes.
fn length_of_value(before: &str, rest: &str) -> usize {
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        return rest[1..].find(quote).map_or(rest.len(), |end| end + 2);
    }
    let is_in_flow = before.contains(['{', '[']);
    let is_list = rest.starts_with('[');
    match () {
        () if is_list => rest.find(']').map_or(rest.len(), |end| end + 1),
        () if is_in_flow => rest.find([',', '}', ']']).unwrap_or(rest.len()),
        () => rest.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_a_secret() {
        for (text, shown) in [
            ("  secret: hush", "  secret: ****"),
            ("secret: hush, hush # x", "secret: **************"),
            ("admin-token: hush: x", "admin-token: *******"),
            ("{key: a, secret: hush, dialect: b}", "{key: a, secret: ****, dialect: b}"),
            ("{secret: [hush], dialect: b}", "{secret: ******, dialect: b}"),
            (r#"{"key": "a", "secret": "hu, sh"}"#, r#"{"key": "a", "secret": ********}"#),
            ("admin-token: 'hush'", "admin-token: ******"),
            ("company-key: a=hush", "company-key: a=****"),
            ("company-key: [a, b=hush, c]", "company-key: [a, b=***** c]"),
            ("any-company-key: \"test-*=hush-{key}\"", "any-company-key: \"test-*=***********"),
            ("company-key: a", "company-key: a"),
            ("description: no secret", "description: no secret"),
            ("company-key:\n- a=hush", "- ******"),
            ("company-key:\n  - x\n  - [a=hush]", "  - ********"),
            ("- key: a\n  secret:\n    [hush]", "    ******"),
            ("secret: |\n  hush\n\n  hush", "  ****"),
            ("secret: a\ndialect: b", "dialect: b"),
            ("companies:\n  - secret: a\n    dialect: b", "    dialect: b"),
        ] {
            assert_eq!(line_without_secrets(text, text.lines().count()), shown, "{text}");
        }
    }
}
