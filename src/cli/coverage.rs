//! What the code under test has met, written when the server stops.

use std::{
    fs,
    path::{Path, PathBuf},
};

use quick_junit::{Report as JUnit, TestCase, TestCaseStatus, TestSuite};

use super::Done;
use crate::{
    coverage::{Coverage, CoverageKind},
    data_file::irregular,
};

/// Where the report goes.
pub(super) struct Report {
    text: PathBuf,
    junit: PathBuf,
}

impl Report {
    /// Checks that it can be written, so that nobody finds out at the end that it cannot.
    pub(super) fn prepare(path: &Path) -> Result<Self, String> {
        let is_xml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        let text = if is_xml { path.with_extension("txt") } else { path.to_owned() };
        let report = Self { text, junit: path.with_extension("xml") };
        for path in [&report.text, &report.junit] {
            if let Some(kind) = fs::metadata(path).ok().as_ref().and_then(irregular) {
                let path = path.display();
                return Err(format!("--coverage: `{path}` is {kind}; name a regular file or none yet"));
            }
        }
        match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => Err(format!("--coverage: there is no folder `{}`", folder.display())),
            None => Ok(report),
        }
    }

    pub(super) fn write(&self, coverage: &Coverage) -> Done {
        let write = |path: &Path, text: String| {
            let problem = |error| format!("cannot write the coverage to `{}`: {error}", path.display());
            fs::write(path, text).map_err(problem)
        };
        write(&self.text, coverage.to_string())?;
        write(&self.junit, junit(coverage)?)?;
        tracing::info!(met = coverage.met().count(), never = coverage.never().count(), "the coverage is written");
        Ok(())
    }
}

/// A suite for each kind, with a test for each thing: it is skipped where the thing was never met.
fn junit(coverage: &Coverage) -> Result<String, quick_junit::SerializeError> {
    let mut report = JUnit::new("identomat-mock coverage");
    for kind in CoverageKind::ALL {
        let mut suite = TestSuite::new(kind.title());
        for item in coverage.items.iter().filter(|item| item.kind == kind) {
            let mut status = TestCaseStatus::success();
            if item.met == 0 {
                status = TestCaseStatus::skipped();
                status.set_message(format!("never met: {}", item.what));
            }
            let mut case = TestCase::new(&*item.name, status);
            case.set_classname(kind.title());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    report.to_string()
}
