//! Parsing the text of a file, and the wording of its problems.

use serde::de::DeserializeOwned;
use serde_saphyr::{Options, UserMessageFormatter};

use super::{
    DataFile, FileProblem, SourceSpan,
    collect::{self, Issue, IssueKind},
    renamed::is_old_name,
    secrets::is_secret,
    spans::MappingPart,
};
use crate::{
    foreign_text::shortened,
    json_text::MAX_DEPTH,
    words::{nearest, with_meant},
};

impl DataFile {
    /// Parses the text as YAML; JSON is YAML, too.
    ///
    /// # Errors
    ///
    /// All problems, with line and column.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Vec<FileProblem>> {
        collect::read(&self.text, &options()).map_err(|found| {
            if self.text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#')) {
                let message = "the file is empty; fill it or remove it";
                return vec![FileProblem::of_file(&self.path, message.into())];
            }
            if let Some(message) = found.first().and_then(size_problem) {
                return vec![FileProblem::of_file(&self.path, message)];
            }
            let mut problems: Vec<_> = found.into_iter().filter_map(|found| self.problem(found)).collect();
            // Invalid YAML is always reported.
            if let Err(broken) = self.read_tree() {
                let broken = self.worded(broken);
                if !problems.iter().any(|problem| problem.position() == broken.position()) {
                    problems.push(broken);
                    problems.sort_by(FileProblem::in_order);
                }
            }
            problems
        })
    }

    /// Returns the problem of an issue; `None` if another issue may have caused it.
    fn problem(&self, found: Issue) -> Option<FileProblem> {
        let (line, column) = (found.location.line() as usize, found.location.column() as usize);
        let of_key = |key: &str, message: String| Some(self.problem_at(line, column, key.chars().count(), message));
        match found.kind {
            IssueKind::UnknownKey { key, known } => of_key(&key, unknown_key(&key, known)),
            IssueKind::DuplicateKey { key } => {
                of_key(&key, format!("duplicate key `{}`; remove one of the two", shortened(&key)))
            }
            IssueKind::Other(error) => {
                let problem = self.worded(&error);
                // A message about a mapping may be about one of its members, which it names.
                let member = problem.message.split('`').nth(1).and_then(|word| self.member(&found.path, word));
                match member {
                    Some(MappingPart::Value(place)) => Some(self.marked(place, problem.message)),
                    _ if found.may_follow => None,
                    Some(MappingPart::Key(place)) => Some(self.marked(place, problem.message)),
                    None => match self.stage(&found.path, &problem.message) {
                        Some(place) => Some(self.marked(place, problem.message)),
                        None => Some(problem),
                    },
                }
            }
        }
    }

    /// Rewords an error of the parser.
    fn worded(&self, error: &serde_saphyr::Error) -> FileProblem {
        let text = &*self.text;
        let error = error.without_snippet();
        let (line, column) = error.location().map_or((1, 1), |at| (at.line() as usize, at.column() as usize));
        if let Some((deeper, column)) = deeper_line(text, line) {
            let message = "this line is indented deeper than the line above, which already has a value; align the \
                           keys of a mapping";
            return self.marked((deeper, column), message.into());
        }
        let found = value_at(text, line, column);
        let message = match (expected_type(error), found) {
            (Some(wanted), Some((Some(key), _))) if is_secret(key) => format!("`{key}` takes {wanted}"),
            (Some(wanted), Some((Some(key), value))) => format!("`{key}` takes {wanted}, not `{}`", shortened(value)),
            (Some(wanted), Some((None, value))) => format!("expected {wanted}, not `{}`", shortened(value)),
            _ => match error {
                serde_saphyr::Error::SerdeUnknownVariant { variant, expected, .. } => {
                    with_meant(format!("unknown value `{}`; allowed: {}", shortened(variant), expected.join(", ")))
                }
                serde_saphyr::Error::NullIntoString { .. } => {
                    let key_of_line = || text.lines().nth(line.checked_sub(1)?)?.trim_end().strip_suffix(':');
                    match found.and_then(|(key, _)| key).or_else(key_of_line) {
                        Some(key) => {
                            let key = key.trim_start_matches([' ', '-']);
                            format!("`{key}` has no value; write a string, or remove the key")
                        }
                        None => "the value is missing; write a string".into(),
                    }
                }
                serde_saphyr::Error::UnknownAnchor { .. } => {
                    "unknown anchor; define `&NAME` before `*NAME` uses it".into()
                }
                serde_saphyr::Error::MultipleDocuments { .. } => {
                    "the file has more than one document; move the text after `---` to a file of its own".into()
                }
                serde_saphyr::Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
                error => with_meant(in_short(error, line, column)),
            },
        };
        self.marked((line, column), message)
    }

    /// Returns a problem with the value at a line and column, up to the end of its line.
    pub(super) fn marked(&self, (line, column): (usize, usize), message: String) -> FileProblem {
        let width = value_at(&self.text, line, column).map_or(1, |(_, value)| value.chars().count());
        self.problem_at(line, column, width, message)
    }

    fn problem_at(&self, line: usize, column: usize, width: usize, message: String) -> FileProblem {
        let span = SourceSpan::new(&self.text, line.max(1), column.max(1), width);
        FileProblem { file: Some(self.path.clone()), span: Some(span), message }
    }
}

/// Maximum number of values, keys and brackets of a file, with aliases expanded.
const MAX_PARSER_EVENTS: usize = 20_000;

/// Maximum number of anchors, and of aliases, of a file.
const MAX_ANCHORS: usize = 1000;

/// Returns the parser options of all files.
pub(super) fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_events: MAX_PARSER_EVENTS,
            max_nodes: MAX_PARSER_EVENTS,
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_aliases: MAX_ANCHORS,
            max_anchors: MAX_ANCHORS,
            max_merge_keys: MAX_ANCHORS,
            max_recorded_anchor_events: MAX_PARSER_EVENTS,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_PARSER_EVENTS,
            max_replay_stack_depth: MAX_DEPTH,
        },
    }
}

/// Returns the message about a file that would take too much time or memory.
fn size_problem(found: &Issue) -> Option<String> {
    match &found.kind {
        IssueKind::Other(error) => breach(error),
        IssueKind::UnknownKey { .. } | IssueKind::DuplicateKey { .. } => None,
    }
}

/// Returns the size problem of an error of the parser; `None` for other errors.
fn breach(error: &serde_saphyr::Error) -> Option<String> {
    use serde_saphyr::{Error, budget::BudgetBreach};
    let aliases = || format!("aliases expand to more than {MAX_PARSER_EVENTS} values; write the values out");
    match error.without_snippet() {
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            Some(format!("the file is nested more than {MAX_DEPTH} levels deep"))
        }
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. } => {
            Some(format!("the file has more than {MAX_ANCHORS} anchors or aliases"))
        }
        Error::Budget {
            breach: BudgetBreach::MergeKeys { .. } | BudgetBreach::RecordedAnchorEvents { .. }, ..
        }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Some(aliases()),
        Error::Budget { .. } => Some(format!("the file has more than {MAX_PARSER_EVENTS} keys, values and brackets")),
        Error::AliasError { error, .. } => breach(error),
        error if error.to_string().contains("recursion limit exceeded") => {
            Some(format!("the file is nested more than {MAX_DEPTH} levels deep"))
        }
        _ => None,
    }
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let what = format!("unknown key `{}`", shortened(key));
    // The key of the schema is for editors.
    let known: Vec<_> = known.iter().copied().filter(|key| !key.starts_with('$') && !is_old_name(key)).collect();
    match nearest(key, known.iter().copied()) {
        Some(meant) => format!("{what}, did you mean `{meant}`?"),
        None => format!("{what}; known: {}", known.join(", ")),
    }
}

/// Returns the message of the parser without the position.
fn in_short(error: &serde_saphyr::Error, line: usize, column: usize) -> String {
    let message = error.render_with_formatter(&UserMessageFormatter);
    let mut message = message.replace(&format!(" at line {line}, column {column}"), "");
    if message.starts_with("tabs disallowed") {
        return "a tab cannot indent a line of YAML; use spaces".into();
    }
    if message.contains("did not find expected") {
        message.push_str("; is this line indented like its neighbours?");
    }
    message
}

/// Returns the type that was expected in place of a value of another type.
fn expected_type(error: &serde_saphyr::Error) -> Option<&'static str> {
    use serde_saphyr::Error::{InvalidBooleanStrict, InvalidScalar, Unexpected};
    match error {
        InvalidScalar { ty: "floating point", .. } => Some("a number"),
        InvalidScalar { ty: "boolean", .. } | InvalidBooleanStrict { .. } => Some("true or false"),
        InvalidScalar { ty, .. } if ty.starts_with('u') => Some("a whole number of 0 or more"),
        Unexpected { expected: "sequence start", .. } => Some("a list"),
        Unexpected { expected: "mapping start", .. } => Some("a mapping (keys with values)"),
        Unexpected { expected: "string scalar", .. } => Some("a string"),
        _ => None,
    }
}

/// Returns the value at a position, up to the end of its line, and its key.
fn value_at(text: &str, line: usize, column: usize) -> Option<(Option<&str>, &str)> {
    let (above, here) = (text.lines().take(line.checked_sub(1)?), text.lines().nth(line.checked_sub(1)?)?);
    let (start, _) = here.char_indices().nth(column.checked_sub(1)?)?;
    let (before, value) = (here[..start].trim_end(), &here[start..]);
    let is_in_flow = before.contains(['{', '[']) && !value.starts_with(['{', '[']);
    let ends: &[&str] = if is_in_flow { &[",", "}", "]", " #"] } else { &[" #"] };
    let end = ends.iter().filter_map(|end| value.find(end)).min().unwrap_or(value.len());
    // A value at the start of a line belongs to the key above.
    let key = match before.trim_start() {
        "" | "-" => above.map(str::trim_end).filter(|line| line.ends_with(':')).last().unwrap_or_default(),
        _ => before,
    };
    let key = key.strip_suffix(':').map(|key| key.rsplit(['{', '[', ',']).next().unwrap_or(key));
    let key = key.map(|key| key.trim().trim_start_matches("- ").trim_matches(['"', '\'']));
    Some((key, value[..end].trim_end()))
}

/// Returns the line at or after `line`, with its column, on which a key is indented below a key that has a value. YAML
/// takes it for a part of that value, and reports an error elsewhere.
fn deeper_line(text: &str, line: usize) -> Option<(usize, usize)> {
    let lines: Vec<_> = text.lines().collect();
    [line, line.saturating_sub(1)].into_iter().find_map(|upper| {
        let (outer, value) = key_at(lines.get(upper.checked_sub(1)?)?)?;
        let lower = lines.get(upper)?;
        let (inner, _) = key_at(lower).filter(|_| !lower.trim_start().starts_with('-'))?;
        let is_plain = !value.is_empty() && !value.starts_with(['|', '>', '{', '[', '"', '\'', '&', '*', '!', '#']);
        (is_plain && inner > outer).then_some((upper + 1, inner + 1))
    })
}

/// Returns the indent of the key at the start of a line, and the value beside it.
pub(super) fn key_at(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (key, value) = line[indent..].split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    (is_key && (value.is_empty() || value.starts_with(' '))).then(|| (indent, value.trim()))
}
