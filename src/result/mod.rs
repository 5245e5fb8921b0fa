//! Building the result document (specification, section 5).

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

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use jiff::{Timestamp, civil::Date, tz::Offset};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use self::{documents::Documents, people::People, screening::Screening};
use crate::{
    built_in::BuiltIn,
    data_file::{DataFile, Problem},
    session::{Session, Standing},
    vendor::Wording,
};

/// What documents are made of.
#[derive(Debug)]
pub(crate) struct Fixtures {
    pub(crate) people: People,
    pub(crate) documents: Documents,
    screening: Screening,
}

impl Fixtures {
    /// Reads a folder of fixtures, or takes the built-in ones. What is wrong is added to `problems`.
    pub(crate) fn read(folder: Option<&Path>, problems: &mut Vec<Problem>) -> Self {
        let people = People::read(folder, problems);
        let documents = Documents::read(folder, problems);
        Self { people, documents, screening: Screening::read(folder, problems) }
    }
}

/// What the files of a folder of the fixtures say, by their names; `None` where there is no such folder, and a file for
/// which there is nothing else than what is wrong with it says nothing.
fn read_folder<T: DeserializeOwned + Default>(
    fixtures: Option<&Path>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<BTreeMap<String, T>> {
    let folder = fixtures.map(|folder| folder.join(name)).filter(|folder| folder.exists())?;
    let files = DataFile::in_folder(&folder, problems);
    let mut said = |file: &DataFile| file.parse().map_err(|wrong| problems.extend(wrong)).unwrap_or_default();
    Some(files.iter().map(|file| (file.name.clone(), said(file))).collect())
}

/// What these files say, which are built in, by their names without their endings.
fn built_in<T: DeserializeOwned>(files: &[BuiltIn]) -> impl Iterator<Item = (String, T)> {
    files.iter().map(|file| (file.name.into(), DataFile::built_in(file).parse().expect("built-in files can be read")))
}

/// The document that a session answers as it stands, with the changes of its scenario. `people` are the names of those
/// who can go through it; where there are none, everybody can.
pub(crate) fn render(
    session: &Session,
    standing: Standing<'_>,
    fixtures: &Fixtures,
    people: &[String],
    wording: Wording,
) -> Bytes {
    match standing {
        Standing::Verdict(verdict) => {
            let document = ResultDocument::build(session, verdict, &fixtures.people, people, wording);
            changed(session, &document)
        }
        Standing::Document(name) => {
            let document = fixtures.documents.get(name);
            changed(session, document.expect("documents of scenarios are checked when they are read"))
        }
        Standing::Error(code) => to_json(&code.as_str()),
    }
}

fn changed(session: &Session, document: &impl Serialize) -> Bytes {
    let mut changes = session.changes().peekable();
    if changes.peek().is_none() {
        return to_json(document);
    }
    let mut document = serde_json::to_value(document).expect("a document is JSON");
    changes.for_each(|change| lay_over(&mut document, change));
    to_json(&document)
}

/// Lays members over those of a document, as a JSON merge patch: objects member by member, null takes one away.
fn lay_over(document: &mut Value, change: &Map<String, Value>) {
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    let Value::Object(members) = document else { return };
    for (name, value) in change {
        match value {
            Value::Null => {
                members.shift_remove(name);
            }
            Value::Object(change) => lay_over(members.entry(name).or_insert(Value::Null), change),
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

fn to_json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("a document is JSON").into()
}

/// The day of a moment; the vendor's times are UTC.
fn day(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// `8/2/2026`: month, day, year without leading zeros.
fn slashed(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

/// `2026-08-02T00:00:00.000Z`.
fn midnight(date: Date) -> String {
    format!("{date}T00:00:00.000Z")
}
