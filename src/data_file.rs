//! YAML files, from a folder or built in, and what is said when one cannot be read.

use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use serde_saphyr::UserMessageFormatter;

use crate::{built_in::BuiltIn, foreign_text::shortened};

/// A YAML (or JSON) file and its text.
#[derive(Debug)]
pub(crate) struct DataFile {
    /// The file's name without its ending.
    pub(crate) name: String,
    path: PathBuf,
    text: Cow<'static, str>,
}

/// Why a file of scenarios, people or settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file or folder cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not UTF-8 text, no YAML, or says something that it may not.
    #[error("{place}: {problem}")]
    Content {
        /// `PATH:LINE:COLUMN`, or the path alone where the problem is the file as a whole.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// The folder has none of the files that it is for.
    #[error("the folder `{}` holds no .yaml, .yml or .json file", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

impl DataFile {
    /// A file that is built in.
    pub(crate) fn built_in(file: &BuiltIn) -> Self {
        Self { name: file.name.into(), path: file.path.into(), text: file.text.into() }
    }

    /// The `.yaml`, `.yml` and `.json` files right in `folder`, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when the folder or a file cannot be read, or there is none.
    pub(crate) fn in_folder(folder: &Path) -> Result<Vec<Self>, LoadError> {
        let failed = |source| LoadError::Read { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
            if matches!(ending.as_deref(), Some("yaml" | "yml" | "json")) {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(LoadError::Empty { path: folder.to_owned() });
        }
        paths.sort();
        let files: Vec<Self> = paths.iter().map(|path| Self::read(path)).collect::<Result<_, _>>()?;
        if let Some([one, other]) = files.array_windows().find(|[one, other]| one.name == other.name) {
            let problem = format!("`{}` has the same name; rename one of them", one.path.display());
            return Err(LoadError::Content { place: other.path.display().to_string(), problem });
        }
        Ok(files)
    }

    /// Reads one file.
    ///
    /// # Errors
    ///
    /// [`LoadError`] when it cannot be read or is not UTF-8.
    pub(crate) fn read(path: &Path) -> Result<Self, LoadError> {
        let failed = |source| LoadError::Read { path: path.to_owned(), source };
        let kind = fs::metadata(path).map_err(failed)?;
        if let Some(kind) = irregular(&kind) {
            let problem = format!("this is {kind}; only regular files are read");
            return Err(LoadError::Content { place: path.display().to_string(), problem });
        }
        let bytes = fs::read(path).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| LoadError::Content {
            place: path.display().to_string(),
            problem: "the file is not UTF-8 text".into(),
        })?;
        Ok(Self { name: stem(path), path: path.to_owned(), text: text.into() })
    }

    /// Reads the text as YAML; JSON is YAML too.
    ///
    /// # Errors
    ///
    /// [`LoadError::Content`] with file, line and column.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        serde_saphyr::from_str(&self.text).map_err(|error| {
            let error = error.without_snippet();
            let (line, column) = error.location().map_or((1, 1), |at| (at.line() as usize, at.column() as usize));
            let failed = |line: usize, column: usize, problem| {
                LoadError::Content { place: format!("{}:{line}:{column}", self.path.display()), problem }
            };
            if self.text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#')) {
                return failed(line, column, "there is nothing in the file; write what it is for, or take it away".into());
            }
            if let Some((deeper, column)) = deeper_line(&self.text, line) {
                let problem = "this line is indented deeper than the one above, which has its value already; the keys of \
                               one thing stand below each other";
                return failed(deeper, column, problem.into());
            }
            if let Some(wanted) = wanted(error)
                && let Some((key, value)) = stands_at(&self.text, line, column)
            {
                let value = shortened(value);
                return failed(line, column, match key {
                    Some(key) => format!("`{key}` takes {wanted}, not `{value}`"),
                    None => format!("`{value}` stands where {wanted} is wanted"),
                });
            }
            // The place is said once, in front.
            let problem = error.render_with_formatter(&UserMessageFormatter);
            let mut problem = problem.replace(&format!(" at line {line}, column {column}"), "");
            if problem.contains("did not find expected") {
                problem.push_str("; is this line indented as those around it?");
            }
            failed(line, column, problem)
        })
    }
}

/// What would be right where a value of another type stands.
fn wanted(error: &serde_saphyr::Error) -> Option<&'static str> {
    use serde_saphyr::Error::{InvalidScalar, Unexpected};
    match error {
        InvalidScalar { ty: "floating point", .. } => Some("a number"),
        InvalidScalar { ty: "boolean", .. } => Some("true or false"),
        InvalidScalar { ty, .. } if ty.starts_with('u') => Some("a whole number from 0"),
        Unexpected { expected: "sequence start", .. } => Some("a list"),
        Unexpected { expected: "mapping start", .. } => Some("a mapping (keys with values)"),
        Unexpected { expected: "string scalar", .. } => Some("a text"),
        _ => None,
    }
}

/// The value that begins there, as far as its line goes, and the key that it belongs to.
fn stands_at(text: &str, line: usize, column: usize) -> Option<(Option<&str>, &str)> {
    let (above, here) = (text.lines().take(line.checked_sub(1)?), text.lines().nth(line.checked_sub(1)?)?);
    let (start, _) = here.char_indices().nth(column.checked_sub(1)?)?;
    let (before, value) = (here[..start].trim_end(), &here[start..]);
    let is_in_flow = before.contains(['{', '[']) && !value.starts_with(['{', '[']);
    let ends: &[&str] = if is_in_flow { &[",", "}", "]", " #"] } else { &[" #"] };
    let end = ends.iter().filter_map(|end| value.find(end)).min().unwrap_or(value.len());
    // What begins on a line of its own belongs to the key above.
    let key = match before.trim_start() {
        "" | "-" => above.map(str::trim_end).filter(|line| line.ends_with(':')).last()?,
        _ => before,
    };
    let key = key.strip_suffix(':').map(|key| key.rsplit(['{', '[', ',']).next().unwrap_or(key));
    let key = key.map(|key| key.trim().trim_start_matches("- ").trim_matches(['"', '\'']));
    Some((key, value[..end].trim_end()))
}

/// The line below `line` or the one there, with its column, where a key is indented below a key that has a value: YAML
/// takes it for more of that value, and complains elsewhere.
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

/// What a file is that is no regular one. Reading or writing some of these would wait for ever.
pub(crate) fn irregular(metadata: &fs::Metadata) -> Option<&'static str> {
    match metadata.file_type() {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        _ => Some("a pipe, a device or a socket"),
    }
}

/// The indent of the key that a line begins with, and the value that stands beside it.
fn key_at(line: &str) -> Option<(usize, &str)> {
    let indent = line.len() - line.trim_start_matches([' ', '-']).len();
    let (key, value) = line[indent..].split_once(':')?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    (is_key && (value.is_empty() || value.starts_with(' '))).then(|| (indent, value.trim()))
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
