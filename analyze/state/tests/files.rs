//! Fds, paths and sockets.
#![allow(clippy::unwrap_used, reason = "what is missing fails the test")]

mod machine;

use machine::{Machine, Param, addr, tuple, tuple6};
use scap_format::snapshot::{FdEntry, FdKind};
use scap_schema::code;
use scap_state::{Anomaly, Fd, FdType, L4Proto, open};

fn ok() -> Param {
    0i64.into()
}

fn current(m: &Machine) -> &Fd {
    m.state.fd().unwrap()
}

fn name(m: &Machine) -> String {
    String::from_utf8_lossy(&current(m).name).into_owned()
}

#[test]
fn relative_paths_start_at_cwd_or_dirfd() {
    let mut m = Machine::new();
    m.open(100, 3, "notes/../todo.txt");
    assert_eq!((name(&m).as_str(), m.state.fd_num()), ("/home/todo.txt", 3));
    assert_eq!(current(&m).name.raw(), b"notes/../todo.txt");
    assert!(m.state.fd_name_changed());
    m.openat(100, 4, -100, "/var/log/", open::DIRECTORY);
    assert_eq!((current(&m).ty, name(&m).as_str()), (FdType::Directory, "/var/log"));
    m.openat(100, 5, 4, "syslog", 1);
    assert_eq!(name(&m), "/var/log/syslog");
    m.openat(100, 6, 77, "syslog", 1);
    assert_eq!(name(&m), "<UNKNOWN>syslog");
    m.openat(100, 7, 77, "/abs", 1);
    assert_eq!(name(&m), "/abs");
}

#[test]
fn a_path_seen_at_the_enter_event_counts_more() {
    let mut m = Machine::new();
    m.event(
        code::SYSCALL_OPENAT_2_E,
        100,
        &[("dirfd", (-100i64).into()), ("name", "/etc/shadow".into()), ("flags", 1u32.into())],
    );
    m.openat(100, 3, -100, "/etc/motd", 1 | open::F_CREATED);
    assert_eq!(name(&m), "/etc/shadow");
    assert_eq!(current(&m).open_flags, 1 | open::F_CREATED);
    m.openat(100, 4, -100, "/etc/motd", 1);
    assert_eq!(name(&m), "/etc/motd");
}

#[test]
fn directories_follow_chdir_and_fchdir_and_chroot() {
    let mut m = Machine::new();
    m.event(code::SYSCALL_CHDIR_X, 100, &[("res", ok()), ("path", "../srv/./www".into())]);
    assert_eq!(m.cwd(100), "/srv/www/");
    m.event(code::SYSCALL_CHDIR_X, 100, &[("res", (-2i64).into()), ("path", "/nope".into())]);
    assert_eq!(m.cwd(100), "/srv/www/");
    m.openat(100, 3, -100, "/opt", open::DIRECTORY);
    m.event(code::SYSCALL_FCHDIR_X, 100, &[("res", ok()), ("fd", 3i64.into())]);
    assert_eq!(m.cwd(100), "/opt/");
    m.event(code::SYSCALL_CHROOT_X, 100, &[("res", ok()), ("path", "jail".into())]);
    assert_eq!(&*m.thread(100).root, b"/opt/jail");
}

#[test]
fn a_closed_fd_is_visible_in_its_last_event_only() {
    let mut m = Machine::new();
    m.open(100, 3, "/etc/passwd");
    m.close(100, 3);
    assert_eq!(name(&m), "/etc/passwd");
    m.tick();
    assert_eq!(m.fd(100, 3), None);
    m.close(100, 3);
    assert_eq!(m.state.anomalies().of(Anomaly::UnknownFd).count, 1);
    assert_eq!((m.state.fd_num(), m.state.fd().is_none()), (3, true));
}

#[test]
fn duplicates_lose_close_on_exec_unless_asked_for() {
    let mut m = Machine::new();
    m.openat(100, 3, -100, "/f", 1 | open::CLOEXEC);
    m.event(code::SYSCALL_DUP_1_X, 100, &[("res", 4i64.into()), ("oldfd", 3i64.into())]);
    assert!(!m.state.fd_name_changed());
    m.event(
        code::SYSCALL_DUP3_X,
        100,
        &[
            ("res", 5i64.into()),
            ("oldfd", 3i64.into()),
            ("newfd", 5i64.into()),
            ("flags", open::CLOEXEC.into()),
        ],
    );
    m.event(code::SYSCALL_FCNTL_X, 100, &[("res", 6i64.into()), ("fd", 3i64.into()), ("cmd", 26u8.into())]);
    m.event(code::SYSCALL_FCNTL_X, 100, &[("res", 7i64.into()), ("fd", 3i64.into()), ("cmd", 1u8.into())]);
    m.event(
        code::SYSCALL_FCNTL_X,
        100,
        &[("res", ok()), ("fd", 7i64.into()), ("cmd", 3u8.into()), ("arg", 1u64.into())],
    );
    m.exec(100, "/bin/ls", &[]);
    let open: Vec<i64> = (3..8).filter(|&fd| m.fd(100, fd).is_some()).collect();
    assert_eq!(open, [4]);
}

#[test]
fn close_range_closes_or_marks() {
    let mut m = Machine::new();
    for fd in 3..8 {
        m.open(100, fd, "/f");
    }
    let range = |flags: u32| {
        [("res", ok()), ("first", 5u32.into()), ("last", u32::MAX.into()), ("flags", flags.into())]
    };
    m.event(code::SYSCALL_CLOSE_RANGE_X, 100, &range(4));
    assert!(m.fd(100, 7).is_some());
    assert!(m.state.fd_of(m.thread(100), 7).unwrap().is_close_on_exec());
    m.event(code::SYSCALL_CLOSE_RANGE_X, 100, &range(0));
    assert_eq!((m.fd(100, 4).is_some(), m.fd(100, 5), m.fd(100, 7)), (true, None, None));
}

#[test]
fn calls_that_make_fds_make_them_of_their_kind() {
    let mut m = Machine::new();
    let made = |m: &mut Machine, code, first: &'static str| {
        m.event(code, 100, &[(first, 9i64.into())]);
        current(m).ty
    };
    assert_eq!(made(&mut m, code::SYSCALL_EVENTFD2_X, "res"), FdType::Event);
    assert_eq!(made(&mut m, code::SYSCALL_TIMERFD_CREATE_X, "res"), FdType::Timer);
    assert_eq!(made(&mut m, code::SYSCALL_SIGNALFD4_X, "res"), FdType::Signal);
    assert_eq!(made(&mut m, code::SYSCALL_INOTIFY_INIT1_X, "res"), FdType::Inotify);
    assert_eq!(made(&mut m, code::SYSCALL_EPOLL_CREATE1_X, "res"), FdType::EventPoll);
    assert_eq!(made(&mut m, code::SYSCALL_USERFAULTFD_X, "res"), FdType::UserFault);
    assert_eq!(made(&mut m, code::SYSCALL_IO_URING_SETUP_X, "res"), FdType::IoUring);
    assert_eq!(made(&mut m, code::SYSCALL_BPF_2_X, "fd"), FdType::Bpf);
    m.event(
        code::SYSCALL_MEMFD_CREATE_X,
        100,
        &[("fd", 9i64.into()), ("name", "x".into()), ("flags", 1u32.into())],
    );
    assert!(current(&m).is_close_on_exec());
    m.event(
        code::SYSCALL_PIPE2_X,
        100,
        &[("res", ok()), ("fd1", 10i64.into()), ("fd2", 11i64.into()), ("ino", 77u64.into())],
    );
    assert_eq!((current(&m).ty, current(&m).ino, m.state.fd_num()), (FdType::Fifo, 77, 11));
    m.event(
        code::SYSCALL_PIDFD_OPEN_X,
        100,
        &[("fd", 12i64.into()), ("pid", 1i64.into()), ("flags", 0u32.into())],
    );
    assert_eq!((name(&m).as_str(), current(&m).pid), ("/proc/1", 1));
    m.open(1, 3, "/secret");
    m.event(
        code::SYSCALL_PIDFD_GETFD_X,
        100,
        &[("fd", 13i64.into()), ("pid_fd", 12i64.into()), ("target_fd", 3i64.into())],
    );
    assert_eq!(name(&m), "/secret");
}

#[test]
fn a_failed_call_makes_no_fd() {
    let mut m = Machine::new();
    let before = m.state.fd_count(m.thread(100));
    m.open(100, -2, "/nope");
    m.event(
        code::SYSCALL_MEMFD_CREATE_X,
        100,
        &[("fd", (-22i64).into()), ("name", "x".into()), ("flags", 0u32.into())],
    );
    m.event(code::SYSCALL_EPOLL_CREATE1_X, 100, &[("res", (-24i64).into())]);
    m.event(
        code::SYSCALL_PIPE_X,
        100,
        &[("res", (-24i64).into()), ("fd1", 5i64.into()), ("fd2", 6i64.into())],
    );
    assert_eq!(m.state.fd_count(m.thread(100)), before);
    assert_eq!(m.state.errno(), 24);
}

fn socket(m: &mut Machine, fd: i64, domain: u32, kind: u32, proto: u32) {
    m.event(
        code::SOCKET_SOCKET_X,
        100,
        &[
            ("fd", fd.into()),
            ("domain", domain.into()),
            ("type", kind.into()),
            ("proto", proto.into()),
            ("flags", 0u32.into()),
        ],
    );
}

fn connect(m: &mut Machine, fd: i64, res: i64, to: Param) {
    m.event(code::SOCKET_CONNECT_X, 100, &[("res", res.into()), ("tuple", to), ("fd", fd.into())]);
}

#[test]
fn a_connected_socket_is_the_clients_end() {
    let mut m = Machine::new();
    socket(&mut m, 3, 2, 1, 0);
    assert_eq!((name(&m).as_str(), current(&m).l4proto()), ("", L4Proto::NotAvailable));
    connect(&mut m, 3, -115, tuple([10, 0, 0, 1], 4000, [10, 0, 0, 2], 443));
    assert_eq!(name(&m), "10.0.0.1:4000->10.0.0.2:443");
    assert!(current(&m).connected && current(&m).role.client && m.state.fd_name_changed());
    assert_eq!(current(&m).l4proto(), L4Proto::Tcp);
    m.event(code::SYSCALL_WRITE_X, 100, &[("res", 5i64.into()), ("fd", 3i64.into())]);
    assert!(!m.state.fd_name_changed());
    socket(&mut m, 4, 2, 1, 0);
    connect(&mut m, 4, -111, tuple([10, 0, 0, 1], 4001, [10, 0, 0, 2], 443));
    assert_eq!((name(&m).as_str(), current(&m).connected), ("", false));
}

#[test]
fn a_mapped_v6_connection_is_v4() {
    let mut m = Machine::new();
    socket(&mut m, 3, 10, 1, 0);
    connect(&mut m, 3, 0, tuple6("::ffff:10.0.0.1", 4000, "::ffff:10.0.0.2", 80));
    assert_eq!(current(&m).ty, FdType::Ipv4Socket);
    socket(&mut m, 4, 10, 1, 0);
    connect(&mut m, 4, 0, tuple6("2001:db8::1", 4000, "2001:db8::2", 80));
    assert_eq!(name(&m), "2001:db8::1:4000->2001:db8::2:80");
}

#[test]
fn the_kernels_destination_counts_more_than_the_programs_and_the_enter_events_more_than_that() {
    let mut m = Machine::new();
    let enter = |m: &mut Machine, to: Param| {
        m.event(code::SOCKET_CONNECT_E, 100, &[("fd", 3i64.into()), ("addr", to)])
    };
    let exit = |m: &mut Machine, to: Param, passed: Param| {
        m.event(
            code::SOCKET_CONNECT_X,
            100,
            &[("res", ok()), ("tuple", to), ("fd", 3i64.into()), ("addr", passed)],
        );
        name(m)
    };
    let ends = |to: u8| tuple([10, 0, 0, 1], 4000, [10, 0, 0, to], 80);
    socket(&mut m, 3, 2, 1, 0);
    enter(&mut m, addr([10, 0, 0, 9], 80));
    assert_eq!(exit(&mut m, ends(2), addr([10, 0, 0, 2], 80)), "10.0.0.1:4000->10.0.0.9:80");
    socket(&mut m, 3, 2, 1, 0);
    enter(&mut m, addr([10, 0, 0, 9], 80));
    assert_eq!(exit(&mut m, ends(2), addr([10, 0, 0, 3], 80)), "10.0.0.1:4000->10.0.0.2:80");
}

#[test]
fn an_accepted_socket_is_the_servers_end() {
    let mut m = Machine::new();
    socket(&mut m, 3, 2, 1, 0);
    m.event(
        code::SOCKET_BIND_X,
        100,
        &[("res", ok()), ("addr", addr([0, 0, 0, 0], 80)), ("fd", 3i64.into())],
    );
    assert_eq!((current(&m).ty, name(&m).as_str()), (FdType::Ipv4Server, "0.0.0.0:80"));
    assert_eq!(current(&m).l4proto(), L4Proto::Tcp);
    m.event(
        code::SOCKET_ACCEPT4_6_X,
        100,
        &[
            ("fd", 4i64.into()),
            ("tuple", tuple([10, 0, 0, 9], 5000, [10, 0, 0, 1], 80)),
            ("flags", open::CLOEXEC.into()),
        ],
    );
    let fd = current(&m);
    assert_eq!((fd.ty, name(&m).as_str()), (FdType::Ipv4Socket, "10.0.0.9:5000->10.0.0.1:80"));
    assert!(fd.role.server && fd.connected && fd.is_close_on_exec());
    let ends = fd.sock.tuple(fd.ty).unwrap();
    assert_eq!((ends.source.port, ends.dest.port), (5000, 80));
}

#[test]
fn datagrams_tell_the_ends_and_a_server_sees_its_client_first() {
    let mut m = Machine::new();
    socket(&mut m, 3, 2, 2, 0);
    m.event(
        code::SOCKET_BIND_X,
        100,
        &[("res", ok()), ("addr", addr([10, 0, 0, 1], 53)), ("fd", 3i64.into())],
    );
    m.event(
        code::SOCKET_RECVFROM_X,
        100,
        &[
            ("res", 30i64.into()),
            ("tuple", tuple([10, 0, 0, 7], 999, [10, 0, 0, 1], 53)),
            ("fd", 3i64.into()),
        ],
    );
    assert_eq!(name(&m), "10.0.0.7:999->10.0.0.1:53");
    assert!(current(&m).role.server);
    m.event(
        code::SOCKET_SENDTO_X,
        100,
        &[
            ("res", 30i64.into()),
            ("fd", 3i64.into()),
            ("tuple", tuple([10, 0, 0, 1], 53, [10, 0, 0, 8], 1000)),
        ],
    );
    assert_eq!(name(&m), "10.0.0.8:1000->10.0.0.1:53");
}

#[test]
fn a_send_on_an_unseen_socket_is_taken_for_udp() {
    let mut m = Machine::new();
    m.event(
        code::SOCKET_SENDTO_X,
        100,
        &[
            ("res", 30i64.into()),
            ("fd", 9i64.into()),
            ("tuple", tuple([10, 0, 0, 1], 3000, [8, 8, 8, 8], 53)),
        ],
    );
    assert_eq!(name(&m), "10.0.0.1:3000->8.8.8.8:53");
    assert_eq!((current(&m).l4proto(), current(&m).role.client), (L4Proto::Udp, true));
}

#[test]
fn unix_sockets_are_named_by_addresses_and_path() {
    let mut m = Machine::new();
    socket(&mut m, 3, 1, 1, 0);
    let mut bytes = vec![1];
    bytes.extend(0xaau64.to_le_bytes());
    bytes.extend(0xbbu64.to_le_bytes());
    bytes.extend(b"/run/docker.sock\0");
    connect(&mut m, 3, 0, Param(bytes));
    assert_eq!((name(&m).as_str(), current(&m).sock.unix()), ("aa->bb /run/docker.sock", (0xaa, 0xbb)));
    m.event(
        code::SOCKET_SOCKETPAIR_X,
        100,
        &[
            ("res", ok()),
            ("fd1", 5i64.into()),
            ("fd2", 6i64.into()),
            ("source", 1u64.into()),
            ("peer", 2u64.into()),
        ],
    );
    assert_eq!((m.state.fd_num(), current(&m).ty), (6, FdType::Unix));
    assert!(m.fd(100, 5).is_some() && m.fd(100, 6).is_some());
}

#[test]
fn sockets_of_the_snapshot_get_their_sides_from_the_ports_served() {
    let mut m = Machine::new();
    let sock = |sport, dport| FdKind::Ipv4Socket {
        source: [10, 0, 0, 1].into(),
        dest: [10, 0, 0, 2].into(),
        sport,
        dport,
        l4proto: 2,
    };
    m.state.load_fds(
        100,
        &[
            FdEntry {
                fd: 3,
                ino: 1,
                kind: FdKind::Ipv4Server { ip: [0, 0, 0, 0].into(), port: 22, l4proto: 2 },
            },
            FdEntry { fd: 4, ino: 2, kind: sock(22, 4000) },
            FdEntry { fd: 5, ino: 3, kind: sock(4001, 443) },
            FdEntry { fd: 6, ino: 4, kind: FdKind::Unknown { name: b"?".to_vec() } },
            FdEntry { fd: 7, ino: 5, kind: FdKind::Other { code: 20, name: b"/memfd:x".to_vec() } },
        ],
    );
    m.tick();
    assert_eq!(m.fd(100, 3).as_deref(), Some("0.0.0.0:22"));
    assert_eq!(m.fd(100, 4).as_deref(), Some("10.0.0.2:4000->10.0.0.1:22"));
    assert_eq!(m.fd(100, 5).as_deref(), Some("10.0.0.1:4001->10.0.0.2:443"));
    assert_eq!(m.fd(100, 6), None);
    assert_eq!(m.state.fd_of(m.thread(100), 7).unwrap().ty, FdType::Memfd);
    let roles = |fd| m.state.fd_of(m.thread(100), fd).unwrap().role;
    assert!(roles(4).server && !roles(4).client && roles(5).client);
}
