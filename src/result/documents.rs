//! Whole documents from the fixtures, which a scenario can answer instead of the generated one.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value};

use super::{built_in, by_name};
use crate::{
    built_in::DOCUMENTS,
    data_file::{DataFile, LoadDiagnostics},
    foreign_text::shortened,
};

type DocumentsByName = BTreeMap<String, Map<String, Value>>;

/// The documents that are built in; they are read when the first of them is asked for.
static BUILT_IN: LazyLock<DocumentsByName> = LazyLock::new(|| built_in(DOCUMENTS).collect());

/// The documents by name, which is the file's name without its ending: those of a folder, or else the built-in ones.
#[derive(Debug)]
pub(crate) struct DocumentFixtures(Option<DocumentsByName>);

impl DocumentFixtures {
    /// Reads these files; without them, takes the built-in documents.
    pub(super) fn read(files: Option<&[DataFile]>, findings: &mut LoadDiagnostics) -> Self {
        Self(files.map(|files| by_name(files, findings)))
    }

    /// The document of that name.
    ///
    /// # Errors
    ///
    /// A message that names the unknown document and lists the known ones.
    pub(crate) fn get(&self, name: &str) -> Result<&Map<String, Value>, String> {
        let documents = self.0.as_ref().unwrap_or(&BUILT_IN);
        documents.get(name).ok_or_else(|| {
            let known: Vec<_> = documents.keys().map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            format!("there is no document `{}` in `documents` of the fixtures; known: {known}", shortened(name))
        })
    }
}
