//! Whole documents from the fixtures, which a scenario can answer instead of the generated one.

use std::{collections::BTreeMap, path::Path};

use rust_embed::RustEmbed;
use serde_json::{Map, Value};

use crate::{
    data_file::{DataFile, LoadError},
    foreign_text::shortened,
};

/// The documents that are built in.
#[derive(RustEmbed)]
#[folder = "fixtures/documents/"]
struct BuiltIn;

/// The documents by name; the name is the file's name without its ending.
#[derive(Debug)]
pub(crate) struct Documents(BTreeMap<String, Map<String, Value>>);

impl Documents {
    /// Reads `documents/` of the fixtures folder; where there is no such folder, the built-in documents.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for the first file that cannot be read, with line and column.
    pub(crate) fn load(fixtures: Option<&Path>) -> Result<Self, LoadError> {
        let folder = fixtures.map(|folder| folder.join("documents")).filter(|folder| folder.exists());
        let files = match folder {
            Some(folder) => DataFile::in_folder(&folder)?,
            None => DataFile::embedded::<BuiltIn>(),
        };
        files.into_iter().map(|file| Ok((file.name.clone(), file.parse()?))).collect::<Result<_, _>>().map(Self)
    }

    /// The document of that name.
    ///
    /// # Errors
    ///
    /// A message that names the unknown document and lists the known ones.
    pub(crate) fn get(&self, name: &str) -> Result<&Map<String, Value>, String> {
        self.0.get(name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            format!("there is no document `{}` in `documents` of the fixtures; known: {known}", shortened(name))
        })
    }
}
