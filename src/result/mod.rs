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
    data_file::{DataFile, LoadError},
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
    /// Reads a folder of fixtures, or the built-in ones.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for the first file that cannot be read, with line and column.
    pub(crate) fn load(folder: Option<&Path>) -> Result<Self, LoadError> {
        let (people, documents) = (People::load(folder)?, Documents::load(folder)?);
        Ok(Self { people, documents, screening: Screening::load(folder)? })
    }
}

/// What the files of a folder of the fixtures say, by their names; `None` where there is no such folder.
fn load_folder<T: DeserializeOwned>(
    fixtures: Option<&Path>,
    name: &str,
) -> Result<Option<BTreeMap<String, T>>, LoadError> {
    let folder = fixtures.map(|folder| folder.join(name)).filter(|folder| folder.exists());
    folder.map(|folder| by_name(DataFile::in_folder(&folder)?.into_iter())).transpose()
}

/// What these files say, by their names without their endings.
fn by_name<T: DeserializeOwned>(files: impl Iterator<Item = DataFile>) -> Result<BTreeMap<String, T>, LoadError> {
    files.map(|file| Ok((file.name.clone(), file.parse()?))).collect()
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
