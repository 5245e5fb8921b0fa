//! All scenarios that a server knows.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use rust_embed::RustEmbed;

use super::{Content, Scenario, Trigger, file::ScenarioFile};
use crate::{
    data_file::{DataFile, LoadError},
    foreign_text::shortened,
};

/// The scenarios that are built in.
#[derive(RustEmbed)]
#[folder = "scenarios/"]
struct BuiltIn;

/// The scenarios by name; the name is the file's name without its ending.
#[derive(Debug)]
pub(crate) struct ScenarioBook {
    by_name: BTreeMap<String, Arc<Scenario>>,
    /// Those that have a `match`, in the order of their names.
    matching: Vec<Arc<Scenario>>,
}

impl ScenarioBook {
    /// Reads the built-in scenarios, if wanted, and those of `folder` over them.
    ///
    /// `finish` is when a scenario that does not say so reaches its outcome.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for the first file that cannot be read, with line and column.
    pub(crate) fn load(built_in: bool, folder: Option<&Path>, finish: &Trigger) -> Result<Self, LoadError> {
        let mut files = if built_in { DataFile::embedded::<BuiltIn>() } else { Vec::new() };
        if let Some(folder) = folder {
            files.extend(DataFile::in_folder(folder)?);
        }
        let mut by_name = BTreeMap::new();
        for file in &files {
            let parsed: ScenarioFile = file.parse()?;
            let scenario = parsed.into_scenario(file.name.clone(), finish);
            by_name.insert(file.name.clone(), Arc::new(scenario));
        }
        let matching = by_name.values().filter(|scenario| scenario.matches.is_some()).cloned().collect();
        Ok(Self { by_name, matching })
    }

    /// The scenario of that name.
    ///
    /// # Errors
    ///
    /// A message that names the unknown scenario and lists the known ones.
    pub(crate) fn get(&self, name: &str) -> Result<&Arc<Scenario>, String> {
        self.by_name.get(name).ok_or_else(|| {
            if self.by_name.is_empty() {
                return "there are no scenarios; name a folder of them with --scenarios".into();
            }
            format!("there is no scenario `{}`; the scenarios are: {}", shortened(name), self.names().join(", "))
        })
    }

    /// The first scenario, in the order of their names, whose `match` holds for a call.
    pub(crate) fn first_match(&self, content: &Content<'_>) -> Option<&Arc<Scenario>> {
        self.matching.iter().find(|scenario| scenario.matches.as_ref().is_some_and(|matches| matches.holds(content)))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Scenario>> {
        self.by_name.values()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.by_name.keys().map(String::as_str).collect()
    }
}
