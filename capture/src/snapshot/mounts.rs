//! `/proc/PID/mountinfo`: which device a mount is on, and what an overlay is made of.
//!
//! Takes its bytes, gives mounts by id. Source: proc_pid_mountinfo(5).

use super::text::{lines, number, words};
use std::collections::HashMap;

/// Mounts of one mount namespace, by mount id.
#[derive(Debug, Default)]
pub(crate) struct Mounts(HashMap<u64, Mount>);

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Device number in the kernel's 32-bit encoding (12 bits major, 20 bits minor).
    pub(crate) dev: u32,
    /// Directory of the file system that is mounted, `/` for all of it.
    pub(crate) root: Vec<u8>,
    /// Where it is mounted, as its own namespace sees it.
    pub(crate) point: Vec<u8>,
    /// Upper directory of an overlay; `None` for every other file system and for overlays without one.
    pub(crate) upper: Option<Vec<u8>>,
    /// Whether it is an overlay.
    pub(crate) overlay: bool,
    /// Whether nothing can be written through it.
    pub(crate) read_only: bool,
}

impl Mounts {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(lines(text).filter_map(mount).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn by_id(&self, id: u64) -> Option<&Mount> {
        self.0.get(&id)
    }
}

fn mount(line: &[u8]) -> Option<(u64, Mount)> {
    let mut fields = words(line);
    let id = number(fields.next()?, 10)?;
    let device = fields.nth(1)?;
    let root = unescape(fields.next()?);
    let point = unescape(fields.next()?);
    let options = fields.next()?;
    let mut tail = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = tail.next()?;
    let super_options = tail.nth(1).unwrap_or_default();
    let overlay = kind == b"overlay";
    let option = |key: &[u8]| super_options.split(|&b| b == b',').find_map(|o| o.strip_prefix(key));
    let read_only = [options, super_options].iter().any(|o| o.split(|&b| b == b',').any(|o| o == b"ro"));
    let upper = if overlay { option(b"upperdir=").map(unescape) } else { None };
    Some((id, Mount { dev: device_number(device)?, root, point, upper, overlay, read_only }))
}

/// `major:minor` in the encoding of the kernel's `new_encode_dev`.
fn device_number(text: &[u8]) -> Option<u32> {
    let colon = text.iter().position(|&b| b == b':')?;
    let major: u32 = number(&text[..colon], 10)?;
    let minor: u32 = number(&text[colon + 1..], 10)?;
    Some((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & !0xff) << 12))
}

/// Undoes the octal escapes (`\040`) of blanks, newlines and backslashes.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'\\'
            && let Some(code) = tail.get(..3).and_then(|digits| number::<u8>(digits, 8))
        {
            out.push(code);
            rest = &tail[3..];
        } else {
            out.push(first);
            rest = tail;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_tells_its_upper_directory() {
        let text = b"812 600 0:57 / /a\\040b rw,relatime shared:1 master:2 - overlay overlay \
            rw,lowerdir=/l1:/l2,upperdir=/var/up\\134x,workdir=/w\n29 1 259:1 /sub / ro - ext4 /dev/x rw\n";
        let mounts = Mounts::parse(text);
        let overlay = mounts.by_id(812).unwrap();
        assert_eq!((overlay.dev, overlay.overlay, overlay.read_only), (57, true, false));
        assert_eq!(overlay.point, b"/a b");
        assert_eq!(overlay.upper.as_deref(), Some(&b"/var/up\\x"[..]));
        let ext4 = mounts.by_id(29).unwrap();
        assert_eq!((ext4.dev, ext4.root.as_slice(), ext4.read_only), (259 << 8 | 1, &b"/sub"[..], true));
        assert_eq!(ext4.upper, None);
        assert!(mounts.by_id(1).is_none());
    }

    #[test]
    fn own_mounts_agree_with_stat() {
        use std::os::linux::fs::MetadataExt;
        let mounts = Mounts::parse(&std::fs::read("/proc/self/mountinfo").unwrap());
        let dev = std::fs::metadata("/proc").unwrap().st_dev();
        let proc = mounts.0.values().find(|mount| mount.point == b"/proc").unwrap();
        assert_eq!(u64::from(proc.dev), dev);
    }
}
