//! The fonts of pictures; `build/fonts.rs` writes their outlines.

use tiny_skia::PathBuilder;

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// Maximum number of drawn letters of a text: no line has room for more.
const MAX_LETTERS: usize = 200;

/// A typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typeface {
    Sans,
    Bold,
    /// The monospaced letters of machine readable zones.
    Mono,
}

pub(super) struct Font {
    units_per_em: u16,
    /// Glyphs in the order of the letters. The first one is an empty box, for missing letters.
    glyphs: &'static [Glyph],
    outlines: &'static [u8],
}

struct Glyph {
    letter: char,
    /// Distance from the start of this glyph to the next, in the font's units.
    advance: u16,
    /// Range of its outline.
    outline: (usize, usize),
}

impl Typeface {
    pub(super) fn font(self) -> &'static Font {
        match self {
            Self::Sans => &SANS,
            Self::Bold => &BOLD,
            Self::Mono => &MONO,
        }
    }
}

impl Font {
    /// Returns the glyph of a letter; an empty box if the font has none.
    fn glyph(&self, letter: char) -> &Glyph {
        let at = self.glyphs.binary_search_by_key(&letter, |glyph| glyph.letter);
        &self.glyphs[at.unwrap_or(0)]
    }

    fn scale(&self, size: f32) -> f32 {
        size / f32::from(self.units_per_em)
    }

    /// Returns the width of a text.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        letters(text).map(|letter| f32::from(self.glyph(letter).advance) * self.scale(size)).sum()
    }

    /// Adds the outlines of a text whose baseline starts at `x`, `y`.
    pub(super) fn outline(&self, text: &str, size: f32, mut x: f32, y: f32, path: &mut PathBuilder) {
        let scale = self.scale(size);
        for letter in letters(text) {
            let glyph = self.glyph(letter);
            self.draw(glyph, scale, (x, y), path);
            x += f32::from(glyph.advance) * scale;
        }
    }

    /// Adds the outline of a glyph. Fonts have upward ordinates, pictures downward ones.
    fn draw(&self, glyph: &Glyph, scale: f32, (x, y): (f32, f32), path: &mut PathBuilder) {
        let mut rest = &self.outlines[glyph.outline.0..glyph.outline.1];
        while let [what, after @ ..] = rest {
            rest = after;
            let mut ordinate = || {
                let (bytes, after) = rest.split_first_chunk().expect("an outline is whole");
                rest = after;
                f32::from(i16::from_le_bytes(*bytes)) * scale
            };
            let mut point = || (x + ordinate(), y - ordinate());
            match what {
                b'Z' => path.close(),
                b'Q' => {
                    let ((cx, cy), (x, y)) = (point(), point());
                    path.quad_to(cx, cy, x, y);
                }
                _ => {
                    let (x, y) = point();
                    if *what == b'M' { path.move_to(x, y) } else { path.line_to(x, y) }
                }
            }
        }
    }
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().take(MAX_LETTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_the_letters_of_four_scripts() {
        for face in [Typeface::Sans, Typeface::Bold] {
            for letter in "AzÄőßПїЁΩάთჰ№€".chars() {
                assert_eq!(face.font().glyph(letter).letter, letter, "{face:?} has no {letter}");
            }
        }
        assert!("09AZ<".chars().all(|letter| Typeface::Mono.font().glyph(letter).letter == letter));
        assert_eq!(Typeface::Sans.font().glyph('漢').letter, '\0');
    }

    #[test]
    fn letters_of_zones_are_all_as_wide() {
        let mono = Typeface::Mono.font();
        assert_eq!(mono.width("W<<<", 40.0), mono.width("1I0O", 40.0));
    }
}
