//! A canvas: shapes and texts, in the units of the drawn object.

use tiny_skia::{FillRule, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

use super::font::Typeface;

/// Red, green and blue, with an opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color(pub(super) u32, pub(super) f32);

impl Color {
    pub(super) const INK: Self = Self::from_rgb(0x20_24_2c);
    pub(super) const LABEL: Self = Self::from_rgb(0x5c_66_74);
    pub(super) const WHITE: Self = Self::from_rgb(0xff_ff_ff);
    pub(super) const PAPER: Self = Self::from_rgb(0xfb_fb_f8);

    pub(super) const fn from_rgb(rgb: u32) -> Self {
        Self(rgb, 1.0)
    }

    /// Lets the background show through. On a single colour, [`Color::on`] is much faster.
    pub(super) const fn faint(self, cover: f32) -> Self {
        Self(self.0, cover)
    }

    /// Returns this colour mixed with the colour below, with this share.
    pub(super) fn on(self, below: Self, cover: f32) -> Self {
        let (above, below) = (self.0.to_be_bytes(), below.0.to_be_bytes());
        let mixed = |part: usize| (f32::from(above[part]) * cover + f32::from(below[part]) * (1.0 - cover)) as u8;
        Self::from_rgb(u32::from_be_bytes([0, mixed(1), mixed(2), mixed(3)]))
    }

    fn to_skia(self) -> tiny_skia::Color {
        let [_, red, green, blue] = self.0.to_be_bytes();
        let mut color = tiny_skia::Color::from_rgba8(red, green, blue, 255);
        color.set_alpha(self.1);
        color
    }

    fn paint(self) -> Paint<'static> {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(self.to_skia());
        paint
    }
}

/// Position and size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rect {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Rect {
    pub(super) const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }
}

/// Font, size and colour of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextStyle {
    pub(super) face: Typeface,
    pub(super) size: f32,
    pub(super) tint: Color,
}

impl TextStyle {
    pub(super) const fn new(face: Typeface, size: f32, tint: Color) -> Self {
        Self { face, size, tint }
    }
}

pub(super) struct Canvas {
    pixmap: Pixmap,
    place: Transform,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32, background: Color) -> Self {
        let mut pixmap = Pixmap::new(width, height).expect("pictures have a size");
        pixmap.fill(background.to_skia());
        Self { pixmap, place: Transform::identity() }
    }

    /// Draws an object in its own units, with the origin moved to `x`, `y`, rotated in degrees and scaled.
    pub(super) fn place(&mut self, x: f32, y: f32, scale: f32, degrees: f32, draw: impl FnOnce(&mut Self)) {
        let before = self.place;
        self.place = before.pre_translate(x, y).pre_rotate(degrees).pre_scale(scale, scale);
        draw(self);
        self.place = before;
    }

    pub(super) fn rect(&mut self, area: Rect, tint: Color) {
        let rect = tiny_skia::Rect::from_xywh(area.x, area.y, area.width, area.height).expect("areas have a size");
        self.pixmap.fill_rect(rect, &tint.paint(), self.place, None);
    }

    pub(super) fn rounded(&mut self, area: Rect, radius: f32, tint: Color) {
        let Rect { x, y, width, height } = area;
        let (right, bottom) = (x + width, y + height);
        self.shape(tint, |path| {
            path.move_to(x + radius, y);
            path.line_to(right - radius, y);
            path.quad_to(right, y, right, y + radius);
            path.line_to(right, bottom - radius);
            path.quad_to(right, bottom, right - radius, bottom);
            path.line_to(x + radius, bottom);
            path.quad_to(x, bottom, x, bottom - radius);
            path.line_to(x, y + radius);
            path.quad_to(x, y, x + radius, y);
            path.close();
        });
    }

    pub(super) fn ellipse(&mut self, x: f32, y: f32, across: f32, down: f32, tint: Color) {
        let oval =
            tiny_skia::Rect::from_xywh(x - across, y - down, 2.0 * across, 2.0 * down).expect("ellipses have a size");
        self.fill(PathBuilder::from_oval(oval), tint);
    }

    /// Fills `outline`.
    pub(super) fn shape(&mut self, tint: Color, outline: impl FnOnce(&mut PathBuilder)) {
        let mut path = PathBuilder::new();
        outline(&mut path);
        self.fill(path.finish(), tint);
    }

    /// Strokes `outline`.
    pub(super) fn line(&mut self, width: f32, tint: Color, outline: impl FnOnce(&mut PathBuilder)) {
        let mut path = PathBuilder::new();
        outline(&mut path);
        let stroke = Stroke { width, line_cap: tiny_skia::LineCap::Round, ..Stroke::default() };
        if let Some(path) = path.finish() {
            self.pixmap.stroke_path(&path, &tint.paint(), &stroke, self.place, None);
        }
    }

    /// Draws a text whose baseline starts at `x`, `y`.
    pub(super) fn text(&mut self, x: f32, y: f32, written: TextStyle, text: &str) {
        let mut path = PathBuilder::new();
        written.face.font().outline(text, written.size, x, y, &mut path);
        self.fill(path.finish(), written.tint);
    }

    /// Draws a text as [`Canvas::text`], smaller if it would be wider than `room`.
    pub(super) fn fitted(&mut self, x: f32, y: f32, room: f32, written: TextStyle, text: &str) {
        let width = written.face.font().width(text, written.size);
        let size = if width > room { written.size * room / width } else { written.size };
        self.text(x, y, TextStyle { size, ..written }, text);
    }

    /// Draws a text centred on `x`.
    pub(super) fn centred(&mut self, x: f32, y: f32, written: TextStyle, text: &str) {
        let width = written.face.font().width(text, written.size);
        self.text(x - width / 2.0, y, written, text);
    }

    fn fill(&mut self, path: Option<Path>, tint: Color) {
        if let Some(path) = path {
            self.pixmap.fill_path(&path, &tint.paint(), FillRule::Winding, self.place, None);
        }
    }

    /// Returns red, green, blue and a fourth byte that is always 255, row by row.
    pub(super) fn pixels(&self) -> &[u8] {
        self.pixmap.data()
    }
}
