//! Text that a terminal can take: no control character of the evidence reaches it.
//!
//! A [`TerminalSafe`] writer passes printable text and line ends and writes everything else as an escape
//! (`\x1b`), so that a file name cannot move the cursor, recolour or fake a line of output. Values of fields
//! are repaired before they get here; this is the last door, for rule texts and names of files too.

use std::io::{self, Write};

/// Passes printable UTF-8 and line feeds, escapes the rest.
#[derive(Debug)]
pub struct TerminalSafe<W> {
    inner: W,
    /// Start of a character that the next write continues.
    pending: Vec<u8>,
}

impl<W: Write> TerminalSafe<W> {
    /// Guards `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, pending: Vec::new() }
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.utf8_chunks() {
            let valid = chunk.valid();
            let mut clean_from = 0;
            for (at, c) in valid.char_indices() {
                if c != '\n' && (c.is_control() || is_bidi_control(c)) {
                    self.inner.write_all(valid.get(clean_from..at).unwrap_or_default().as_bytes())?;
                    write!(self.inner, "{}", c.escape_default())?;
                    clean_from = at + c.len_utf8();
                }
            }
            self.inner.write_all(valid.get(clean_from..).unwrap_or_default().as_bytes())?;
            for byte in chunk.invalid() {
                write!(self.inner, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Characters that reorder the text around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl<W: Write> Write for TerminalSafe<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut bytes = std::mem::take(&mut self.pending);
        bytes.extend_from_slice(buf);
        if let Err(error) = std::str::from_utf8(&bytes)
            && error.error_len().is_none()
        {
            self.pending = bytes.split_off(error.valid_up_to());
        }
        self.pass(&bytes)?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.pending);
        self.pass(&rest)?;
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[&[u8]]) -> String {
        let mut out = Vec::new();
        let mut writer = TerminalSafe::new(&mut out);
        for piece in pieces {
            writer.write_all(piece).expect("a vector takes everything");
        }
        writer.flush().expect("a vector takes everything");
        String::from_utf8(out).expect("escapes are ASCII")
    }

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(shown(&[b"\x1b[2J\x07ok\r\n"]), "\\u{1b}[2J\\u{7}ok\\r\n");
        assert_eq!(shown(&["a\u{202E}b\u{9b}".as_bytes()]), "a\\u{202e}b\\u{9b}");
    }

    #[test]
    fn text_passes_even_when_cut_inside_a_character() {
        assert_eq!(shown(&[b"gr\xc3", b"\xb6sser \xff\xe2\x82"]), "grösser \\xff\\xe2\\x82");
    }
}
