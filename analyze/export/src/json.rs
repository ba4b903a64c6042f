//! JSON that does no harm to who looks at it: what steers terminals or turns text around is escaped.
//!
//! Every string is whole: a JSON reader gets the very characters back. Escaped beyond what JSON asks for are DEL and the control
//! characters above it, and the invisible characters that order, join or hide text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};

/// Writes `value` to `out` on one line, without the end of it.
pub(crate) fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Harmless))?;
    Ok(())
}

/// `value` as text.
pub(crate) fn text(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Neither a vector nor a value of strings and numbers fails.
    let _ = write(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}

struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Most text is plain, which is seen many bytes at a time.
        if fragment.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte)) {
            return CompactFormatter.write_string_fragment(out, fragment);
        }
        let mut clean = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_harmful(*c)) {
            CompactFormatter.write_string_fragment(out, fragment.get(clean..at).unwrap_or_default())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            clean = at + c.len_utf8();
        }
        CompactFormatter.write_string_fragment(out, fragment.get(clean..).unwrap_or_default())
    }
}

/// Characters that are not seen but change what is.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{61C}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{FEFF}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_steers_is_escaped() {
        let said = text(&"a\x1b[2J\u{7f}\u{9b}\u{202e}b\"\\\n\u{e0041}ü");
        assert_eq!(said, r#""a\u001b[2J\u007f\u009b\u202eb\"\\\n\udb40\udc41ü""#);
    }

    proptest! {
        #[test]
        fn every_string_comes_back(string in ".*") {
            let said = text(&string);
            prop_assert!(!said.contains(is_harmful));
            prop_assert_eq!(serde_json::from_str::<String>(&said).unwrap(), string);
        }
    }
}
