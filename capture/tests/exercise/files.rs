//! Files, directories, fds, memory.

use super::{Script, b, c, call, cstr, h, n, t, w};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const CWD: i32 = libc::AT_FDCWD;

pub(crate) fn exercise(s: &mut Script, dir: &Path) {
    opens(s, dir);
    reads_and_writes(s);
    fds(s);
    names(s);
    modes(s);
    memory(s);
}

fn dev_ino(path: &str) -> (Vec<u8>, Vec<u8>) {
    let meta = std::fs::metadata(path).unwrap();
    let (dev, ino) = (meta.dev(), meta.ino());
    (w(u32::try_from(dev).unwrap()), ino.to_le_bytes().to_vec())
}

fn opens(s: &mut Script, dir: &Path) {
    let name = cstr("opened");
    let fd = call!(SYS_openat, CWD, &name, libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC, 0o640);
    let (dev, ino) = dev_ino("opened");
    // O_RDWR, O_CREAT, O_CLOEXEC, O_F_CREATED.
    s.expect(
        "openat",
        &[
            ("fd", n(fd)),
            ("dirfd", n(-100)),
            ("name", t("opened")),
            ("flags", w(0x5007)),
            ("mode", w(0o640)),
            ("dev", dev.clone()),
            ("ino", ino.clone()),
        ],
    );
    call!(SYS_close, fd);
    s.expect("close", &[("res", n(0)), ("fd", n(fd))]);
    let fd = call!(SYS_open, &name, libc::O_WRONLY | libc::O_APPEND, 0o777);
    s.expect(
        "open",
        &[
            ("fd", n(fd)),
            ("name", t("opened")),
            ("flags", w(0xa)),
            ("mode", w(0)),
            ("dev", dev.clone()),
            ("ino", ino.clone()),
        ],
    );
    call!(SYS_close, fd);
    let missing = cstr("missing");
    call!(SYS_open, &missing, libc::O_RDONLY);
    s.expect("open", &[("fd", n(-2)), ("name", t("missing")), ("flags", w(1)), ("dev", w(0)), ("ino", n(0))]);
    let absolute = dir.join("opened").to_string_lossy().into_owned();
    let how: [u64; 3] = [0, 0, 4];
    let path = cstr(&absolute);
    let fd = call!(SYS_openat2, CWD, &path, how.as_ptr(), 24);
    s.expect(
        "openat2",
        &[
            ("fd", n(fd)),
            ("dirfd", n(-100)),
            ("name", t(&absolute)),
            ("flags", w(1)),
            ("mode", w(0)),
            ("resolve", w(8)),
            ("dev", dev),
            ("ino", ino),
        ],
    );
    call!(SYS_close, fd);
    let created = cstr("created");
    let fd = call!(SYS_creat, &created, 0o600);
    let (dev, ino) = dev_ino("created");
    s.expect(
        "creat",
        &[
            ("fd", n(fd)),
            ("name", t("created")),
            ("mode", w(0o600)),
            ("dev", dev),
            ("ino", ino),
            ("creat_flags", h(0)),
        ],
    );
    call!(SYS_close, fd);
    let dot = cstr(".");
    let fd = call!(SYS_openat, CWD, &dot, libc::O_RDONLY | libc::O_DIRECTORY);
    s.expect("openat", &[("fd", n(fd)), ("name", t(".")), ("flags", w(0x401)), ("mode", w(0))]);
    call!(SYS_close, fd);
    call!(SYS_open_by_handle_at, -1, std::ptr::null::<u8>(), libc::O_RDONLY);
    s.expect(
        "open_by_handle_at",
        &[
            ("fd", n(-14)),
            ("mountfd", n(-1)),
            ("flags", w(1)),
            ("path", b(&[])),
            ("dev", w(0)),
            ("ino", n(0)),
        ],
    );
    by_handle(s, &absolute);
}

/// A file by its handle, where the file system has such.
fn by_handle(s: &mut Script, absolute: &str) {
    // Length of the handle's bytes, its type, the bytes.
    let (mut handle, mut mount) = ([128u32; 34], 0i32);
    if call!(SYS_name_to_handle_at, CWD, &cstr("opened"), handle.as_mut_ptr(), &raw mut mount, 0) < 0 {
        return;
    }
    let fd = call!(SYS_open_by_handle_at, CWD, handle.as_ptr(), libc::O_RDWR);
    if fd < 0 {
        return;
    }
    let (dev, ino) = dev_ino("opened");
    s.expect(
        "open_by_handle_at",
        &[
            ("fd", n(fd)),
            ("mountfd", n(-100)),
            ("flags", w(3)),
            ("path", t(absolute)),
            ("dev", dev),
            ("ino", ino),
        ],
    );
    call!(SYS_close, fd);
}

fn reads_and_writes(s: &mut Script) {
    let name = cstr("data");
    let fd = call!(SYS_open, &name, libc::O_RDWR | libc::O_CREAT, 0o600);
    let long = [b'x'; 200];
    let cut = b(&long[..80]);
    call!(SYS_write, fd, long.as_ptr(), 200);
    s.expect("write", &[("res", n(200)), ("data", cut.clone()), ("fd", n(fd)), ("size", w(200))]);
    call!(SYS_pwrite64, fd, b"hello".as_ptr(), 5, 3);
    s.expect("pwrite", &[("res", n(5)), ("data", b(b"hello")), ("fd", n(fd)), ("size", w(5)), ("pos", n(3))]);
    call!(SYS_lseek, fd, 0, libc::SEEK_SET);
    s.expect("lseek", &[("res", n(0)), ("fd", n(fd)), ("offset", n(0)), ("whence", c(0))]);
    let mut buf = [0u8; 300];
    call!(SYS_read, fd, buf.as_mut_ptr(), 6);
    s.expect("read", &[("res", n(6)), ("data", b(b"xxxhel")), ("fd", n(fd)), ("size", w(6))]);
    call!(SYS_pread64, fd, buf.as_mut_ptr(), 5, 3);
    s.expect("pread", &[("res", n(5)), ("data", b(b"hello")), ("fd", n(fd)), ("size", w(5)), ("pos", n(3))]);
    call!(SYS_read, 9999, buf.as_mut_ptr(), 5);
    s.expect("read", &[("res", n(-9)), ("data", b(&[])), ("fd", n(9999)), ("size", w(5))]);
    let parts = [
        libc::iovec { iov_base: b"abc".as_ptr() as *mut _, iov_len: 3 },
        libc::iovec { iov_base: long.as_ptr() as *mut _, iov_len: 100 },
    ];
    let joined = [&b"abc"[..], &long[..77]].concat();
    call!(SYS_writev, fd, parts.as_ptr(), 2);
    s.expect("writev", &[("res", n(103)), ("data", joined.clone()), ("fd", n(fd)), ("size", w(103))]);
    call!(SYS_pwritev, fd, parts.as_ptr(), 1, 0, 0);
    s.expect("pwritev", &[("res", n(3)), ("data", b(b"abc")), ("fd", n(fd)), ("size", w(3)), ("pos", n(0))]);
    let mut other = [0u8; 2];
    let into = [
        libc::iovec { iov_base: other.as_mut_ptr().cast(), iov_len: 2 },
        libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: 4 },
    ];
    call!(SYS_preadv, fd, into.as_ptr(), 2, 0, 0);
    s.expect(
        "preadv",
        &[("res", n(6)), ("size", w(6)), ("data", b(b"abchel")), ("fd", n(fd)), ("pos", n(0))],
    );
    call!(SYS_lseek, fd, 0, libc::SEEK_SET);
    call!(SYS_readv, fd, into.as_ptr(), 2);
    s.expect("readv", &[("res", n(6)), ("size", w(6)), ("data", b(b"abchel")), ("fd", n(fd))]);
    let to = call!(SYS_open, &cstr("copy"), libc::O_WRONLY | libc::O_CREAT, 0o600);
    let mut from: i64 = 2;
    call!(SYS_sendfile, to, fd, &raw mut from, 4);
    s.expect(
        "sendfile",
        &[("res", n(4)), ("offset", n(6)), ("out_fd", n(to)), ("in_fd", n(fd)), ("size", n(4))],
    );
    let copied = call!(SYS_copy_file_range, fd, std::ptr::null::<i64>(), to, std::ptr::null::<i64>(), 3, 0);
    s.expect(
        "copy_file_range",
        &[
            ("res", n(copied)),
            ("fdout", n(to)),
            ("offout", n(0)),
            ("fdin", n(fd)),
            ("offin", n(0)),
            ("len", n(3)),
        ],
    );
    call!(SYS_ioctl, fd, 0x5401, 0x1234);
    s.expect("ioctl", &[("res", n(-25)), ("fd", n(fd)), ("request", n(0x5401)), ("argument", n(0x1234))]);
    call!(SYS_flock, fd, libc::LOCK_EX | libc::LOCK_NB);
    s.expect("flock", &[("res", n(0)), ("fd", n(fd)), ("operation", w(6))]);
    call!(SYS_getdents64, fd, buf.as_mut_ptr(), 300);
    s.expect("getdents64", &[("res", n(-20)), ("fd", n(fd))]);
    let dir = call!(SYS_open, &cstr("."), libc::O_RDONLY | libc::O_DIRECTORY);
    let len = call!(SYS_getdents64, dir, buf.as_mut_ptr(), 300);
    assert!(len > 0);
    s.expect("getdents64", &[("res", n(len)), ("fd", n(dir))]);
    let len = call!(SYS_getdents, dir, buf.as_mut_ptr(), 300);
    s.expect("getdents", &[("res", n(len)), ("fd", n(dir))]);
}

fn fds(s: &mut Script) {
    let fd = call!(SYS_open, &cstr("data"), libc::O_RDONLY);
    let copy = call!(SYS_dup, fd);
    s.expect("dup", &[("res", n(copy)), ("oldfd", n(fd))]);
    call!(SYS_dup2, fd, 200);
    s.expect("dup2", &[("res", n(200)), ("oldfd", n(fd)), ("newfd", n(200))]);
    call!(SYS_dup3, fd, 201, libc::O_CLOEXEC);
    s.expect("dup3", &[("res", n(201)), ("oldfd", n(fd)), ("newfd", n(201)), ("flags", w(0x1000))]);
    call!(SYS_fcntl, fd, libc::F_DUPFD_CLOEXEC, 210);
    s.expect("fcntl", &[("res", n(210)), ("fd", n(fd)), ("cmd", c(26)), ("arg", n(210))]);
    call!(SYS_close_range, 200, 210, 0);
    s.expect("close_range", &[("res", n(0)), ("first", w(200)), ("last", w(210)), ("flags", w(0))]);
    let mut pair = [0i32; 2];
    call!(SYS_pipe, pair.as_mut_ptr());
    let ino = std::fs::metadata(format!("/proc/self/fd/{}", pair[0])).unwrap().ino();
    s.expect(
        "pipe",
        &[
            ("res", n(0)),
            ("fd1", n(pair[0].into())),
            ("fd2", n(pair[1].into())),
            ("ino", ino.to_le_bytes().to_vec()),
        ],
    );
    let ready = [
        libc::pollfd { fd: pair[1], events: libc::POLLOUT, revents: 0 },
        libc::pollfd { fd: pair[0], events: libc::POLLIN, revents: 0 },
    ];
    call!(SYS_poll, ready.as_ptr(), 2, 0);
    let list = [&[2u8, 0][..], &n(pair[1].into()), &[4, 0], &n(pair[0].into()), &[0, 0]].concat();
    s.expect("poll", &[("res", n(1)), ("fds", list.clone()), ("timeout", n(0))]);
    let (soon, mask) = ([5i64, 0], 0x1234_5678u64 & !(1 << 18 | 1 << 8));
    call!(SYS_ppoll, ready.as_ptr(), 2, soon.as_ptr(), &raw const mask, 8);
    let low = w(u32::try_from(mask).unwrap());
    // The kernel writes the time that is left over the time that was given.
    let left = [("timeout", 3_000_000_000, 5_000_000_000)];
    s.expect_about("ppoll", &[("res", n(1)), ("fds", list), ("sigmask", low)], &left);
    call!(SYS_pipe2, pair.as_mut_ptr(), libc::O_NONBLOCK);
    let ino = std::fs::metadata(format!("/proc/self/fd/{}", pair[0])).unwrap().ino();
    s.expect(
        "pipe2",
        &[
            ("res", n(0)),
            ("fd1", n(pair[0].into())),
            ("fd2", n(pair[1].into())),
            ("flags", w(0x40)),
            ("ino", n(ino.cast_signed())),
        ],
    );
    call!(SYS_pipe2, 1, 0);
    s.expect("pipe2", &[("res", n(-14)), ("fd1", n(-1)), ("fd2", n(-1)), ("flags", w(0)), ("ino", n(0))]);
    let spliced = call!(SYS_splice, pair[0], std::ptr::null::<i64>(), pair[1], std::ptr::null::<i64>(), 9, 2);
    s.expect(
        "splice",
        &[
            ("res", n(spliced)),
            ("fd_in", n(pair[0].into())),
            ("fd_out", n(pair[1].into())),
            ("size", n(9)),
            ("flags", w(2)),
        ],
    );
    let fd = call!(SYS_memfd_create, &cstr("secret"), libc::MFD_CLOEXEC);
    s.expect("memfd_create", &[("fd", n(fd)), ("name", t("secret")), ("flags", w(1))]);
    let fd = call!(SYS_eventfd2, 7, libc::EFD_NONBLOCK);
    s.expect("eventfd2", &[("res", n(fd)), ("flags", h(0x40)), ("initval", n(7))]);
    let fd = call!(SYS_eventfd, 8);
    s.expect("eventfd", &[("res", n(fd)), ("initval", n(8)), ("flags", w(0))]);
    let mask = 0u64;
    let fd = call!(SYS_signalfd4, -1, &raw const mask, 8, libc::SFD_CLOEXEC);
    s.expect("signalfd4", &[("res", n(fd)), ("flags", h(0x1000)), ("fd", n(-1)), ("mask", w(0))]);
    let fd = call!(SYS_signalfd, -1, &raw const mask, 8);
    s.expect("signalfd", &[("res", n(fd)), ("fd", n(-1)), ("mask", w(0)), ("flags", c(0))]);
    let fd = call!(SYS_timerfd_create, libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK);
    s.expect("timerfd_create", &[("res", n(fd)), ("clockid", c(1)), ("flags", c(0x40))]);
    let fd = call!(SYS_inotify_init1, libc::IN_CLOEXEC);
    s.expect("inotify_init1", &[("res", n(fd)), ("flags", h(0x1000))]);
    let fd = call!(SYS_inotify_init);
    s.expect("inotify_init", &[("res", n(fd)), ("flags", c(0))]);
    let fd = call!(SYS_epoll_create1, libc::EPOLL_CLOEXEC);
    s.expect("epoll_create1", &[("res", n(fd)), ("flags", w(1))]);
    let mut events = [0u8; 64];
    call!(SYS_epoll_wait, fd, events.as_mut_ptr(), 3, 0);
    s.expect("epoll_wait", &[("res", n(0)), ("maxevents", n(3))]);
    let fd = call!(SYS_epoll_create, 5);
    s.expect("epoll_create", &[("res", n(fd)), ("size", w(5))]);
}

fn names(s: &mut Script) {
    call!(SYS_mkdir, &cstr("d"), 0o750);
    s.expect("mkdir", &[("res", n(0)), ("path", t("d")), ("mode", w(0o750))]);
    let dir = call!(SYS_open, &cstr("d"), libc::O_RDONLY | libc::O_DIRECTORY);
    call!(SYS_mkdirat, dir, &cstr("e"), 0o700);
    s.expect("mkdirat", &[("res", n(0)), ("dirfd", n(dir)), ("path", t("e")), ("mode", w(0o700))]);
    call!(SYS_rmdir, &cstr("d/e"));
    s.expect("rmdir", &[("res", n(0)), ("path", t("d/e"))]);
    call!(SYS_link, &cstr("data"), &cstr("d/l"));
    s.expect("link", &[("res", n(0)), ("oldpath", t("data")), ("newpath", t("d/l"))]);
    call!(SYS_linkat, CWD, &cstr("data"), dir, &cstr("l2"), libc::AT_SYMLINK_FOLLOW);
    s.expect(
        "linkat",
        &[
            ("res", n(0)),
            ("olddir", n(-100)),
            ("oldpath", t("data")),
            ("newdir", n(dir)),
            ("newpath", t("l2")),
            ("flags", w(0x400)),
        ],
    );
    call!(SYS_symlink, &cstr("../data"), &cstr("d/s"));
    s.expect("symlink", &[("res", n(0)), ("target", t("../data")), ("linkpath", t("d/s"))]);
    call!(SYS_symlinkat, &cstr("x"), dir, &cstr("s2"));
    s.expect("symlinkat", &[("res", n(0)), ("target", t("x")), ("linkdirfd", n(dir)), ("linkpath", t("s2"))]);
    call!(SYS_rename, &cstr("d/l"), &cstr("d/r"));
    s.expect("rename", &[("res", n(0)), ("oldpath", t("d/l")), ("newpath", t("d/r"))]);
    call!(SYS_renameat, dir, &cstr("r"), CWD, &cstr("r"));
    s.expect(
        "renameat",
        &[
            ("res", n(0)),
            ("olddirfd", n(dir)),
            ("oldpath", t("r")),
            ("newdirfd", n(-100)),
            ("newpath", t("r")),
        ],
    );
    call!(SYS_renameat2, CWD, &cstr("r"), dir, &cstr("r"), 1);
    s.expect(
        "renameat2",
        &[
            ("res", n(0)),
            ("olddirfd", n(-100)),
            ("oldpath", t("r")),
            ("newdirfd", n(dir)),
            ("newpath", t("r")),
            ("flags", w(1)),
        ],
    );
    call!(SYS_unlink, &cstr("d/r"));
    s.expect("unlink", &[("res", n(0)), ("path", t("d/r"))]);
    call!(SYS_unlinkat, dir, &cstr("s2"), 0);
    s.expect("unlinkat", &[("res", n(0)), ("dirfd", n(dir)), ("name", t("s2")), ("flags", w(0))]);
    call!(SYS_unlinkat, CWD, &cstr("nothing"), libc::AT_REMOVEDIR);
    s.expect("unlinkat", &[("res", n(-2)), ("dirfd", n(-100)), ("name", t("nothing")), ("flags", w(0x200))]);
    call!(SYS_mknod, &cstr("fifo"), libc::S_IFIFO | 0o600, 0);
    s.expect("mknod", &[("res", n(0)), ("path", t("fifo")), ("mode", w(0x1000 | 0o600)), ("dev", w(0))]);
    call!(SYS_mknodat, dir, &cstr("file"), 0o600, 0);
    s.expect(
        "mknodat",
        &[("res", n(0)), ("dirfd", n(dir)), ("path", t("file")), ("mode", w(0x8000 | 0o600)), ("dev", w(0))],
    );
    let mut stat = [0u8; 256];
    call!(SYS_stat, &cstr("data"), stat.as_mut_ptr());
    s.expect("stat", &[("res", n(0)), ("path", t("data"))]);
    call!(SYS_lstat, &cstr("d/s"), stat.as_mut_ptr());
    s.expect("lstat", &[("res", n(0)), ("path", t("d/s"))]);
    call!(SYS_fstat, dir, stat.as_mut_ptr());
    s.expect("fstat", &[("res", n(0)), ("fd", n(dir))]);
    call!(SYS_newfstatat, dir, &cstr("s"), stat.as_mut_ptr(), libc::AT_SYMLINK_NOFOLLOW);
    s.expect("newfstatat", &[("res", n(0)), ("dirfd", n(dir)), ("path", t("s")), ("flags", w(0x100))]);
    call!(SYS_access, &cstr("data"), libc::R_OK | libc::W_OK);
    s.expect("access", &[("res", n(0)), ("name", t("data")), ("mode", w(6))]);
    call!(SYS_chdir, &cstr("d"));
    s.expect("chdir", &[("res", n(0)), ("path", t("d"))]);
    let mut cwd = [0u8; 4096];
    let len = call!(SYS_getcwd, cwd.as_mut_ptr(), 4096);
    s.expect("getcwd", &[("res", n(len)), ("path", b(&cwd[..usize::try_from(len).unwrap()]))]);
    call!(SYS_chdir, &cstr(".."));
    call!(SYS_fchdir, dir);
    s.expect("fchdir", &[("res", n(0)), ("fd", n(dir))]);
    call!(SYS_chdir, &cstr(".."));
}

fn modes(s: &mut Script) {
    let fd = call!(SYS_open, &cstr("data"), libc::O_RDONLY);
    call!(SYS_chmod, &cstr("data"), 0o4755);
    s.expect("chmod", &[("res", n(0)), ("filename", t("data")), ("mode", w(0o4755))]);
    call!(SYS_fchmod, fd, 0o600);
    s.expect("fchmod", &[("res", n(0)), ("fd", n(fd)), ("mode", w(0o600))]);
    call!(SYS_fchmodat, CWD, &cstr("data"), 0o644);
    s.expect("fchmodat", &[("res", n(0)), ("dirfd", n(-100)), ("filename", t("data")), ("mode", w(0o644))]);
    let res = n(call!(SYS_chown, &cstr("data"), 1, 2));
    s.expect("chown", &[("res", res), ("path", t("data")), ("uid", w(1)), ("gid", w(2))]);
    let res = n(call!(SYS_lchown, &cstr("data"), 3, 4));
    s.expect("lchown", &[("res", res), ("path", t("data")), ("uid", w(3)), ("gid", w(4))]);
    let res = n(call!(SYS_fchown, fd, u32::MAX, 5));
    s.expect("fchown", &[("res", res), ("fd", n(fd)), ("uid", w(u32::MAX)), ("gid", w(5))]);
    let res = n(call!(SYS_fchownat, CWD, &cstr("data"), 6, 7, libc::AT_SYMLINK_NOFOLLOW));
    s.expect(
        "fchownat",
        &[
            ("res", res),
            ("dirfd", n(-100)),
            ("pathname", t("data")),
            ("uid", w(6)),
            ("gid", w(7)),
            ("flags", w(0x400)),
        ],
    );
}

/// Size, resident and swapped KiB of this process a moment after a call; the kernel estimates the latter two, and
/// asking takes some itself.
fn sizes() -> [(&'static str, i64, i64); 3] {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let mut pages = statm.split(' ').map(|n| n.parse::<i64>().unwrap() * 4);
    let (size, resident) = (pages.next().unwrap(), pages.next().unwrap());
    [
        ("vm_size", size - 512, size + 64),
        ("vm_rss", (resident - 4096).max(1), resident + 4096),
        ("vm_swap", 0, 4096),
    ]
}

fn memory(s: &mut Script) {
    let fd = call!(SYS_open, &cstr("data"), libc::O_RDONLY);
    let at = call!(
        SYS_mmap,
        0,
        8192,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
        0
    );
    s.expect_about(
        "mmap",
        &[
            ("res", n(at)),
            ("addr", n(0)),
            ("length", n(8192)),
            ("prot", w(3)),
            ("flags", w(10)),
            ("fd", n(-1)),
            ("offset", n(0)),
        ],
        &sizes(),
    );
    call!(SYS_mprotect, at, 4096, libc::PROT_READ | libc::PROT_EXEC);
    s.expect("mprotect", &[("res", n(0)), ("addr", n(at)), ("length", n(4096)), ("prot", w(5))]);
    let res = n(call!(SYS_mlock, at, 4096));
    s.expect("mlock", &[("res", res), ("addr", n(at)), ("len", n(4096))]);
    let res = n(call!(SYS_mlock2, at, 4096, 1));
    s.expect("mlock2", &[("res", res), ("addr", n(at)), ("len", n(4096)), ("flags", w(1))]);
    let res = n(call!(SYS_munlock, at, 4096));
    s.expect("munlock", &[("res", res), ("addr", n(at)), ("len", n(4096))]);
    call!(SYS_munmap, at, 8192);
    s.expect_about("munmap", &[("res", n(0)), ("addr", n(at)), ("length", n(8192))], &sizes());
    let at = call!(SYS_mmap, 0, 4096, libc::PROT_READ, libc::MAP_SHARED, fd, 0);
    s.expect("mmap", &[("res", n(at)), ("prot", w(1)), ("flags", w(1)), ("fd", n(fd))]);
    let end = call!(SYS_brk, 0);
    s.expect_about("brk", &[("res", n(end)), ("addr", n(0))], &sizes());
    let at = call!(
        SYS_mmap,
        0x7000_0000,
        4096,
        libc::PROT_NONE,
        libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE,
        fd,
        4096
    );
    s.expect(
        "mmap",
        &[
            ("res", n(at)),
            ("addr", n(0x7000_0000)),
            ("length", n(4096)),
            ("prot", w(0)),
            ("flags", w(0x46)),
            ("fd", n(fd)),
            ("offset", n(4096)),
        ],
    );
    call!(SYS_mlockall, 0);
    s.expect("mlockall", &[("res", n(-22)), ("flags", w(0))]);
    call!(SYS_munlockall);
    s.expect("munlockall", &[("res", n(0))]);
}
