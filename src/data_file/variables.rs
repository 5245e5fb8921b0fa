//! Environment variables in the values of a file: `${NAME}`, `${NAME:-default}`, and `$$` for a dollar sign.

use std::{collections::HashMap, ffi::OsString};

use serde::de::DeserializeOwned;

use super::{DataFile, FileProblem};
use crate::{
    problem::{Member, MemberPath, Problem},
    tree::{Node, NodeValue, has_secret, unplaced},
};

type Variables = HashMap<String, String>;

/// Maximum nesting of defaults.
const MAX_DEPTH: usize = 10;

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
        if self.is_empty() {
            // Every setting has a default.
            return self.read_as(&unplaced(NodeValue::Mapping(Vec::new())));
        }
        let Some(tree) = self.tree().filter(|_| self.text.contains('$')) else { return self.parse() };
        let (mut tree, mut problems) = (tree.clone(), Vec::new());
        self.replace(&mut tree, variables, &mut MemberPath::default(), &mut problems);
        let problems: Vec<_> = problems.into_iter().map(|problem| self.in_tree(&tree, problem)).collect();
        match self.read_as(&tree) {
            Ok(read) if problems.is_empty() => Ok(read),
            read => {
                // A missing variable is reported, not the value without it.
                let is_new = |other: &FileProblem| problems.iter().all(|problem| problem.span != other.span);
                let others: Vec<_> = read.err().unwrap_or_default().into_iter().filter(is_new).collect();
                let mut problems: Vec<_> = problems.iter().cloned().chain(others).collect();
                problems.sort_by(FileProblem::in_order);
                Err(problems)
            }
        }
    }

    /// Replaces the variables in all strings of a tree.
    fn replace(&self, node: &mut Node, variables: &Variables, path: &mut MemberPath, problems: &mut Vec<Problem>) {
        let mut inside = |member: Member, node: &mut Node| {
            path.0.push(member);
            self.replace(node, variables, path, problems);
            path.0.pop();
        };
        match &mut node.value {
            NodeValue::Mapping(entries) => {
                entries.iter_mut().for_each(|(key, value)| inside(key.value.clone().into(), value));
            }
            NodeValue::List(elements) => {
                elements.iter_mut().enumerate().for_each(|(at, element)| inside(at.into(), element));
            }
            NodeValue::Text(text) if text.contains('$') => {
                let (text, span) = (std::mem::take(text), node.defined.span());
                let bytes = span.byte_offset().zip(span.byte_len());
                let bytes = bytes.map(|(start, length)| start as usize..(start + length) as usize).unwrap_or_default();
                let source = &self.text[bytes.clone()];
                let is_one_line = !source.contains('\n') && !is_block(&self.text[..bytes.start]);
                let replaced = match is_one_line {
                    true => expand(&text, variables, MAX_DEPTH).map(Some),
                    false if source.contains("${") => Err(Problem::rule(
                        "a variable must be in a value of one line; write it in quotes, as \"${NAME}\"",
                    )),
                    false => Ok(None),
                };
                let is_hidden = has_secret(path);
                node.value = match replaced {
                    Ok(Some(value)) => {
                        let source = source.trim_matches(['"', '\'']).to_owned();
                        NodeValue::Untyped { text: value, source: Some(source) }
                    }
                    Ok(None) => NodeValue::Text(text),
                    Err(problem) => {
                        let end = text.strip_prefix("${").and_then(end_of);
                        let is_whole = end.is_some_and(|end| end + "${}".len() == text.len());
                        let problem = match is_hidden && (!is_whole || problem.given().is_some()) {
                            true => malformed("").with_given(None),
                            false => problem,
                        };
                        problems.push(problem.at(path));
                        NodeValue::Text(text)
                    }
                };
            }
            _ => {}
        }
    }
}

/// Returns the problem of a dollar sign that begins no variable.
fn malformed(given: &str) -> Problem {
    Problem::malformed(given, "a variable")
        .with_remedy("write `${NAME}` or `${NAME:-DEFAULT}`, or `$$` for a dollar sign")
}

/// Whether a block scalar begins after this text: `|` or `>`.
fn is_block(before: &str) -> bool {
    let header = before.trim_end().lines().next_back().unwrap_or_default();
    let header = header.split(" #").next().unwrap_or_default();
    let marks = header.rsplit([' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    marks.starts_with(['|', '>']) && marks[1..].chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-'))
}

/// Replaces the variables in a text.
///
/// # Errors
///
/// [`Problem`] that names a missing or malformed variable.
fn expand(text: &str, variables: &Variables, depth: usize) -> Result<String, Problem> {
    if depth == 0 {
        return Err(Problem::rule(format!("defaults are nested more than {MAX_DEPTH} levels deep")));
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
        let unclear = || malformed(&format!("${}", name_in(rest)));
        let braced = rest.strip_prefix('{').ok_or_else(unclear)?;
        let (inner, after) = braced.split_at(end_of(braced).ok_or_else(unclear)?);
        let (name, default) = inner.split_at(name_in(inner).len());
        let default = match default.strip_prefix(":-") {
            Some(default) => Some(default),
            None if default.is_empty() => None,
            None => return Err(malformed(&format!("${{{inner}}}"))),
        };
        if name.is_empty() {
            return Err(malformed(&format!("${{{inner}}}")));
        }
        match (variables.get(name), default) {
            (Some(value), None) => expanded.push_str(value),
            (Some(value), Some(_)) if !value.is_empty() => expanded.push_str(value),
            (_, Some(default)) => expanded.push_str(&expand(default, variables, depth - 1)?),
            (None, None) => {
                return Err(Problem::rule(format!(
                    "there is no variable `{name}` in the environment; set it, or write `${{{name}:-DEFAULT}}`"
                )));
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
            (
                "pass$word",
                "`$word` is not a variable; write `${NAME}` or `${NAME:-DEFAULT}`, or `$$` for a dollar sign",
            ),
            ("costs 5$", "`$` is not a variable"),
            ("${SET", "`$` is not a variable"),
            ("${", "`$` is not a variable"),
            ("${}", "`${}` is not a variable"),
            ("${SET?why}", "`${SET?why}` is not a variable"),
            (
                &format!("{}x{}", "${NAME:-".repeat(1000), "}".repeat(1000)),
                "defaults are nested more than 10 levels deep",
            ),
        ] {
            let error = expand(wrong, &variables(), MAX_DEPTH).unwrap_err().to_string();
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
            assert!(wrong.len() == 1 && wrong[0].to_string().contains("in a value of one line"), "{text}: {wrong:?}");
        }
        let literal: Value = file("a: |\n  5$ and $$\nb: \"${SET}\"\n").parse_with(&variables()).unwrap();
        assert_eq!(literal, json!({"a": "5$ and $$\n", "b": "value"}));
        let wrong = file("a: {b: ${SET}}\n").parse_with::<Value>(&variables()).unwrap_err();
        let said = wrong[0].to_string();
        assert_eq!(said, "a.yaml:1:8: `${SET}` inside braces; quote the variable: `\"${SET}\"`");
    }
}
