//! Wildcard patterns of the operators `glob` and `iglob`.
//!
//! `fnmatch(3)` without flags, on bytes: `*` and `?` match slashes and leading dots too, `[…]` is a set of bytes,
//! a backslash takes the next byte literally. Backtracks only to the last `*`, so no pattern takes more than
//! length times length steps.

/// Whether the whole of `text` matches `pattern`.
pub(crate) fn matches(pattern: &[u8], text: &[u8], ignore_case: bool) -> bool {
    let (mut p, mut t) = (0, 0);
    // After the last star: where the pattern goes on, and the text from which it has been tried.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(p..).unwrap_or(&[]);
        match (rest.first(), text.get(t)) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            (Some(_), Some(&byte)) => {
                if let Some(len) = one(rest, byte, ignore_case) {
                    p += len;
                    t += 1;
                    continue;
                }
            }
            _ => {}
        }
        match retry {
            Some((after, tried)) if tried < text.len() => {
                retry = Some((after, tried + 1));
                p = after;
                t = tried + 1;
            }
            _ => return false,
        }
    }
}

/// Length of the element at the beginning of `pattern`, if it matches `byte`.
fn one(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<usize> {
    let same = |a: u8| if ignore_case { a.eq_ignore_ascii_case(&byte) } else { a == byte };
    match *pattern {
        [b'?', ..] => Some(1),
        [b'[', ..] => match set(pattern, byte, ignore_case) {
            Some((true, len)) => Some(len),
            Some((false, _)) => None,
            // A bracket that is never closed stands for itself.
            None => same(b'[').then_some(1),
        },
        [b'\\', escaped, ..] => same(escaped).then_some(2),
        // A lone backslash at the end matches nothing.
        [b'\\'] => None,
        [literal, ..] => same(literal).then_some(1),
        [] => None,
    }
}

/// Whether `byte` is in the set at the beginning of `pattern`, and the set's length; `None` if it has no end.
fn set(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        let low = *pattern.get(at)?;
        if low == b']' && at > first {
            return Some((found != negated, at + 1));
        }
        if let Some((inside, len)) = named_class(pattern.get(at..)?, byte) {
            found |= inside;
            at += len;
            continue;
        }
        let (low, after) = set_byte(pattern, at)?;
        at = after;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|&b| b != b']') {
            (high, at) = set_byte(pattern, at + 1)?;
        }
        let within = |b: u8| low <= b && b <= high;
        found |= within(byte);
        if ignore_case {
            found |= within(byte.to_ascii_lowercase()) || within(byte.to_ascii_uppercase());
        }
    }
}

/// A byte of a set, possibly escaped, and where the next one stands.
fn set_byte(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

/// Whether `byte` is in the class `[:name:]` at the beginning of `pattern`, and the class's length.
fn named_class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let rest = pattern.strip_prefix(b"[:")?;
    let len = memchr::memmem::find(rest, b":]")?;
    let inside = match rest.get(..len)? {
        b"alpha" => byte.is_ascii_alphabetic(),
        b"digit" => byte.is_ascii_digit(),
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"upper" => byte.is_ascii_uppercase(),
        b"lower" => byte.is_ascii_lowercase(),
        b"space" => byte.is_ascii_whitespace() || byte == 11,
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"punct" => byte.is_ascii_punctuation(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"graph" => byte.is_ascii_graphic(),
        b"cntrl" => byte.is_ascii_control(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => return None,
    };
    Some((inside, len + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_fnmatch_without_flags() {
        let cases: [(&str, &str, bool); 22] = [
            ("*", "", true),
            ("/*/passwd", "/a/b/passwd", true),
            ("?", "/", true),
            ("*.log", ".log", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbY", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[[:digit:]]*", "7up", true),
            ("[[:digit:]]*", "up", false),
            (r"\*", "*", true),
            (r"\*", "x", false),
            (r"[\]]", "]", true),
            ("[a", "[a", true),
            ("a", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("**a", "bca", true),
            ("\\", "\\", false),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes(), false), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn case_is_ignored_on_request() {
        assert!(matches(b"/ETC/[a-c]*", b"/etc/Bash", true));
        assert!(!matches(b"/ETC/*", b"/etc/x", false));
    }

    #[test]
    fn hostile_patterns_end_in_reasonable_time() {
        let pattern = b"*a".repeat(50);
        let text = vec![b'a'; 20_000];
        assert!(!matches(&[pattern.as_slice(), b"b"].concat(), &text, false));
    }
}
