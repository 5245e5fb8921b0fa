//! Cuts the fonts called `DejaVu` down to the letters that pictures need.

use std::{error::Error, fmt::Write, fs, ops::RangeInclusive, path::Path};

use skrifa::{FontRef, MetadataProvider};
use subsetter::{GlyphRemapper, subset};

/// In the order of the letters: Latin, Greek, Cyrillic, Georgian, and the signs between words.
const LETTERS: &[RangeInclusive<char>] = &[
    ' '..='~',
    '\u{a0}'..='\u{24f}',
    '\u{370}'..='\u{3ff}',
    '\u{400}'..='\u{52f}',
    '\u{10a0}'..='\u{10ff}',
    '\u{2010}'..='\u{2027}',
    '€'..='€',
    '№'..='№',
];

/// What machine readable zones are written in, in the order of the letters.
const ZONE: &[RangeInclusive<char>] = &['0'..='9', '<'..='<', 'A'..='Z'];

/// Writes each font, and `fonts.rs` with the fonts as constants and where each letter is in them.
pub(crate) fn write(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut table = String::new();
    for (name, data, letters) in [
        ("SANS", dejavu::sans::regular(), LETTERS),
        ("BOLD", dejavu::sans::bold(), LETTERS),
        ("MONO", dejavu::sans_mono::regular(), ZONE),
    ] {
        let letters_of_font = FontRef::new(data)?.charmap();
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = String::new();
        for letter in letters.iter().cloned().flatten() {
            if let Some(glyph) = letters_of_font.map(letter) {
                write!(glyphs, "({letter:?}, {}), ", remapper.remap(u16::try_from(glyph.to_u32())?))?;
            }
        }
        let file = format!("{name}.ttf");
        fs::write(out.join(&file), subset(data, 0, &remapper)?)?;
        writeln!(
            table,
            "static {name}: BuiltIn = BuiltIn {{\n    data: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")),\n    \
             glyphs: &[{glyphs}],\n}};"
        )?;
    }
    fs::write(out.join("fonts.rs"), table)?;
    Ok(())
}
