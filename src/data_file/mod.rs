//! YAML files, from a folder or embedded, and the problems with them.

mod collect;
#[cfg(feature = "cli")]
mod environment;
#[cfg(feature = "cli")]
mod keys;
mod parse;
mod problem;
mod renamed;
mod secrets;
mod spans;

use std::{
    borrow::Cow,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_saphyr::Spanned;

pub use self::problem::LoadError;
#[cfg(feature = "cli")]
pub(crate) use self::{
    keys::keys_of,
    renamed::{OF_SETTINGS, Renamed},
};
use self::{problem::SourceSpan, spans::SpannedTree};
pub(crate) use self::{
    problem::{FileProblem, LoadDiagnostics},
    renamed::{OF_BODIES, OF_QUERIES, may_have_key, rename_advice, without_old_names},
};
use crate::built_in::EmbeddedFile;

/// Maximum size of a file, in bytes: hundred times a large scenario.
const MAX_FILE_BYTES: u64 = 256 << 10;

/// Maximum number of entries of a folder.
const MAX_FOLDER_ENTRIES: usize = 10_000;

/// A YAML (or JSON) file and its text.
#[derive(Debug)]
pub(crate) struct DataFile {
    /// The file name without its extension.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    text: Cow<'static, str>,
    /// Positions of keys and values, parsed lazily on first use.
    tree: OnceLock<Result<Spanned<SpannedTree>, serde_saphyr::Error>>,
}

impl DataFile {
    pub(crate) fn new(name: String, path: PathBuf, text: Cow<'static, str>) -> Self {
        Self { name, path, text, tree: OnceLock::new() }
    }

    /// Returns an embedded file.
    pub(crate) fn built_in(file: &EmbeddedFile) -> Self {
        Self::new(file.name.into(), file.path.into(), file.text.into())
    }

    #[cfg(feature = "cli")]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the `.yaml`, `.yml` and `.json` files directly in `folder`, by name.
    ///
    /// Problems are an unreadable folder or file, files of the same name, and a folder without files. Other entries are
    /// warnings, unless their names begin with a dot.
    pub(crate) fn in_folder(folder: &Path, findings: &mut LoadDiagnostics) -> Vec<Self> {
        let Some(entries) = findings.ok_or_record(entries(folder)) else { return Vec::new() };
        let (paths, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| is_data(path));
        findings.warnings.extend(others.iter().filter_map(|path| ignored_reason(path)));
        if paths.is_empty() {
            let message = "the folder has no .yaml, .yml or .json file";
            findings.problems.push(FileProblem::of_file(folder, message.into()));
        }
        let files: Vec<_> = paths.iter().filter_map(|path| findings.ok_or_record(Self::read(path))).collect();
        for [one, other] in files.array_windows().filter(|[one, other]| one.name == other.name) {
            let message = format!("`{}` has the same name; rename one of them", one.path.display());
            findings.problems.push(FileProblem::of_file(&other.path, message));
        }
        files
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`FileProblem`] if it cannot be read or is not UTF-8.
    pub(crate) fn read(path: &Path) -> Result<Self, FileProblem> {
        let failed = |error| FileProblem::unreadable(path, &error);
        let metadata = fs::metadata(path).map_err(failed)?;
        if let Some(kind) = special_file_kind(&metadata) {
            return Err(FileProblem::of_file(path, format!("this is {kind}; only regular files are read")));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            let message = format!("the file has {} bytes; no more than {MAX_FILE_BYTES} are read", metadata.len());
            return Err(FileProblem::of_file(path, message));
        }
        let text =
            String::from_utf8(bytes).map_err(|_| FileProblem::of_file(path, "the file is not UTF-8 text".into()))?;
        Ok(Self::new(stem(path), path.to_owned(), text.into()))
    }
}

/// Returns the entries of a folder, by name.
///
/// # Errors
///
/// [`FileProblem`] if it cannot be read, or has too many entries.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileProblem> {
    let failed = |error| FileProblem::unreadable(folder, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        if paths.len() == MAX_FOLDER_ENTRIES {
            let message = format!(
                "the folder has more than {MAX_FOLDER_ENTRIES} entries; name a folder that has only files for the mock"
            );
            return Err(FileProblem::of_file(folder, message));
        }
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Whether files of this name are read.
pub(crate) fn is_data(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    matches!(ending.as_deref(), Some("yaml" | "yml" | "json"))
}

/// Returns a warning about an ignored file or folder; none if its name begins with a dot.
pub(crate) fn ignored_reason(path: &Path) -> Option<FileProblem> {
    if path.file_name()?.as_encoded_bytes().starts_with(b".") {
        return None;
    }
    let what = if path.is_dir() { "subfolders are not read" } else { "only .yaml, .yml and .json files are read" };
    Some(FileProblem::of_file(path, format!("ignored: {what}")))
}

/// Describes a path that is not a regular file. Reading or writing some of these would block forever.
pub(crate) fn special_file_kind(metadata: &fs::Metadata) -> Option<&'static str> {
    match metadata.file_type() {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        _ => Some("a pipe, a device or a socket"),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
