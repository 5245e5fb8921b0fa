//! The embedded files; `build.rs` lists them.

/// A file of `scenarios/` or `fixtures/`.
#[derive(Debug)]
pub(crate) struct EmbeddedFile {
    /// The file name without its extension. The tables are in the order of the names.
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/built_in.rs"));
