//! Quoting of strings in conditions.
//!
//! Escapes are those of libsinsp's `filter/escaping`, `\ ` (a backslash before a blank stands for itself)
//! included.

use std::fmt::Write as _;

/// Bytes of the text between two `quote`s with its escapes resolved, or what is wrong with it.
pub(super) fn unescape(text: &str, quote: char) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            push(&mut out, c);
            continue;
        }
        // A lone backslash before the closing quote vanishes.
        let Some(escaped) = chars.next() else { break };
        match escaped {
            'b' => out.push(8),
            'f' => out.push(12),
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            ' ' | '\\' => out.push(b'\\'),
            '/' => out.push(b'/'),
            '"' | '\'' if escaped == quote => push(&mut out, escaped),
            '"' | '\'' => {
                return Err(format!("`\\{escaped}` is not allowed between {quote} quotes; write {escaped}"));
            }
            'x' => {
                let digits: String = chars.by_ref().take(2).collect();
                let byte = (digits.len() == 2).then(|| u8::from_str_radix(&digits, 16).ok()).flatten();
                out.push(byte.ok_or_else(|| format!("`\\x{digits}` is not two hexadecimal digits"))?);
            }
            other => return Err(format!("unknown escape `\\{other}`")),
        }
    }
    Ok(out)
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// `bytes` as a condition spells them: bare if that reads back the same, else in double quotes.
pub(super) fn quote_if_needed(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_bare(text) => text.to_owned(),
        _ => quoted(bytes),
    }
}

/// `bytes` in double quotes.
pub(super) fn quoted(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => quote(text.chars().map(Ok)),
        Err(_) => quote(bytes.iter().map(|&b| if b.is_ascii() { Ok(char::from(b)) } else { Err(b) })),
    }
}

/// Whether `text` can stand without quotes.
pub(super) fn is_bare(text: &str) -> bool {
    !text.is_empty()
        && !matches!(text, "oneof" | "anyof" | "allof")
        && !text
            .chars()
            .any(|c| matches!(c, '(' | ')' | '"' | '\'' | '=' | ',' | ' ') || c.is_ascii_control())
}

fn quote(chars: impl Iterator<Item = Result<char, u8>>) -> String {
    let mut out = String::from("\"");
    let mut chars = chars.peekable();
    while let Some(c) = chars.next() {
        match c {
            Ok('"') => out.push_str("\\\""),
            // The quote that closes a string must not follow a backslash.
            Ok('\\') if chars.peek().is_none() => out.push_str("\\x5c"),
            Ok('\\') => out.push_str("\\\\"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\r') => out.push_str("\\r"),
            Ok('\t') => out.push_str("\\t"),
            Ok(c) if !c.is_ascii_control() => out.push(c),
            Ok(c) => write!(out, "\\x{:02x}", u32::from(c)).unwrap_or_default(),
            Err(byte) => write!(out, "\\x{byte:02x}").unwrap_or_default(),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_escape_gives_its_character() {
        assert_eq!(unescape(r#"a\b\f\n\r\t\\\/\"\x41"#, '"').unwrap(), b"a\x08\x0c\n\r\t\\/\"A");
        assert_eq!(unescape(r"\xff\xd8", '"').unwrap(), [0xff, 0xd8]);
    }

    #[test]
    fn a_backslash_before_a_blank_stays() {
        assert_eq!(unescape(r"bad \ escape", '"').unwrap(), b"bad \\escape");
    }

    #[test]
    fn the_other_quote_may_not_be_escaped() {
        assert!(unescape(r"\'", '"').is_err());
        assert!(unescape(r#"\""#, '\'').is_err());
    }

    #[test]
    fn half_a_hex_escape_is_an_error() {
        assert!(unescape(r"\x4", '"').is_err());
        assert!(unescape(r"\xg0", '"').is_err());
    }

    #[test]
    fn quoting_happens_only_where_needed() {
        assert_eq!(quote_if_needed(b"/etc/*.conf"), "/etc/*.conf");
        assert_eq!(quote_if_needed(b"a b"), "\"a b\"");
        assert_eq!(quote_if_needed(b""), "\"\"");
        assert_eq!(quote_if_needed(b"a \\"), "\"a \\x5c\"");
        assert_eq!(quote_if_needed(b"\xff\xd8"), "\"\\xff\\xd8\"");
    }
}
