//! Lists the built-in scenarios and fixtures, so that the library can embed them, and cuts fonts down.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

#[cfg(feature = "media")]
#[path = "build/fonts.rs"]
mod fonts;

/// The folders that are embedded, and what their tables are called.
const FOLDERS: [(&str, &str); 4] = [
    ("SCENARIOS", "scenarios"),
    ("PEOPLE", "fixtures/people"),
    ("DOCUMENTS", "fixtures/documents"),
    ("SCREENING", "fixtures/screening"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut tables = String::new();
    for (table, folder) in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        tables.push_str(&table_of(table, &root.join(folder))?);
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("built_in.rs"), tables)?;
    #[cfg(feature = "media")]
    fonts::write(&out)?;
    Ok(())
}

/// A table of the files of a folder, in the order of their names.
fn table_of(table: &str, folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Box<dyn Error>>>()?;
    paths.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    let mut text = format!("pub(crate) static {table}: &[EmbeddedFile] = &[\n");
    for path in paths {
        let (name, file) = (path.file_stem().unwrap_or_default(), path.file_name().unwrap_or_default());
        let (name, file) = (name.to_string_lossy(), file.to_string_lossy());
        writeln!(text, "    EmbeddedFile {{ name: {name:?}, path: {file:?}, text: include_str!({path:?}) }},")?;
    }
    text.push_str("];\n");
    Ok(text)
}
