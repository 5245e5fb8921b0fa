//! Building the result document ([source](crate::fidelity#the-result-document)).

mod document;
mod documents;
mod general_document;
mod identity_document;
mod mrz;
mod people;
mod questionnaires;
mod screening;

pub(crate) use self::document::ResultDocument;
#[cfg(feature = "media")]
pub(crate) use self::{document::similarity, people::Sex};

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use indexmap::IndexMap;
use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Serialize, de::DeserializeOwned};

use self::{documents::DocumentFixtures, people::People, screening::ScreeningFixtures};
use crate::{
    built_in::EmbeddedFile,
    data_file::{self, DataFile, LoadDiagnostics},
    json_text::merge_patch,
    scenario::Casting,
    session::{CurrentResult, Session},
    vendor::Wording,
};

/// The fixtures: people, documents and screening entries.
#[derive(Debug)]
pub(crate) struct Fixtures {
    pub(crate) people: People,
    pub(crate) documents: DocumentFixtures,
    screening: ScreeningFixtures,
}

/// The files of a fixtures folder, as text; `None` for kinds that are embedded.
#[derive(Debug, Default)]
pub(crate) struct FixtureFiles {
    pub(crate) people: Option<Vec<DataFile>>,
    pub(crate) documents: Option<Vec<DataFile>>,
    pub(crate) screening: Option<Vec<DataFile>>,
}

/// A kind of fixture file.
#[cfg(feature = "cli")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FixtureKind {
    Person,
    Document,
    Screening,
}

#[cfg(feature = "cli")]
impl FixtureKind {
    pub(crate) const ALL: [Self; 3] = [Self::Person, Self::Document, Self::Screening];

    /// Returns the folder of this kind.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Document => "documents",
            Self::Screening => "screening",
        }
    }

    /// Returns the kind of files in a folder of this name.
    pub(crate) fn of_folder(name: &OsStr) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| name == kind.folder())
    }

    /// Returns the top-level keys of this kind; none if any key is allowed.
    pub(crate) fn keys(self) -> Vec<String> {
        match self {
            Self::Person => data_file::keys_of::<people::Person>(),
            Self::Document => Vec::new(),
            Self::Screening => screening::keys(),
        }
    }

    /// Validates a file of this kind.
    pub(crate) fn check(self, file: &DataFile, findings: &mut LoadDiagnostics) {
        let files = std::slice::from_ref(file);
        match self {
            Self::Person => drop(People::read(Some(files), findings)),
            Self::Document => drop(DocumentFixtures::read(Some(files), findings)),
            Self::Screening => drop(ScreeningFixtures::read(Some(files), findings)),
        }
    }
}

impl FixtureFiles {
    #[cfg(feature = "cli")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &DataFile> {
        let Self { people, documents, screening } = self;
        [people, documents, screening].into_iter().flatten().flatten()
    }

    /// Reads `people/`, `documents/` and `screening/` of a folder, of which at least one exists.
    pub(crate) fn in_folder(folder: &Path, findings: &mut LoadDiagnostics) -> Self {
        let names = ["people", "documents", "screening"];
        let is_there = names.map(|name| folder.join(name).exists());
        if !is_there.contains(&true) {
            findings.ok_or_record(data_file::entries(&folder.join("people")));
            return Self::default();
        }
        let is_other = |path: &PathBuf| !names.iter().any(|name| path.file_name() == Some(OsStr::new(name)));
        let others = findings.ok_or_record(data_file::entries(folder)).unwrap_or_default().into_iter().filter(is_other);
        findings.warnings.extend(others.filter_map(|path| data_file::ignored_reason(&path)));
        let mut files = |at: usize| is_there[at].then(|| DataFile::in_folder(&folder.join(names[at]), findings));
        Self { people: files(0), documents: files(1), screening: files(2) }
    }
}

impl Fixtures {
    /// Parses the files. Adds problems to `findings`.
    pub(crate) fn read(files: &FixtureFiles, findings: &mut LoadDiagnostics) -> Self {
        let FixtureFiles { people, documents, screening } = files;
        Self {
            people: People::read(people.as_deref(), findings),
            documents: DocumentFixtures::read(documents.as_deref(), findings),
            screening: ScreeningFixtures::read(screening.as_deref(), findings),
        }
    }
}

/// Parses files, by name without extension. Invalid files are left out.
fn by_name<T: DeserializeOwned + Default>(files: &[DataFile], findings: &mut LoadDiagnostics) -> IndexMap<String, T> {
    files.iter().map(|file| (file.name.clone(), findings.ok_or_record(file.parse()).unwrap_or_default())).collect()
}

/// Parses embedded files, by name without extension.
fn built_in<T: DeserializeOwned>(files: &[EmbeddedFile]) -> impl Iterator<Item = (String, T)> {
    files.iter().map(|file| (file.name.into(), DataFile::built_in(file).parse().expect("built-in files can be read")))
}

/// Renders the current result document of a session, with the changes of its scenario.
pub(crate) fn render(
    session: &Session,
    standing: CurrentResult<'_>,
    fixtures: &Fixtures,
    casting: Casting<'_>,
    wording: Wording,
) -> Bytes {
    match standing {
        CurrentResult::Verdict(verdict) => {
            let verdict = session.fit_verdict(verdict);
            let document = ResultDocument::build(session, &verdict, &fixtures.people, casting, wording, false);
            changed(session, &document)
        }
        CurrentResult::Document(name) => {
            let document = fixtures.documents.get(name);
            changed(session, document.expect("documents of scenarios are checked when they are read"))
        }
        CurrentResult::Error(code) => to_json(&code.as_str()),
    }
}

/// Renders the document with the person's input, even if the current result omits it: before a verdict, or if it could
/// not be read. Pictures need it.
#[cfg(feature = "media")]
pub(crate) fn render_all_read(
    session: &Session,
    fixtures: &Fixtures,
    casting: Casting<'_>,
    wording: Wording,
) -> Option<Bytes> {
    match session.current_result() {
        CurrentResult::Verdict(verdict)
            if session.was_processed() && !(verdict.was_processed() && verdict.is_document_read()) =>
        {
            let verdict = session.fit_verdict(verdict);
            let document = ResultDocument::build(session, &verdict, &fixtures.people, casting, wording, true);
            Some(changed(session, &document))
        }
        CurrentResult::Verdict(_) | CurrentResult::Document(_) | CurrentResult::Error(_) => None,
    }
}

fn changed(session: &Session, document: &impl Serialize) -> Bytes {
    let mut changes = session.changes().peekable();
    if changes.peek().is_none() {
        return to_json(document);
    }
    let mut document = serde_json::to_value(document).expect("a document is JSON");
    changes.for_each(|change| merge_patch(&mut document, change));
    to_json(&document)
}

fn to_json(value: &impl Serialize) -> Bytes {
    // It is kept as long as the session: without spare capacity.
    serde_json::to_vec(value).expect("a document is JSON").into_boxed_slice().into()
}

/// Returns the day of a time; the vendor's times are UTC.
fn day(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// Formats `8/2/2026`: month, day, year without leading zeros.
fn us_date(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

/// Formats `2026-08-02T00:00:00.000Z`.
fn midnight(date: Date) -> String {
    format!("{date}T00:00:00.000Z")
}

#[cfg(test)]
pub(crate) use self::people::Person;
