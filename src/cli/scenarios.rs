//! `scenarios`, `scenario` and `new`: list, print and start scenarios.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::Path,
};

use clap::{Args, Subcommand};

use super::{CommandResult, print, settings::SettingsArgs};
use crate::{
    built_in::SCENARIOS,
    catalogue::{Catalogue, CatalogueFiles},
    data_file::{DataFile, LoadDiagnostics, LoadError},
    mock::sources,
    scenario::ScenarioSource,
};

/// A scenario with a comment for every key.
const TEMPLATE: &str = include_str!("template.yaml");

#[derive(Debug, Args)]
pub(super) struct ScenariosArgs {
    #[command(flatten)]
    settings: Box<SettingsArgs>,
}

#[derive(Debug, Args)]
pub(super) struct ScenarioArgs {
    /// Name by which sessions request the scenario
    #[arg(value_name = "NAME")]
    name: String,

    #[command(flatten)]
    settings: Box<SettingsArgs>,
}

#[derive(Debug, Subcommand)]
pub(super) enum NewArgs {
    /// Write a commented scenario into the folder of `--scenarios`, otherwise into the current one
    Scenario(ScenarioArgs),
}

/// Lists names, sources and descriptions; `before` are the settings in front of the command.
pub(super) fn scenarios(ScenariosArgs { settings }: ScenariosArgs, before: SettingsArgs) -> CommandResult {
    let (files, catalogue) = read(settings.over(before))?;
    let scenarios = catalogue.scenarios.names().into_iter().map(|name| {
        let scenario = catalogue.scenarios.get(name).expect("it is listed");
        let from = match (scenario.origin, file_of(&files, name)) {
            (ScenarioSource::File, Some(file)) => file.path.display().to_string(),
            _ => "built in".to_owned(),
        };
        (name, from, scenario.description.trim().replace('\n', " "))
    });
    let scenarios: Vec<_> = scenarios.collect();
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
    let name_width = longest(&mut scenarios.iter().map(|(name, ..)| name.chars().count()));
    let from_width = longest(&mut scenarios.iter().map(|(_, from, _)| from.chars().count()));
    let lines = scenarios
        .iter()
        .map(|(name, from, description)| format!("{name:name_width$}  {from:from_width$}  {description}\n"));
    print(lines.collect::<String>())
}

/// Prints a scenario as in its file; `before` are the settings in front of the command.
pub(super) fn scenario(ScenarioArgs { name, settings }: ScenarioArgs, before: SettingsArgs) -> CommandResult {
    let (files, catalogue) = read(settings.over(before))?;
    catalogue.scenarios.check(&name)?;
    let built_in = || SCENARIOS.iter().find(|file| file.name == name).map(|file| file.text);
    let text = file_of(&files, &name).map(DataFile::text).or_else(built_in);
    print(text.expect("it was found"))
}

/// Writes a commented file; `before` are the settings in front of the command.
pub(super) fn new(NewArgs::Scenario(ScenarioArgs { name, settings }): NewArgs, before: SettingsArgs) -> CommandResult {
    let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
    if !is_name {
        return Err(format!(
            "`{name}` is not a scenario name; it becomes a file name, so it has no slash and no leading dot"
        )
        .into());
    }
    let folder = settings.over(before).with_file()?.server()?.scenarios.unwrap_or_default();
    let path = folder.join(format!("{name}.yaml"));
    let failed = |path: &Path, error: &io::Error| match error.kind() {
        ErrorKind::AlreadyExists => format!("`{}` exists already and was left unchanged", path.display()),
        _ => format!("cannot write `{}`: {error}", path.display()),
    };
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let written = File::create_new(&path).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| failed(&path, &error))?;
    print(format!("{}\n", path.display()))
}

/// Loads the files of the settings.
///
/// # Errors
///
/// All problems with the files.
fn read(settings: SettingsArgs) -> Result<(CatalogueFiles, Catalogue), Box<dyn std::error::Error>> {
    let config = settings.with_file()?.into_config()?;
    let mut findings = LoadDiagnostics::default();
    let (scenarios, fixtures) = (config.scenarios.as_deref(), config.fixtures.as_deref());
    let files = CatalogueFiles::in_folders(scenarios, fixtures, config.config_file.as_deref(), &mut findings);
    let catalogue = Catalogue::load(sources(&config, &files), &mut findings);
    LoadError::check(findings.problems)?;
    Ok((files, catalogue))
}

fn file_of<'a>(files: &'a CatalogueFiles, name: &str) -> Option<&'a DataFile> {
    files.scenarios.iter().find(|file| file.name == name)
}
