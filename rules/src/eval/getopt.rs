//! Options of a command line, for the transformer `getopt`.
//!
//! Like `getopt(3)` over single letters: scanning ends at `--` or the first word that is no option; words that
//! begin with `--` are skipped.

/// One option found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'w> {
    /// Its letter; `None` if it is none of the known ones.
    pub(super) letter: Option<u8>,
    /// Its argument, if it takes one; empty if that is missing.
    pub(super) argument: Option<&'w [u8]>,
    /// Whether the argument is missing.
    pub(super) missing: bool,
}

/// The options among `words`; `letters` as for `getopt(3)`: a colon after a letter means that it takes an
/// argument, one at the beginning is ignored.
pub(super) fn scan<'w>(words: &'w [Vec<u8>], letters: &[u8]) -> Vec<Found<'w>> {
    let letters = letters.strip_prefix(b":").unwrap_or(letters);
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"--" => break,
            [b'-', b'-', ..] => continue,
            [b'-', _, ..] => {}
            _ => break,
        }
        for (at, &letter) in word.iter().enumerate().skip(1) {
            match takes_argument(letters, letter) {
                None => found.push(Found { letter: None, argument: None, missing: false }),
                Some(false) => found.push(Found { letter: Some(letter), argument: None, missing: false }),
                Some(true) => {
                    let rest = word.get(at + 1..).filter(|rest| !rest.is_empty());
                    let argument = rest.or_else(|| words.next().map(Vec::as_slice));
                    let missing = argument.is_none();
                    found.push(Found {
                        letter: Some(letter),
                        argument: Some(argument.unwrap_or(b"")),
                        missing,
                    });
                    break;
                }
            }
        }
    }
    found
}

/// Whether `letter` takes an argument; `None` if it is no option.
fn takes_argument(letters: &[u8], letter: u8) -> Option<bool> {
    if letter == b':' {
        return None;
    }
    // Said twice, a letter takes an argument if it does once.
    let mut at = letters.iter().enumerate().filter(|&(_, &l)| l == letter).map(|(at, _)| at).peekable();
    at.peek()?;
    Some(at.any(|at| letters.get(at + 1) == Some(&b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(words: &[&str], letters: &str) -> String {
        let words: Vec<Vec<u8>> = words.iter().map(|w| w.as_bytes().to_vec()).collect();
        let show = |f: &Found<'_>| {
            let letter = f.letter.map_or('?', char::from);
            let argument = f.argument.map(|a| String::from_utf8_lossy(a).into_owned());
            format!("{letter}{}", argument.map_or_else(String::new, |a| format!("={a}")))
        };
        scan(&words, letters.as_bytes()).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn options_are_found_as_getopt_finds_them() {
        assert_eq!(scanned(&["-n", "-t", "5", "x", "-n"], "nt:"), "n t=5");
        assert_eq!(scanned(&["-nt5"], "nt:"), "n t=5");
        assert_eq!(scanned(&["--long", "-n"], "nt:"), "n");
        assert_eq!(scanned(&["--", "-n"], "nt:"), "");
        assert_eq!(scanned(&["-xn"], "nt:"), "? n");
        assert_eq!(scanned(&["-t"], "nt:"), "t=");
        assert_eq!(scanned(&["-"], "nt:"), "");
    }
}
