//! Identity documents: both sides of a card, and the photo page of a passport.

use super::{
    canvas::{Canvas, Color, Rect, TextStyle},
    font::Typeface,
    portrait::{Pose, portrait},
};
use crate::media::{
    PortraitSubject,
    printed::{FieldNames, ParsedResult, PrintedSide},
};

/// The area of a card, 85.6 mm wide, in the units of its layout.
const CARD: Rect = Rect::new(0.0, 0.0, 1012.0, 638.0);

/// The area of a passport page, 125 mm wide.
const PAGE: Rect = Rect::new(0.0, 0.0, 1000.0, 704.0);

/// The colour of the document's shadow.
const SHADOW: Color = Color::from_rgb(0x4c_42_3a);

const LABEL: TextStyle = TextStyle::new(Typeface::Sans, 14.0, Color::LABEL);
const VALUE: TextStyle = TextStyle::new(Typeface::Bold, 23.0, Color::INK);
const LOCAL: TextStyle = TextStyle::new(Typeface::Sans, 20.0, Color::INK);

/// Returns the colours of a country; a default pair for an unknown one.
fn colours(country: &str) -> [Color; 2] {
    let [one, other] = match country {
        "DEU" => [0x2b_2b_2b, 0xc9_a2_27],
        "ESP" => [0xa5_1f_2a, 0xe2_b0_2e],
        "GBR" => [0x1f_2f_6b, 0xb8_26_36],
        "GEO" => [0xb5_1f_2c, 0xd8_d4_cc],
        "GRC" => [0x1f_5d_a8, 0xd6_e2_f0],
        "KAZ" => [0x1d_8f_a8, 0xe0_c2_3c],
        "MEX" => [0x1c_6b_4a, 0xb5_26_30],
        "POL" => [0xb8_22_42, 0xe6_e2_de],
        "UKR" => [0x1f_5f_b0, 0xe6_c7_2e],
        "USA" => [0x26_37_6e, 0xa8_2b_3a],
        "UZB" => [0x1f_84_a5, 0x3a_8f_50],
        _ => [0x45_4f_6b, 0x9a_a4_b5],
    };
    [Color::from_rgb(one), Color::from_rgb(other)]
}

pub(super) fn card_front(canvas: &mut Canvas, document: &ParsedResult, subject: &PortraitSubject) {
    let print = document.print(Some("id_card_front"));
    match document.kind() {
        "driver_license" => licence_front(canvas, print, subject),
        "residence_license" => residence_front(canvas, print, subject),
        _ => id_front(canvas, print, subject),
    }
}

pub(super) fn card_back(canvas: &mut Canvas, document: &ParsedResult) {
    let print = document.print(Some("id_card_back"));
    match document.kind() {
        "driver_license" => licence_back(canvas, print),
        _ => back_with_zone(canvas, print),
    }
}

fn id_front(canvas: &mut Canvas, print: PrintedSide<'_>, subject: &PortraitSubject) {
    let [one, other] = blank_card(canvas, print, "IDENTITY CARD");
    photo(canvas, Rect::new(48.0, 130.0, 270.0, 351.0), subject, other.on(Color::PAPER, 0.55));
    names(canvas, print, 350.0, [150.0, 246.0], 620.0);
    for (at, label, wanted) in [
        ((350.0, 346.0), "Nationality", FieldNames::NATIONALITY),
        ((640.0, 346.0), "Sex", FieldNames::SEX),
        ((350.0, 428.0), "Date of birth", FieldNames::BIRTHDAY),
        ((640.0, 428.0), "Personal number", FieldNames::PERSONAL_NUMBER),
        ((350.0, 510.0), "Card number", FieldNames::NUMBER),
        ((640.0, 510.0), "Date of expiry", FieldNames::EXPIRES),
    ] {
        field(canvas, at.0, at.1, 270.0, label, ["", print.latin(wanted)]);
    }
    canvas.rect(Rect::new(350.0, 570.0, 614.0, 3.0), one.on(Color::PAPER, 0.5));
    signature(canvas, 90.0, 555.0, subject);
}

fn residence_front(canvas: &mut Canvas, print: PrintedSide<'_>, subject: &PortraitSubject) {
    let [one, other] = blank_card(canvas, print, "RESIDENCE PERMIT");
    canvas.rect(Rect::new(0.0, 96.0, 26.0, 480.0), one.on(Color::PAPER, 0.8));
    photo(canvas, Rect::new(700.0, 130.0, 264.0, 343.0), subject, other.on(Color::PAPER, 0.4));
    names(canvas, print, 60.0, [150.0, 246.0], 600.0);
    for (at, label, wanted) in [
        ((60.0, 346.0), "Permit number", FieldNames::NUMBER),
        ((370.0, 346.0), "Sex", FieldNames::SEX),
        ((60.0, 428.0), "Date of birth", FieldNames::BIRTHDAY),
        ((370.0, 428.0), "Nationality", FieldNames::NATIONALITY),
        ((60.0, 510.0), "Valid until", FieldNames::EXPIRES),
        ((370.0, 510.0), "Personal number", FieldNames::PERSONAL_NUMBER),
    ] {
        field(canvas, at.0, at.1, 290.0, label, ["", print.latin(wanted)]);
    }
    signature(canvas, 750.0, 550.0, subject);
}

fn licence_front(canvas: &mut Canvas, print: PrintedSide<'_>, subject: &PortraitSubject) {
    let [one, _] = blank_card(canvas, print, "DRIVING LICENCE");
    canvas.rounded(Rect::new(24.0, 112.0, 964.0, 502.0), 18.0, Color::from_rgb(0xe8_a0_b0).on(Color::PAPER, 0.22));
    photo(canvas, Rect::new(48.0, 136.0, 240.0, 312.0), subject, Color::from_rgb(0xee_e6_e8));
    let both =
        |[local, latin]: [&str; 2]| if local.is_empty() { latin.to_owned() } else { format!("{local} / {latin}") };
    let born = [print.latin(FieldNames::BIRTHDAY), print.latin(FieldNames::BIRTH_PLACE)].join("  ");
    for (row, number, value) in [
        (0.0, "1.", both(print.both(FieldNames::SURNAME))),
        (1.0, "2.", both(print.given_names().each_ref().map(String::as_str))),
        (2.0, "3.", born.trim().to_owned()),
        (3.0, "4a.", print.latin(FieldNames::ISSUED).to_owned()),
        (4.0, "4b.", print.latin(FieldNames::EXPIRES).to_owned()),
        (5.0, "4c.", print.latin(FieldNames::AUTHORITY).to_owned()),
        (6.0, "4d.", print.latin(FieldNames::PERSONAL_NUMBER).to_owned()),
        (7.0, "5.", print.latin(FieldNames::NUMBER).to_owned()),
    ] {
        if !value.is_empty() {
            canvas.text(316.0, 166.0 + row * 57.0, TextStyle { size: 20.0, tint: one, ..LABEL }, number);
            canvas.fitted(366.0, 166.0 + row * 57.0, 600.0, VALUE, &value);
        }
    }
    signature(canvas, 80.0, 540.0, subject);
}

fn licence_back(canvas: &mut Canvas, print: PrintedSide<'_>) {
    let [one, _] = blank_card(canvas, print, "DRIVING LICENCE");
    for (row, category) in ["AM", "A", "B", "C", "D", "BE"].into_iter().enumerate() {
        let y = 136.0 + row as f32 * 76.0;
        canvas.rect(Rect::new(48.0, y, 440.0, 68.0), one.on(Color::PAPER, if row % 2 == 0 { 0.08 } else { 0.14 }));
        canvas.text(64.0, y + 43.0, VALUE, category);
        canvas.rounded(Rect::new(150.0, y + 25.0, 60.0, 18.0), 6.0, one.on(Color::PAPER, 0.4));
    }
    field(canvas, 520.0, 160.0, 450.0, "8. Address", print.both(FieldNames::ADDRESS));
    field(canvas, 520.0, 290.0, 450.0, "4c. Authority", print.both(FieldNames::AUTHORITY));
    field(canvas, 520.0, 420.0, 450.0, "Nationality", ["", print.latin(FieldNames::NATIONALITY)]);
}

fn back_with_zone(canvas: &mut Canvas, print: PrintedSide<'_>) {
    let [one, _] = blank_card(canvas, print, "");
    field(canvas, 60.0, 140.0, 520.0, "Place of birth", print.both(FieldNames::BIRTH_PLACE));
    field(canvas, 620.0, 140.0, 350.0, "Date of issue", ["", print.latin(FieldNames::ISSUED)]);
    field(canvas, 60.0, 226.0, 900.0, "Authority", print.both(FieldNames::AUTHORITY));
    field(canvas, 60.0, 312.0, 900.0, "Address", print.both(FieldNames::ADDRESS));
    canvas.rect(Rect::new(0.0, 410.0, 1012.0, 3.0), one.on(Color::PAPER, 0.5));
    zone(canvas, print, 56.0, 462.0, 50.0, 30.0);
}

pub(super) fn passport(canvas: &mut Canvas, document: &ParsedResult, subject: &PortraitSubject) {
    let print = document.print(None);
    let [one, other] = colours(print.latin(FieldNames::COUNTRY));
    canvas.rounded(Rect::new(6.0, 8.0, PAGE.width, PAGE.height), 10.0, SHADOW);
    canvas.rounded(PAGE, 10.0, Color::PAPER);
    canvas.rect(Rect::new(0.0, 556.0, PAGE.width, 130.0), Color::WHITE);
    waves(canvas, Rect::new(14.0, 84.0, 972.0, 450.0), other);
    canvas.text(40.0, 52.0, TextStyle::new(Typeface::Bold, 28.0, one), "PASSPORT");
    canvas.text(250.0, 52.0, TextStyle::new(Typeface::Sans, 20.0, one), "SPECIMEN, NOT A DOCUMENT");
    specimen(canvas, 640.0, 440.0, 84.0, one);
    photo(canvas, Rect::new(40.0, 130.0, 270.0, 351.0), subject, other.on(Color::PAPER, 0.5));
    field(canvas, 340.0, 96.0, 90.0, "Type", ["", "P"]);
    field(canvas, 460.0, 96.0, 150.0, "Code of state", ["", print.latin(FieldNames::COUNTRY)]);
    field(canvas, 700.0, 96.0, 270.0, "Passport number", ["", print.latin(FieldNames::NUMBER)]);
    names(canvas, print, 340.0, [154.0, 236.0], 630.0);
    for (at, label, wanted) in [
        ((340.0, 318.0), "Nationality", FieldNames::NATIONALITY),
        ((560.0, 318.0), "Date of birth", FieldNames::BIRTHDAY),
        ((800.0, 318.0), "Sex", FieldNames::SEX),
        ((340.0, 376.0), "Place of birth", FieldNames::BIRTH_PLACE),
        ((700.0, 376.0), "Personal number", FieldNames::PERSONAL_NUMBER),
        ((340.0, 434.0), "Date of issue", FieldNames::ISSUED),
        ((560.0, 434.0), "Date of expiry", FieldNames::EXPIRES),
    ] {
        field(canvas, at.0, at.1, 270.0, label, ["", print.latin(wanted)]);
    }
    field(canvas, 340.0, 490.0, 630.0, "Authority", print.both(FieldNames::AUTHORITY));
    zone(canvas, print, 38.0, 610.0, 56.0, 21.0);
}

/// Draws a card with its title, the colours of the country and the word SPECIMEN.
fn blank_card(canvas: &mut Canvas, print: PrintedSide<'_>, title: &str) -> [Color; 2] {
    let [one, other] = colours(print.latin(FieldNames::COUNTRY));
    canvas.rounded(Rect::new(6.0, 8.0, CARD.width, CARD.height), 36.0, SHADOW);
    canvas.rounded(CARD, 36.0, Color::PAPER);
    waves(canvas, Rect::new(14.0, 104.0, 984.0, 290.0), other);
    canvas.rounded(Rect::new(0.0, 0.0, CARD.width, 96.0), 34.0, one);
    canvas.rect(Rect::new(0.0, 60.0, CARD.width, 36.0), one);
    canvas.rect(Rect::new(0.0, 90.0, CARD.width, 6.0), other);
    canvas.text(48.0, 46.0, TextStyle::new(Typeface::Bold, 30.0, Color::WHITE), print.latin(FieldNames::COUNTRY));
    canvas.text(150.0, 46.0, TextStyle::new(Typeface::Bold, 30.0, Color::WHITE), title);
    canvas.text(48.0, 78.0, TextStyle::new(Typeface::Sans, 18.0, Color::WHITE), "SPECIMEN, NOT A DOCUMENT");
    specimen(canvas, 560.0, 380.0, 92.0, one);
    [one, other]
}

/// Draws the word across the picture.
fn specimen(canvas: &mut Canvas, x: f32, y: f32, size: f32, tint: Color) {
    canvas.place(x, y, 1.0, -14.0, |canvas| {
        canvas.centred(0.0, 0.0, TextStyle::new(Typeface::Bold, size, tint.faint(0.09)), "SPECIMEN");
    });
}

fn waves(canvas: &mut Canvas, area: Rect, tint: Color) {
    for row in 0..6 {
        let y = area.y + area.height * (row as f32 + 0.5) / 6.0;
        canvas.line(1.5, tint.on(Color::PAPER, 0.25), |path| {
            path.move_to(area.x, y);
            let step = area.width / 8.0;
            for part in 0..8 {
                let from = area.x + part as f32 * step;
                let bow = if part % 2 == 0 { -26.0 } else { 26.0 };
                path.quad_to(from + step / 2.0, y + bow, from + step, y);
            }
        });
    }
}

/// Draws surname and given names, one at each height.
fn names(canvas: &mut Canvas, print: PrintedSide<'_>, x: f32, heights: [f32; 2], room: f32) {
    field(canvas, x, heights[0], room, "Surname", print.both(FieldNames::SURNAME));
    field(canvas, x, heights[1], room, "Given names", print.given_names().each_ref().map(String::as_str));
}

/// Draws a label, the local-script text if there is one, and the Latin text below; nothing for an empty text.
fn field(canvas: &mut Canvas, x: f32, y: f32, room: f32, label: &str, [local, latin]: [&str; 2]) {
    let mut below = y + 26.0;
    if !(local.is_empty() && latin.is_empty()) {
        canvas.fitted(x, y, room, LABEL, label);
    }
    if !local.is_empty() {
        canvas.fitted(x, below - 3.0, room, LOCAL, local);
        below += 24.0;
    }
    canvas.fitted(x, below, room, VALUE, latin);
}

fn zone(canvas: &mut Canvas, print: PrintedSide<'_>, x: f32, y: f32, line_height: f32, letter: f32) {
    // A letter of this font is 0.602 of its size wide.
    let written = TextStyle::new(Typeface::Mono, letter / 0.602, Color::INK);
    for (line, text) in print.zone().enumerate() {
        canvas.text(x, y + line as f32 * line_height, written, text);
    }
}

/// Draws the person's photo on a document.
fn photo(canvas: &mut Canvas, area: Rect, subject: &PortraitSubject, backdrop: Color) {
    canvas.rect(area, backdrop);
    portrait(canvas, area, subject, Pose::default());
}

fn signature(canvas: &mut Canvas, x: f32, y: f32, subject: &PortraitSubject) {
    canvas.line(2.5, Color::from_rgb(0x2b_3a_7a), |path| {
        path.move_to(x, y);
        for part in 0..6_u32 {
            let bow = (subject.draw(&format!("signature {part}")) % 60) as f32 - 30.0;
            let from = x + part as f32 * 26.0;
            path.cubic_to(from + 6.0, y - bow, from + 20.0, y + bow, from + 26.0, y - bow / 4.0);
        }
    });
}
