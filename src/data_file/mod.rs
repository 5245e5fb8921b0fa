//! YAML files, from a folder or built in, and what is said when one cannot be read.

mod collect;
mod locate;
mod parse;
mod problem;

use std::{
    borrow::Cow,
    fs, io,
    path::{Path, PathBuf},
};

pub use self::problem::LoadError;
use self::problem::Place;
pub(crate) use self::problem::Problem;
use crate::built_in::BuiltIn;

/// A YAML (or JSON) file and its text.
#[derive(Debug)]
pub(crate) struct DataFile {
    /// The file's name without its ending.
    pub(crate) name: String,
    path: PathBuf,
    text: Cow<'static, str>,
}

impl DataFile {
    /// A file that is built in.
    pub(crate) fn built_in(file: &BuiltIn) -> Self {
        Self { name: file.name.into(), path: file.path.into(), text: file.text.into() }
    }

    /// The `.yaml`, `.yml` and `.json` files right in `folder`, in the order of their names. What is wrong is added to
    /// `problems`: the folder or files that cannot be read, files of the same name, no file.
    pub(crate) fn in_folder(folder: &Path, problems: &mut Vec<Problem>) -> Vec<Self> {
        let paths = match data_files(folder) {
            Ok(paths) => paths,
            Err(error) => {
                problems.push(Problem::unreadable(folder, &error));
                return Vec::new();
            }
        };
        if paths.is_empty() {
            problems.push(Problem::of_file(folder, "the folder holds no .yaml, .yml or .json file".into()));
        }
        let read = paths.iter().map(|path| Self::read(path));
        let files: Vec<_> = read.filter_map(|file| file.map_err(|problem| problems.push(problem)).ok()).collect();
        for [one, other] in files.array_windows().filter(|[one, other]| one.name == other.name) {
            let message = format!("`{}` has the same name; rename one of them", one.path.display());
            problems.push(Problem::of_file(&other.path, message));
        }
        files
    }

    /// Reads one file.
    ///
    /// # Errors
    ///
    /// [`Problem`] when it cannot be read or is not UTF-8.
    pub(crate) fn read(path: &Path) -> Result<Self, Problem> {
        let failed = |error| Problem::unreadable(path, &error);
        let kind = fs::metadata(path).map_err(failed)?;
        if let Some(kind) = irregular(&kind) {
            return Err(Problem::of_file(path, format!("this is {kind}; only regular files are read")));
        }
        let bytes = fs::read(path).map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| Problem::of_file(path, "the file is not UTF-8 text".into()))?;
        Ok(Self { name: stem(path), path: path.to_owned(), text: text.into() })
    }
}

/// The paths of the files of a folder that have to do with us, in the order of their names.
fn data_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let is_data = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        matches!(ending.as_deref(), Some("yaml" | "yml" | "json"))
    };
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths?;
    paths.retain(is_data);
    paths.sort();
    Ok(paths)
}

/// What a file is that is no regular one. Reading or writing some of these would wait for ever.
pub(crate) fn irregular(metadata: &fs::Metadata) -> Option<&'static str> {
    match metadata.file_type() {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a folder"),
        _ => Some("a pipe, a device or a socket"),
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
