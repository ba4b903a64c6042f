//! Processes and threads: who starts whom, what they run, who is left when one ends.
#![allow(clippy::unwrap_used, reason = "what is missing fails the test")]

mod machine;

use machine::{Machine, Param, process};
use scap_schema::code;
use scap_state::{Anomaly, Leader, State, thread_flags as flag};

const FILES: u32 = flag::CLONE_FILES;
const THREAD: u32 = flag::CLONE_THREAD | FILES;

#[test]
fn a_child_has_its_parents_fds_directory_and_environment_whoever_speaks_first() {
    for parent_first in [true, false] {
        let mut m = Machine::new();
        m.event(code::SYSCALL_CHDIR_X, 100, &[("res", 0i64.into()), ("path", "/tmp".into())]);
        if parent_first {
            m.clone_parent(100, 200, "bash", 0);
            m.clone_child(200, 200, 100, "bash", 0);
        } else {
            m.clone_child(200, 200, 100, "bash", 0);
            m.clone_parent(100, 200, "bash", 0);
        }
        let child = m.thread(200);
        assert_eq!((child.pid, child.ptid, child.vpid), (200, 100, 200), "{parent_first}");
        assert_eq!(m.cwd(200), "/tmp/");
        assert_eq!(m.state.env_var(child, b"HOME"), b"/root");
        assert_eq!(m.state.env_var(child, b"PATH"), b"/bin");
        assert_eq!(&*child.exepath, b"/bin/bash");
        assert_eq!(m.fd(200, 1).as_deref(), Some("/dev/tty1"));
        assert_eq!(child.sid, 100);
        assert_eq!(m.state.thread_count(), 3);
    }
}

#[test]
fn fds_of_parent_and_child_part_at_the_first_change() {
    let mut m = Machine::new();
    m.clone_parent(100, 200, "bash", 0);
    m.open(200, 3, "/etc/passwd");
    m.close(200, 0);
    m.tick();
    assert_eq!(m.fd(100, 3), None);
    assert!(m.fd(100, 0).is_some());
    assert_eq!(m.fd(200, 0), None);
}

#[test]
fn threads_share_fds_and_directory_of_their_process() {
    let mut m = Machine::new();
    m.clone_parent(100, 101, "bash", THREAD);
    m.open(101, 3, "/etc/hosts");
    assert_eq!(m.fd(100, 3).as_deref(), Some("/etc/hosts"));
    m.event(code::SYSCALL_CHDIR_X, 101, &[("res", 0i64.into()), ("path", "sub".into())]);
    assert_eq!(m.cwd(100), "/home/sub/");
    let t = m.thread(101);
    assert_eq!((t.pid, t.ptid), (100, 1));
    assert!(!t.is_main());
    assert_eq!(m.state.live_threads(t), 2);
    assert_eq!(m.state.live_secondary_threads(t), 1);
    assert_eq!(m.state.main_thread(t).unwrap().tid, 100);
    assert_eq!(m.state.fd_count(t), 4);
}

#[test]
fn a_child_in_a_pid_namespace_is_left_to_its_own_event() {
    let mut m = Machine::new();
    m.clone_event(100, 200, 100, 1, "bash", flag::CHILD_IN_PIDNS, (100, 100));
    assert!(m.state.find(200).is_none());
    m.clone_event(200, 0, 200, 100, "bash", flag::CHILD_IN_PIDNS, (5, 5));
    let t = m.thread(200);
    assert_eq!((t.vpid, t.vtid), (5, 5));
    assert!(t.is_in_pid_namespace());
}

#[test]
fn a_vforked_child_that_is_gone_already_does_not_come_back() {
    let mut m = Machine::new();
    m.clone_child(200, 200, 100, "bash", flag::CLONE_VFORK);
    m.exit(200, -1);
    m.clone_parent(100, 200, "bash", flag::CLONE_VFORK);
    assert!(m.state.find(200).is_none());
    // Nor does a forked one, for two seconds.
    m.clone_child(201, 201, 100, "bash", 0);
    m.exit(201, -1);
    m.clone_parent(100, 201, "bash", 0);
    assert!(m.state.find(201).is_none());
    m.ts += 2_000_000_000;
    m.clone_parent(100, 201, "bash", 0);
    assert!(m.state.find(201).is_some());
}

#[test]
fn a_failed_clone_changes_nothing() {
    let mut m = Machine::new();
    let before = m.state.epoch();
    m.clone_event(100, -11, 100, 1, "bash", 0, (100, 100));
    assert_eq!((m.state.thread_count(), m.state.epoch()), (2, before));
}

#[test]
fn a_tid_used_again_is_a_new_thread() {
    let mut m = Machine::new();
    m.clone_parent(100, 200, "old", 0);
    m.ts += 3_000_000_000;
    m.clone_child(200, 200, 100, "new", 0);
    assert_eq!(m.comm(200), "new");
    assert_eq!(m.state.anomalies().of(Anomaly::TidCollision).count, 1);
}

#[test]
fn an_exec_replaces_the_program_and_closes_what_is_marked() {
    let mut m = Machine::new();
    m.openat(100, 5, -100, "/keep", 1);
    m.openat(100, 6, -100, "/drop", 1 | scap_state::open::CLOEXEC);
    let version = m.thread(100).version;
    m.exec(100, "/usr/bin/cat", &["-n", "/etc/passwd"]);
    let t = m.thread(100);
    assert_eq!(&*t.exec.cmdline, b"cat -n /etc/passwd");
    assert_eq!(&*t.exepath, b"/usr/bin/cat");
    assert_eq!(t.exec.args.at(1), Some(&b"/etc/passwd"[..]));
    assert!(t.version > version);
    assert_eq!((m.fd(100, 5).is_some(), m.fd(100, 6)), (true, None));
    assert_eq!(m.cwd(100), "/home/");
}

#[test]
fn a_failed_exec_changes_nothing() {
    let mut m = Machine::new();
    let applied =
        m.event(code::SYSCALL_EXECVE_19_X, 100, &[("res", (-2i64).into()), ("exe", "/nope".into())]);
    assert!(!applied.changed);
    assert_eq!(m.comm(100), "bash");
    assert_eq!(m.state.errno(), 2);
}

#[test]
fn an_exec_in_a_thread_ends_the_others_and_revives_the_main_one() {
    let mut m = Machine::new();
    m.clone_parent(100, 101, "bash", THREAD);
    m.clone_parent(100, 102, "bash", THREAD);
    m.exit(100, -1);
    m.tick();
    assert!(m.thread(100).is_dead());
    // The kernel gives the thread that executes the main thread's tid.
    m.exec(100, "/bin/ls", &[]);
    assert!(!m.thread(100).is_dead());
    assert!(m.state.find(101).is_none() && m.state.find(102).is_none());
    assert_eq!(m.state.live_threads(m.thread(100)), 1);
}

#[test]
fn an_exited_thread_is_visible_in_its_last_event_only() {
    let mut m = Machine::new();
    m.clone_parent(100, 200, "sleep", 0);
    m.exit(200, -1);
    assert_eq!(&*m.state.thread().unwrap().exec.comm, b"sleep");
    assert_eq!(&*m.state.ancestor(m.state.thread().unwrap(), 1).unwrap().exec.comm, b"bash");
    m.tick();
    assert!(m.state.find(200).is_none());
}

#[test]
fn a_main_thread_stays_until_its_last_thread_is_gone() {
    let mut m = Machine::new();
    m.clone_parent(1, 300, "server", 0);
    m.clone_parent(300, 301, "worker", THREAD);
    m.exit(300, -1);
    m.tick();
    assert!(m.thread(300).is_dead());
    assert_eq!(m.fd(301, 9), None);
    m.exit(301, -1);
    m.tick();
    assert!(m.state.find(300).is_none() && m.state.find(301).is_none());
}

#[test]
fn orphans_go_to_whom_the_kernel_says_or_else_to_the_nearest_reaper() {
    // The kernel says.
    let mut m = Machine::new();
    m.clone_parent(100, 200, "mid", 0);
    m.clone_parent(200, 300, "leaf", 0);
    m.exit(200, 1);
    m.tick();
    assert_eq!(m.thread(300).ptid, 1);

    // A subreaper on the way up.
    let mut m = Machine::new();
    m.event(
        code::SYSCALL_PRCTL_X,
        100,
        &[("res", 0i64.into()), ("option", 36u32.into()), ("arg2_int", 1i64.into())],
    );
    m.clone_parent(100, 150, "top", 0);
    m.clone_parent(150, 200, "mid", 0);
    m.clone_parent(200, 300, "leaf", 0);
    m.exit(200, -1);
    m.tick();
    assert_eq!(m.thread(300).ptid, 100);
    assert!(m.state.is_reaper(m.thread(100)));

    // Init, in the end.
    let mut m = Machine::new();
    m.clone_parent(100, 200, "mid", 0);
    m.clone_parent(200, 300, "leaf", 0);
    m.exit(200, -1);
    m.tick();
    assert_eq!(m.thread(300).ptid, 1);
}

#[test]
fn children_of_a_thread_go_to_its_process() {
    let mut m = Machine::new();
    m.clone_parent(100, 101, "bash", THREAD);
    m.clone_parent(101, 200, "child", 0);
    assert_eq!(m.thread(200).ptid, 101);
    assert_eq!(m.state.ancestor(m.thread(200), 1).unwrap().tid, 100);
    m.exit(101, -1);
    m.tick();
    assert_eq!(m.thread(200).ptid, 100);
}

#[test]
fn an_unknown_thread_gets_a_placeholder_that_its_exec_fills() {
    let mut m = Machine::new();
    m.open(500, 3, "/etc/passwd");
    let t = m.thread(500);
    assert!(t.is_invalid());
    assert_eq!((&*t.exec.comm, t.pid, t.ptid), (&b"<NA>"[..], -1, -1));
    assert_eq!(m.cwd(500), "./");
    assert_eq!(m.state.anomalies().of(Anomaly::UnknownThread).count, 1);
    assert_eq!(m.fd(500, 3).as_deref(), Some("/etc/passwd"));
    assert!(m.state.ancestor(t, 0).is_none());
    m.event(
        code::SYSCALL_EXECVE_19_X,
        500,
        &[
            ("res", 0i64.into()),
            ("exe", "ls".into()),
            ("pid", 500i64.into()),
            ("ptid", 100i64.into()),
            ("fdlimit", 1u64.into()),
        ],
    );
    let t = m.thread(500);
    assert_eq!((t.pid, t.ptid, t.vpid), (500, 100, 500));
    assert_eq!(&*m.state.ancestor(t, 1).unwrap().exec.comm, b"bash");
}

#[test]
fn leaders_are_found_by_id_or_among_ancestors_in_a_namespace() {
    let mut m = Machine::new();
    m.clone_parent(100, 200, "ls", 0);
    let t = m.thread(200);
    for which in [Leader::Session, Leader::Group, Leader::VirtualGroup] {
        assert_eq!(m.state.leader(t, which).unwrap().tid, 100, "{which:?}");
    }
    m.event(code::SYSCALL_SETSID_X, 200, &[("res", 200i64.into())]);
    assert_eq!(m.state.leader(m.thread(200), Leader::Session).unwrap().tid, 200);

    // Inside a namespace ids mean something else, so only the line of ancestors counts.
    let mut state = State::new();
    let inner = |pid, ppid, vpid| {
        let mut p = process(pid, ppid, "in");
        (p.vpid, p.vtid, p.sid) = (vpid, vpid, 7);
        p
    };
    state.load_threads(&[process(1, 0, "init"), inner(700, 1, 1), inner(701, 700, 2), inner(702, 701, 3)]);
    let mut m = Machine { state, ..Machine::new() };
    m.tick();
    assert_eq!(m.state.leader(m.thread(702), Leader::Session).unwrap().tid, 700);
}

#[test]
fn a_loop_of_parents_ends() {
    let mut state = State::new();
    state.load_threads(&[
        process(10, 12, "a"),
        process(11, 10, "b"),
        process(12, 11, "c"),
        process(20, 20, "self"),
    ]);
    let mut m = Machine { state, ..Machine::new() };
    m.tick();
    assert!(m.state.ancestors(m.thread(10)).count() <= 4);
    assert!(m.state.ancestors(m.thread(20)).count() <= 1);
    m.exit(10, -1);
    m.exit(11, -1);
    m.exit(20, -1);
    m.tick();
    assert!(m.state.find(12).is_some());
}

#[test]
fn credentials_change_when_their_calls_succeed() {
    let mut m = Machine::new();
    m.event(code::SYSCALL_SETRESUID_X, 100, &[("res", 0i64.into()), ("euid", 33u32.into())]);
    m.event(code::SYSCALL_SETGID_X, 100, &[("res", 0i64.into()), ("gid", 44u32.into())]);
    m.event(code::SYSCALL_SETUID_X, 100, &[("res", (-1i64).into()), ("uid", 0u32.into())]);
    assert_eq!((m.thread(100).uid, m.thread(100).gid), (33, 44));
    m.event(
        code::SYSCALL_CAPSET_X,
        100,
        &[
            ("res", 0i64.into()),
            ("cap_inheritable", 1u64.into()),
            ("cap_permitted", 2u64.into()),
            ("cap_effective", 3u64.into()),
        ],
    );
    let t = m.thread(100);
    assert_eq!((t.cap_inheritable, t.cap_permitted, t.cap_effective), (1, 2, 3));
    m.event(code::SYSCALL_UNSHARE_X, 100, &[("res", 0i64.into()), ("flags", flag::CLONE_NEWUSER.into())]);
    assert_eq!(m.thread(100).cap_effective, 0x1ff_ffff_ffff);
}

#[test]
fn limits_belong_to_the_process() {
    let mut m = Machine::new();
    m.clone_parent(100, 101, "bash", THREAD);
    m.event(
        code::SYSCALL_PRLIMIT_X,
        1,
        &[("res", 0i64.into()), ("newcur", 4096i64.into()), ("pid", 101i64.into()), ("resource", 7u8.into())],
    );
    assert_eq!(m.state.fd_limit(m.thread(100)), 4096);
    m.event(
        code::SYSCALL_SETRLIMIT_X,
        101,
        &[("res", 0i64.into()), ("cur", 99i64.into()), ("resource", 7u8.into())],
    );
    assert_eq!(m.state.fd_limit(m.thread(101)), 99);
}

#[test]
fn a_container_is_told_from_cgroups_when_a_program_starts() {
    let id = "5cb7fd17670ef45e8ea0c43a6231444d5cb7fd17670ef45e8ea0c43a6231444d";
    let mut m = Machine::new();
    let cgroups = format!("cpuset=/\0memory=/docker/{id}");
    m.event(
        code::CONTAINER_JSON_2_E,
        -1,
        &[("json", r#"{"container":{"id":"5cb7fd17670e","name":"web","type":0,"image":"nginx"}}"#.into())],
    );
    assert_eq!(m.state.event_container().unwrap().name, "web");
    m.clone_parent(100, 200, "runc", 0);
    m.event(
        code::SYSCALL_EXECVE_19_X,
        200,
        &[
            ("res", 0i64.into()),
            ("exe", "nginx".into()),
            ("pid", 200i64.into()),
            ("fdlimit", 1u64.into()),
            ("cgroups", Param::from(&*cgroups)),
        ],
    );
    let t = m.thread(200);
    assert_eq!(&*t.container, b"5cb7fd17670e");
    assert_eq!(m.state.container(t).unwrap().image, "nginx");
    assert_eq!(m.state.container(m.thread(100)).unwrap().name, "host");
    m.event(
        code::ASYNCEVENT_E,
        -1,
        &[
            ("plugin_id", 0u32.into()),
            ("name", "container_removed".into()),
            ("data", r#"{"container":{"id":"5cb7fd17670e"}}"#.into()),
        ],
    );
    assert!(m.state.container(m.thread(200)).is_none());
}

#[test]
fn a_container_may_claim_groups_whose_names_tell_nothing() {
    let mut m = Machine::new();
    let starts = |m: &mut Machine, tid: i64, groups: &str| {
        m.clone_parent(100, tid, "runc", 0);
        let params = [
            ("res", 0i64.into()),
            ("exe", "sh".into()),
            ("pid", tid.into()),
            ("fdlimit", 1u64.into()),
            ("cgroups", Param::from(groups)),
        ];
        m.event(code::SYSCALL_EXECVE_19_X, tid, &params);
    };
    starts(&mut m, 200, "cpu=/my-own\0memory=/");
    assert_eq!(&*m.thread(200).container, b"");
    let json = r#"{"container":{"id":"my-own","name":"my-own","type":5,"cgroups":["/my-own","/"]}}"#;
    m.event(code::CONTAINER_JSON_2_E, -1, &[("json", json.into())]);
    starts(&mut m, 201, "cpu=/my-own/inner");
    starts(&mut m, 202, "cpu=/my-own-not\0memory=/");
    let of = |tid: i64| m.thread(tid).container.to_vec();
    assert_eq!([of(100), of(200), of(201), of(202)], [&b""[..], b"my-own", b"my-own", b""]);
    assert_eq!(m.state.container(m.thread(200)).unwrap().name, "my-own");
    let gone = [
        ("plugin_id", 0u32.into()),
        ("name", "container_removed".into()),
        ("data", r#"{"container":{"id":"my-own"}}"#.into()),
    ];
    m.event(code::ASYNCEVENT_E, -1, &gone);
    starts(&mut m, 203, "cpu=/my-own");
    assert_eq!(&*m.thread(203).container, b"");
}

#[test]
fn users_come_and_go_by_events() {
    let mut m = Machine::new();
    m.event(
        code::USER_ADDED_E,
        -1,
        &[
            ("uid", 1000u32.into()),
            ("gid", 1000u32.into()),
            ("name", "ann".into()),
            ("home", "/home/ann".into()),
            ("shell", "/bin/sh".into()),
        ],
    );
    m.event(code::GROUP_ADDED_E, -1, &[("gid", 1000u32.into()), ("name", "staff".into())]);
    let t = m.thread(100);
    assert_eq!(&*m.state.user(t, 1000).unwrap().home, b"/home/ann");
    assert_eq!(&*m.state.group(t, 1000).unwrap().name, b"staff");
    m.event(code::USER_DELETED_E, -1, &[("uid", 1000u32.into())]);
    m.event(code::GROUP_DELETED_E, -1, &[("gid", 1000u32.into())]);
    let t = m.thread(100);
    assert!(m.state.user(t, 1000).is_none() && m.state.group(t, 1000).is_none());
}

#[test]
fn a_clone_of_the_state_keeps_what_it_was_cloned_from() {
    let mut m = Machine::new();
    m.clone_parent(100, 200, "ls", 0);
    let before = m.state.clone();
    m.exec(200, "/bin/ls", &[]);
    m.open(200, 9, "/x");
    m.exit(100, -1);
    m.tick();
    assert_eq!(&*before.find(200).unwrap().exec.comm, b"ls");
    assert_eq!(before.find(200).unwrap().lastexec_ts, 0);
    assert!(before.fd_of(before.find(200).unwrap(), 9).is_none());
    assert!(before.find(100).is_some() && m.state.find(100).is_none());
}
