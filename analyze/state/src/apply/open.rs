//! `open` and its kin: names of files, in full.

use scap_format::{Event, Params};
use scap_schema::code;

use super::args::{NA, name, name_in};
use crate::fd::{Fd, FdType};
use crate::flags::open;
use crate::name::Name;
use crate::path::{concatenate_into, is_plain, stands_behind};
use crate::state::State;

/// Layer bits of `creat`, which has no flags to carry them.
const CREAT_UPPER: u16 = 1;
const CREAT_LOWER: u16 = 1 << 1;

/// What an open call tells, wherever its event holds it.
#[derive(Clone, Copy)]
struct Opened<'a> {
    dirfd: i64,
    path: &'a [u8],
    /// Whether the path is known to be [plain](is_plain).
    is_plain: bool,
    flags: u32,
    dev: u32,
    ino: u64,
}

impl State {
    pub(super) fn on_open(&mut self, event: &Event<'_>, enter: Option<Params<'_>>) {
        let fd = self.need(event.i64(0));
        if fd < 0 || self.thread().is_none() {
            return;
        }
        // On its own, so that what it tells stays out of memory.
        if event.code == code::SYSCALL_OPENAT_2_X
            && enter.is_none()
            && let Some(opened) = opened_as_usual(event)
        {
            return self.add_opened(event.code, fd, &opened);
        }
        let Some(mut opened) = self::opened(event) else { return };
        if event.code != code::SYSCALL_OPEN_BY_HANDLE_AT_X
            && let Some(enter) = enter
        {
            prefer_enter(&mut opened, event.code, enter);
        }
        self.add_opened(event.code, fd, &opened);
    }

    #[inline(always)]
    fn add_opened(&mut self, code: u16, fd: i64, opened: &Opened<'_>) {
        let name = self.name_of(code, opened);
        self.now.fd_name_changed = !name.is_empty();
        // Written where it stays, because it is larger than what moves well.
        self.make_fd(fd, |fd| opened.fill(name, fd));
    }

    /// The path in full and as it was given.
    #[inline(always)]
    fn name_of(&mut self, code: u16, opened: &Opened<'_>) -> Name {
        let path = opened.path;
        let (base, lacks_slash) = self.base_of_open(code, opened);
        if (opened.is_plain || is_plain(path))
            && let Some(before) = stands_behind(base, lacks_slash, path)
        {
            return Name::joined(before, lacks_slash, path);
        }
        self.name_with_care(code, *opened)
    }

    /// The same for a path that is to be normalized.
    #[inline(never)]
    fn name_with_care(&mut self, code: u16, opened: Opened<'_>) -> Name {
        let path = opened.path;
        let mut room = std::mem::take(&mut self.room);
        let (base, lacks_slash) = self.base_of_open(code, &opened);
        room.base.clear();
        room.base.extend_from_slice(base);
        room.base.extend(lacks_slash.then_some(b'/'));
        concatenate_into(&room.base, path, &mut room.path);
        let name = Name::new(&room.path, path);
        self.room = room;
        name
    }

    /// The directory that the path starts from, and whether the closing `/` is still to be added.
    #[inline(always)]
    fn base_of_open(&self, code: u16, opened: &Opened<'_>) -> (&[u8], bool) {
        match code {
            // The kernel gives the whole path.
            code::SYSCALL_OPEN_BY_HANDLE_AT_X => (b"", false),
            code::SYSCALL_OPEN_X | code::SYSCALL_CREAT_X => {
                (self.thread().map_or(b"./", |t| self.cwd(t)), false)
            }
            _ if opened.dirfd == NO_DIRFD => (b"", false),
            _ => self.base(self.thread(), opened.dirfd, opened.path),
        }
    }
}

impl Opened<'_> {
    /// Makes `fd`, a blank one, what was opened as `name`.
    #[inline(always)]
    fn fill(&self, name: Name, fd: &mut Fd) {
        fd.ty = if self.flags & open::DIRECTORY == 0 { FdType::FileV2 } else { FdType::Directory };
        fd.name = name;
        (fd.open_flags, fd.dev, fd.ino) = (self.flags, self.dev, self.ino);
        fd.upper_layer = self.flags & open::UPPER_LAYER != 0;
        fd.lower_layer = self.flags & open::LOWER_LAYER != 0;
    }
}

/// Stands where the recorder did not know the directory fd.
const NO_DIRFD: i64 = i64::MIN;

fn opened<'a>(event: &Event<'a>) -> Option<Opened<'a>> {
    let at = |dev: usize| match (event.u32(dev), event.u64(dev + 1)) {
        (Some(dev), ino) => (dev, ino.unwrap_or(0)),
        (None, _) => (0, 0),
    };
    let (dirfd, path, flags, (dev, ino)) = match event.code {
        code::SYSCALL_OPEN_X => (NO_DIRFD, name(event, 1)?, event.u32(2).unwrap_or(0), at(4)),
        code::SYSCALL_CREAT_X => {
            let layers = event.u16(5).unwrap_or(0);
            let flags = match layers {
                l if l & CREAT_UPPER != 0 => open::UPPER_LAYER,
                l if l & CREAT_LOWER != 0 => open::LOWER_LAYER,
                _ => 0,
            };
            (NO_DIRFD, name(event, 1)?, flags, at(3))
        }
        code::SYSCALL_OPEN_BY_HANDLE_AT_X => (NO_DIRFD, name(event, 3)?, event.u32(2).unwrap_or(0), at(4)),
        code::SYSCALL_OPENAT2_X => return Some(opened_at(event, 6)),
        _ => return Some(opened_at(event, 5)),
    };
    Some(Opened { dirfd, path, is_plain: false, flags, dev, ino })
}

/// The same for `openat` as nearly all of its events are: files are opened more often than anything else is done that
/// changes the state.
#[inline(always)]
fn opened_as_usual<'a>(event: &Event<'a>) -> Option<Opened<'a>> {
    const ALL_BUT_PATH: u64 = 0xffff_0000_ffff_ffff;
    let (lens, wide, data) = event.params.parts();
    // Result, directory, path, flags; and flags, mode, device, inode.
    let (first, last) = (u64::from_le_bytes(*lens.first_chunk()?), u64::from_le_bytes(*lens.last_chunk()?));
    if lens.len() != 14
        || wide
        || first & ALL_BUT_PATH != 0x0004_0000_0008_0008
        || last != 0x0008_0004_0004_0004
    {
        return None;
    }
    let (_, rest) = data.split_first_chunk::<8>()?;
    let (dirfd, rest) = rest.split_first_chunk()?;
    let (path, rest) = rest.split_at_checked(usize::try_from(first >> 32 & 0xffff).ok()?)?;
    let [path @ .., 0] = path else { return None };
    if !is_plain(path) || path == b"(NULL)" {
        return None;
    }
    let (flags, rest) = rest.split_first_chunk()?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    let (dev, rest) = rest.split_first_chunk()?;
    Some(Opened {
        dirfd: i64::from_le_bytes(*dirfd),
        path,
        is_plain: true,
        flags: u32::from_le_bytes(*flags),
        dev: u32::from_le_bytes(*dev),
        ino: u64::from_le_bytes(*rest.first_chunk()?),
    })
}

/// The same for `openat` and `openat2`, whose device is in parameter `dev_at`. Reads its parameters in one go.
fn opened_at<'a>(event: &Event<'a>, dev_at: usize) -> Opened<'a> {
    let params = event.params.first::<8>();
    let [_, dirfd, path, flags, ..] = params;
    let at = |at: usize| params.get(at).copied().flatten();
    let number = |bytes: Option<&[u8]>| Some(u32::from_le_bytes(bytes?.try_into().ok()?));
    let wide = |bytes: Option<&[u8]>| <[u8; 8]>::try_from(bytes?).ok();
    let (path, is_plain) = match path {
        // One look for what a name ends at, and for what would have to be normalized.
        Some([path @ .., 0]) if is_plain(path) && path != b"(NULL)" => (path, true),
        path => (path.map_or(NA, name_in), false),
    };
    let (dev, ino) = match (number(at(dev_at)), wide(at(dev_at + 1))) {
        (Some(dev), Some(ino)) => (dev, u64::from_le_bytes(ino)),
        (Some(dev), None) if at(dev_at + 1).is_some_and(|ino| !ino.is_empty()) => (dev, 0),
        _ => (0, 0),
    };
    let dirfd = wide(dirfd).map_or(NO_DIRFD, i64::from_le_bytes);
    Opened { dirfd, path, is_plain, flags: number(flags).unwrap_or(0), dev, ino }
}

/// What the enter event told counts more: between the two, the program could change the path in its memory.
fn prefer_enter<'a>(opened: &mut Opened<'a>, code: u16, enter: Params<'a>) {
    let openat = !matches!(code, code::SYSCALL_OPEN_X | code::SYSCALL_CREAT_X);
    let first = usize::from(openat);
    let Some(path) = enter.at(first).map(name_in).filter(|&p| p != NA) else { return };
    let flags = || Some(u32::from_le_bytes(<[u8; 4]>::try_from(enter.at(first + 1)?).ok()?));
    (opened.path, opened.is_plain) = (path, false);
    if code == code::SYSCALL_CREAT_X {
        return;
    }
    // Bits from here up are the kernel's findings at the exit.
    let found = opened.flags & !(open::F_CREATED - 1);
    opened.flags = flags().unwrap_or(0) | found;
    if openat {
        let dirfd = enter.at(0).and_then(|p| <[u8; 8]>::try_from(p).ok());
        opened.dirfd = dirfd.map_or(NO_DIRFD, i64::from_le_bytes);
    }
}
