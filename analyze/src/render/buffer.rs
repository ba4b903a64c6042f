//! Raw bytes as text: dots for what does not print, hexadecimal views, base64, lines.

use super::{RenderOptions, number};

/// How raw bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BufferFormat {
    /// Printable ASCII as it is, a dot for every other byte.
    #[default]
    Dots,
    /// Rows of eight 16-bit groups with offsets.
    Hex,
    /// The same with the printable characters beside.
    HexAscii,
    /// Base64 with padding.
    Base64,
    /// Printable ASCII and line ends, starting on a new line.
    Lines,
    /// Printable ASCII and line ends.
    LinesCompact,
}

/// Appends `bytes` in the format that `opts` asks for.
pub(crate) fn write(bytes: &[u8], opts: &RenderOptions, out: &mut Vec<u8>) {
    match opts.buffers {
        BufferFormat::Dots => {
            let start = out.len();
            out.extend(bytes.iter().map(|&b| printable(b)));
            if let Some(max) = opts.max_buffer {
                shorten(out, start, max);
            }
        }
        BufferFormat::Hex => rows(bytes, false, out),
        BufferFormat::HexAscii => rows(bytes, true, out),
        BufferFormat::Base64 => base64(bytes, out),
        BufferFormat::Lines => {
            out.push(b'\n');
            lines(bytes, out);
        }
        BufferFormat::LinesCompact => lines(bytes, out),
    }
}

fn printable(b: u8) -> u8 {
    if matches!(b, 0x20..=0x7e) { b } else { b'.' }
}

/// Cuts what was written from `start` on to `max` bytes, the last three of them dots.
fn shorten(out: &mut Vec<u8>, start: usize, max: usize) {
    if out.len() - start <= max {
        return;
    }
    out.truncate(start + max);
    if max > 3 {
        let dots = out.len() - 3;
        if let Some(end) = out.get_mut(dots..) {
            end.fill(b'.');
        }
    }
}

fn rows(bytes: &[u8], ascii: bool, out: &mut Vec<u8>) {
    const ROW: usize = 16;
    const GROUP_WIDTH: usize = 5;
    for (i, row) in bytes.chunks(ROW).enumerate() {
        number::put(format_args!("\n\t0x{:04x}:", i * ROW), out);
        for group in row.chunks(2) {
            out.push(b' ');
            for &b in group {
                let digit = |n: u8| char::from_digit(u32::from(n), 16).map_or(b'?', |c| c as u8);
                out.extend_from_slice(&[digit(b >> 4), digit(b & 15)]);
            }
        }
        if ascii {
            let missing = ROW / 2 - row.len().div_ceil(2);
            out.extend(std::iter::repeat_n(b' ', missing * GROUP_WIDTH + 2));
            out.extend(row.iter().map(|&b| printable(b)));
        }
    }
    out.push(b'\n');
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let triple = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let sextet = (triple >> (18 - 6 * i) & 63) as usize;
            out.push(if i <= chunk.len() { ALPHABET[sextet] } else { b'=' });
        }
    }
}

fn lines(bytes: &[u8], out: &mut Vec<u8>) {
    let mut before = None;
    for &b in bytes {
        match b {
            0x20..=0x7e => out.push(b),
            b'\r' => out.push(b'\n'),
            b'\n' if before.is_some_and(|p| p != b'\r') => out.push(b'\n'),
            _ => {}
        }
        before = Some(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], buffers: BufferFormat, max_buffer: Option<usize>) -> String {
        let mut out = Vec::new();
        write(bytes, &RenderOptions { buffers, max_buffer, ..RenderOptions::default() }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unprintable_bytes_become_dots() {
        assert_eq!(shown(b"a\nb\x00\xff~ ", BufferFormat::Dots, None), "a.b..~ ");
    }

    #[test]
    fn long_buffers_end_in_three_dots() {
        assert_eq!(shown(b"0123456789", BufferFormat::Dots, Some(8)), "01234...");
        assert_eq!(shown(b"01234567", BufferFormat::Dots, Some(8)), "01234567");
        assert_eq!(shown(b"01234567", BufferFormat::Dots, Some(2)), "01");
        assert_eq!(shown(b"0123456789", BufferFormat::Base64, Some(8)), "MDEyMzQ1Njc4OQ==");
    }

    #[test]
    fn hexadecimal_rows_have_offsets_and_characters() {
        assert_eq!(shown(b"GET /", BufferFormat::Hex, None), "\n\t0x0000: 4745 5420 2f\n");
        let want = format!("\n\t0x0000: 4745 5420 2f{}  GET /\n", " ".repeat(25));
        assert_eq!(shown(b"GET /", BufferFormat::HexAscii, None), want);
        let two_rows = shown(&[0x41; 17], BufferFormat::HexAscii, None);
        assert!(two_rows.contains("4141  AAAAAAAAAAAAAAAA\n\t0x0010: 41"), "{two_rows}");
    }

    #[test]
    fn base64_pads_to_whole_groups() {
        assert_eq!(shown(b"f", BufferFormat::Base64, None), "Zg==");
        assert_eq!(shown(b"fo", BufferFormat::Base64, None), "Zm8=");
        assert_eq!(shown(b"foo\xff", BufferFormat::Base64, None), "Zm9v/w==");
    }

    #[test]
    fn line_ends_of_any_kind_become_one() {
        assert_eq!(shown(b"a\r\nb\nc\x01", BufferFormat::LinesCompact, None), "a\nb\nc");
        assert_eq!(shown(b"\na", BufferFormat::Lines, None), "\na");
    }
}
