//! Writes the outlines of the letters that pictures need, from the fonts called `DejaVu`.

use std::{error::Error, fmt::Write, fs, ops::RangeInclusive, path::Path};

use ttf_parser::{Face, GlyphId, OutlineBuilder};

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

/// Writes the outlines of each font, and `fonts.rs` with the fonts as constants and where each letter is in them.
pub(crate) fn write(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut fonts = String::new();
    for (name, data, letters) in [
        ("SANS", dejavu::sans::regular(), LETTERS),
        ("BOLD", dejavu::sans::bold(), LETTERS),
        ("MONO", dejavu::sans_mono::regular(), ZONE),
    ] {
        let face = Face::parse(data, 0)?;
        let (mut glyphs, mut outlines) = (String::new(), Outlines::default());
        // The first glyph of a font stands for the letters that it has not.
        let known = letters.iter().cloned().flatten().filter_map(|letter| Some((letter, face.glyph_index(letter)?)));
        for (letter, glyph) in [('\0', GlyphId(0))].into_iter().chain(known) {
            let start = outlines.0.len();
            face.outline_glyph(glyph, &mut outlines);
            let (end, advance) = (outlines.0.len(), face.glyph_hor_advance(glyph).unwrap_or_default());
            write!(glyphs, "Glyph {{ letter: {letter:?}, advance: {advance}, outline: ({start}, {end}) }}, ")?;
        }
        let file = format!("{name}.outlines");
        fs::write(out.join(&file), outlines.0)?;
        let units = face.units_per_em();
        writeln!(
            fonts,
            "static {name}: Font = Font {{\n    units_per_em: {units},\n    glyphs: &[{glyphs}],\n    outlines: \
             include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")),\n}};"
        )?;
    }
    fs::write(out.join("fonts.rs"), fonts)?;
    Ok(())
}

/// Outlines as `src/media/draw/font.rs` reads them: a letter for what is drawn, then the coordinates of its points in
/// the font's units, each an `i16` of two bytes, the lower first.
#[derive(Default)]
struct Outlines(Vec<u8>);

impl Outlines {
    fn push(&mut self, what: u8, points: &[f32]) {
        self.0.push(what);
        // The coordinates of this kind of font are whole numbers; points between two others are halves at most.
        self.0.extend(points.iter().flat_map(|ordinate| (ordinate.round() as i16).to_le_bytes()));
    }
}

impl OutlineBuilder for Outlines {
    fn move_to(&mut self, x: f32, y: f32) {
        self.push(b'M', &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push(b'L', &[x, y]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.push(b'Q', &[cx, cy, x, y]);
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {
        unreachable!("TrueType outlines have quadratic curves alone");
    }

    fn close(&mut self) {
        self.push(b'Z', &[]);
    }
}
