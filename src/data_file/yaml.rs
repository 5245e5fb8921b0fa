//! Parsing the text of a file, and problems with its syntax.

use serde_saphyr::{
    Error, MessageFormatter, Options, UserMessageFormatter,
    budget::BudgetBreach,
    granit_parser::ErrorKind,
    localizer::ExternalMessageSource,
    options::{DuplicateKeyPolicy, NonFiniteFloatPolicy},
};

use crate::{
    foreign_text::on_one_line,
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
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
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
    let line_of = |line: usize| text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    // The parser may stop at the line below.
    let near = [line, line.saturating_sub(1)];
    let tab = || near.into_iter().find_map(|line| tab(line, line_of(line)));
    let variable = || near.into_iter().find_map(|line| unquoted_variable(line, line_of(line)));
    let found = parser_error(error).and_then(|_| tab()).or_else(|| deeper_line(text, line)).or_else(variable);
    found.or_else(|| text_with_colon(line, line_of(line))).unwrap_or_else(|| SyntaxProblem {
        problem: Problem::syntax(message_of(error)),
        line,
        column,
        width: None,
    })
}

/// Returns the message of the parser.
fn message_of(error: &Error) -> String {
    match error {
        Error::UnknownAnchor { .. } => "unknown anchor; define `&NAME` before `*NAME` uses it".into(),
        Error::MultipleDocuments { .. } => {
            "the file has more than one document; move the text after `---` to a file of its own".into()
        }
        Error::ExternalMessage { msg, .. } if parser_error(error).is_some_and(is_about_neighbours) => {
            format!("{msg}; is this line indented like its neighbours?")
        }
        Error::ExternalMessage { msg, .. } | Error::Message { msg, .. } => msg.clone(),
        other => on_one_line(&UserMessageFormatter.format_message(other)).into_owned(),
    }
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

/// Finds a tab in the indent of a line.
fn tab(line: usize, text: &str) -> Option<SyntaxProblem> {
    let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
    let column = indent.find('\t')? + 1;
    let problem = Problem::syntax("a tab cannot indent a line of YAML; use spaces");
    Some(SyntaxProblem { problem, line, column, width: Some(indent.matches('\t').count()) })
}

/// Finds a variable that is not quoted inside braces or brackets: `{secret: ${NAME}}`.
fn unquoted_variable(line: usize, text: &str) -> Option<SyntaxProblem> {
    let start = text.find("${")?;
    let (before, variable) = text.split_at(start);
    let is_quoted = before.matches(['"', '\'']).count() % 2 == 1;
    if is_quoted || !before.contains(['{', '[']) {
        return None;
    }
    let (name, after) = variable[2..].split_once('}')?;
    let is_whole = before.ends_with([' ', '[', ',']) && after.trim_start().starts_with([',', '}', ']']);
    let problem = match is_whole {
        true => format!("`${{{name}}}` inside braces; quote the variable: `\"${{{name}}}\"`"),
        // The rest of the text may be a secret.
        false => "a text with a variable inside braces; quote the whole text: `\"…${NAME}…\"`".to_owned(),
    };
    let (column, width) = (before.chars().count() + 1, name.chars().count() + "${}".len());
    Some(SyntaxProblem { problem: Problem::syntax(problem), line, column, width: Some(width) })
}

/// Finds an unquoted value beside a key that has a colon as a key has.
fn text_with_colon(line: usize, text: &str) -> Option<SyntaxProblem> {
    let text = text.trim_end();
    let (_, value) = key_at(text).filter(|(_, value)| is_plain(value) && value.contains(": "))?;
    let column = text[..text.len() - value.len()].chars().count() + 1;
    let problem = Problem::syntax("a text with a colon and a space needs quotes; write `\"…\"` around it");
    Some(SyntaxProblem { problem, line, column, width: Some(value.chars().count()) })
}

/// Finds a line at or after `line` on which a key is indented below a key that has a value. YAML takes it for a part of
/// that value, and reports an error elsewhere.
fn deeper_line(text: &str, line: usize) -> Option<SyntaxProblem> {
    let lines: Vec<_> = text.lines().collect();
    let (line, column) = [line, line.saturating_sub(1)].into_iter().find_map(|upper| {
        let (outer, value) = key_at(lines.get(upper.checked_sub(1)?)?)?;
        let lower = lines.get(upper)?;
        let (inner, _) = key_at(lower).filter(|_| !lower.trim_start().starts_with('-'))?;
        (is_plain(value) && inner > outer).then_some((upper + 1, inner + 1))
    })?;
    let message = "this line is indented deeper than the line above, which already has a value; align the keys of a \
                   mapping";
    Some(SyntaxProblem { problem: Problem::syntax(message), line, column, width: None })
}

/// Whether a value is written without quotes, brackets or other marks.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['|', '>', '{', '[', '"', '\'', '&', '*', '!', '#'])
}

/// Returns the indent of the key at the start of a line, and the value beside it.
pub(super) fn key_at(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (key, value) = line[indent..].split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    (is_key && (value.is_empty() || value.starts_with(' '))).then(|| (indent, value.trim()))
}
