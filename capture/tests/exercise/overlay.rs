//! Files of an overlay file system, as containers have: which layer a file is of.

use super::{Script, Word, call, cstr, n, t, w};
use std::os::unix::fs::MetadataExt;

pub(crate) fn exercise(s: &mut Script) {
    for dir in ["ov", "ov/lower", "ov/upper", "ov/work", "ov/merged"] {
        std::fs::create_dir(dir).unwrap();
    }
    std::fs::copy("/bin/true", "ov/lower/below").unwrap();
    // Kept by a thread of its own until all is done: what it mounts goes away with it.
    std::thread::scope(|scope| scope.spawn(|| layers(s)).join().unwrap());
}

fn layers(s: &mut Script) {
    call!(SYS_unshare, libc::CLONE_NEWNS | libc::CLONE_FS);
    let private = i64::try_from(libc::MS_REC | libc::MS_PRIVATE).unwrap();
    call!(SYS_mount, &cstr("none"), &cstr("/"), 0, private, 0);
    let here = std::env::current_dir().unwrap();
    let dir = |name: &str| here.join("ov").join(name).display().to_string();
    let options = format!("lowerdir={},upperdir={},workdir={}", dir("lower"), dir("upper"), dir("work"));
    if call!(SYS_mount, &cstr("overlay"), &cstr("ov/merged"), &cstr("overlay"), 0, &cstr(&options)) < 0 {
        // The folder is in an overlay itself, which cannot hold another one's upper layer; or there are none.
        return;
    }
    std::fs::copy("/bin/true", "ov/merged/above").unwrap();
    let fd = call!(SYS_open, &cstr("ov/merged/made"), libc::O_WRONLY | libc::O_CREAT, 0o600);
    let (root, made) =
        (std::fs::metadata("ov/merged").unwrap(), std::fs::metadata("ov/merged/made").unwrap());
    let (dev, ino) = (w(u32::try_from(root.dev()).unwrap()), n(made.ino().cast_signed()));
    // O_WRONLY, O_CREAT, O_F_CREATED, FD_UPPER_LAYER.
    let opened = [("fd", n(fd)), ("flags", w(0xc006)), ("mode", w(0o600)), ("dev", dev), ("ino", ino)];
    s.expect("open", &opened);
    let fd = call!(SYS_open, &cstr("ov/merged/below"), libc::O_RDONLY);
    s.expect("open", &[("fd", n(fd)), ("flags", w(0x10001))]);
    let fd = call!(SYS_creat, &cstr("ov/merged/made"), 0o600);
    s.expect("creat", &[("fd", n(fd)), ("creat_flags", super::h(1))]);
    // Writable and in the upper layer; writable and in a lower one.
    for (name, flags) in [("above", 3), ("below", 9)] {
        let (path, word) = (format!("ov/merged/{name}"), cstr(name));
        let pid = super::processes::child(|| {
            call!(SYS_execve, &cstr(&path), &[(&word).word(), 0][..], 0);
        });
        let meta = std::fs::metadata(&path).unwrap();
        let place = std::fs::canonicalize(&path).unwrap();
        let mut params = super::task::task_and_file(&meta);
        params.extend([
            ("tid", n(pid)),
            ("exe", t(name)),
            ("env", vec![]),
            ("flags", w(flags)),
            ("trusted_exepath", t(place.to_str().unwrap())),
        ]);
        s.expect("execve", &params);
    }
}
