//! Processes: made, executed, ended, signalled; credentials, namespaces, mounts.

use super::task::{self, FIGURES, inherited, task_and_file};
use super::{Script, Word, b, c, call, cstr, n, t, w};
use std::ffi::CString;

const CWD: i32 = libc::AT_FDCWD;

pub(crate) fn exercise(s: &mut Script) {
    family(s);
    execs(s);
    ends(s);
    credentials(s);
    namespaces(s);
}

/// Lets a child do `work` and waits for it; returns its pid.
pub(crate) fn child(work: impl FnOnce()) -> i64 {
    let pid = call!(SYS_fork);
    if pid == 0 {
        work();
        call!(SYS_exit_group, 0);
    }
    wait(pid);
    pid
}

fn wait(pid: i64) {
    call!(SYS_wait4, pid, 0, 0, 0);
}

/// Process made by one of the four calls: what its parent and what it sees itself.
fn made(s: &mut Script, event: &str, pid: i64, flags: u32) {
    let own = i64::from(std::process::id());
    let tid = call!(SYS_gettid);
    let mut args = std::env::args();
    let exe = t(&args.next().unwrap());
    let args: Vec<u8> = args.flat_map(|arg| t(&arg)).collect();
    let ids =
        [("exe", exe), ("args", args), ("uid", w(0)), ("gid", w(0)), ("flags", w(flags)), ("cwd", b(&[]))];
    let ids = [&inherited()[..], &ids[..]].concat();
    let parent = [
        ("res", n(pid)),
        ("tid", n(tid)),
        ("pid", n(own)),
        ("vtid", n(tid)),
        ("vpid", n(own)),
        ("pidns_init_start_ts", n(0)),
    ];
    s.expect_about(event, &[&parent[..], &ids[..]].concat(), &[&FIGURES[..], &[task::SOME_PARENT]].concat());
    // Its parent is the thread that made it.
    let child = [
        ("res", n(0)),
        ("tid", n(pid)),
        ("pid", n(pid)),
        ("ptid", n(tid)),
        ("vtid", n(pid)),
        ("vpid", n(pid)),
    ];
    s.expect_about(event, &[&child[..], &ids[..]].concat(), &FIGURES);
}

fn family(s: &mut Script) {
    let pid = child(|| {});
    made(s, "fork", pid, 0);
    let pid = call!(SYS_clone, i64::from(libc::SIGCHLD | libc::CLONE_FS), 0, 0, 0, 0);
    if pid == 0 {
        call!(SYS_exit_group, 0);
    }
    wait(pid);
    made(s, "clone", pid, 2);
    let mut args = [0u64; 11];
    args[0] = u64::from(libc::CLONE_FILES.cast_unsigned());
    args[4] = u64::from(libc::SIGCHLD.cast_unsigned());
    let pid = call!(SYS_clone3, args.as_ptr(), 88);
    if pid == 0 {
        call!(SYS_exit_group, 0);
    }
    wait(pid);
    made(s, "clone3", pid, 1);
    let pid = vfork();
    wait(pid);
    made(s, "vfork", pid, 0);
}

/// `vfork` whose child ends at once.
fn vfork() -> i64 {
    let mut pid = libc::SYS_vfork;
    // SAFETY: until it ends, the child shares our memory and stack; these few instructions use neither. The
    // kernel clobbers rcx and r11.
    unsafe {
        std::arch::asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor edi, edi",
            "mov eax, 60",
            "syscall",
            "2:",
            inout("rax") pid,
            out("rdi") _,
            out("rcx") _,
            out("r11") _,
        );
    }
    pid
}

pub(crate) fn pointers(strings: &[CString]) -> Vec<libc::c_long> {
    strings.iter().map(Word::word).chain([0]).collect()
}

impl Word for &[libc::c_long] {
    fn word(self) -> libc::c_long {
        self.as_ptr().word()
    }
}

fn execs(s: &mut Script) {
    let argv = [cstr("true"), cstr("a b"), cstr("")];
    let env = [cstr("K=v"), cstr("EMPTY=")];
    let (argv_at, env_at) = (pointers(&argv), pointers(&env));
    let args = [t("a b"), t("")].concat();
    let envs = [t("K=v"), t("EMPTY=")].concat();
    let exe = std::fs::canonicalize("/bin/true").unwrap();
    let meta = std::fs::metadata(&exe).unwrap();
    let pid = child(|| {
        call!(SYS_execve, &cstr("/bin/true"), &argv_at[..], &env_at[..]);
    });
    let of_file = task_and_file(&meta);
    let program =
        [("vm_size", 100, 100_000), ("vm_rss", 0, 50_000), ("pgft_maj", 0, 10_000), ("pgft_min", 1, 10_000)];
    s.expect_about(
        "execve",
        &[
            &of_file[..],
            &[
                ("res", n(0)),
                ("exe", t("true")),
                ("args", args.clone()),
                ("tid", n(pid)),
                ("pid", n(pid)),
                ("comm", t("true")),
                ("env", envs.clone()),
                ("uid", w(0)),
                ("gid", w(0)),
                ("ptid", n(call!(SYS_gettid))),
                ("cwd", b(&[])),
                ("fdlimit", n(task::fd_limit())),
                ("vm_swap", w(0)),
                ("cgroups", inherited().remove(3).1),
                ("tty", w(0)),
                ("flags", w(1)),
                ("trusted_exepath", t(exe.to_str().unwrap())),
                ("filename", t("/bin/true")),
                ("vpgid", n(call!(SYS_getpgid, 0))),
                ("pgid", n(call!(SYS_getpgid, 0))),
            ],
        ]
        .concat(),
        &program,
    );
    call!(SYS_execve, &cstr("/nowhere"), &argv_at[..], &env_at[..]);
    s.expect(
        "execve",
        &[
            ("res", n(-2)),
            ("exe", t("true")),
            ("args", args.clone()),
            ("env", envs.clone()),
            ("filename", t("/nowhere")),
        ],
    );
    call!(SYS_execve, &cstr("/nowhere"), 0, 0);
    s.expect("execve", &[("res", n(-2)), ("exe", t("")), ("args", b(&[])), ("env", b(&[]))]);
    call!(SYS_execveat, CWD, &cstr("nothing"), &argv_at[..], &env_at[..], 0);
    let given = [("res", n(-2)), ("exe", t("true")), ("args", args), ("env", envs)];
    let ranges = [&FIGURES[..], &[task::SOME_PARENT]].concat();
    s.expect_about("execveat", &[&given[..], &task::whole()].concat(), &ranges);
    let pid = child(|| {
        call!(SYS_execveat, CWD, &cstr("/bin/true"), &argv_at[..], &env_at[..], 0);
    });
    s.expect("execve", &[("res", n(0)), ("tid", n(pid)), ("exe", t("true")), ("filename", t("/bin/true"))]);
    let memfd = call!(SYS_memfd_create, &cstr("prog"), 0);
    let program = std::fs::read("/bin/true").unwrap();
    call!(SYS_write, memfd, program.as_ptr(), program.len());
    let pid = child(|| {
        call!(SYS_execveat, memfd, &cstr(""), &argv_at[..], &env_at[..], libc::AT_EMPTY_PATH);
    });
    // Writable, from a memfd.
    s.expect(
        "execve",
        &[("res", n(0)), ("tid", n(pid)), ("flags", w(5)), ("trusted_exepath", t("memfd:prog"))],
    );
    with_terminal(s, &argv_at, &env_at);
    long_lists(s);
}

/// The terminal of a session.
fn with_terminal(s: &mut Script, argv: &[libc::c_long], env: &[libc::c_long]) {
    use std::os::unix::fs::MetadataExt;
    let Some((_controls, end)) = task::terminal() else { return };
    let device = std::fs::metadata(format!("/proc/self/fd/{end}")).unwrap().rdev();
    let pid = child(|| {
        call!(SYS_setsid);
        call!(SYS_ioctl, end, i64::try_from(libc::TIOCSCTTY).unwrap(), 0);
        call!(SYS_execve, &cstr("/bin/true"), argv, env);
    });
    s.expect(
        "execve",
        &[("tid", n(pid)), ("tty", w(u32::try_from(device).unwrap())), ("pgid", n(pid)), ("vpgid", n(pid))],
    );
}

/// Arguments and environment of many strings, and of more than is kept: 20 KiB of each.
fn long_lists(s: &mut Script) {
    let many: Vec<CString> = (0..500).map(|at| cstr(&format!("word-{at}"))).collect();
    let pid = child(|| {
        call!(SYS_execve, &cstr("/bin/true"), &pointers(&many)[..], &pointers(&many[1..])[..]);
    });
    let rest: Vec<u8> = many[1..].iter().flat_map(|word| word.as_bytes_with_nul().to_vec()).collect();
    s.expect("execve", &[("tid", n(pid)), ("exe", t("word-0")), ("args", rest.clone()), ("env", rest)]);
    const KEPT: usize = 20 << 10;
    let (name, long) = (cstr("name"), cstr(&"x".repeat(30_000)));
    let pid = child(|| {
        let argv = [(&name).word(), (&long).word(), 0];
        call!(SYS_execve, &cstr("/bin/true"), &argv[..], &argv[1..]);
    });
    // What is cut off ends with a NUL all the same.
    let cut = |len: usize| t(&"x".repeat(len - 1));
    s.expect("execve", &[("tid", n(pid)), ("exe", t("name")), ("args", cut(KEPT - 5)), ("env", cut(KEPT))]);
}

fn ends(s: &mut Script) {
    child(|| {
        call!(SYS_exit_group, 7);
    });
    s.expect(
        "procexit",
        &[("status", n(7 << 8)), ("ret", n(7)), ("sig", c(0)), ("core", c(0)), ("reaper_tid", n(0))],
    );
    let pid = call!(SYS_fork);
    if pid == 0 {
        loop {
            call!(SYS_pause);
        }
    }
    call!(SYS_kill, pid, libc::SIGTERM);
    s.expect("kill", &[("res", n(0)), ("pid", n(pid)), ("sig", c(15))]);
    wait(pid);
    // A signal that ends a process is delivered to its threads as SIGKILL from nobody.
    s.expect("signaldeliver", &[("spid", n(0)), ("dpid", n(pid)), ("sig", c(9))]);
    let own = i64::from(std::process::id());
    caught(s, own);
    orphans(s, own);
    s.expect("procexit", &[("status", n(15)), ("ret", n(0)), ("sig", c(15)), ("core", c(0))]);
    let tid = call!(SYS_gettid);
    call!(SYS_tkill, tid, 0);
    s.expect("tkill", &[("res", n(0)), ("tid", n(tid)), ("sig", c(0))]);
    call!(SYS_tgkill, own, tid, 0);
    s.expect("tgkill", &[("res", n(0)), ("pid", n(own)), ("tid", n(tid)), ("sig", c(0))]);
    call!(SYS_kill, -1i32.cast_unsigned().cast_signed(), 99);
    s.expect("kill", &[("res", n(-22)), ("pid", n(-1)), ("sig", c(99))]);
}

/// A signal with a handler.
fn caught(s: &mut Script, own: i64) {
    extern "C" fn handler(_: libc::c_int) {}
    // SAFETY: the handler does nothing, so it may interrupt anything.
    unsafe { libc::signal(libc::SIGHUP, handler as extern "C" fn(libc::c_int) as libc::sighandler_t) };
    let tid = call!(SYS_gettid);
    call!(SYS_tgkill, own, tid, libc::SIGHUP);
    s.expect("signaldeliver", &[("spid", n(own)), ("dpid", n(tid)), ("sig", c(1))]);
    // A signal with a value: number, errno, code of rt_sigqueueinfo, padding, sender.
    let realtime = 40;
    // SAFETY: as above.
    unsafe { libc::signal(realtime, handler as extern "C" fn(libc::c_int) as libc::sighandler_t) };
    let mut info = [0i32; 32];
    (info[0], info[2], info[4]) = (realtime, -1, i32::try_from(own).unwrap());
    call!(SYS_rt_tgsigqueueinfo, own, tid, realtime, info.as_ptr());
    s.expect("signaldeliver", &[("spid", n(own)), ("dpid", n(tid)), ("sig", c(40))]);
    // One that dumps core where that is allowed; here it is not. Whoever starts tests in the background may have had it ignored.
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGQUIT, libc::SIG_DFL) };
    let none = [0i64; 2];
    let pid = child(|| {
        call!(SYS_setrlimit, 4, none.as_ptr());
        let own = call!(SYS_getpid);
        call!(SYS_tgkill, own, own, libc::SIGQUIT);
    });
    s.expect("signaldeliver", &[("spid", n(pid)), ("dpid", n(pid)), ("sig", c(3))]);
    s.expect("procexit", &[("status", n(3)), ("ret", n(0)), ("sig", c(3)), ("core", c(0))]);
}

/// Who takes over the children of a process that ends: here this one, which asked for them.
fn orphans(s: &mut Script, own: i64) {
    call!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 1);
    let mut pair = [0i32; 2];
    call!(SYS_pipe, pair.as_mut_ptr());
    child(|| {
        if call!(SYS_fork) == 0 {
            // Waits until its parent is gone.
            call!(SYS_close, pair[1]);
            let mut byte = 0u8;
            call!(SYS_read, pair[0], &raw mut byte, 1);
            call!(SYS_exit_group, 0);
        }
        call!(SYS_exit_group, 9);
    });
    s.expect("procexit", &[("ret", n(9)), ("sig", c(0)), ("reaper_tid", n(own))]);
    call!(SYS_close, pair[1]);
    call!(SYS_wait4, -1, 0, 0, 0);
    call!(SYS_prctl, libc::PR_SET_CHILD_SUBREAPER, 0);
}

fn credentials(s: &mut Script) {
    child(|| {
        call!(SYS_setgid, 12);
        call!(SYS_setuid, 11);
    });
    s.expect("setuid", &[("res", n(0)), ("uid", w(11))]);
    s.expect("setgid", &[("res", n(0)), ("gid", w(12))]);
    child(|| {
        call!(SYS_setregid, 13, 14);
        call!(SYS_setreuid, 15, 16);
    });
    s.expect("setreuid", &[("res", n(0)), ("ruid", w(15)), ("euid", w(16))]);
    s.expect("setregid", &[("res", n(0)), ("rgid", w(13)), ("egid", w(14))]);
    child(|| {
        let mut ids = [0u32; 3];
        call!(SYS_setresgid, 17, u32::MAX, 18);
        call!(SYS_setresuid, 19, 20, 21);
        let at = ids.as_mut_ptr();
        call!(SYS_getresuid, at, at.wrapping_add(1), at.wrapping_add(2));
        call!(SYS_getresgid, at, at.wrapping_add(1), at.wrapping_add(2));
        call!(SYS_getuid);
        call!(SYS_geteuid);
        call!(SYS_getgid);
        call!(SYS_getegid);
    });
    s.expect("setresuid", &[("res", n(0)), ("ruid", w(19)), ("euid", w(20)), ("suid", w(21))]);
    s.expect("setresgid", &[("res", n(0)), ("rgid", w(17)), ("egid", w(u32::MAX)), ("sgid", w(18))]);
    s.expect("getresuid", &[("res", n(0)), ("ruid", w(19)), ("euid", w(20)), ("suid", w(21))]);
    s.expect("getresgid", &[("res", n(0)), ("rgid", w(17)), ("egid", w(0)), ("sgid", w(18))]);
    s.expect("getuid", &[("uid", w(19))]);
    s.expect("geteuid", &[("euid", w(20))]);
    s.expect("getgid", &[("gid", w(17))]);
    s.expect("getegid", &[("egid", w(0))]);
    let session = child(|| {
        call!(SYS_setpgid, 0, 0);
        call!(SYS_setsid);
    });
    s.expect("setpgid", &[("res", n(0)), ("pid", n(0)), ("pgid", n(0))]);
    // The leader of a group cannot begin a session.
    s.expect("setsid", &[("res", n(-1))]);
    let session_too = child(|| {
        call!(SYS_setsid);
    });
    assert_ne!(session, session_too);
    s.expect("setsid", &[("res", n(session_too))]);
}

fn namespaces(s: &mut Script) {
    child(|| {
        call!(SYS_unshare, libc::CLONE_NEWNS);
        call!(
            SYS_mount,
            &cstr("none"),
            &cstr("/"),
            0,
            i64::try_from(libc::MS_REC | libc::MS_PRIVATE).unwrap(),
            0
        );
        call!(SYS_mkdir, &cstr("mnt"), 0o700);
        call!(
            SYS_mount,
            &cstr("src"),
            &cstr("mnt"),
            &cstr("tmpfs"),
            i64::try_from(libc::MS_NOSUID).unwrap(),
            0
        );
        call!(SYS_umount2, &cstr("mnt"), libc::MNT_DETACH);
        call!(SYS_chroot, &cstr("d"));
    });
    s.expect("unshare", &[("res", n(0)), ("flags", w(0x20))]);
    s.expect(
        "mount",
        &[("res", n(0)), ("dev", t("src")), ("dir", t("mnt")), ("type", t("tmpfs")), ("flags", w(2))],
    );
    s.expect("umount2", &[("res", n(0)), ("name", t("mnt")), ("flags", w(2))]);
    s.expect("chroot", &[("res", n(0)), ("path", t("d"))]);
    let ns = call!(SYS_open, &cstr("/proc/self/ns/uts"), libc::O_RDONLY);
    child(|| {
        call!(SYS_setns, ns, libc::CLONE_NEWUTS);
    });
    s.expect("setns", &[("res", n(0)), ("fd", n(ns)), ("nstype", w(0x80))]);
    let inner = child(|| {
        call!(SYS_unshare, libc::CLONE_NEWPID);
        let (first, inner) = (call!(SYS_fork), cstr("inner"));
        if first == 0 {
            call!(SYS_execve, &cstr("/bin/true"), &[(&inner).word(), 0][..], &[0][..]);
            call!(SYS_exit_group, 1);
        }
        wait(first);
    });
    // The parent knows that its children will be in another pid namespace; the child is number 1 there.
    s.expect("fork", &[("pid", n(inner)), ("flags", w(0x2000_0000)), ("vtid", n(inner))]);
    s.expect("fork", &[("res", n(0)), ("flags", w(0x2000_0000)), ("vtid", n(1)), ("vpid", n(1))]);
    s.expect("execve", &[("res", n(0)), ("exe", t("inner")), ("args", b(&[]))]);
}
