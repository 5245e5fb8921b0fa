//! Whole documents from the fixtures, which a scenario can answer instead of the generated one.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use serde_json::{Map, Value};

use super::{built_in, read_folder};
use crate::{built_in::DOCUMENTS, data_file::Problem, foreign_text::shortened};

type ByName = BTreeMap<String, Map<String, Value>>;

/// The documents that are built in; they are read when the first of them is asked for.
static BUILT_IN: LazyLock<ByName> = LazyLock::new(|| built_in(DOCUMENTS).collect());

/// The documents by name, which is the file's name without its ending: those of a folder, or else the built-in ones.
#[derive(Debug)]
pub(crate) struct Documents(Option<ByName>);

impl Documents {
    /// Reads `documents/` of the fixtures folder; where there is no such folder, the built-in documents.
    pub(super) fn read(fixtures: Option<&Path>, problems: &mut Vec<Problem>) -> Self {
        Self(read_folder(fixtures, "documents", problems))
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
