//! Bytes from evidence to printable text.
//!
//! Whatever is not a printable character (control characters, broken UTF-8, Unicode's non-characters)
//! becomes U+FFFD: one for each maximal broken part, as the Unicode standard recommends (§3.9) and Falco
//! 0.44 does. Conditions never see repaired text. The common case, clean text, costs one scan and no
//! allocation.

use std::borrow::Cow;

/// `bytes` as printable text.
#[must_use]
pub fn repaired(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && (is_plain(bytes) || text.chars().all(is_printable))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.extend(
            chunk.valid().chars().map(|c| if is_printable(c) { c } else { char::REPLACEMENT_CHARACTER }),
        );
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Cow::Owned(out)
}

/// Whether there is nothing to repair because all of it is printable ASCII, as most evidence is.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    // Without an early exit, so that it is done many bytes at a time.
    bytes.iter().fold(true, |plain, b| plain & (0x20..0x7f).contains(b))
}

/// Neither a control character nor one of Unicode's non-characters.
fn is_printable(c: char) -> bool {
    let code = u32::from(c);
    !(c.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        assert!(matches!(repaired("größer ✓".as_bytes()), Cow::Borrowed("größer ✓")));
    }

    #[test]
    fn control_characters_are_replaced_one_by_one() {
        assert_eq!(repaired(b"a\nb\x1b[31mc\x7f"), "a\u{FFFD}b\u{FFFD}[31mc\u{FFFD}");
        assert_eq!(repaired("\u{85}\u{FDD0}\u{1FFFE}".as_bytes()), "\u{FFFD}\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn broken_sequences_are_replaced_by_maximal_subparts() {
        assert_eq!(repaired(b"\xE2\x82(\xF0\x9F\x92!\xC3"), "\u{FFFD}(\u{FFFD}!\u{FFFD}");
        assert_eq!(repaired(b"\xC0\xAF"), "\u{FFFD}\u{FFFD}");
        assert_eq!(repaired(b"\xED\xA0\x80"), "\u{FFFD}\u{FFFD}\u{FFFD}");
    }
}
