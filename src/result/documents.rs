//! Whole documents of the fixtures, which a scenario can return instead of the generated one.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{built_in, by_name};
use crate::{
    built_in::DOCUMENTS,
    data_file::{DataFile, LoadDiagnostics},
    problem::Problem,
};

type DocumentsByName = IndexMap<String, Map<String, Value>>;

/// The embedded documents, read on first use.
static BUILT_IN: LazyLock<DocumentsByName> = LazyLock::new(|| built_in(DOCUMENTS).collect());

/// The documents by name (file name without extension): those of a folder, otherwise the embedded ones.
#[derive(Debug)]
pub(crate) struct DocumentFixtures(Option<DocumentsByName>);

impl DocumentFixtures {
    /// Reads these files; without files, uses the embedded documents.
    pub(super) fn read(files: Option<&[DataFile]>, findings: &mut LoadDiagnostics) -> Self {
        Self(files.map(|files| by_name(files, findings)))
    }

    /// Returns the document with this name.
    ///
    /// # Errors
    ///
    /// [`Problem`] with the known names.
    pub(crate) fn get(&self, name: &str) -> Result<&Map<String, Value>, Problem> {
        let documents = self.0.as_ref().unwrap_or(&BUILT_IN);
        documents.get(name).ok_or_else(|| {
            Problem::unknown_name(name, "document", documents.keys())
                .with_remedy("it is a file in `documents` of the fixtures")
        })
    }
}
