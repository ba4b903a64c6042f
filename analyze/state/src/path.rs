//! Joining and normalizing paths the way libsinsp does.
//!
//! Works on text alone: symbolic links and the real file system play no part. `.` and `..` are resolved,
//! runs of `/` become one, a closing `/` goes away. A base such as `<UNKNOWN>` stays in front of what
//! could not be resolved. Source: behaviour of `sinsp_utils::concatenate_paths` of falcosecurity/libs.

use std::borrow::Cow;

use crate::bytes::{STEP, has_nul, until_nul};

/// Longest path, closing NUL included, as in libscap.
const MAX_PATH: usize = 1024;

/// What stands for paths longer than libscap keeps.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// `path` seen from directory `base`, normalized; see [`concatenate_into`].
#[must_use]
pub fn concatenate(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(base.len() + path.len());
    concatenate_into(base, path, &mut out);
    out
}

/// [`concatenate`] without a copy for a path that stands as it is, as most do.
#[must_use]
pub fn concatenate_or_borrow<'a>(base: &[u8], path: &'a [u8]) -> Cow<'a, [u8]> {
    if stands(base, path) { Cow::Borrowed(path) } else { Cow::Owned(concatenate(base, path)) }
}

/// Whether [`concatenate`] gives `path` itself.
pub(crate) fn stands(base: &[u8], path: &[u8]) -> bool {
    path.first() == Some(&b'/') && fits(base, path) && is_plain(path)
}

/// Where [`concatenate`] gives for `path`, of which [`is_plain`] holds, that and nothing else, or that behind `base`: what
/// stands before it. A slash belongs between the two if the base `lacks_slash`.
pub(crate) fn stands_behind<'a>(base: &'a [u8], lacks_slash: bool, path: &[u8]) -> Option<&'a [u8]> {
    let before = if path.first() == Some(&b'/') { &[] } else { base };
    let fits = base.len() + usize::from(lacks_slash) + path.len() < MAX_PATH;
    (fits && !has_nul(before)).then_some(before)
}

fn fits(base: &[u8], path: &[u8]) -> bool {
    base.len() + path.len() < MAX_PATH
}

/// Whether there is nothing in `path` to normalize or to cut: no `.` or `..`, no slash behind another or at the end,
/// no NUL. May say no where it is yes.
pub(crate) fn is_plain(path: &[u8]) -> bool {
    !is_bad(path) && !matches!(path, [] | [b'.', ..] | [.., b'/' | 0])
}

/// Whether a slash or a dot stands behind a slash anywhere in `path`, or anything behind a NUL.
fn is_bad(path: &[u8]) -> bool {
    let Some((_, next)) = path.split_first() else { return false };
    let (Some(last), Some(last_next)) =
        (path.get(..next.len()).and_then(<[u8]>::last_chunk), next.last_chunk())
    else {
        return path.iter().zip(next).any(|(&a, &b)| is_bad_pair(a, b));
    };
    // Left early, or the compiler makes it a loop over many steps at once, of which no path has enough.
    let (these, those) = (path.as_chunks().0, next.as_chunks().0);
    these.iter().zip(those).any(|(these, those)| is_bad_step(these, those)) || is_bad_step(last, last_next)
}

/// Whether any byte of `these` and the one of `next` that stands behind it do. On its own, because the compiler knows too
/// much about the two where it sees that they are nearly the same.
#[inline(never)]
fn is_bad_step(these: &[u8; STEP], next: &[u8; STEP]) -> bool {
    these.iter().zip(next).fold(false, |found, (&a, &b)| found | is_bad_pair(a, b))
}

#[inline(always)]
fn is_bad_pair(a: u8, b: u8) -> bool {
    // A dot and a slash differ in their lowest bit.
    (a == b'/') & (b | 1 == b'/') | (a == 0)
}

/// Writes `path` as seen from directory `base` to `out`, which is emptied first.
///
/// `base` is used as it is and only if `path` is relative; it should end in `/`. `..` never climbs above
/// the first byte of the result.
pub fn concatenate_into(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if !fits(base, path) {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    // Paths are C strings: whatever follows a NUL is not part of them.
    let path = until_nul(path);
    let relative = path.first().is_some_and(|&b| b != b'/');
    if relative {
        out.extend_from_slice(until_nul(base));
    }
    if is_plain(path) {
        out.extend_from_slice(path);
        return;
    }
    append_normalized(out, path);
}

fn append_normalized(out: &mut Vec<u8>, path: &[u8]) {
    let had_base = !out.is_empty();
    let mut rest = path;
    while !rest.is_empty() {
        let at_start = out.last().is_none_or(|&b| b == b'/');
        let end = rest.iter().position(|&b| b == b'/').unwrap_or(rest.len());
        let (component, behind) = rest.split_at(end);
        // The slash behind a component that says where and not what goes with it.
        let consumed = match component {
            b"." if at_start => true,
            b".." if at_start => {
                climb(out);
                true
            }
            _ => {
                out.extend_from_slice(component);
                false
            }
        };
        let Some((slash, next)) = behind.split_first() else { break };
        if !consumed && out.last() != Some(slash) && !(out.is_empty() && had_base) {
            out.push(*slash);
        }
        rest = next;
    }
    if out.len() > 1 && out.last() == Some(&b'/') {
        out.pop();
    }
}

/// Removes the last component; the first byte stays.
fn climb(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    while out.len() > 1 && out.last() != Some(&b'/') {
        out.pop();
    }
    if out.last() != Some(&b'/') {
        out.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, path: &str, want: &str) {
        let got = concatenate(base.as_bytes(), path.as_bytes());
        assert_eq!(String::from_utf8_lossy(&got), want, "{base:?} + {path:?}");
        assert_eq!(*concatenate_or_borrow(base.as_bytes(), path.as_bytes()), *got, "{base:?} + {path:?}");
    }

    #[test]
    fn an_absolute_path_ignores_the_base() {
        check("/home/", "/etc/passwd", "/etc/passwd");
        check("", "/tmp/dir1/dir2/dir3/../../../..///file.txt", "/file.txt");
    }

    #[test]
    fn a_relative_path_starts_at_the_base() {
        check("/home/user/", "a/b", "/home/user/a/b");
        check("/home/user/", "../x", "/home/x");
        check("/home/user/", "./x/./y/", "/home/user/x/y");
        check("/", "..", "/");
        check("/", "../../etc", "/etc");
        check("/a/", "...", "/a/...");
        check("/a/", ".b", "/a/.b");
        check("/a/", "b..", "/a/b..");
    }

    #[test]
    fn separators_collapse_and_the_last_one_goes() {
        check("/a/", "b//c///", "/a/b/c");
        check("", "//", "/");
        check("", "/", "/");
    }

    #[test]
    fn an_unknown_base_stays_visible() {
        check("<UNKNOWN>", "etc/passwd", "<UNKNOWN>etc/passwd");
        check(".", "etc", ".etc");
    }

    #[test]
    fn what_stands_as_it_is_comes_out_as_if_normalized() {
        for base in ["", "/", "/a/b/", "<UNKNOWN>", ".", "x\0y"] {
            for path in
                ["/etc/passwd", "/a", "a", "a/b.c", ".b", "/.b", "...", "a\0b", "a\0", "a/", "a//b", "a/../b"]
            {
                let mut walked = Vec::new();
                if !path.starts_with('/') {
                    walked.extend_from_slice(until_nul(base.as_bytes()));
                }
                append_normalized(&mut walked, until_nul(path.as_bytes()));
                check(base, path, &String::from_utf8_lossy(&walked));
            }
        }
    }

    #[test]
    fn what_is_plain_comes_out_behind_its_base_or_alone() {
        for base in ["", "/", "/a/b/", "<UNKNOWN>", ".", "x\0y"] {
            for path in
                ["", "/a", "a", "a/b.c", "/a/b", ".b", "...", "a\0b", "a\0", "a/", "a//b", "a/../b", "a/."]
            {
                if is_plain(path.as_bytes())
                    && let Some(before) = stands_behind(base.as_bytes(), false, path.as_bytes())
                {
                    check(base, path, &format!("{}{path}", String::from_utf8_lossy(before)));
                }
                if is_plain(path.as_bytes())
                    && !path.starts_with('/')
                    && let Some(before) = stands_behind(base.as_bytes(), true, path.as_bytes())
                {
                    let want = format!("{}/{path}", String::from_utf8_lossy(before));
                    check(&format!("{base}/"), path, &want);
                }
            }
        }
        assert_eq!(stands_behind(b"/a/", false, b"b/c.d"), Some(&b"/a/"[..]));
        assert_eq!(stands_behind(b"x\0y", false, b"/b"), Some(&b""[..]));
        assert_eq!(stands_behind(b"x\0y", false, b"b"), None);
        assert_eq!(stands_behind(&[b'a'; 1023], false, b"b"), None);
        assert_eq!(stands_behind(&[b'a'; 1022], true, b"b"), None);
        assert!(stands_behind(&[b'a'; 1021], true, b"b").is_some());
    }

    #[test]
    fn what_is_to_be_normalized_is_found_wherever_it_stands() {
        for len in 1..70 {
            let plain = "x".repeat(len);
            check("", &plain, &plain);
            for at in 0..len - 1 {
                for bad in ["//", "/.", "\0x"] {
                    let path = format!("{}{bad}{}", &plain[..at], &plain[at + 2..]);
                    let mut walked = Vec::new();
                    append_normalized(&mut walked, until_nul(path.as_bytes()));
                    check("", &path, &String::from_utf8_lossy(&walked));
                    assert!(!is_plain(path.as_bytes()), "{path:?}");
                }
            }
            assert!(is_plain(plain.as_bytes()) && !is_plain(format!("{plain}/").as_bytes()));
        }
    }

    #[test]
    fn an_empty_path_gives_nothing() {
        check("/home/", "", "");
    }

    #[test]
    fn paths_beyond_the_limit_are_replaced_whole() {
        let long = "a".repeat(1020);
        check("/tmp/", &long, "/DIR_TOO_LONG/FILENAME_TOO_LONG");
    }
}
