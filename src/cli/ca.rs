//! `ca`: the certificate authority that browsers and clients have to trust for `--tls`.

use std::{fs, path::PathBuf};

use clap::Subcommand;

use super::{CommandResult, print, settings::SettingsArgs};
use crate::{
    clock::Clock,
    server::tls::{CertificateAuthority, usual_folder},
};

#[derive(Debug, Subcommand)]
pub(super) enum CaArgs {
    /// Print the CA certificate (PEM), which is created on first use
    Export {
        /// Write the certificate to this file instead
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,

        #[command(flatten)]
        settings: Box<SettingsArgs>,
    },
}

/// Runs the command; `before` are the settings in front of it.
pub(super) fn ca(command: CaArgs, before: SettingsArgs) -> CommandResult {
    let CaArgs::Export { out, settings } = command;
    let folder = settings.over(before).with_file()?.server()?.tls.folder;
    let authority = CertificateAuthority::load_or_create(&folder.unwrap_or_else(usual_folder), Clock::new(None).now())?;
    match out {
        Some(path) => fs::write(&path, &authority.certificate)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()).into()),
        None => print(authority.certificate),
    }
}
