//! Facts about the file a process runs.
//!
//! Takes `/proc/PID/exe`, gives inode, times, whether its own user could change it, and which layer of an overlay
//! it lies in. The file is opened as a path only (`O_PATH`): nothing of it is read, and files in use stay untouched.
//! Source: the kernel side of libscap's execve event, which computes the same from the inode.

use super::fds::mount_id;
use super::mounts::{Mount, Mounts};
use super::status::Status;
use super::text::read_limited;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

const NANOS: u64 = 1_000_000_000;

/// `CAP_DAC_OVERRIDE` and `CAP_FOWNER`: may write to, or change the mode of, anybody's file.
const OVERRIDES: u64 = 1 << 1 | 1 << 3;

/// What is known of an executable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Executable {
    pub(crate) ino: u64,
    /// ns since the epoch.
    pub(crate) ctime: u64,
    /// ns since the epoch.
    pub(crate) mtime: u64,
    /// The process' effective user could write to it.
    pub(crate) writable: bool,
    pub(crate) upper_layer: bool,
    pub(crate) lower_layer: bool,
    pub(crate) memfd: bool,
}

/// Looks at the executable of the process at `dir` (`/proc/PID`). `path` is the link's text, `host` the root
/// below which the directories of overlays are found.
///
/// # Errors
/// If the link cannot be followed: no such process, not allowed, or a kernel thread.
pub(crate) fn look(
    dir: &Path,
    path: &[u8],
    status: &Status,
    mounts: &Mounts,
    host: &Path,
) -> io::Result<Executable> {
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_PATH).open(dir.join("exe"))?;
    let meta = file.metadata()?;
    let mount = mount_of(&file).and_then(|id| mounts.by_id(u64::from(id)));
    let in_overlay = mount.filter(|mount| mount.overlay);
    let upper_layer = in_overlay.is_some_and(|mount| lies_in_upper(mount, path, host));
    Ok(Executable {
        ino: meta.ino(),
        ctime: nanos(meta.ctime(), meta.ctime_nsec()),
        mtime: nanos(meta.mtime(), meta.mtime_nsec()),
        writable: may_change(&meta, status, mount.is_some_and(|mount| mount.read_only)),
        upper_layer,
        lower_layer: in_overlay.is_some() && !upper_layer,
        memfd: path.starts_with(b"/memfd:"),
    })
}

fn nanos(seconds: i64, nanos: i64) -> u64 {
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(seconds).saturating_mul(NANOS).saturating_add(part(nanos))
}

/// Mount id of an open file of our own.
fn mount_of(file: &File) -> Option<u32> {
    let path = format!("/proc/self/fdinfo/{}", file.as_raw_fd());
    mount_id(&read_limited(Path::new(&path), 4096).ok()?)
}

/// The owner may always give himself the right to write, even on a read-only mount; others need it, on a mount that lets them.
fn may_change(meta: &fs::Metadata, status: &Status, read_only: bool) -> bool {
    if meta.uid() == status.uid {
        return true;
    }
    if read_only {
        return false;
    }
    let overrides = status.cap_effective.is_some_and(|caps| caps & OVERRIDES != 0);
    let in_group = meta.gid() == status.gid || status.groups.contains(&meta.gid());
    let bit = if in_group { 0o020 } else { 0o002 };
    overrides || meta.mode() & bit != 0
}

/// Whether `path`, as the process sees it, exists in the overlay's upper directory.
pub(crate) fn lies_in_upper(mount: &Mount, path: &[u8], host: &Path) -> bool {
    let point = mount.point.strip_suffix(b"/").unwrap_or(&mount.point);
    let (Some(upper), Some(below)) = (&mount.upper, path.strip_prefix(point)) else { return false };
    let mut full = host.to_path_buf();
    for part in [upper.as_slice(), &mount.root, below] {
        let part = Path::new(OsStr::from_bytes(part));
        full.push(part.strip_prefix("/").unwrap_or(part));
    }
    full.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_executable_has_the_inode_and_times_of_its_file() {
        let path = std::env::current_exe().unwrap();
        let status = Status::parse(&fs::read("/proc/self/status").unwrap()).unwrap();
        let mounts = Mounts::parse(&fs::read("/proc/self/mountinfo").unwrap());
        let bytes = path.as_os_str().as_bytes();
        let found = look(Path::new("/proc/self"), bytes, &status, &mounts, Path::new("/")).unwrap();
        let meta = fs::metadata(&path).unwrap();
        assert_eq!(found.ino, meta.ino());
        assert_eq!(found.mtime, nanos(meta.mtime(), meta.mtime_nsec()));
        assert_eq!(found.ctime, nanos(meta.ctime(), meta.ctime_nsec()));
        // Whoever runs the tests built them.
        assert!(found.writable && !found.memfd);
    }

    #[test]
    fn a_file_of_somebody_else_is_writable_by_mode_or_capability_only() {
        let meta = fs::metadata("/proc/self/exe").unwrap();
        let stranger = Status { uid: meta.uid() + 1, gid: meta.gid() + 1, ..Status::default() };
        let allowed_to_all = meta.mode() & 0o002 != 0;
        assert_eq!(may_change(&meta, &stranger, false), allowed_to_all);
        let mighty = Status { cap_effective: Some(OVERRIDES), ..stranger.clone() };
        assert!(may_change(&meta, &mighty, false) && !may_change(&meta, &mighty, true));
        let member = Status { groups: vec![meta.gid()], ..stranger };
        assert_eq!(may_change(&meta, &member, false), meta.mode() & 0o020 != 0);
    }

    #[test]
    fn an_overlays_upper_directory_tells_changed_files_from_given_ones() {
        let host = std::env::temp_dir().join(format!("scap-overlay-{}", std::process::id()));
        fs::create_dir_all(host.join("up/bin")).unwrap();
        fs::write(host.join("up/bin/dropped"), "").unwrap();
        let mount = Mount {
            dev: 1,
            root: b"/".to_vec(),
            point: b"/".to_vec(),
            upper: Some(b"/up".to_vec()),
            overlay: true,
            read_only: false,
        };
        let (dropped, given) =
            (lies_in_upper(&mount, b"/bin/dropped", &host), lies_in_upper(&mount, b"/bin/sh", &host));
        fs::remove_dir_all(&host).unwrap();
        assert!(dropped && !given);
    }
}
