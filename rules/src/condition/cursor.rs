//! Tokens of conditions.
//!
//! Each function tries one token at the cursor and moves past it if it is there. The character classes are
//! those of libsinsp's parser (POSIX, in the C locale).

use super::escape::unescape;

/// A position in the text of a condition.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Cursor<'t> {
        Cursor { text, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to (or on to) `at`, a position this cursor had.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn bytes(&self) -> &'t [u8] {
        self.rest().as_bytes()
    }

    fn take(&mut self, len: usize) -> Option<&'t str> {
        let token = self.rest().get(..len).filter(|token| !token.is_empty())?;
        self.at += len;
        Some(token)
    }

    /// Skips blanks; tells whether there were any.
    pub(super) fn blank(&mut self) -> bool {
        let len = count(self.bytes(), |b| matches!(b, b' ' | b'\t' | 8 | b'\r' | b'\n'));
        self.take(len).is_some()
    }

    /// `token` itself, whatever follows it.
    pub(super) fn token(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// `word` with a blank after it, which is skipped too.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let start = self.at;
        if self.token(word) && self.blank() {
            return true;
        }
        self.at = start;
        false
    }

    /// `not` with a blank after it.
    pub(super) fn not_word(&mut self) -> bool {
        let Some(after) = self.bytes().strip_prefix(b"not") else { return false };
        let blanks = count(after, is_space);
        blanks > 0 && self.take(3 + blanks).is_some()
    }

    pub(super) fn identifier(&mut self) -> Option<&'t str> {
        self.take(identifier_len(self.bytes()))
    }

    /// A dotted name of at least two parts.
    pub(super) fn field_name(&mut self) -> Option<&'t str> {
        let bytes = self.bytes();
        let mut len = identifier_len(bytes);
        let first = len;
        while let Some(rest) = bytes.get(len..).and_then(|rest| rest.strip_prefix(b".")) {
            match identifier_len(rest) {
                0 => break,
                part => len += 1 + part,
            }
        }
        if first == 0 || len == first { None } else { self.take(len) }
    }

    /// An unquoted argument in brackets.
    pub(super) fn bare_argument(&mut self) -> Option<&'t str> {
        let len = count(self.bytes(), |b| !matches!(b, b'[' | b']' | b'"' | b'\'') && !is_space(b));
        self.take(len)
    }

    /// A number, decimal or hexadecimal.
    pub(super) fn number(&mut self) -> Option<&'t str> {
        let bytes = self.bytes();
        self.take(hex_len(bytes).unwrap_or_else(|| decimal_len(bytes)))
    }

    /// An unquoted string.
    pub(super) fn bare_string(&mut self) -> Option<&'t str> {
        let len =
            count(self.bytes(), |b| !matches!(b, b'(' | b')' | b'"' | b'\'' | b'=' | b',') && !is_space(b));
        self.take(len)
    }

    /// A quoted string, without its quotes and escapes. A string that is never closed is none.
    pub(super) fn quoted_string(&mut self) -> Option<Result<Vec<u8>, String>> {
        let bytes = self.bytes();
        let quote = *bytes.first().filter(|b| matches!(b, b'"' | b'\''))?;
        // As in libsinsp, a quote after a backslash never closes, even if that backslash is itself escaped.
        let close =
            (1..bytes.len()).find(|&i| bytes.get(i) == Some(&quote) && bytes.get(i - 1) != Some(&b'\\'))?;
        let inner = self.rest().get(1..close)?;
        self.at += close + 1;
        Some(unescape(inner, char::from(quote)))
    }
}

fn count(bytes: &[u8], pred: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&b| pred(b)).count()
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | 11 | 12 | b'\r')
}

fn identifier_len(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b) if b.is_ascii_alphabetic() => count(bytes, |b| b.is_ascii_alphanumeric() || b == b'_'),
        _ => 0,
    }
}

fn hex_len(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X"))?;
    match count(digits, |b| b.is_ascii_hexdigit()) {
        0 => None,
        len => Some(2 + len),
    }
}

/// Length of `[+-]?[0-9]+[.]?[0-9]*([eE][+-][0-9]+)?`, 0 if there is none.
fn decimal_len(bytes: &[u8]) -> usize {
    let digit = |b: u8| b.is_ascii_digit();
    let from = |at: usize| bytes.get(at..).unwrap_or(&[]);
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = count(from(sign), digit);
    if whole == 0 {
        return 0;
    }
    let mut len = sign + whole;
    len += usize::from(from(len).first() == Some(&b'.'));
    len += count(from(len), digit);
    if matches!(from(len), [b'e' | b'E', b'+' | b'-', ..]) {
        let exponent = count(from(len + 2), digit);
        if exponent > 0 {
            len += 2 + exponent;
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> &str {
        Cursor::new(text).number().unwrap_or("")
    }

    #[test]
    fn numbers_end_where_posix_says() {
        assert_eq!(number("12.5e+3x"), "12.5e+3");
        assert_eq!(number("12e3"), "12");
        assert_eq!(number("-1."), "-1.");
        assert_eq!(number("0xAbg"), "0xAb");
        assert_eq!(number("0xg"), "0");
        assert_eq!(number("!1"), "");
    }

    #[test]
    fn a_field_name_has_a_dot_and_does_not_end_in_one() {
        assert_eq!(Cursor::new("evt.arg.flags[1]").field_name(), Some("evt.arg.flags"));
        assert_eq!(Cursor::new("a.b. c").field_name(), Some("a.b"));
        assert_eq!(Cursor::new("macro").field_name(), None);
        assert_eq!(Cursor::new("a.1").field_name(), None);
    }

    #[test]
    fn a_string_ends_at_the_first_quote_without_a_backslash() {
        let mut cursor = Cursor::new(r"'a \' b' c");
        assert_eq!(cursor.quoted_string().unwrap().unwrap(), b"a ' b");
        assert_eq!(cursor.rest(), " c");
        assert!(Cursor::new("'open").quoted_string().is_none());
    }
}
