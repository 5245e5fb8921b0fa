//! The settings in the config file.

use std::{
    collections::BTreeMap,
    env, fmt, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

use super::{ALL, Company, FileProblem, LoadError, SettingsArgs};
use crate::{
    data_file::DataFile,
    faults::Fault,
    problem::Problem,
    settings::{FlagUse, Setting},
    tree::{OF_SETTINGS, rename_advice},
};

/// The keys that are no settings.
const OTHER_KEYS: [&str; 3] = ["$schema", "companies", "faults"];

/// All keys, with the old names.
static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let settings = ALL.iter().map(|setting| setting.name).filter(|name| *name != "config");
    settings.chain(OF_SETTINGS.map(|(old, _)| old)).chain(OTHER_KEYS).collect()
});

/// What only a config file can have.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct FileParts {
    /// The companies that may call, and the settings of each.
    pub(super) companies: Vec<Company>,
    /// Faults for the first calls of any company.
    pub(super) faults: Vec<Fault>,
    /// Warnings for the keys that have an old name.
    pub(in crate::cli) renamed_keys: Vec<FileProblem>,
    /// The folders of the file that cannot be read, each with the problem.
    pub(super) missing_folders: Vec<(PathBuf, FileProblem)>,
}

/// The content of a config file.
#[derive(Debug)]
pub(in crate::cli) struct FileSettings(pub(in crate::cli) SettingsArgs);

impl SettingsArgs {
    /// Adds the settings of the config file, which these override.
    pub(in crate::cli) fn with_file(self) -> Result<Self, LoadError> {
        let Some(path) = self.config_file() else { return Ok(self) };
        let file = Self::in_file(&DataFile::read(&path)?)?;
        Ok(self.over(file))
    }

    /// Reads a config file.
    pub(in crate::cli) fn in_file(file: &DataFile) -> Result<Self, LoadError> {
        let FileSettings(mut settings) = file.parse_with_environment()?;
        settings.file.renamed_keys = file.renamed_keys(&OF_SETTINGS);
        settings.make_relative_to(file.path.parent().unwrap_or(Path::new("")));
        settings.file.missing_folders = settings.find_missing_folders(file);
        Ok(settings)
    }

    /// Makes paths relative to the folder of the config file.
    fn make_relative_to(&mut self, folder: &Path) {
        for setting in ALL.iter().filter(|setting| setting.declared.is_path) {
            for path in self.given.get_mut(setting.name).into_iter().flatten() {
                *path = folder.join(&path).to_string_lossy().into_owned();
            }
        }
    }

    /// Returns the folders of files that cannot be read, each with a problem at its position in the file.
    fn find_missing_folders(&self, file: &DataFile) -> Vec<(PathBuf, FileProblem)> {
        let missing = ["scenarios", "fixtures"].into_iter().filter_map(|key| {
            let folder = PathBuf::from(self.given.get(key)?.first()?);
            let error = fs::read_dir(&folder).err()?;
            let message = format!("the folder `{}` cannot be read: {error}", folder.display());
            Some((folder, file.problem_in(Problem::of_key(key, message))))
        });
        missing.collect()
    }
}

impl<'de> Deserialize<'de> for FileSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Settings", &KEYS, FileVisitor).map(Self)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = SettingsArgs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SettingsArgs, A::Error> {
        let (mut given, mut file) = (BTreeMap::new(), FileParts::default());
        while let Some(key) = map.next_key::<String>()? {
            let renamed = OF_SETTINGS.iter().find(|(old, _)| *old == key).map(|(_, new)| *new);
            let name = renamed.unwrap_or(&key);
            match ALL.iter().find(|setting| setting.name == name) {
                Some(setting) => {
                    let Some(texts) = map.next_value_seed(Texts(setting))? else { continue };
                    if given.insert(setting.name, texts).is_some() {
                        return Err(A::Error::duplicate_field(setting.name));
                    }
                }
                None if key == "companies" => file.companies = map.next_value()?,
                None if key == "faults" => file.faults = map.next_value()?,
                None => drop(map.next_value::<Option<String>>()?),
            }
        }
        Ok(SettingsArgs { given, file })
    }
}

/// Reads the value of a setting: `None` if it is null.
#[derive(Clone, Copy)]
struct Texts(&'static Setting);

impl Texts {
    fn check<E: Error>(self, text: String) -> Result<String, E> {
        (self.0.declared.check)(&text).map_err(E::custom)?;
        Ok(text)
    }
}

impl<'de> DeserializeSeed<'de> for Texts {
    type Value = Option<Vec<String>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Option<Vec<String>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match self.0.declared.flag_use {
            FlagUse::List => deserializer.deserialize_any(self),
            FlagUse::Value | FlagUse::Optional(_) => {
                let text = self.check(String::deserialize(deserializer)?)?;
                Ok(Some(vec![text]))
            }
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(vec![self.check(text.to_owned())?]))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element_seed(Element(self))? {
            texts.push(text);
        }
        Ok(Some(texts))
    }
}

/// Reads an element of a list.
struct Element(Texts);

impl<'de> DeserializeSeed<'de> for Element {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        self.0.check(String::deserialize(deserializer)?)
    }
}

/// Logs the old flags and keys that are in use.
pub(in crate::cli) fn warn_of_renamed(settings: &SettingsArgs) {
    let flags = OF_SETTINGS.map(|(old, new)| (format!("--{old}"), format!("--{new}")));
    let flags = flags.iter().filter(|(old, _)| has_flag(old)).map(|(old, new)| rename_advice((old, new)));
    flags.chain(settings.file.renamed_keys.iter().map(ToString::to_string)).for_each(|advice| {
        tracing::warn!("{advice}");
    });
}

/// Whether the command line has this flag.
fn has_flag(flag: &str) -> bool {
    let mut arguments = env::args_os().skip(1).filter_map(|argument| argument.into_string().ok());
    arguments.any(|argument| argument.split('=').next() == Some(flag))
}
