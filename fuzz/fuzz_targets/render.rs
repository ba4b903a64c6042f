//! Any event through the rendering of its parameters: no panic, whatever the bytes and what is known.
//!
//! Input: code (2 bytes), choices (1), number of parameters (1), their lengths (1 each), their bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scap_analyze::render::{self, BufferFormat, Context, FdText, RenderOptions, Rendered};
use scap_format::EventBuf;

/// Knows everything under the same name, or nothing.
struct Know(bool);

impl Context for Know {
    fn thread_known(&self) -> bool {
        self.0
    }
    fn fd(&self, fd: i64) -> Option<FdText<'_>> {
        (self.0 && fd < 100).then_some(FdText { type_char: b'4', l4_char: Some(b't'), name: b"name" })
    }
    fn comm(&self, _: i64) -> Option<&[u8]> {
        self.0.then_some(b"comm")
    }
    fn user(&self, _: u32) -> Option<&[u8]> {
        self.0.then_some(b"user")
    }
    fn group(&self, _: u32) -> Option<&[u8]> {
        self.0.then_some(b"")
    }
    fn absolute(&self, _: Option<i64>, path: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(path);
    }
}

fn run(data: &[u8]) -> Option<()> {
    let (header, rest) = data.split_first_chunk::<4>()?;
    let [low, high, choices, params] = *header;
    let (lens, mut rest) = rest.split_at_checked(usize::from(params % 40))?;
    let mut event = EventBuf::new(u16::from_le_bytes([low, high]) % 470, 1, 1);
    for &len in lens {
        let (value, after) = rest.split_at_checked(usize::from(len))?;
        event.push(value);
        rest = after;
    }
    let buffers = match choices % 6 {
        0 => BufferFormat::Dots,
        1 => BufferFormat::Hex,
        2 => BufferFormat::HexAscii,
        3 => BufferFormat::Base64,
        4 => BufferFormat::Lines,
        _ => BufferFormat::LinesCompact,
    };
    let max_buffer = (choices & 64 != 0).then_some(usize::from(choices % 16));
    let opts = RenderOptions { buffers, max_buffer, plain_fds: choices & 32 != 0 };
    let know = Know(choices & 128 != 0);
    let (mut scratch, mut out) = (Rendered::default(), Vec::new());
    let event = event.as_event();
    render::event::args(&event, &know, &opts, &mut scratch, &mut out);
    render::event::result(&event, &know, &opts, &mut scratch);
    render::event::buffer(&event, &know, &opts, &mut scratch);
    for i in 0..event.params.len() {
        render::param(&event, i, &know, &opts, &mut scratch);
    }
    Some(())
}

fuzz_target!(|data: &[u8]| {
    let _ = run(data);
});
