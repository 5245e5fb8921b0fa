//! YAML files, from a folder or embedded, and the problems with them.

mod keys;
mod places;
mod problem;
mod secrets;
#[cfg(feature = "cli")]
mod variables;
mod yaml;

use std::{
    borrow::Cow,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::de::DeserializeOwned;

pub(crate) use self::keys::keys_of;
pub use self::problem::LoadError;
pub(crate) use self::problem::{FileProblem, LoadDiagnostics};
use crate::{
    built_in::EmbeddedFile,
    problem::{MemberPath, Problem},
    tree::{self, Issue, LineColumn, Node, Renamed},
};

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
    /// Its values with their positions, parsed lazily on first use.
    tree: OnceLock<Result<Node, serde_saphyr::Error>>,
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
            let problem = Problem::rule("the folder has no .yaml, .yml or .json file");
            findings.problems.push(FileProblem::of_file(folder, problem));
        }
        let read = paths.iter().filter_map(|path| findings.ok_or_record(Self::read(path)));
        let files: Vec<_> = read.filter(|file| !file.is_json_schema()).collect();
        findings.problems.extend(Self::equal_names(&files));
        files
    }

    /// Returns a problem for each file of a folder that has the name of another one. The files are sorted by path.
    pub(crate) fn equal_names(files: &[Self]) -> impl Iterator<Item = FileProblem> {
        files.array_windows().filter(|[one, other]| one.name == other.name).map(|[one, other]| {
            let problem = Problem::rule(format!("`{}` has the same name; rename one of them", one.path.display()));
            FileProblem::of_file(&other.path, problem)
        })
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
            return Err(FileProblem::of_file(
                path,
                Problem::rule(format!("this is {kind}; only regular files are read")),
            ));
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            let message = format!("the file has {} bytes; no more than {MAX_FILE_BYTES} are read", metadata.len());
            return Err(FileProblem::of_file(path, Problem::rule(message)));
        }
        let not_text = |_| FileProblem::of_file(path, Problem::rule("the file is not UTF-8 text"));
        let text = String::from_utf8(bytes).map_err(not_text)?;
        Ok(Self::new(stem(path), path.to_owned(), text.into()))
    }

    /// Parses the text as YAML; JSON is YAML, too.
    ///
    /// # Errors
    ///
    /// All problems, with line and column.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Vec<FileProblem>> {
        match self.read_tree() {
            _ if self.is_empty() => {
                let problem = Problem::rule("the file is empty; fill it or remove it");
                Err(vec![FileProblem::of_file(&self.path, problem)])
            }
            Ok(tree) => self.read_as(tree),
            Err(error) => Err(self.invalid(error, Self::problems_as::<T>)),
        }
    }

    /// Whether it is a JSON Schema, for an editor, and no file of the mock.
    pub(crate) fn is_json_schema(&self) -> bool {
        let is_schemas = |(_, schema): &(MemberPath, &str)| schema.contains("json-schema.org");
        is_schema_name(&self.path) || self.texts(&["$schema"]).iter().any(is_schemas)
    }

    /// Whether the file has nothing but comments.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
    }

    /// Reads a tree of this file.
    fn read_as<T: DeserializeOwned>(&self, tree: &Node) -> Result<T, Vec<FileProblem>> {
        tree::read(tree, Some(&self.text)).map_err(|issues| self.placed_in_order(tree, issues))
    }

    /// Returns the problems of a tree of this file as a `T`.
    fn problems_as<T: DeserializeOwned>(&self, tree: &Node) -> Vec<FileProblem> {
        self.read_as::<T>(tree).err().unwrap_or_default()
    }

    fn placed_in_order(&self, tree: &Node, issues: Vec<Issue>) -> Vec<FileProblem> {
        let mut problems: Vec<_> = issues.into_iter().map(|issue| self.placed(tree, issue)).collect();
        problems.sort_by(FileProblem::in_order);
        problems
    }

    /// Returns the problems of a text that is not YAML: the first syntax problem, and what `problems` finds in the lines
    /// before it.
    fn invalid(&self, error: &serde_saphyr::Error, problems: fn(&Self, &Node) -> Vec<FileProblem>) -> Vec<FileProblem> {
        if let Some(problem) = yaml::size_problem(error) {
            return vec![FileProblem::of_file(&self.path, problem)];
        }
        let yaml::SyntaxProblem { problem, line, column, width } = yaml::syntax_problem(&self.text, error);
        let width = width.unwrap_or_else(|| self.rest_of_line(line, column));
        let broken = self.problem_at((line, column), width, problem);
        let end = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let before = Self::new(self.name.clone(), self.path.clone(), self.text[..end].to_owned().into());
        let Some(tree) = before.tree().filter(|_| !before.is_empty()) else { return vec![broken] };
        // What is missing may be in the lines behind, and so may the rest of the last value.
        let last = tree::path_of_last(tree);
        let is_whole = |it: &FileProblem| it.problem.is_of_value() && !last.is_within(it.problem.path());
        problems(&before, tree).into_iter().filter(is_whole).chain([broken]).collect()
    }

    /// Returns a warning for each old name of a fault's key, and for each old name in `at_top` at the top of the file.
    pub(crate) fn renamed_keys(&self, at_top: &[Renamed]) -> Vec<FileProblem> {
        if !tree::may_have_old_key(&self.text, at_top) {
            return Vec::new();
        }
        let found = self.tree().map(|tree| tree::renamed_keys(tree, at_top)).unwrap_or_default();
        let warning = |(at, renamed): (LineColumn, Renamed)| {
            self.problem_at(at, renamed.0.chars().count(), Problem::rule(tree::rename_advice(renamed)))
        };
        found.into_iter().map(warning).collect()
    }

    /// Returns the strings at `path`, in which `*` stands for each element of a list, each with its path.
    pub(crate) fn texts(&self, path: &[&str]) -> Vec<(MemberPath, &str)> {
        self.tree().map(|tree| tree::texts(tree, path)).unwrap_or_default()
    }

    /// Returns the tree; `None` for invalid YAML.
    pub(crate) fn tree(&self) -> Option<&Node> {
        self.read_tree().as_ref().ok()
    }

    fn read_tree(&self) -> &Result<Node, serde_saphyr::Error> {
        self.tree.get_or_init(|| yaml::parse(&self.text))
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
            return Err(FileProblem::of_file(folder, Problem::rule(message)));
        }
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Whether files of this name are read. A JSON Schema is for an editor.
pub(crate) fn is_data(path: &Path) -> bool {
    if is_schema_name(path) {
        return false;
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    matches!(ending.as_deref(), Some("yaml" | "yml" | "json"))
}

fn is_schema_name(path: &Path) -> bool {
    stem(path).ends_with(".schema")
}

/// Returns a warning about an ignored file or folder; none if its name begins with a dot, or is that of a JSON Schema.
pub(crate) fn ignored_reason(path: &Path) -> Option<FileProblem> {
    if path.file_name()?.as_encoded_bytes().starts_with(b".") || is_schema_name(path) {
        return None;
    }
    let what = if path.is_dir() { "subfolders are not read" } else { "only .yaml, .yml and .json files are read" };
    Some(FileProblem::of_file(path, Problem::rule(format!("ignored: {what}"))))
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
