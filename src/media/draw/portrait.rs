//! The face of an invented person.

use super::canvas::{Canvas, Color, Rect};
use crate::media::PortraitSubject;

const SKIN: [u32; 5] = [0xf3_d3_b8, 0xe8_bd_98, 0xd6_a2_7a, 0xb0_7a_52, 0x82_56_3a];
const HAIR: [u32; 5] = [0x2a_20_1c, 0x4a_32_22, 0x7a_50_2c, 0xb0_84_4a, 0x8c_8a_86];
const CLOTHES: [u32; 5] = [0x3c_55_7a, 0x6a_3c_4e, 0x3f_66_54, 0x55_52_60, 0x8a_5d_2e];
const EYES: [u32; 4] = [0x4a_32_1e, 0x3c_6a_8a, 0x4f_6e_45, 0x5a_5a_5a];

/// The pose of a person in front of the camera.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pose {
    /// From -1 (left) to 1 (right).
    pub(super) turn: f32,
    /// From 0 to 1.
    pub(super) smile: f32,
    pub(super) blinks: bool,
}

/// The features of a face, derived from the name of the person.
struct FacialFeatures {
    skin: Color,
    shade: Color,
    hair: Color,
    clothes: Color,
    eyes: Color,
    long_hair: bool,
    beard: bool,
    glasses: bool,
    parting: f32,
    breadth: f32,
    eye_gap: f32,
    mouth: f32,
}

impl FacialFeatures {
    fn from_subject(subject: &PortraitSubject) -> Self {
        let pick = |purpose: &str, choices: &[u32]| choices[(subject.draw(purpose) % choices.len() as u64) as usize];
        let between = |purpose, from: f32, to: f32| from + (to - from) * (subject.draw(purpose) % 1000) as f32 / 1000.0;
        let one_in = |purpose, times| subject.draw(purpose).is_multiple_of(times);
        Self {
            skin: Color::from_rgb(pick("skin", &SKIN)),
            shade: Color::from_rgb(0x50_28_14).faint(0.22),
            hair: Color::from_rgb(pick("hair", &HAIR)),
            clothes: Color::from_rgb(pick("clothes", &CLOTHES)),
            eyes: Color::from_rgb(pick("eyes", &EYES)),
            long_hair: subject.is_female && !one_in("short hair", 4),
            beard: !subject.is_female && one_in("beard", 3),
            glasses: one_in("glasses", 4),
            parting: between("parting", -12.0, 12.0),
            breadth: between("breadth", 20.5, 24.0),
            eye_gap: between("eye gap", 8.5, 10.5),
            mouth: between("mouth", 7.0, 9.5),
        }
    }
}

/// Returns the colour of the person's hands.
pub(super) fn skin(subject: &PortraitSubject) -> Color {
    FacialFeatures::from_subject(subject).skin
}

/// Draws head and shoulders over the background; the area is 100 wide and at least 130 high, or has that ratio.
pub(super) fn portrait(canvas: &mut Canvas, area: Rect, subject: &PortraitSubject, pose: Pose) {
    let face = FacialFeatures::from_subject(subject);
    canvas.place(area.x, area.y, area.width / 100.0, 0.0, |canvas| {
        bust(canvas, &face, area.height / area.width * 100.0);
        head(canvas, &face, pose);
    });
}

fn bust(canvas: &mut Canvas, face: &FacialFeatures, bottom: f32) {
    if face.long_hair {
        canvas.rounded(Rect::new(47.0 - face.breadth, 36.0, 6.0 + 2.0 * face.breadth, 64.0), 14.0, face.hair);
    }
    canvas.rounded(Rect::new(40.0, 76.0, 20.0, 30.0), 8.0, face.skin);
    canvas.ellipse(50.0, 82.0, 11.0, 6.0, face.shade);
    canvas.shape(face.clothes, |path| {
        path.move_to(6.0, bottom);
        path.cubic_to(8.0, 104.0, 22.0, 98.0, 38.0, 95.0);
        path.quad_to(50.0, 108.0, 62.0, 95.0);
        path.cubic_to(78.0, 98.0, 92.0, 104.0, 94.0, bottom);
        path.close();
    });
}

fn head(canvas: &mut Canvas, face: &FacialFeatures, pose: Pose) {
    let (shift, breadth) = (pose.turn * 7.0, face.breadth);
    for side in [-1.0, 1.0] {
        canvas.ellipse(50.0 + side * breadth - shift * 0.4, 58.0, 3.6, 6.5, face.skin);
    }
    canvas.ellipse(50.0, 56.0, breadth, 30.0, face.skin);
    if face.beard {
        canvas.shape(face.hair.faint(0.85), |path| {
            path.move_to(50.0 - breadth, 60.0);
            path.cubic_to(50.0 - breadth, 94.0, 50.0 + breadth, 94.0, 50.0 + breadth, 60.0);
            path.quad_to(50.0 + shift, 76.0, 50.0 - breadth, 60.0);
            path.close();
        });
    }
    canvas.shape(face.hair, |path| {
        let (left, right) = (48.0 - breadth, 52.0 + breadth);
        path.move_to(left, 58.0);
        path.cubic_to(left - 3.0, 14.0, right + 3.0, 14.0, right, 58.0);
        path.cubic_to(right - 3.0, 42.0, 62.0, 40.0, 50.0 + face.parting + shift, 35.0);
        path.cubic_to(40.0, 42.0, left + 3.0, 42.0, left, 58.0);
        path.close();
    });
    for side in [-1.0, 1.0] {
        eye(canvas, face, pose, 50.0 + shift + side * face.eye_gap);
    }
    if face.glasses {
        canvas.line(0.9, Color::INK, |path| {
            path.move_to(50.0 + shift - 2.6, 55.0);
            path.line_to(50.0 + shift + 2.6, 55.0);
        });
    }
    canvas.line(1.1, face.shade, |path| {
        path.move_to(50.0 + shift * 1.2 + 1.5, 56.0);
        path.line_to(50.0 + shift * 1.4 + 3.0, 66.0);
        path.quad_to(50.0 + shift * 1.3, 69.0, 50.0 + shift * 1.2 - 2.5, 67.0);
    });
    let (mouth, middle) = (face.mouth, 50.0 + shift);
    canvas.line(2.0, Color::from_rgb(0x9a_4a_4a), |path| {
        path.move_to(middle - mouth, 76.0 - pose.smile * 1.5);
        path.quad_to(middle, 77.5 + pose.smile * 5.0, middle + mouth, 76.0 - pose.smile * 1.5);
    });
}

fn eye(canvas: &mut Canvas, face: &FacialFeatures, pose: Pose, x: f32) {
    canvas.line(1.5, face.hair, |path| {
        path.move_to(x - 5.0, 49.0);
        path.quad_to(x, 46.0, x + 5.0, 49.0);
    });
    if pose.blinks {
        canvas.line(1.0, face.shade, |path| {
            path.move_to(x - 4.0, 55.5);
            path.quad_to(x, 57.0, x + 4.0, 55.5);
        });
    } else {
        canvas.ellipse(x, 55.0, 4.2, 2.7, Color::WHITE);
        canvas.ellipse(x + pose.turn, 55.0, 2.2, 2.4, face.eyes);
        canvas.ellipse(x + pose.turn, 55.0, 1.0, 1.1, Color::from_rgb(0));
    }
    if face.glasses {
        canvas.line(0.9, Color::INK, |path| {
            let around = tiny_skia::Rect::from_xywh(x - 6.4, 49.6, 12.8, 11.0).expect("glasses have a size");
            path.push_oval(around);
        });
    }
}
