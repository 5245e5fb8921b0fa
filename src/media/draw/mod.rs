//! Draws pictures: a photographed document, a face, a face with a document.

mod canvas;
mod font;
mod identity;
mod paper;
mod portrait;
mod video;

use jpeg_encoder::{ColorType, Encoder};

pub(super) use self::video::video;
use self::{
    canvas::{Canvas, Color, Rect, TextStyle},
    font::Typeface,
    portrait::{Pose, portrait, skin},
};
use super::{
    PortraitSubject,
    printed::{GeneralDocumentPage, ParsedResult},
};

/// Size of pictures in pixels, as from the camera of a phone.
const LANDSCAPE: (u32, u32) = (1280, 960);
const UPRIGHT: (u32, u32) = (960, 1280);
const SHEET: (u32, u32) = (960, 1340);

/// Pixels per unit of the layouts below, in which a picture is 1600 wide.
const SCALE: f32 = 0.8;

const TABLE: Color = Color::from_rgb(0x8a_76_63);
const WALL: Color = Color::from_rgb(0xc9_cf_d4);

/// Draws the front of a card.
pub(super) fn card_front(document: &ParsedResult, subject: &PortraitSubject) -> Vec<u8> {
    on_table(subject, |canvas| {
        canvas.place(94.0, 155.0, 1.4, 0.4, |canvas| identity::card_front(canvas, document, subject));
    })
}

/// Draws the back of a card.
pub(super) fn card_back(document: &ParsedResult, subject: &PortraitSubject) -> Vec<u8> {
    on_table(subject, |canvas| {
        canvas.place(92.0, 160.0, 1.4, -0.3, |canvas| identity::card_back(canvas, document));
    })
}

/// Draws the photo page of a passport.
pub(super) fn passport(document: &ParsedResult, subject: &PortraitSubject) -> Vec<u8> {
    on_table(subject, |canvas| {
        canvas.place(60.0, 78.0, 1.48, 0.3, |canvas| identity::passport(canvas, document, subject));
    })
}

/// Draws the person looking into the camera.
pub(super) fn selfie(subject: &PortraitSubject) -> Vec<u8> {
    in_room(subject, Rect::new(60.0, 120.0, 1080.0, 1480.0), |canvas| caption(canvas, 600.0, 90.0))
}

/// Draws the person with their document.
pub(super) fn selfie_with_document(document: &ParsedResult, subject: &PortraitSubject) -> Vec<u8> {
    in_room(subject, Rect::new(20.0, 40.0, 900.0, 1560.0), |canvas| {
        canvas.place(470.0, 1090.0, 0.68, -5.0, |canvas| {
            if document.kind() == "passport" {
                identity::passport(canvas, document, subject);
            } else {
                identity::card_front(canvas, document, subject);
            }
            for finger in 0..3 {
                let y = 470.0 + finger as f32 * 70.0;
                canvas.rounded(Rect::new(-40.0, y, 110.0, 58.0), 28.0, skin(subject));
            }
        });
        caption(canvas, 600.0, 60.0);
    })
}

/// Draws a page of a general document.
pub(super) fn general_document(page: &GeneralDocumentPage<'_>, number: u32, subject: &PortraitSubject) -> Vec<u8> {
    let mut canvas = Canvas::new(SHEET.0, SHEET.1, TABLE);
    canvas.place(22.0, 22.0, 0.74, 0.0, |canvas| paper::page(canvas, page, number, subject));
    jpeg(&canvas, SHEET, subject)
}

fn on_table(subject: &PortraitSubject, draw: impl FnOnce(&mut Canvas)) -> Vec<u8> {
    let mut canvas = Canvas::new(LANDSCAPE.0, LANDSCAPE.1, TABLE);
    canvas.place(0.0, 0.0, SCALE, 0.0, |canvas| {
        for plank in 0..5 {
            canvas.rect(Rect::new(0.0, plank as f32 * 260.0, 1600.0, 4.0), Color::from_rgb(0x72_60_50));
        }
        draw(canvas);
    });
    jpeg(&canvas, LANDSCAPE, subject)
}

fn in_room(subject: &PortraitSubject, area: Rect, draw: impl FnOnce(&mut Canvas)) -> Vec<u8> {
    let mut canvas = Canvas::new(UPRIGHT.0, UPRIGHT.1, WALL);
    canvas.place(0.0, 0.0, SCALE, 0.0, |canvas| {
        canvas.rect(Rect::new(840.0, 80.0, 300.0, 420.0), Color::from_rgb(0xe8_f0_f6));
        canvas.rect(Rect::new(985.0, 80.0, 8.0, 420.0), WALL);
        portrait(canvas, area, subject, Pose { smile: 0.4, ..Pose::default() });
        draw(canvas);
    });
    jpeg(&canvas, UPRIGHT, subject)
}

fn caption(canvas: &mut Canvas, x: f32, y: f32) {
    canvas.centred(x, y, TextStyle::new(Typeface::Bold, 44.0, Color::from_rgb(0x5a_64_70)), "SPECIMEN");
}

/// Encodes a JPEG with a marker of its session, for comparing faces.
fn jpeg(canvas: &Canvas, (width, height): (u32, u32), subject: &PortraitSubject) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 88);
    encoder.add_app_segment(super::MARK_SEGMENT, subject.mark()).expect("a mark is short");
    let size = [width, height].map(|side| u16::try_from(side).expect("pictures are not that large"));
    encoder.encode(canvas.pixels(), size[0], size[1], ColorType::Rgba).expect("a picture in memory can be written");
    // The cache keeps it for long: without spare capacity.
    jpeg.shrink_to_fit();
    jpeg
}
