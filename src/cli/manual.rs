//! `completions` and `man`: shell completions and manual pages.

use std::{fs, path::PathBuf};

use clap::Args;
use clap_complete::Shell;

use super::{CommandLine, CommandResult, print};

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Name of the shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands to this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the completion script.
pub(super) fn completions(CompletionsArgs { shell }: CompletionsArgs) -> CommandResult {
    let mut command = CommandLine::definition();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "identomat-mock", &mut script);
    print(script)
}

/// Prints the manual page of the program, or writes those of all commands.
pub(super) fn man(ManArgs { out }: ManArgs) -> CommandResult {
    let command = CommandLine::definition();
    match out {
        Some(folder) => fs::create_dir_all(&folder)
            .and_then(|()| clap_mangen::generate_to(command, &folder))
            .map_err(|error| format!("cannot write to `{}`: {error}", folder.display()).into()),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            print(page)
        }
    }
}
