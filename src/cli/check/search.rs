//! Finds the files of the mock in a folder, and one level of folders down.

use std::path::{Path, PathBuf};

use super::FileKind;
use crate::{
    data_file::{DataFile, FileProblem, LoadDiagnostics, entries, ignored_reason, is_data},
    problem::Problem,
    result::FixtureKind,
};

/// Maximum number of searched folders inside, and of the files of each.
const MAX_INNER: usize = 1000;

/// The files of the mock in a folder.
#[derive(Default)]
pub(super) struct FoundFiles {
    pub(super) files: Vec<(DataFile, FileKind)>,
    /// Folders with people, documents or screening entries in folders of these names.
    pub(super) fixtures: Vec<PathBuf>,
}

/// A file in a folder: whether it is one of the mock, and its kind if it is.
struct Candidate {
    file: Result<DataFile, FileProblem>,
    kind: FileKind,
    is_sure: bool,
}

impl FoundFiles {
    /// Searches a folder. Files of other programs are passed over, unless most files of their folder are the mock's.
    pub(super) fn in_folder(folder: &Path, findings: &mut LoadDiagnostics) -> Self {
        let mut found = Self::default();
        let Some(paths) = findings.ok_or_record(entries(folder)) else { return found };
        let candidates = found.look_into(folder, &paths, findings);
        let is_fixtures = !found.fixtures.is_empty();
        let is_fixture_kind = |path: &Path| path.file_name().and_then(FixtureKind::of_folder).is_some();
        let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let inside = paths.iter().filter(|path| path.is_dir() && !is_hidden(path));
        for inner in inside.filter(|path| !(is_fixtures && is_fixture_kind(path))).take(MAX_INNER) {
            // A folder that cannot be read was not asked for.
            let paths = entries(inner).unwrap_or_default();
            if paths.iter().filter(|path| is_data(path)).count() > MAX_INNER {
                let message = format!("ignored: the folder has more than {MAX_INNER} files; name it to check them");
                findings.warnings.push(FileProblem::of_file(inner, Problem::rule(message)));
            } else {
                found.look_into(inner, &paths, findings);
            }
        }
        if found.files.is_empty() && found.fixtures.is_empty() {
            if candidates.is_empty() {
                let problem = Problem::rule("the folder has no .yaml, .yml or .json file");
                findings.problems.push(FileProblem::of_file(folder, problem));
            }
            found.take(candidates, findings);
        }
        found
    }

    /// Adds the files of one folder. Returns the files that seem to be those of other programs.
    fn look_into(&mut self, folder: &Path, paths: &[PathBuf], findings: &mut LoadDiagnostics) -> Vec<Candidate> {
        if FixtureKind::ALL.iter().any(|kind| folder.join(kind.folder()).is_dir()) {
            self.fixtures.push(folder.to_owned());
        }
        let read = paths.iter().filter(|path| is_data(path) && !path.is_dir()).map(|path| DataFile::read(path));
        let read = read.filter(|file| !file.as_ref().is_ok_and(DataFile::is_json_schema)).map(Candidate::new);
        let (sure, others): (Vec<_>, Vec<_>) = read.partition(|candidate| candidate.is_sure);
        // A config file is at home beside the files of other programs.
        let is_mostly_ours =
            sure.len() > others.len() && sure.iter().all(|candidate| candidate.kind != FileKind::Config);
        if others.is_empty() && sure.iter().any(|candidate| candidate.kind == FileKind::Scenario) {
            let is_other = |path: &&PathBuf| !is_data(path) && !path.is_dir();
            findings.warnings.extend(paths.iter().filter(is_other).filter_map(|path| ignored_reason(path)));
        }
        self.take(sure, findings);
        if is_mostly_ours {
            self.take(others, findings);
            return Vec::new();
        }
        others
    }

    fn take(&mut self, candidates: Vec<Candidate>, findings: &mut LoadDiagnostics) {
        for Candidate { file, kind, .. } in candidates {
            self.files.extend(findings.ok_or_record(file).map(|file| (file, kind)));
        }
    }
}

impl Candidate {
    fn new(file: Result<DataFile, FileProblem>) -> Self {
        let (kind, is_sure) = file.as_ref().map_or((FileKind::Scenario, false), FileKind::detect);
        Self { file, kind, is_sure }
    }
}
