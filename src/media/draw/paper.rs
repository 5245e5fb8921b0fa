//! Pages of general documents, which prove an address.

use super::{
    canvas::{Canvas, Color, Rect, TextStyle},
    font::Typeface,
};
use crate::media::{PortraitSubject, printed::GeneralDocumentPage};

/// The area of a sheet of paper, 210 mm wide.
const SHEET: Rect = Rect::new(0.0, 0.0, 1240.0, 1754.0);

const TEXT: TextStyle = TextStyle::new(Typeface::Sans, 26.0, Color::INK);
const STRONG: TextStyle = TextStyle::new(Typeface::Bold, 28.0, Color::INK);
const SMALL: TextStyle = TextStyle::new(Typeface::Sans, 20.0, Color::LABEL);

pub(super) fn page(canvas: &mut Canvas, page: &GeneralDocumentPage<'_>, number: u32, subject: &PortraitSubject) {
    let (tint, title) = match &*page.kind {
        "bank_statement" => (Color::from_rgb(0x1f_4e_5f), "Statement of account"),
        "drivers_license" => (Color::from_rgb(0x7a_3c_52), "Extract from the register of drivers"),
        "utility_bill" => (Color::from_rgb(0x2f_6b_4f), "Bill"),
        _ => (Color::from_rgb(0x4a_50_63), "General document"),
    };
    canvas.rect(SHEET, Color::PAPER);
    canvas.place(640.0, 1000.0, 1.0, -35.0, |canvas| {
        canvas.centred(0.0, 0.0, TextStyle::new(Typeface::Bold, 210.0, tint.faint(0.09)), "SPECIMEN");
    });
    canvas.rect(Rect::new(0.0, 0.0, SHEET.width, 170.0), tint);
    canvas.fitted(90.0, 88.0, 1060.0, TextStyle::new(Typeface::Bold, 46.0, Color::WHITE), page.text("authority"));
    canvas.text(90.0, 138.0, TextStyle::new(Typeface::Sans, 26.0, Color::WHITE), "SPECIMEN, NOT A DOCUMENT");
    canvas.text(90.0, 250.0, TextStyle { size: 40.0, ..STRONG }, title);

    canvas.fitted(90.0, 340.0, 620.0, STRONG, page.text("fullName"));
    for (row, name) in ["address", "city", "postalCode", "country"].into_iter().enumerate() {
        canvas.fitted(90.0, 380.0 + row as f32 * 38.0, 620.0, TEXT, page.text(name));
    }
    let issued = page.text("documentIssued");
    for (row, (label, value)) in [
        ("Date of issue", issued.split('T').next().unwrap_or_default()),
        ("Registration number", page.text("registrationNumber")),
        ("Valid until", page.text("documentExpires").split('T').next().unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .enumerate()
    {
        let y = 330.0 + row as f32 * 80.0;
        canvas.text(790.0, y, SMALL, label);
        canvas.fitted(790.0, y + 34.0, 360.0, STRONG, value);
    }
    canvas.text(90.0, 570.0, SMALL, "Address of service");
    canvas.fitted(90.0, 606.0, 1060.0, TEXT, page.text("formattedAddress"));
    match &*page.kind {
        "bank_statement" => bookings(canvas, tint, subject, number),
        "drivers_license" => {}
        _ => consumption(canvas, tint, subject, number),
    }
    canvas.text(90.0, 1690.0, SMALL, &format!("Page {number} of {}", page.of));
}

/// Draws bars of invented heights, which repeat no value of a result document.
fn consumption(canvas: &mut Canvas, tint: Color, subject: &PortraitSubject, page: u32) {
    canvas.text(90.0, 700.0, STRONG, "Consumption");
    canvas.rect(Rect::new(90.0, 1200.0, 1060.0, 3.0), tint);
    for month in 0..12_u32 {
        let height = 90.0 + (subject.draw(&format!("consumption {page} {month}")) % 320) as f32;
        canvas.rect(Rect::new(110.0 + month as f32 * 87.0, 1200.0 - height, 56.0, height), tint.on(Color::PAPER, 0.55));
    }
    payment_slip(canvas, tint);
}

/// Draws lines of invented lengths as bookings.
fn bookings(canvas: &mut Canvas, tint: Color, subject: &PortraitSubject, page: u32) {
    canvas.text(90.0, 700.0, STRONG, "Bookings");
    for row in 0..14_u32 {
        let (y, length) =
            (730.0 + row as f32 * 62.0, 180.0 + (subject.draw(&format!("booking {page} {row}")) % 420) as f32);
        canvas.rect(Rect::new(90.0, y, 1060.0, 56.0), tint.on(Color::PAPER, if row % 2 == 0 { 0.07 } else { 0.12 }));
        canvas.rounded(Rect::new(110.0, y + 20.0, 110.0, 16.0), 6.0, tint.on(Color::PAPER, 0.45));
        canvas.rounded(Rect::new(260.0, y + 20.0, length, 16.0), 6.0, tint.on(Color::PAPER, 0.45));
        canvas.rounded(Rect::new(1010.0, y + 20.0, 110.0, 16.0), 6.0, tint.on(Color::PAPER, 0.6));
    }
}

fn payment_slip(canvas: &mut Canvas, tint: Color) {
    canvas.rounded(Rect::new(90.0, 1300.0, 1060.0, 300.0), 20.0, tint.on(Color::PAPER, 0.1));
    canvas.text(130.0, 1360.0, STRONG, "Nothing is to be paid");
    for bar in 0..60_u32 {
        let width = 4.0 + (bar * 7 % 5) as f32 * 2.0;
        canvas.rect(Rect::new(130.0 + bar as f32 * 16.0, 1420.0, width, 120.0), Color::INK);
    }
}
