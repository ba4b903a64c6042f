//! Regular expressions of the operator `regex`.
//!
//! Falco compiles them with RE2 in POSIX mode and matches the whole value. This turns such a pattern into one
//! that the `regex` crate reads the same way, and refuses what RE2 refuses.

use regex::bytes::Regex;

/// `pattern`, to be matched against a whole value that is valid UTF-8.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern)?;
    // In POSIX mode ^ and $ match at every line.
    Regex::new(&format!(r"\A(?m:{translated})\z")).map_err(|error| {
        let message = error.to_string();
        let last = message.lines().last().unwrap_or("").trim_start_matches("error: ");
        format!("`{pattern}` is no regular expression: {last}")
    })
}

fn translate(pattern: &str) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => at = escape(&chars, at, &mut out)?,
            '[' => at = class(&chars, at, &mut out)?,
            '(' if chars.get(at + 1) == Some(&'?') => {
                return Err("groups that begin with `(?` are not POSIX".to_owned());
            }
            '{' if !is_repetition(chars.get(at..).unwrap_or(&[])) => {
                out.push_str(r"\{");
                at += 1;
            }
            '*' | '+' | '?' | '}' if follows_repetition(&chars, at) && c != '}' => {
                return Err(format!("`{c}` after another repetition"));
            }
            c => {
                out.push(c);
                at += 1;
            }
        }
    }
    Ok(out)
}

/// Whether the character before `at` already repeats something.
fn follows_repetition(chars: &[char], at: usize) -> bool {
    let Some(previous) = at.checked_sub(1) else { return false };
    let escaped =
        chars.get(..previous).unwrap_or(&[]).iter().rev().take_while(|&&c| c == '\\').count() % 2 == 1;
    !escaped && matches!(chars.get(previous), Some('*' | '+' | '?'))
}

/// An escape outside of a class.
fn escape(chars: &[char], at: usize, out: &mut String) -> Result<usize, String> {
    match chars.get(at + 1) {
        None => Err("a backslash at the end".to_owned()),
        Some(&c @ ('a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P')) => {
            out.push('\\');
            out.push(c);
            Ok(at + 2)
        }
        Some(&c) if c.is_ascii_alphanumeric() => Err(format!("`\\{c}` is not POSIX")),
        Some(&c) => {
            out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            Ok(at + 2)
        }
    }
}

/// A class in brackets: what the `regex` crate reads into it beyond POSIX is escaped.
fn class(chars: &[char], start: usize, out: &mut String) -> Result<usize, String> {
    out.push('[');
    let mut at = start + 1;
    if chars.get(at) == Some(&'^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    while let Some(&c) = chars.get(at) {
        match c {
            ']' if at > first => {
                out.push(']');
                return Ok(at + 1);
            }
            ']' => out.push_str(r"\]"),
            '[' if chars.get(at + 1) == Some(&':') => {
                let rest = chars.get(at..).unwrap_or(&[]);
                let Some(len) = rest.windows(2).position(|pair| pair == [':', ']']) else {
                    return Err("`[:` without `:]`".to_owned());
                };
                out.extend(rest.iter().take(len + 2));
                at += len + 2;
                continue;
            }
            '\\' => {
                at = escape(chars, at, out)?;
                continue;
            }
            '[' | '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        at += 1;
    }
    Err("`[` without `]`".to_owned())
}

/// Whether `{` begins `{n}`, `{n,}` or `{n,m}`.
fn is_repetition(chars: &[char]) -> bool {
    let inner: String = chars.iter().skip(1).take_while(|&&c| c != '}').collect();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let closed = chars.get(inner.chars().count() + 1) == Some(&'}');
    closed
        && match inner.split_once(',') {
            None => number(&inner),
            Some((least, most)) => number(least) && (most.is_empty() || number(most)),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        compile(pattern).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn the_whole_value_must_match() {
        assert!(matches("^[s]{1}ysca[l]{2}$", "syscall"));
        assert!(!matches("yscal.*", "syscall"));
        assert!(matches("a|ab", "ab"));
    }

    #[test]
    fn classes_and_braces_are_read_as_posix_does() {
        assert!(matches("[[:alpha:]]+", "abc"));
        assert!(matches("[a[b]+", "a[b"));
        assert!(matches("[]a]+", "a]"));
        assert!(matches("[a&&b]+", "a&b"));
        assert!(matches("a{,2}", "a{,2}"));
        assert!(matches(r"\.\/\_\<", "./_<"));
    }

    #[test]
    fn what_re2_refuses_in_posix_mode_is_refused() {
        for pattern in [r"\d+", "(?i)a", "a*?", "[a", "(a", r"a\", "a**"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
