//! What is wrong with a file, where, and how it is shown.

use std::{
    cmp::Ordering,
    fmt, io,
    path::{Path, PathBuf},
};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::secrets::line_without_secrets;

/// A line with more bytes was not written by hand, and is not shown.
const MAX_SHOWN_LINE_BYTES: usize = 2000;

/// How much of a line is shown on either side of where the mark begins.
const SHOWN: usize = 100;

/// Why files of scenarios, people or settings cannot be used: all that is wrong with them.
///
/// Shown, it is a paragraph for each problem: file, line, column and what is wrong, and the line with a mark under it.
#[derive(Debug, thiserror::Error)]
#[error("{}", render_all(.problems))]
pub struct LoadError {
    problems: Vec<FileProblem>,
}

/// What reading files brings to light.
#[derive(Debug, Default)]
pub(crate) struct LoadDiagnostics {
    /// What keeps the files from being used.
    pub(crate) problems: Vec<FileProblem>,
    /// What may be a mistake, and is none for certain.
    pub(crate) warnings: Vec<FileProblem>,
}

/// Something that is wrong with a file, or with a scenario that was built in Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    /// The file or folder; `None` where it is about none.
    pub(crate) file: Option<PathBuf>,
    /// `None` where it is about the file as a whole.
    pub(crate) span: Option<SourceSpan>,
    pub(crate) message: String,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceSpan {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// How many characters are marked.
    pub(crate) width: usize,
    /// The line, or what is around the mark of one that is long; `None` of one that is no line for people.
    text: Option<String>,
    /// How many characters of the line are left out before that.
    cut: usize,
}

impl LoadError {
    /// An error where something is wrong.
    pub(crate) fn check(problems: Vec<FileProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self { problems }) }
    }
}

impl LoadDiagnostics {
    /// What was read; what is wrong otherwise is a problem.
    pub(crate) fn ok_or_record<T>(&mut self, read: Result<T, impl Into<LoadError>>) -> Option<T> {
        read.map_err(|wrong| self.problems.extend(wrong.into().problems)).ok()
    }

    /// By file, line and column.
    pub(crate) fn sort(&mut self) {
        self.problems.sort_by(FileProblem::in_order);
        self.warnings.sort_by(FileProblem::in_order);
    }

    #[cfg(feature = "cli")]
    pub(crate) fn add(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
    }

    /// Keeps what is about files for which that holds.
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

impl From<Vec<FileProblem>> for LoadError {
    fn from(problems: Vec<FileProblem>) -> Self {
        Self { problems }
    }
}

impl FileProblem {
    /// About no file.
    pub(crate) fn new(message: String) -> Self {
        Self { file: None, span: None, message }
    }

    /// About a file or folder as a whole.
    pub(crate) fn of_file(path: &Path, message: String) -> Self {
        Self { file: Some(path.to_owned()), span: None, message }
    }

    /// A file or folder that the system does not let us read.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::of_file(path, format!("cannot be read: {error}"))
    }

    /// By file, line and column.
    pub(super) fn in_order(&self, other: &Self) -> Ordering {
        let span = |it: &Self| it.span.as_ref().map(|span| (span.line, span.column));
        self.file.cmp(&other.file).then_with(|| span(self).cmp(&span(other)))
    }

    /// The problem, with the line and a mark under it, where there is one.
    fn render(&self) -> String {
        self.marked().map_or_else(|| self.to_string(), |marked| format!("{self}\n{marked}"))
    }

    /// `FILE:LINE:COLUMN: `, as much of it as there is.
    pub(crate) fn position(&self) -> String {
        match (&self.file, &self.span) {
            (None, _) => String::new(),
            (Some(file), None) => format!("{}: ", file.display()),
            (Some(file), Some(SourceSpan { line, column, .. })) => format!("{}:{line}:{column}: ", file.display()),
        }
    }

    /// The line with a mark under it, where there is one.
    pub(crate) fn marked(&self) -> Option<String> {
        self.span.as_ref().and_then(SourceSpan::marked)
    }
}

/// In one line: `FILE:LINE:COLUMN: MESSAGE`.
impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.position())?;
        f.write_str(&self.message)
    }
}

impl SourceSpan {
    /// A place of `text`; `width` characters are marked, as far as the line goes.
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

    /// Whether what is shown of the line has that in it.
    #[cfg(feature = "cli")]
    pub(super) fn shows(&self, part: &str) -> bool {
        self.text.as_ref().is_some_and(|text| text.contains(part))
    }

    /// The line with its number and a mark under it.
    fn marked(&self) -> Option<String> {
        let text = self.text.as_ref()?;
        let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
        let start = self.column - 1 - self.cut.min(self.column - 1);
        let mark = AnnotationKind::Primary.span(at(start)..at(start + self.width));
        let snippet = Snippet::source(text).line_start(self.line).annotation(mark);
        Some(Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)]))
    }
}

/// A paragraph for each.
fn render_all(problems: &[FileProblem]) -> String {
    problems.iter().map(FileProblem::render).collect::<Vec<_>>().join("\n\n")
}
