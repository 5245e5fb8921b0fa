//! Parsing the text of a file, and problems with its syntax.

use serde_saphyr::{
    Error, Options, budget::BudgetBreach, granit_parser::ErrorKind, localizer::ExternalMessageSource,
    options::DuplicateKeyPolicy,
};

use crate::{
    json_text::MAX_DEPTH,
    problem::Problem,
    tree::{self, Node},
};

/// Maximum number of values, keys and brackets of a file, with aliases expanded.
const MAX_PARSER_EVENTS: usize = 20_000;

/// Maximum number of anchors, and of aliases, of a file.
const MAX_ANCHORS: usize = 1000;

/// Returns the parser options of all files.
fn options() -> Options {
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
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_PARSER_EVENTS,
            max_replay_stack_depth: MAX_DEPTH,
        },
    }
}

/// Parses a text as YAML; JSON is YAML, too. A repeated key stays repeated.
pub(super) fn parse(text: &str) -> Result<Node, Error> {
    tree::of_yaml(text, options())
}

/// A syntax problem: its line and column, and how many characters it marks; `None` marks the rest of the line.
pub(super) struct SyntaxProblem {
    pub(super) problem: Problem,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) width: Option<usize>,
}

/// Returns the problem of a file that would take too much time or memory; `None` for other errors.
pub(super) fn size_problem(error: &Error) -> Option<Problem> {
    let too_deep = || Problem::rule(format!("the file is nested more than {MAX_DEPTH} levels deep"));
    match error.without_snippet() {
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => Some(too_deep()),
        Error::Budget { breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. }, .. } => {
            Some(Problem::rule(format!("the file has more than {MAX_ANCHORS} anchors or aliases")))
        }
        Error::Budget {
            breach: BudgetBreach::MergeKeys { .. } | BudgetBreach::RecordedAnchorEvents { .. }, ..
        }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            Some(Problem::rule(format!("aliases expand to more than {MAX_PARSER_EVENTS} values; write the values out")))
        }
        Error::Budget { .. } => {
            Some(Problem::rule(format!("the file has more than {MAX_PARSER_EVENTS} keys, values and brackets")))
        }
        Error::AliasError { error, .. } => size_problem(error),
        error => (parser_error(error)? == &ErrorKind::RecursionLimitExceeded).then(too_deep),
    }
}

/// Returns the problem of a text that is not YAML, with the mistake behind it where its lines show one.
pub(super) fn syntax_problem(text: &str, error: &Error) -> SyntaxProblem {
    let error = error.without_snippet();
    let (line, column) = error.location().map_or((1, 1), |at| (at.line() as usize, at.column() as usize));
    let at = |line: usize, column: usize, message: String| SyntaxProblem {
        problem: Problem::syntax(message),
        line,
        column,
        width: None,
    };
    let kind = parser_error(error);
    let line_text = |line: usize| text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    // The parser may stop at the line below.
    let tab = [line, line.saturating_sub(1)].into_iter().find_map(|line| {
        let text = line_text(line);
        Some((line, text[..indent(text)].find('\t')?, text[..indent(text)].matches('\t').count()))
    });
    if let Some((line, start, tabs)) = tab.filter(|_| kind.is_some()) {
        let problem = Problem::syntax("a tab cannot indent a line of YAML; use spaces");
        return SyntaxProblem { problem, line, column: start + 1, width: Some(tabs) };
    }
    if let Some((line, column)) = deeper_line(text, line) {
        let message = "this line is indented deeper than the line above, which already has a value; align the keys of \
                       a mapping";
        return at(line, column, message.into());
    }
    if let Some((start, name)) = [line, line.saturating_sub(1)].into_iter().find_map(|line| {
        let text = line_text(line);
        unquoted_variable(text).map(|(start, name)| ((line, text[..start].chars().count() + 1), name))
    }) {
        let problem = Problem::syntax(format!("`${{{name}}}` inside braces; quote the variable: `\"${{{name}}}\"`"));
        return SyntaxProblem { problem, line: start.0, column: start.1, width: Some(name.chars().count() + 3) };
    }
    if let Some((column, value)) = text_with_colon(line_text(line)) {
        let problem = Problem::syntax("a text with a colon and a space needs quotes; write `\"…\"` around it");
        return SyntaxProblem { problem, line, column, width: Some(value.chars().count()) };
    }
    let message = match error {
        Error::UnknownAnchor { .. } => "unknown anchor; define `&NAME` before `*NAME` uses it".into(),
        Error::MultipleDocuments { .. } => {
            "the file has more than one document; move the text after `---` to a file of its own".into()
        }
        Error::ExternalMessage { msg, .. } if kind.is_some_and(is_about_neighbours) => {
            format!("{msg}; is this line indented like its neighbours?")
        }
        Error::ExternalMessage { msg, .. } | Error::Message { msg, .. } => msg.clone(),
        other => other.render_with_formatter(&serde_saphyr::UserMessageFormatter),
    };
    at(line, column, message)
}

fn parser_error(error: &Error) -> Option<&ErrorKind> {
    match error {
        Error::ExternalMessage { source, .. } => match &**source {
            ExternalMessageSource::Parser(error) => Some(error.kind()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a line that is indented otherwise than its neighbours may be the cause.
fn is_about_neighbours(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedNodeContent
            | ErrorKind::ExpectedFlowMappingSeparator
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedDocumentStart
    )
}

/// Returns a variable that is not quoted inside braces or brackets, with its position in bytes: `{secret: ${NAME}}`.
fn unquoted_variable(line: &str) -> Option<(usize, &str)> {
    let start = line.find("${")?;
    let name = line[start + 2..].split('}').next()?;
    let is_quoted = line[..start].matches(['"', '\'']).count() % 2 == 1;
    (!is_quoted && line[..start].contains(['{', '['])).then_some((start, name))
}

/// Returns the unquoted value beside a key, if it contains a colon as a key does, with its column.
fn text_with_colon(line: &str) -> Option<(usize, &str)> {
    let (_, value) = key_at(line)?;
    let is_plain = !value.starts_with(['|', '>', '{', '[', '"', '\'', '&', '*', '!', '#']);
    let line = line.trim_end();
    let column = line[..line.len() - value.len()].chars().count() + 1;
    (is_plain && value.contains(": ")).then_some((column, value))
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
