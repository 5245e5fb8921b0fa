//! A short video of a face that turns, smiles and blinks. Its frames are uncompressed: few and small, and readable by
//! any H.264 decoder.

use std::num::NonZeroU32;

use less_avc::{
    BitDepth, LessEncoder,
    ycbcr_image::{DataPlane, Planes, YCbCrImage},
};
use shiguredo_mp4::{
    TrackKind, Uint,
    boxes::{Avc1Box, AvccBox, SampleEntry, VisualSampleEntryFields},
    mux::{Mp4FileMuxer, Mp4FileMuxerOptions, Sample},
};

use super::{
    WALL,
    canvas::{Canvas, Rect},
    caption,
    portrait::{Pose, portrait},
};
use crate::media::PortraitSubject;

/// Width in pixels; a multiple of 16, as H.264 stores frames.
const WIDTH: u32 = 240;
const HEIGHT: u32 = 320;
const FRAMES_PER_SECOND: NonZeroU32 = NonZeroU32::new(6).expect("not zero");

/// Reserved bytes for the table of contents at the start, so that playback can begin early.
const ROOM_FOR_CONTENTS: usize = 2048;

/// The poses of the video: straight, to one side and the other, smiling, blinking.
const POSES: [Pose; 12] = {
    const fn pose(turn: f32, smile: f32, blinks: bool) -> Pose {
        Pose { turn, smile, blinks }
    }
    [
        pose(0.0, 0.0, false),
        pose(0.0, 0.0, true),
        pose(-0.5, 0.0, false),
        pose(-1.0, 0.0, false),
        pose(-0.4, 0.0, false),
        pose(0.4, 0.0, false),
        pose(1.0, 0.0, false),
        pose(0.5, 0.2, false),
        pose(0.0, 0.6, false),
        pose(0.0, 1.0, false),
        pose(0.0, 1.0, true),
        pose(0.0, 0.8, false),
    ]
};

/// Renders an MP4 file of two seconds.
pub(in crate::media) fn video(subject: &PortraitSubject) -> Vec<u8> {
    let frames = POSES.map(|pose| YuvFrame::draw(subject, pose));
    let (first, mut encoder) = LessEncoder::new(&frames[0].image()).expect("frames have a size that can be encoded");
    let mut entry = Some(sample_entry(first.sps.to_nal_unit(), first.pps.to_nal_unit()));
    let mut units = vec![first.frame.to_nal_unit()];
    for frame in &frames[1..] {
        units.push(encoder.encode(&frame.image()).expect("frames are all as large").to_nal_unit());
    }

    let options = Mp4FileMuxerOptions { reserved_moov_box_size: ROOM_FOR_CONTENTS, ..Mp4FileMuxerOptions::default() };
    let mut muxer = Mp4FileMuxer::with_options(options).expect("the options go together");
    let mut file = muxer.initial_boxes_bytes().to_vec();
    for unit in units {
        let data_offset = file.len() as u64;
        file.extend(u32::try_from(unit.len()).expect("frames are small").to_be_bytes());
        file.extend(unit);
        let sample = Sample {
            track_kind: TrackKind::Video,
            sample_entry: entry.take(),
            keyframe: true,
            timescale: FRAMES_PER_SECOND,
            duration: 1,
            composition_time_offset: None,
            data_offset,
            data_size: file.len() - data_offset as usize,
        };
        muxer.append_sample(&sample).expect("frames come one after the other");
    }
    for (offset, bytes) in muxer.finalize().expect("there are frames").offset_and_bytes_pairs() {
        let (start, end) = (offset as usize, offset as usize + bytes.len());
        file.resize(file.len().max(end), 0);
        file[start..end].copy_from_slice(bytes);
    }
    file.shrink_to_fit();
    file
}

fn sample_entry(sps: Vec<u8>, pps: Vec<u8>) -> SampleEntry {
    SampleEntry::Avc1(Avc1Box {
        visual: VisualSampleEntryFields {
            data_reference_index: VisualSampleEntryFields::DEFAULT_DATA_REFERENCE_INDEX,
            width: WIDTH as u16,
            height: HEIGHT as u16,
            horizresolution: VisualSampleEntryFields::DEFAULT_HORIZRESOLUTION,
            vertresolution: VisualSampleEntryFields::DEFAULT_VERTRESOLUTION,
            frame_count: VisualSampleEntryFields::DEFAULT_FRAME_COUNT,
            compressorname: VisualSampleEntryFields::NULL_COMPRESSORNAME,
            depth: VisualSampleEntryFields::DEFAULT_DEPTH,
        },
        avcc_box: AvccBox {
            // The three bytes after the unit type: profile, compatibility, level.
            avc_profile_indication: sps[1],
            profile_compatibility: sps[2],
            avc_level_indication: sps[3],
            length_size_minus_one: Uint::new(3),
            sps_list: vec![sps],
            pps_list: vec![pps],
            chroma_format: None,
            bit_depth_luma_minus8: None,
            bit_depth_chroma_minus8: None,
            sps_ext_list: Vec::new(),
        },
        unknown_boxes: Vec::new(),
    })
}

/// A frame for H.264: luma of each pixel, and two chroma values for every four.
struct YuvFrame {
    brightness: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

impl YuvFrame {
    fn draw(subject: &PortraitSubject, pose: Pose) -> Self {
        let mut canvas = Canvas::new(WIDTH, HEIGHT, WALL);
        let area = Rect::new(8.0, 20.0, WIDTH as f32 - 16.0, HEIGHT as f32 - 20.0);
        portrait(&mut canvas, area, subject, pose);
        canvas.place(0.0, 0.0, 0.3, 0.0, |canvas| caption(canvas, 400.0, 60.0));
        let pixels = canvas.pixels();
        let mut frame = Self { brightness: Vec::new(), blue: Vec::new(), red: Vec::new() };
        for (at, pixel) in (0_u32..).zip(pixels.chunks_exact(4)) {
            let [red, green, blue] = [0, 1, 2].map(|part| f32::from(pixel[part]));
            frame.brightness.push((0.299 * red + 0.587 * green + 0.114 * blue) as u8);
            let (x, y) = (at % WIDTH, at / WIDTH);
            if x.is_multiple_of(2) && y.is_multiple_of(2) {
                frame.blue.push((128.0 - 0.169 * red - 0.331 * green + 0.5 * blue) as u8);
                frame.red.push((128.0 + 0.5 * red - 0.419 * green - 0.081 * blue) as u8);
            }
        }
        frame
    }

    fn image(&self) -> YCbCrImage<'_> {
        let plane = |data, stride| DataPlane { data, stride, bit_depth: BitDepth::Depth8 };
        let (whole, half) = (WIDTH as usize, WIDTH as usize / 2);
        let planes = (plane(&self.brightness, whole), plane(&self.blue, half), plane(&self.red, half));
        YCbCrImage { planes: Planes::YCbCr(planes), width: WIDTH, height: HEIGHT }
    }
}
