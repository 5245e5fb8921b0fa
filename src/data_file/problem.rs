//! Problems with files: position, message and display.

use std::{
    cmp::Ordering,
    fmt, io,
    path::{Path, PathBuf},
};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::secrets::line_without_secrets;
use crate::problem::{Problem, debug_as_display};

/// Maximum length of a displayed line, in bytes; longer lines were not written by hand.
const MAX_SHOWN_LINE_BYTES: usize = 2000;

/// Number of characters displayed on either side of the mark.
const SHOWN: usize = 100;

/// The problems that make files of scenarios, people or settings unusable.
///
/// It is displayed as one paragraph per problem: file, line, column, message, and the line with a mark.
#[derive(thiserror::Error)]
#[error("{}", render_all(.problems))]
pub struct LoadError {
    problems: Vec<FileProblem>,
}

debug_as_display!(LoadError);

/// Problems and warnings found while reading files.
#[derive(Debug, Default)]
pub(crate) struct LoadDiagnostics {
    /// Certain mistakes, which make the files unusable.
    pub(crate) problems: Vec<FileProblem>,
    /// Probable mistakes.
    pub(crate) warnings: Vec<FileProblem>,
}

/// A problem with a file, or with a scenario built in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    /// The file or folder; `None` if there is none.
    pub(crate) file: Option<PathBuf>,
    /// `None` for a problem with the whole file.
    pub(crate) span: Option<SourceSpan>,
    pub(crate) problem: Problem,
}

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceSpan {
    /// Number of the line, from 1.
    pub(crate) line: usize,
    /// Column of the first character, from 1.
    pub(crate) column: usize,
    /// Number of marked characters.
    pub(crate) width: usize,
    /// The line, or the part around the mark of a long line; `None` if the line is too long to display.
    text: Option<String>,
    /// Number of characters of the line before that part.
    cut: usize,
}

impl LoadError {
    /// Returns an error if there are problems.
    pub(crate) fn check(problems: Vec<FileProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

impl LoadDiagnostics {
    /// Returns the value, or records its problems.
    pub(crate) fn ok_or_record<T>(&mut self, read: Result<T, impl Into<LoadError>>) -> Option<T> {
        read.map_err(|wrong| self.problems.extend(wrong.into().problems)).ok()
    }

    /// Sorts by file, line and column.
    pub(crate) fn sort(&mut self) {
        self.problems.sort_by(FileProblem::in_order);
        self.warnings.sort_by(FileProblem::in_order);
    }

    #[cfg(feature = "cli")]
    pub(crate) fn add(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
    }

    /// Keeps only problems and warnings about files that `is_kept` accepts.
    #[cfg(feature = "cli")]
    pub(crate) fn retain(&mut self, is_kept: impl Fn(Option<&Path>) -> bool) {
        for list in [&mut self.problems, &mut self.warnings] {
            list.retain(|problem| is_kept(problem.file.as_deref()));
        }
    }
}

impl From<FileProblem> for LoadError {
    fn from(problem: FileProblem) -> Self {
        vec![problem].into()
    }
}

impl From<Problem> for LoadError {
    fn from(problem: Problem) -> Self {
        FileProblem::new(problem).into()
    }
}

impl From<Vec<FileProblem>> for LoadError {
    fn from(problems: Vec<FileProblem>) -> Self {
        Self { problems }
    }
}

impl FileProblem {
    /// Creates a problem without a file.
    pub(crate) fn new(problem: Problem) -> Self {
        Self { file: None, span: None, problem }
    }

    /// Creates a problem about a whole file or folder.
    pub(crate) fn of_file(path: &Path, problem: Problem) -> Self {
        Self { file: Some(path.to_owned()), span: None, problem }
    }

    /// Creates a problem about a file or folder that the system does not let us read.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::of_file(path, Problem::rule(format!("cannot be read: {error}")))
    }

    /// Compares by file, line and column.
    pub(super) fn in_order(&self, other: &Self) -> Ordering {
        let span = |it: &Self| it.span.as_ref().map(|span| (span.line, span.column));
        self.file.cmp(&other.file).then_with(|| span(self).cmp(&span(other)))
    }

    /// Returns the problem, with the marked line if there is one.
    fn render(&self) -> String {
        self.marked().map_or_else(|| self.to_string(), |marked| format!("{self}\n{marked}"))
    }

    /// Returns as much of `FILE:LINE:COLUMN: ` as is known.
    pub(crate) fn position(&self) -> String {
        match (&self.file, &self.span) {
            (None, _) => String::new(),
            (Some(file), None) => format!("{}: ", file.display()),
            (Some(file), Some(SourceSpan { line, column, .. })) => format!("{}:{line}:{column}: ", file.display()),
        }
    }

    /// Returns the marked line, if there is one.
    pub(crate) fn marked(&self) -> Option<String> {
        self.span.as_ref().and_then(SourceSpan::marked)
    }
}

/// One line: `FILE:LINE:COLUMN: MESSAGE`.
impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.position(), self.problem)
    }
}

impl SourceSpan {
    /// Creates a position in `text` that marks `width` characters, up to the end of the line.
    pub(super) fn new(text: &str, line: usize, column: usize, width: usize) -> Self {
        let whole = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        if whole.len() > MAX_SHOWN_LINE_BYTES {
            return Self { line, column, width, text: None, cut: 0 };
        }
        let length = whole.chars().count();
        let cut = column.saturating_sub(SHOWN + 1).min(length);
        let shown = line_without_secrets(text, line).chars().skip(cut).take(2 * SHOWN).collect();
        let width = width.min((length + 1).saturating_sub(column)).max(1);
        Self { line, column, width, text: Some(shown), cut }
    }

    /// Returns the line with its number and a mark under it.
    fn marked(&self) -> Option<String> {
        let text = self.text.as_ref()?;
        let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
        let start = self.column - 1 - self.cut.min(self.column - 1);
        let mark = AnnotationKind::Primary.span(at(start)..at(start + self.width));
        let snippet = Snippet::source(text).line_start(self.line).annotation(mark);
        Some(Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)]))
    }
}

/// Returns one paragraph per problem.
fn render_all(problems: &[FileProblem]) -> String {
    problems.iter().map(FileProblem::render).collect::<Vec<_>>().join("\n\n")
}
