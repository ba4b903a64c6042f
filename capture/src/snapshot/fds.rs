//! The open fds of a process.
//!
//! Takes `/proc/PID/fd` and `/proc/PID/fdinfo`, gives [`FdEntry`]s. What an fd is shows in the name the kernel gives its
//! link (`pipe:[…]`, `anon_inode:[eventfd]`, `/memfd:…`) before its mode, because modes of such objects vary
//! between kernels. Source: proc_pid_fd(5), proc_pid_fdinfo(5), libscap's `scap_fds.c`.

use super::mounts::Mounts;
use super::sockets::Sockets;
use super::text::{bracketed, cut, lines, number, read_limited, value_of};
use nix::fcntl::OFlag;
use scap_format::snapshot::{FdEntry, FdKind};
use scap_schema::wire::fd_type;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Longest path libscap reads, its closing NUL left out.
pub(crate) const PATH_LIMIT: usize = 1023;

/// Names of the kernel's anonymous inodes and the fd types libscap gives them.
const ANONYMOUS: [(&[u8], u8); 12] = [
    (b"[eventfd]", fd_type::EVENT),
    (b"[eventpoll]", fd_type::EVENT_POLL),
    (b"[signalfd]", fd_type::SIGNAL),
    (b"[timerfd]", fd_type::TIMER),
    (b"inotify", fd_type::INOTIFY),
    (b"[io_uring]", fd_type::IO_URING),
    (b"[userfaultfd]", fd_type::USER_FAULT),
    (b"[pidfd]", fd_type::PIDFD),
    (b"bpf-map", fd_type::BPF),
    (b"bpf-prog", fd_type::BPF),
    (b"bpf-link", fd_type::BPF),
    (b"bpf_iter", fd_type::BPF),
];

/// Reads the fds of the process at `dir` (`/proc/PID`), in the order of their numbers. An fd closed while
/// reading is left out.
///
/// # Errors
/// If the directory cannot be listed: the process is gone, or belongs to somebody else.
pub(crate) fn read(dir: &Path, sockets: &Sockets, mounts: &Mounts) -> io::Result<Vec<FdEntry>> {
    let mut fds: Vec<FdEntry> = fs::read_dir(dir.join("fd"))?
        .filter_map(Result::ok)
        .filter_map(|entry| number(entry.file_name().as_encoded_bytes(), 10))
        .filter_map(|fd| entry(dir, fd, sockets, mounts))
        .collect();
    fds.sort_by_key(|entry| entry.fd);
    Ok(fds)
}

fn entry(dir: &Path, fd: i64, sockets: &Sockets, mounts: &Mounts) -> Option<FdEntry> {
    let path = dir.join("fd").join(fd.to_string());
    let link = cut(fs::read_link(&path).ok()?.into_os_string().into_vec(), PATH_LIMIT);
    let file = fs::metadata(&path).ok()?;
    let kind = kind_by_name(&link, sockets).unwrap_or_else(|| kind_by_mode(&file, dir, fd, &link, mounts));
    let ino = bracketed(&link, "pipe").or_else(|| bracketed(&link, "socket")).unwrap_or_else(|| file.ino());
    Some(FdEntry { fd, ino, kind })
}

/// Objects without a place in a file system.
fn kind_by_name(link: &[u8], sockets: &Sockets) -> Option<FdKind> {
    if let Some(name) = link.strip_prefix(b"anon_inode:") {
        let code = ANONYMOUS.iter().find(|(known, _)| *known == name).map(|(_, code)| *code);
        // A known one has no name in libscap; an unknown one keeps its own, or nothing would tell it.
        return Some(match code {
            Some(code) => FdKind::Other { code, name: Vec::new() },
            None => FdKind::Other { code: fd_type::UNSUPPORTED, name: link.to_vec() },
        });
    }
    if let Some(inode) = bracketed(link, "socket") {
        // Families without a table in /proc/net (vsock, packet, alg …) stay what they are: some socket.
        let unknown = || FdKind::Other { code: fd_type::UNSUPPORTED, name: link.to_vec() };
        return Some(sockets.by_inode(inode).cloned().unwrap_or_else(unknown));
    }
    if link.starts_with(b"/memfd:") {
        return Some(FdKind::Other { code: fd_type::MEMFD, name: link.to_vec() });
    }
    bracketed(link, "pipe").map(|_| FdKind::Other { code: fd_type::FIFO, name: link.to_vec() })
}

fn kind_by_mode(file: &Metadata, dir: &Path, fd: i64, link: &[u8], mounts: &Mounts) -> FdKind {
    let (kind, name) = (file.file_type(), link.to_vec());
    if kind.is_dir() {
        FdKind::Directory { name }
    } else if kind.is_fifo() {
        FdKind::Other { code: fd_type::FIFO, name }
    } else if kind.is_file() || kind.is_block_device() || kind.is_char_device() || kind.is_symlink() {
        let (flags, mount_id) = open_file(dir, fd);
        let dev = mounts.by_id(u64::from(mount_id)).map_or(0, |mount| mount.dev);
        FdKind::Regular { flags, name, mount_id, dev }
    } else {
        FdKind::Other { code: fd_type::UNSUPPORTED, name }
    }
}

/// Open flags in libscap's encoding and the mount id, from `/proc/PID/fdinfo/FD`; 0 where it cannot be read.
fn open_file(dir: &Path, fd: i64) -> (u32, u32) {
    let info = read_limited(&dir.join("fdinfo").join(fd.to_string()), 4096).unwrap_or_default();
    let find = |key, radix| lines(&info).find_map(|line| number::<i64>(value_of(line, key)?, radix));
    let flags = find("flags", 8).and_then(|flags| i32::try_from(flags).ok()).map_or(0, open_flags);
    (flags, mount_id(&info).unwrap_or(0))
}

/// The mount id in a text of `/proc/PID/fdinfo/FD`.
pub(crate) fn mount_id(fdinfo: &[u8]) -> Option<u32> {
    lines(fdinfo).find_map(|line| number(value_of(line, "mnt_id")?, 10))
}

/// The kernel's open flags in libscap's encoding, named as in the schema's `file_flags`.
pub(crate) fn open_flags(kernel: i32) -> u32 {
    let flags = OFlag::from_bits_retain(kernel);
    let access = match flags & OFlag::O_ACCMODE {
        OFlag::O_WRONLY => "O_WRONLY",
        OFlag::O_RDWR => "O_RDWR",
        _ => "O_RDONLY",
    };
    // Some of them are several bits of which others are a part (O_SYNC has O_DSYNC's, O_TMPFILE has
    // O_DIRECTORY's); libscap asks for any of the bits only, so that a directory counts as O_TMPFILE too. Here all must be set.
    let named = [
        (OFlag::O_CREAT, "O_CREAT"),
        (OFlag::O_TMPFILE, "O_TMPFILE"),
        (OFlag::O_APPEND, "O_APPEND"),
        (OFlag::O_DSYNC, "O_DSYNC"),
        (OFlag::O_EXCL, "O_EXCL"),
        (OFlag::O_NONBLOCK, "O_NONBLOCK"),
        (OFlag::O_SYNC, "O_SYNC"),
        (OFlag::O_TRUNC, "O_TRUNC"),
        (OFlag::O_DIRECT, "O_DIRECT"),
        (OFlag::O_DIRECTORY, "O_DIRECTORY"),
        (OFlag::from_bits_retain(KERNEL_O_LARGEFILE), "O_LARGEFILE"),
        (OFlag::O_CLOEXEC, "O_CLOEXEC"),
    ];
    let set = named.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| *name);
    set.chain([access]).map(flag_value).fold(0, |all, flag| all | flag)
}

/// libc says 0 on 64-bit machines, where the kernel sets the bit by itself.
#[cfg(any(target_arch = "x86_64", target_arch = "riscv64"))]
const KERNEL_O_LARGEFILE: i32 = 0o100_000;
#[cfg(not(any(target_arch = "x86_64", target_arch = "riscv64")))]
const KERNEL_O_LARGEFILE: i32 = 0o400_000;

fn flag_value(name: &str) -> u32 {
    let values = scap_schema::flags::FILE_FLAGS.values;
    values.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::{eventfd, inotify, memfd, signalfd, timerfd};
    use std::os::fd::{AsFd, AsRawFd};

    fn own() -> Vec<FdEntry> {
        let sockets = Sockets::read(Path::new("/proc/self/net"));
        let mounts = Mounts::parse(&fs::read("/proc/self/mountinfo").unwrap());
        read(Path::new("/proc/self"), &sockets, &mounts).unwrap()
    }

    fn kind_of(fds: &[FdEntry], fd: &impl AsFd) -> FdKind {
        let number = i64::from(fd.as_fd().as_raw_fd());
        fds.iter().find(|entry| entry.fd == number).unwrap().kind.clone()
    }

    #[test]
    fn every_flag_has_its_value_in_the_schema() {
        let all = OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_APPEND | OFlag::O_SYNC | OFlag::O_CLOEXEC;
        assert_eq!(open_flags((all | OFlag::O_RDWR).bits()), 3 | 4 | 0x20 | 8 | 0x80 | 0x10 | 0x1000);
        assert_eq!(open_flags(0), 1);
        assert_eq!(open_flags(OFlag::O_WRONLY.bits() | OFlag::O_TMPFILE.bits()), 2 | 0x2000 | 0x400);
        assert_eq!(open_flags(OFlag::O_DIRECTORY.bits() | KERNEL_O_LARGEFILE), 1 | 0x400 | 0x800);
    }

    #[test]
    fn each_kind_of_anonymous_fd_is_told_apart() {
        let event = eventfd::EventFd::new().unwrap();
        let timer =
            timerfd::TimerFd::new(timerfd::ClockId::CLOCK_MONOTONIC, timerfd::TimerFlags::empty()).unwrap();
        let signal = signalfd::SignalFd::new(&nix::sys::signal::SigSet::empty()).unwrap();
        let watch = inotify::Inotify::init(inotify::InitFlags::empty()).unwrap();
        let epoll = nix::sys::epoll::Epoll::new(nix::sys::epoll::EpollCreateFlags::empty()).unwrap();
        let memory = memfd::memfd_create(c"payload", memfd::MFdFlags::empty()).unwrap();
        let (read_end, _write_end) = nix::unistd::pipe().unwrap();
        let fds = own();
        let nameless = |code| FdKind::Other { code, name: Vec::new() };
        assert_eq!(kind_of(&fds, &event), nameless(fd_type::EVENT));
        assert_eq!(kind_of(&fds, &timer), nameless(fd_type::TIMER));
        assert_eq!(kind_of(&fds, &signal), nameless(fd_type::SIGNAL));
        assert_eq!(kind_of(&fds, &watch), nameless(fd_type::INOTIFY));
        assert_eq!(kind_of(&fds, &epoll.0), nameless(fd_type::EVENT_POLL));
        let name = b"/memfd:payload (deleted)".to_vec();
        assert_eq!(kind_of(&fds, &memory), FdKind::Other { code: fd_type::MEMFD, name });
        assert!(matches!(kind_of(&fds, &read_end), FdKind::Other { code: fd_type::FIFO, .. }));
    }

    #[test]
    fn files_and_directories_carry_name_flags_mount_and_device() {
        let path = std::env::temp_dir().join(format!("scap-fds-{}", std::process::id()));
        let file = fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let dir = fs::File::open("/proc").unwrap();
        let fds = own();
        let dev = file.metadata().unwrap().dev();
        fs::remove_file(&path).unwrap();
        let FdKind::Regular { flags, name, mount_id, dev: found } = kind_of(&fds, &file) else {
            panic!("not a regular file")
        };
        assert_eq!(name, path.as_os_str().as_encoded_bytes());
        // Write only, append, close-on-exec; the flag of creation is not kept by the kernel.
        assert_eq!(flags & !0x800, 2 | 8 | 0x1000);
        assert!(mount_id > 0);
        assert_eq!(u64::from(found), dev);
        assert_eq!(kind_of(&fds, &dir), FdKind::Directory { name: b"/proc".to_vec() });
    }
}
