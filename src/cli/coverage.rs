//! The coverage report, written when the server stops.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use quick_xml::{
    ElementWriter, Writer,
    events::{BytesDecl, Event},
};

use super::CommandResult;
use crate::{
    coverage::{Coverage, CoverageItem, CoverageKind},
    data_file::special_file_kind,
};

/// The files of the report.
pub(super) struct CoverageReportFile {
    text: PathBuf,
    junit: PathBuf,
}

impl CoverageReportFile {
    /// Checks at the start that the report can be written.
    pub(super) fn prepare(path: &Path) -> Result<Self, String> {
        let is_xml = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        let text = if is_xml { path.with_extension("txt") } else { path.to_owned() };
        let report = Self { text, junit: path.with_extension("xml") };
        for path in [&report.text, &report.junit] {
            if let Some(kind) = fs::metadata(path).ok().as_ref().and_then(special_file_kind) {
                let path = path.display();
                return Err(format!(
                    "--coverage: `{path}` is {kind}; name a regular file, or a path where none exists"
                ));
            }
        }
        match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => Err(format!("--coverage: there is no folder `{}`", folder.display())),
            None => Ok(report),
        }
    }

    pub(super) fn write(&self, coverage: &Coverage) -> CommandResult {
        let write = |path: &Path, text: String| {
            let problem = |error| format!("cannot write the coverage to `{}`: {error}", path.display());
            fs::write(path, text).map_err(problem)
        };
        write(&self.text, coverage.to_string())?;
        write(&self.junit, junit(coverage)?)?;
        tracing::info!(
            met = coverage.covered().count(),
            never = coverage.uncovered().count(),
            "wrote the coverage report"
        );
        Ok(())
    }
}

/// Renders `JUnit` XML: a suite for each kind, and a test for each item, skipped if the item was not exercised.
fn junit(coverage: &Coverage) -> io::Result<String> {
    let of_kind = |kind| coverage.items.iter().filter(move |item| item.kind == kind);
    let counted = |items: &mut dyn Iterator<Item = &CoverageItem>| {
        let (mut tests, mut skipped) = (0, 0);
        items.for_each(|item| (tests, skipped) = (tests + 1, skipped + usize::from(item.count == 0)));
        [("tests", tests), ("skipped", skipped), ("failures", 0), ("errors", 0)]
            .map(|(name, it)| (name, it.to_string()))
    };
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 4);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let report = writer.create_element("testsuites").with_attribute(("name", "identomat-mock coverage"));
    with(report, &counted(&mut coverage.items.iter())).write_inner_content(|writer| {
        for kind in CoverageKind::ALL {
            let suite = writer.create_element("testsuite").with_attribute(("name", kind.title()));
            with(suite, &counted(&mut of_kind(kind))).write_inner_content(|writer| {
                for item in of_kind(kind) {
                    let case = writer.create_element("testcase").with_attribute(("name", &*item.name));
                    let case = case.with_attribute(("classname", kind.title()));
                    if item.count > 0 {
                        case.write_empty()?;
                    } else {
                        let message = format!("never exercised: {}", item.what);
                        case.write_inner_content(|writer| {
                            writer.create_element("skipped").with_attribute(("message", &*message)).write_empty()?;
                            Ok(())
                        })?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    Ok(String::from_utf8(writer.into_inner()).expect("texts are UTF-8") + "\n")
}

fn with<'a, W>(element: ElementWriter<'a, W>, attributes: &[(&str, String)]) -> ElementWriter<'a, W> {
    attributes.iter().fold(element, |element, (name, value)| element.with_attribute((*name, &**value)))
}
