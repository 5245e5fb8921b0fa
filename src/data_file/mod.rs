//! YAML files, from a folder or built in, and what is said when one cannot be read.

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

#[cfg(feature = "cli")]
pub(crate) use self::keys::keys_of;
pub use self::problem::LoadError;
use self::{problem::SourceSpan, spans::SpannedTree};
pub(crate) use self::{
    problem::{FileProblem, LoadDiagnostics},
    renamed::{Renamed, rename_advice, without_old_names},
};
use crate::built_in::EmbeddedFile;

/// The largest file that is read, in bytes: hundred times what a large one has.
const MAX_FILE_BYTES: u64 = 256 << 10;

/// A folder with more than that is none of ours.
const MAX_FOLDER_ENTRIES: usize = 10_000;

/// A YAML (or JSON) file and its text.
#[derive(Debug)]
pub(crate) struct DataFile {
    /// The file's name without its ending.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    text: Cow<'static, str>,
    /// Where what stands, as soon as somebody asks for it.
    tree: OnceLock<Result<Spanned<SpannedTree>, serde_saphyr::Error>>,
}

impl DataFile {
    pub(crate) fn new(name: String, path: PathBuf, text: Cow<'static, str>) -> Self {
        Self { name, path, text, tree: OnceLock::new() }
    }

    /// A file that is built in.
    pub(crate) fn built_in(file: &EmbeddedFile) -> Self {
        Self::new(file.name.into(), file.path.into(), file.text.into())
    }

    #[cfg(feature = "cli")]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The `.yaml`, `.yml` and `.json` files right in `folder`, in the order of their names.
    ///
    /// The folder or files that cannot be read, files of the same name, and no file are problems; what else is in the
    /// folder, unless its name begins with a dot, is a warning.
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

    /// Reads one file.
    ///
    /// # Errors
    ///
    /// [`FileProblem`] when it cannot be read or is not UTF-8.
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

/// What is in a folder, in the order of the names.
///
/// # Errors
///
/// [`FileProblem`] where it cannot be read, or holds more than files that were written for us.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileProblem> {
    let failed = |error| FileProblem::unreadable(folder, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        if paths.len() == MAX_FOLDER_ENTRIES {
            let message = format!(
                "the folder has more than {MAX_FOLDER_ENTRIES} entries; name a folder that has only files for \
                         the mock"
            );
            return Err(FileProblem::of_file(folder, message));
        }
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Whether the name is one of files that are read.
pub(crate) fn is_data(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    matches!(ending.as_deref(), Some("yaml" | "yml" | "json"))
}

/// What is said of a file or folder that is not looked at; nothing of one whose name begins with a dot.
pub(crate) fn ignored_reason(path: &Path) -> Option<FileProblem> {
    if path.file_name()?.as_encoded_bytes().starts_with(b".") {
        return None;
    }
    let what = if path.is_dir() { "subfolders are not read" } else { "only .yaml, .yml and .json files are read" };
    Some(FileProblem::of_file(path, format!("ignored: {what}")))
}

/// What a file is that is no regular one. Reading or writing some of these would wait for ever.
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
