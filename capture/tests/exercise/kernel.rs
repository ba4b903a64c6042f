//! Limits, time, semaphores, modules, keys, io_uring and other doors into the kernel. Many are refused: what counts is
//! that their arguments are recorded.

use super::{Script, b, c, call, cstr, h, n, t, w};

pub(crate) fn exercise(s: &mut Script) {
    limits_and_time(s);
    semaphores(s);
    control(s);
    modules(s);
    processes(s);
    uring(s);
    compat(s);
}

fn limits_and_time(s: &mut Script) {
    let mut limit = [0i64; 2];
    call!(SYS_getrlimit, 7, limit.as_mut_ptr());
    s.expect("getrlimit", &[("res", n(0)), ("cur", n(limit[0])), ("max", n(limit[1])), ("resource", c(7))]);
    call!(SYS_setrlimit, 7, limit.as_ptr());
    s.expect("setrlimit", &[("res", n(0)), ("cur", n(limit[0])), ("max", n(limit[1])), ("resource", c(7))]);
    let mut old = [0i64; 2];
    call!(SYS_prlimit64, 0, 7, limit.as_ptr(), old.as_mut_ptr());
    s.expect(
        "prlimit",
        &[
            ("res", n(0)),
            ("newcur", n(limit[0])),
            ("newmax", n(limit[1])),
            ("oldcur", n(old[0])),
            ("oldmax", n(old[1])),
            ("pid", n(0)),
            ("resource", c(7)),
        ],
    );
    call!(SYS_getrlimit, 99, limit.as_mut_ptr());
    s.expect("getrlimit", &[("res", n(-22)), ("cur", n(-1)), ("max", n(-1)), ("resource", c(255))]);
    let short = [0i64, 1000];
    call!(SYS_nanosleep, short.as_ptr(), 0);
    s.expect("nanosleep", &[("res", n(0)), ("interval", n(1000))]);
    let word = 5u32;
    call!(SYS_futex, &raw const word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1);
    let addr = (&raw const word).addr() as u64;
    s.expect("futex", &[("res", n(0)), ("addr", n(addr.cast_signed())), ("op", h(0x81)), ("val", n(1))]);
    let zero = [0i64; 2];
    call!(SYS_select, 0, 0, 0, 0, zero.as_ptr());
    s.expect("select", &[("res", n(0))]);
}

fn semaphores(s: &mut Script) {
    let id = call!(SYS_semget, libc::IPC_PRIVATE, 2, libc::IPC_CREAT | 0o600);
    let id32 = w(u32::try_from(id).unwrap());
    s.expect("semget", &[("res", n(id)), ("key", w(0)), ("nsems", w(2)), ("semflg", w(0x2000))]);
    call!(SYS_semctl, id, 1, 16, 3);
    s.expect(
        "semctl",
        &[("res", n(0)), ("semid", id32.clone()), ("semnum", w(1)), ("cmd", h(0x1000)), ("val", w(3))],
    );
    let ops: [i16; 6] = [1, -1, 0o4000, 0, 1, 0x1000];
    call!(SYS_semop, id, ops.as_ptr(), 2);
    s.expect(
        "semop",
        &[
            ("res", n(0)),
            ("nsops", w(2)),
            ("sem_num_0", h(1)),
            ("sem_op_0", h(0xffff)),
            ("sem_flg_0", h(1)),
            ("sem_num_1", h(0)),
            ("sem_op_1", h(1)),
            ("sem_flg_1", h(2)),
            ("semid", id32),
        ],
    );
    call!(SYS_semctl, id, 0, libc::IPC_RMID, 9);
    s.expect("semctl", &[("res", n(0)), ("cmd", h(4)), ("val", w(0))]);
}

fn control(s: &mut Script) {
    call!(SYS_prctl, libc::PR_SET_NAME, &cstr("exerciser"));
    s.expect("prctl", &[("res", n(0)), ("option", w(15)), ("arg2_str", t("exerciser")), ("arg2_int", n(0))]);
    let mut reaper = 9i32;
    call!(SYS_prctl, libc::PR_GET_CHILD_SUBREAPER, &raw mut reaper);
    s.expect("prctl", &[("res", n(0)), ("option", w(37)), ("arg2_str", b(&[])), ("arg2_int", n(0))]);
    call!(SYS_prctl, libc::PR_SET_KEEPCAPS, 1);
    s.expect("prctl", &[("res", n(0)), ("option", w(8)), ("arg2_str", b(&[])), ("arg2_int", n(1))]);
    call!(SYS_seccomp, 99, 3, 0);
    s.expect("seccomp", &[("res", n(-22)), ("op", n(99)), ("flags", n(3))]);
    let res = n(call!(SYS_keyctl, 1, &cstr("ring")));
    let none = [&[0][..], &n(0)].concat();
    s.expect(
        "keyctl",
        &[
            ("res", res),
            ("operation", w(1)),
            ("arg2", [&[1][..], &t("ring")].concat()),
            ("arg3", none.clone()),
            ("arg5", none.clone()),
        ],
    );
    call!(SYS_keyctl, 8, 3, 4);
    s.expect(
        "keyctl",
        &[
            ("operation", w(8)),
            ("arg2", [&[0][..], &n(3)].concat()),
            ("arg3", [&[0][..], &n(4)].concat()),
            ("arg4", none),
        ],
    );
    let mut quota = [0u8; 72];
    let res = n(call!(SYS_quotactl, 0x8000_0700u32, &cstr("/dev/none"), 5, quota.as_mut_ptr()));
    s.expect(
        "quotactl",
        &[
            ("res", res),
            ("special", t("/dev/none")),
            ("quotafilepath", b(&[])),
            ("dqb_bhardlimit", n(0)),
            ("quota_fmt_out", c(1)),
            ("cmd", h(0x20)),
            ("type", c(1)),
            ("id", w(5)),
            ("quota_fmt", c(1)),
        ],
    );
    quotas(s);
    call!(SYS_fsconfig, -1, 1, &cstr("key"), &cstr("value"), 0);
    s.expect(
        "fsconfig",
        &[
            ("res", n(-22)),
            ("fd", n(-1)),
            ("cmd", w(1)),
            ("key", t("key")),
            ("value_charbuf", b(&[])),
            ("aux", w(0)),
        ],
    );
    let context = call!(SYS_fsopen, &cstr("tmpfs"), 0);
    call!(SYS_fsconfig, context, 1, &cstr("size"), &cstr("1M"), 0);
    s.expect(
        "fsconfig",
        &[
            ("res", n(0)),
            ("fd", n(context)),
            ("cmd", w(1)),
            ("key", t("size")),
            ("value_bytebuf", b(&[])),
            ("value_charbuf", t("1M")),
            ("aux", w(0)),
        ],
    );
    let res = n(call!(SYS_fsconfig, context, 2, &cstr("blob"), b"bytes".as_ptr(), 5));
    s.expect(
        "fsconfig",
        &[("res", res), ("cmd", w(2)), ("key", t("blob")), ("value_bytebuf", b(&[])), ("aux", w(5))],
    );
    // Version 3, this process; nothing is to be changed.
    let header = [0x2008_0522u32, 0];
    let mut data = [0u32; 6];
    call!(SYS_capget, header.as_ptr(), data.as_mut_ptr());
    call!(SYS_capset, header.as_ptr(), data.as_ptr());
    let set = |at: usize| n((u64::from(data[at + 3]) << 32 | u64::from(data[at])).cast_signed());
    s.expect(
        "capset",
        &[("res", n(0)), ("cap_inheritable", set(2)), ("cap_permitted", set(1)), ("cap_effective", set(0))],
    );
}

/// What is to be set is recorded even if it is refused.
fn quotas(s: &mut Script) {
    // Hard and soft limit of blocks, space, the same of inodes, inodes, two times; all are valid.
    let limits: [i64; 9] = [11, 12, 13, 14, 15, 16, 17, 18, 0x3f];
    let res = n(call!(SYS_quotactl, 0x8000_0801u32, &cstr("/dev/none"), 7, limits.as_ptr()));
    s.expect(
        "quotactl",
        &[
            ("res", res),
            ("special", t("/dev/none")),
            ("dqb_bhardlimit", n(11)),
            ("dqb_bsoftlimit", n(12)),
            ("dqb_curspace", n(13)),
            ("dqb_ihardlimit", n(14)),
            ("dqb_isoftlimit", n(15)),
            ("dqb_btime", n(17)),
            ("dqb_itime", n(18)),
            ("cmd", h(0x40)),
            ("type", c(2)),
            ("id", w(7)),
        ],
    );
    // Two times of grace, then flags, and which of the three are valid.
    let info: [i64; 3] = [21, 22, 7 << 32 | 2];
    let res = n(call!(SYS_quotactl, 0x8000_0600u32, &cstr("/dev/none"), 0, info.as_ptr()));
    s.expect(
        "quotactl",
        &[
            ("res", res),
            ("dqi_bgrace", n(21)),
            ("dqi_igrace", n(22)),
            ("dqi_flags", c(2)),
            ("cmd", h(0x10)),
            ("type", c(1)),
        ],
    );
    let res = n(call!(SYS_quotactl, 0x8000_0200u32, &cstr("/dev/none"), 2, &cstr("/quota.file")));
    s.expect(
        "quotactl",
        &[("res", res), ("quotafilepath", t("/quota.file")), ("cmd", h(1)), ("quota_fmt", c(4))],
    );
}

fn modules(s: &mut Script) {
    let res = n(call!(SYS_init_module, b"junk".as_ptr(), 4, &cstr("a=1")));
    s.expect("init_module", &[("res", res), ("img", b(b"junk")), ("length", n(4)), ("uargs", t("a=1"))]);
    let res = n(call!(SYS_finit_module, -1, &cstr("b=2"), 2));
    s.expect("finit_module", &[("res", res), ("fd", n(-1)), ("uargs", t("b=2")), ("flags", w(2))]);
    let res = n(call!(SYS_delete_module, &cstr("none_such"), libc::O_NONBLOCK));
    s.expect("delete_module", &[("res", res), ("name", t("none_such")), ("flags", w(2))]);
    let attr = [0u8; 32];
    let fd = n(call!(SYS_bpf, 7, attr.as_ptr(), 32));
    s.expect("bpf", &[("fd", fd), ("cmd", w(7))]);
}

fn processes(s: &mut Script) {
    let own = i64::from(std::process::id());
    let fd = call!(SYS_pidfd_open, own, 0);
    s.expect("pidfd_open", &[("fd", n(fd)), ("pid", n(own)), ("flags", w(0))]);
    let copy = call!(SYS_pidfd_getfd, fd, fd, 0);
    s.expect("pidfd_getfd", &[("fd", n(copy)), ("pid_fd", n(fd)), ("target_fd", n(fd)), ("flags", w(0))]);
    let (from, mut to) = (*b"peek", [0u8; 4]);
    let remote = libc::iovec { iov_base: from.as_ptr() as *mut _, iov_len: 4 };
    let local = libc::iovec { iov_base: to.as_mut_ptr().cast(), iov_len: 4 };
    call!(SYS_process_vm_readv, own, &raw const local, 1, &raw const remote, 1, 0);
    s.expect("process_vm_readv", &[("res", n(4)), ("pid", n(own)), ("data", b(b"peek"))]);
    call!(SYS_process_vm_writev, own, &raw const local, 1, &raw const remote, 1, 0);
    s.expect("process_vm_writev", &[("res", n(4)), ("pid", n(own)), ("data", b(b"peek"))]);
    call!(SYS_ptrace, 16, 0x7fff_ffff, 1, 2);
    let zero = [&[0][..], &n(0)].concat();
    s.expect(
        "ptrace",
        &[
            ("res", n(-3)),
            ("addr", zero.clone()),
            ("data", zero),
            ("request", h(11)),
            ("pid", n(0x7fff_ffff)),
        ],
    );
    let fd = call!(SYS_userfaultfd, libc::O_CLOEXEC);
    s.expect("userfaultfd", &[("res", n(fd)), ("flags", w(libc::O_CLOEXEC.cast_unsigned()))]);
    call!(SYS_getpid);
    s.expect("syscall", &[("ID", h(16)), ("nativeID", h(39))]);
}

fn uring(s: &mut Script) {
    let mut params = [0u32; 30];
    // IORING_SETUP_CQSIZE and IORING_SETUP_CLAMP, and what only a polling kernel thread needs.
    (params[1], params[2], params[3], params[4]) = (16, 8 | 16, 1, 77);
    let fd = call!(SYS_io_uring_setup, 4, params.as_mut_ptr());
    // The flags' bits differ from the kernel's; the first eleven features have names, and their bits.
    s.expect(
        "io_uring_setup",
        &[
            ("res", n(fd)),
            ("entries", w(4)),
            ("sq_entries", w(params[0])),
            ("cq_entries", w(params[1])),
            ("flags", w(0x30)),
            ("sq_thread_cpu", w(1)),
            ("sq_thread_idle", w(77)),
            ("features", w(params[5] & 0x7ff)),
        ],
    );
    let res = n(call!(SYS_io_uring_enter, fd, 0, 0, 1, 0));
    s.expect(
        "io_uring_enter",
        &[
            ("res", res),
            ("fd", n(fd)),
            ("to_submit", w(0)),
            ("min_complete", w(0)),
            ("flags", w(1)),
            ("sig", w(0)),
        ],
    );
    let res = n(call!(SYS_io_uring_register, fd, 1, 0x1234, 2));
    s.expect(
        "io_uring_register",
        &[("res", res), ("fd", n(fd)), ("opcode", h(1)), ("arg", n(0x1234)), ("nr_args", w(2))],
    );
}

/// A call by the 32-bit interface, which a kernel may not have: then it ends the child that tries.
fn compat(s: &mut Script) {
    const GETPPID: i32 = 64;
    let pid = call!(SYS_fork);
    if pid == 0 {
        let mut ret = GETPPID;
        // SAFETY: getppid takes no arguments; the interface clobbers r8 to r11.
        unsafe {
            std::arch::asm!("int 0x80", inout("eax") ret, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        call!(SYS_exit_group, i32::from(ret <= 0));
    }
    let mut status = 0i32;
    call!(SYS_wait4, pid, &raw mut status, 0, 0);
    if status == 0 {
        s.expect("syscall", &[("ID", h(0)), ("nativeID", h(64))]);
    }
}
