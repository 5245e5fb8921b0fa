//! `schema`: what editors know about our files.

use clap::{Args, ValueEnum};

use super::{Done, print};

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// What files it is of
    #[arg(value_enum)]
    of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemaOf {
    /// Files in the folder of `--scenarios`
    Scenario,
    /// The file of `--config`
    Config,
    /// Files in `people` of the folder of `--fixtures`
    Person,
}

impl SchemaOf {
    /// Its text, which is written from the types.
    fn text(self) -> &'static str {
        match self {
            Self::Scenario => include_str!("../../schemas/scenario.json"),
            Self::Config => include_str!("../../schemas/config.json"),
            Self::Person => include_str!("../../schemas/person.json"),
        }
    }
}

/// Prints the JSON Schema of a kind of file.
pub(super) fn schema(Schema { of }: Schema) -> Done {
    print(of.text())
}

#[cfg(test)]
mod generate;
