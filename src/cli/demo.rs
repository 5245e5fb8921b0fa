//! `demo`: serving, with a page that embeds the widget and shows what happens by that.

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

/// What is done with the page, besides serving it.
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

/// The address of the page.
pub(super) fn page(server: &MockServer) -> String {
    format!("{}/__widget/demo", server.url())
}

/// Opens the page with what the system opens pages with.
pub(super) fn open(server: &MockServer) {
    let page = page(server);
    if let Err(error) = open::that_detached(&page) {
        tracing::warn!("cannot open the demo ({error}); open {page} in a browser");
    }
}
