//! `demo`: serves, with a page that embeds the widget and shows its messages and calls.

use clap::Args;

use super::settings::SettingsArgs;
use crate::server::MockServer;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Also open the page in the browser
    #[arg(long)]
    open: bool,

    #[command(flatten)]
    pub(super) settings: Box<SettingsArgs>,
}

/// The treatment of the demo page.
#[derive(Debug, Clone, Copy)]
pub(super) enum DemoMode {
    Printed,
    Opened,
}

impl DemoArgs {
    pub(super) fn showing(&self) -> DemoMode {
        if self.open { DemoMode::Opened } else { DemoMode::Printed }
    }
}

/// Returns the URL of the page.
pub(super) fn page(server: &MockServer) -> String {
    format!("{}/__widget/demo", server.url())
}

/// Opens the page with the system's opener.
pub(super) fn open(server: &MockServer) {
    let page = page(server);
    if let Err(error) = open::that_detached(&page) {
        tracing::warn!("cannot open the demo ({error}); open {page} in a browser");
    }
}
