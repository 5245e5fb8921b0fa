//! `schema`: JSON Schemas of our files, for editors.

use clap::{Args, ValueEnum};

use super::{CommandResult, print};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Kind of file
    #[arg(value_enum)]
    kind: SchemaKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaKind {
    /// Scenario files, in the folder of `--scenarios`
    Scenario,
    /// The config file of `--config`
    Config,
    /// Person files, in `people` of the folder of `--fixtures`
    Person,
}

impl SchemaKind {
    /// Returns its text, which is generated from the types.
    fn text(self) -> &'static str {
        match self {
            Self::Scenario => include_str!("../../schemas/scenario.json"),
            Self::Config => include_str!("../../schemas/config.json"),
            Self::Person => include_str!("../../schemas/person.json"),
        }
    }
}

/// Prints the JSON Schema of a kind of file.
pub(super) fn schema(SchemaArgs { kind: of }: SchemaArgs) -> CommandResult {
    print(of.text())
}

#[cfg(test)]
mod generate;
