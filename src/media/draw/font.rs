//! The letters of pictures; `build/fonts.rs` cuts the fonts down.

use std::sync::LazyLock;

use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};
use tiny_skia::PathBuilder;

/// A font that is built in.
struct BuiltIn {
    data: &'static [u8],
    /// Where each letter is, in the order of the letters.
    glyphs: &'static [(char, u16)],
}

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

static READ_SANS: LazyLock<Font> = LazyLock::new(|| Font::read(&SANS));
static READ_BOLD: LazyLock<Font> = LazyLock::new(|| Font::read(&BOLD));
static READ_MONO: LazyLock<Font> = LazyLock::new(|| Font::read(&MONO));

/// So many letters of a text are drawn at most: no line has room for more.
const MOST_LETTERS: usize = 200;

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Sans,
    Bold,
    /// The letters of machine readable zones, each as wide as the other.
    Mono,
}

pub(super) struct Font {
    font: FontRef<'static>,
    glyphs: &'static [(char, u16)],
}

impl Face {
    pub(super) fn font(self) -> &'static Font {
        match self {
            Self::Sans => &READ_SANS,
            Self::Bold => &READ_BOLD,
            Self::Mono => &READ_MONO,
        }
    }
}

impl Font {
    fn read(built_in: &BuiltIn) -> Self {
        let font = FontRef::new(built_in.data).expect("built-in fonts can be read");
        Self { font, glyphs: built_in.glyphs }
    }

    /// The glyph of a letter; an empty box where the font has none.
    fn glyph(&self, letter: char) -> GlyphId {
        let at = self.glyphs.binary_search_by_key(&letter, |(letter, _)| *letter);
        GlyphId::from(at.map_or(0, |at| self.glyphs[at].1))
    }

    /// How wide a text is.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let metrics = self.font.glyph_metrics(Size::new(size), LocationRef::default());
        letters(text).filter_map(|letter| metrics.advance_width(self.glyph(letter))).sum()
    }

    /// Adds the outlines of a text whose line begins at `x`, `y`.
    pub(super) fn outline(&self, text: &str, size: f32, x: f32, y: f32, path: &mut PathBuilder) {
        let (outlines, scale) = (self.font.outline_glyphs(), Size::new(size));
        let metrics = self.font.glyph_metrics(scale, LocationRef::default());
        let mut pen = Pen { path, x, y };
        for letter in letters(text) {
            let glyph = self.glyph(letter);
            if let Some(outline) = outlines.get(glyph) {
                let settings = DrawSettings::unhinted(scale, LocationRef::default());
                outline.draw(settings, &mut pen).expect("built-in glyphs can be drawn");
            }
            pen.x += metrics.advance_width(glyph).unwrap_or_default();
        }
    }
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().take(MOST_LETTERS)
}

/// Draws glyphs, whose ordinates point up, on pictures, whose ordinates point down.
struct Pen<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, self.y - y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, self.y - y);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + cx, self.y - cy, self.x + x, self.y - y);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.cubic_to(self.x + ax, self.y - ay, self.x + bx, self.y - by, self.x + x, self.y - y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_the_letters_of_four_scripts() {
        for face in [Face::Sans, Face::Bold] {
            for letter in "AzÄőßПїЁΩάთჰ№€".chars() {
                assert_ne!(face.font().glyph(letter), GlyphId::from(0_u16), "{face:?} has no {letter}");
            }
        }
        assert!("09AZ<".chars().all(|letter| Face::Mono.font().glyph(letter) != GlyphId::from(0_u16)));
        assert_eq!(Face::Sans.font().glyph('漢'), GlyphId::from(0_u16));
    }

    #[test]
    fn letters_of_zones_are_all_as_wide() {
        let mono = Face::Mono.font();
        assert_eq!(mono.width("W<<<", 40.0), mono.width("1I0O", 40.0));
    }
}
