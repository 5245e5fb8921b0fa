//! Environment variables in the values of a file: `${NAME}`, `${NAME:-default}`, and `$$` for a dollar sign.

use std::{collections::HashMap, ffi::OsString};

use serde::de::DeserializeOwned;

use super::{DataFile, FileProblem};
use crate::foreign_text::shortened;

type Variables = HashMap<String, String>;

/// Maximum nesting of defaults.
const MAX_DEPTH: usize = 10;

/// A value in the text of a file, and its replacement.
struct Substitution {
    /// Number of the line, from 1.
    line: usize,
    /// Column of the first character, from 1.
    column: usize,
    source: String,
    instead: String,
    value: String,
}

impl DataFile {
    /// Parses the text as [`DataFile::parse`] does, with environment variables replaced.
    ///
    /// # Errors
    ///
    /// As there, and for a variable that is missing or malformed.
    pub(crate) fn parse_with_environment<T: DeserializeOwned>(&self) -> Result<T, Vec<FileProblem>> {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        self.parse_with(&std::env::vars_os().filter_map(text).collect())
    }

    fn parse_with<T: DeserializeOwned>(&self, variables: &Variables) -> Result<T, Vec<FileProblem>> {
        let (mut expanded, mut end) = (String::with_capacity(self.text.len()), 0);
        let (mut replaced, mut problems) = (Vec::new(), Vec::new());
        for text in self.texts_with('$') {
            let source = &self.text[text.bytes.clone()];
            if source.contains('\n') || is_block(&self.text[..text.bytes.start]) {
                if source.contains("${") {
                    let message = "a variable must be in a value of one line; write it in quotes, as \"${NAME}\"";
                    problems.push(self.marked((text.line, text.column), message.into()));
                }
                continue;
            }
            let value = expand(&text.value, variables, MAX_DEPTH).unwrap_or_else(|message| {
                problems.push(self.marked((text.line, text.column), message));
                // A missing variable is reported, not the value without it.
                text.value.clone()
            });
            let instead = to_yaml(&value);
            expanded.push_str(&self.text[end..text.bytes.start]);
            expanded.push_str(&instead);
            end = text.bytes.end;
            replaced.push(Substitution { line: text.line, column: text.column, source: source.into(), instead, value });
        }
        if replaced.is_empty() && problems.is_empty() {
            return self.parse().map_err(|problems| problems.into_iter().map(with_brackets).collect());
        }
        expanded.push_str(&self.text[end..]);
        let file = Self::new(self.name.clone(), self.path.clone(), expanded.into());
        match file.parse() {
            Ok(parsed) if problems.is_empty() => Ok(parsed),
            Ok(_) => Err(problems),
            Err(others) => {
                for other in others.into_iter().map(|other| self.as_written(other, &replaced)) {
                    if !problems.iter().any(|problem| problem.span.is_some() && problem.span == other.span) {
                        problems.push(other);
                    }
                }
                problems.sort_by(FileProblem::in_order);
                Err(problems)
            }
        }
    }

    /// Maps a problem of the expanded text to its position in the file, without values of variables.
    fn as_written(&self, problem: FileProblem, replaced: &[Substitution]) -> FileProblem {
        let Some(span) = &problem.span else { return problem };
        let length = |text: &str| text.chars().count();
        let mut column = span.column;
        for value in replaced.iter().filter(|value| value.line == span.line) {
            if column >= value.column + length(&value.instead) {
                column = column + length(&value.source) - length(&value.instead);
            } else if column > value.column {
                column = value.column;
            }
        }
        let value = replaced.iter().find(|value| (value.line, value.column) == (span.line, column));
        let message = match value {
            Some(Substitution { value, source, .. }) => {
                let source = format!("`{}`", shortened(source.trim_matches(['"', '\''])));
                let message = problem.message.replace(&format!("`{value}`"), &source);
                message.replace(&format!("`{}`", shortened(value)), &source)
            }
            None => problem.message,
        };
        self.marked((span.line, column), message)
    }
}

/// Whether a block scalar begins after this text: `|` or `>`.
fn is_block(before: &str) -> bool {
    let header = before.trim_end().lines().next_back().unwrap_or_default();
    let header = header.split(" #").next().unwrap_or_default();
    let marks = header.rsplit([' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    marks.starts_with(['|', '>']) && marks[1..].chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-'))
}

/// Adds advice to a problem with brackets, which may be those of a variable.
fn with_brackets(mut problem: FileProblem) -> FileProblem {
    let is_in_line = problem.span.as_ref().is_some_and(|span| span.shows("${"));
    if is_in_line && problem.message.starts_with("while parsing a flow") {
        problem.message.push_str("; inside brackets, quote a variable: \"${NAME}\"");
    }
    problem
}

/// Returns a value as YAML: a number or boolean stays one, everything else is a string.
fn to_yaml(value: &str) -> String {
    let is_number = value.parse::<f64>().is_ok() && value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    if is_number || matches!(value, "true" | "false") {
        return value.to_owned();
    }
    serde_json::to_string(value).expect("a text is JSON")
}

/// Replaces the variables in a text.
///
/// # Errors
///
/// A message that names a missing or malformed variable.
fn expand(text: &str, variables: &Variables, depth: usize) -> Result<String, String> {
    if depth == 0 {
        return Err(format!("defaults are nested more than {MAX_DEPTH} levels deep"));
    }
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let unclear = || {
            format!(
                "`${}` is neither `${{NAME}}` nor `${{NAME:-DEFAULT}}`; a dollar sign is written `$$`",
                name_in(rest)
            )
        };
        let braced = rest.strip_prefix('{').ok_or_else(unclear)?;
        let (inner, after) = braced.split_at(end_of(braced).ok_or_else(unclear)?);
        let (name, default) = inner.split_at(name_in(inner).len());
        let default = match default.strip_prefix(":-") {
            Some(default) => Some(default),
            None if default.is_empty() => None,
            None => return Err(format!("`${{{inner}}}` is neither `${{NAME}}` nor `${{NAME:-DEFAULT}}`")),
        };
        if name.is_empty() {
            return Err(format!("`${{{inner}}}` names no variable: write `${{NAME}}` or `${{NAME:-DEFAULT}}`"));
        }
        match (variables.get(name), default) {
            (Some(value), None) => expanded.push_str(value),
            (Some(value), Some(_)) if !value.is_empty() => expanded.push_str(value),
            (_, Some(default)) => expanded.push_str(&expand(default, variables, depth - 1)?),
            (None, None) => {
                return Err(format!(
                    "there is no variable `{name}` in the environment: set it, or write `${{{name}:-DEFAULT}}`"
                ));
            }
        }
        rest = &after[1..];
    }
    Ok(expanded + rest)
}

/// Returns the name at the start of a text.
fn name_in(text: &str) -> &str {
    let is_start = text.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let end = text.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    if is_start { &text[..end] } else { "" }
}

/// Returns the position of the closing brace.
fn end_of(text: &str) -> Option<usize> {
    let mut open = 0;
    for (at, character) in text.char_indices() {
        match character {
            '{' if text[..at].ends_with('$') => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn variables() -> Variables {
        [("SET", "value"), ("EMPTY", ""), ("NUMBER", "8080"), ("YES", "true"), ("ODD", "a: \"b\" # ${SET}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn variables_and_defaults_are_put_in() {
        for (text, expanded) in [
            ("", ""),
            ("a", "a"),
            ("$$", "$"),
            ("$$NAME$${NAME}", "$NAME${NAME}"),
            ("a${SET}b${SET}c", "avaluebvaluec"),
            ("${EMPTY}", ""),
            ("${NAME:-default}", "default"),
            ("${NAME:-}", ""),
            ("${EMPTY:-${SET}}", "value"),
            ("${NAME:-${EMPTY:-a${SET}}}.", "avalue."),
            ("${SET:-${NAME}}", "value"),
            ("${NAME:-a}}", "a}"),
        ] {
            assert_eq!(expand(text, &variables(), MAX_DEPTH).as_deref(), Ok(expanded), "{text}");
        }
        for (wrong, problem) in [
            ("${NAME}", "there is no variable `NAME` in the environment"),
            ("a$$${NAME}", "there is no variable `NAME`"),
            ("${SET}${NAME}", "there is no variable `NAME`"),
            ("${EMPTY:-${NAME}}", "there is no variable `NAME`"),
            ("pass$word", "`$word` is neither `${NAME}` nor `${NAME:-DEFAULT}`; a dollar sign is written `$$`"),
            ("costs 5$", "a dollar sign is written `$$`"),
            ("${SET", "a dollar sign is written `$$`"),
            ("${}", "`${}` names no variable"),
            ("${SET?why}", "`${SET?why}` is neither"),
            (
                &format!("{}x{}", "${NAME:-".repeat(1000), "}".repeat(1000)),
                "defaults are nested more than 10 levels deep",
            ),
        ] {
            let error = expand(wrong, &variables(), MAX_DEPTH).unwrap_err();
            assert!(error.contains(problem), "{wrong}: {error}");
        }
    }

    fn file(text: &'static str) -> DataFile {
        DataFile::new("a".into(), "a.yaml".into(), text.into())
    }

    #[test]
    fn values_keep_what_they_are() {
        let text =
            "a: ${NUMBER}\nb: [\"${YES}\", '${ODD}', \"${SET}\"]\n${SET}: {c: \"${EMPTY}\", d: 1$$}\n# ${NAME}\n";
        let read: Value = file(text).parse_with(&variables()).unwrap();
        let odd = "a: \"b\" # ${SET}";
        assert_eq!(read, json!({"a": 8080, "b": [true, odd, "value"], "${SET}": {"c": "", "d": "1$"}}));
    }

    #[test]
    fn problems_are_where_they_stand_in_the_file_and_show_no_value() {
        let text = "{a: \"${SET}\", b: \"${NUMBER}\", c: \"${NAME}\", d: \"${SET}\", e: x}\n";
        let wrong = file(text).parse_with::<HashMap<String, std::net::IpAddr>>(&variables()).unwrap_err();
        let said: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 5, "{said:?}");
        for (said, span) in said.iter().zip(["1:5:", "1:18:", "1:34:", "1:48:", "1:61:"]) {
            assert!(said.starts_with(&format!("a.yaml:{span}")) && !said.contains("value`"), "{said}");
        }
        assert!(said[2].contains("there is no variable `NAME`"), "{}", said[2]);
        for text in ["a: |\n  ${SET}\nb: 1\n", "a: >-\n  ${SET}", "a: \"x\n  ${SET}\"\nb: 1\n", "a: | # x\n  ${SET}"] {
            let wrong = file(text).parse_with::<Value>(&variables()).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].message.contains("in a value of one line"), "{text}: {wrong:?}");
        }
        let literal: Value = file("a: |\n  5$ and $$\nb: \"${SET}\"\n").parse_with(&variables()).unwrap();
        assert_eq!(literal, json!({"a": "5$ and $$\n", "b": "value"}));
        let wrong = file("a: {b: ${SET}}\n").parse_with::<Value>(&variables()).unwrap_err();
        assert!(wrong[0].message.ends_with("; inside brackets, quote a variable: \"${NAME}\""), "{wrong:?}");
    }
}
