//! Blocks as older and foreign recorders wrote them: versions 1 to 9, unofficial numbers, both byte orders,
//! several sections, unknown blocks, entries that are longer or shorter than this version's.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "small known numbers; a test panics where it fails"
)]

mod common;

use common::{START, read, sample_event};
use scap_format::scap::write;
use scap_format::snapshot::{FdKind, Interface, Snapshot, ThreadEntry};
use scap_schema::{ParamType, code};

/// Writes blocks in either byte order, field by field.
struct Old {
    out: Vec<u8>,
    big: bool,
}

macro_rules! put {
    ($($name:ident: $ty:ty;)*) => {$(
        fn $name(&mut self, value: $ty) -> &mut Self {
            let bytes = if self.big { value.to_be_bytes() } else { value.to_le_bytes() };
            self.out.extend_from_slice(&bytes);
            self
        }
    )*};
}

impl Old {
    fn new(big: bool) -> Self {
        let mut old = Self { out: Vec::new(), big };
        old.block(0x0a0d_0d0a, |old| {
            old.u32(0x1a2b_3c4d).u16(1).u16(2).u64(u64::MAX);
        });
        old
    }

    put! { u16: u16; u32: u32; u64: u64; i64: i64; }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.u16(text.len() as u16).bytes(text.as_bytes())
    }

    fn block(&mut self, block_type: u32, body: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self { out: Vec::new(), big: self.big };
        body(&mut inner);
        inner.out.resize(inner.out.len().next_multiple_of(4), 0);
        let len = inner.out.len() as u32 + 12;
        self.u32(block_type).u32(len).bytes(&inner.out).u32(len)
    }

    fn thread(&mut self, version: u8) {
        self.i64(7).i64(8).i64(9);
        if version >= 6 {
            self.i64(10);
        }
        if version >= 8 {
            self.i64(11);
        }
        self.text("comm").text("exe");
        if version >= 7 {
            self.text("/bin/exe");
        }
        self.text("a\0b\0").text("/cwd/").i64(1024).u32(5).u32(1000).u32(1001);
        if version >= 2 {
            self.u32(20).u32(21).u32(22).u64(23).u64(24);
        }
        if version >= 3 {
            self.text("E=1\0");
        }
        if version >= 4 {
            self.i64(30).i64(31).text("cpu=/x\0");
        }
        if version >= 5 {
            self.text("/root");
        }
    }
}

fn expected_thread(version: u8) -> ThreadEntry {
    let mut t = ThreadEntry {
        tid: 7,
        pid: 8,
        ptid: 9,
        sid: -1,
        vpgid: -1,
        vtid: -1,
        vpid: -1,
        comm: b"comm".to_vec(),
        exe: b"exe".to_vec(),
        args: b"a\0b\0".to_vec(),
        cwd: b"/cwd/".to_vec(),
        fdlimit: 1024,
        flags: 5,
        uid: 1000,
        gid: 1001,
        ..ThreadEntry::default()
    };
    if version >= 2 {
        (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb, t.pfmajor, t.pfminor) = (20, 21, 22, 23, 24);
    }
    if version >= 3 {
        t.env = b"E=1\0".to_vec();
    }
    if version >= 4 {
        (t.vtid, t.vpid, t.cgroups) = (30, 31, b"cpu=/x\0".to_vec());
    }
    if version >= 5 {
        t.root = b"/root".to_vec();
    }
    if version >= 6 {
        t.sid = 10;
    }
    if version >= 7 {
        t.exepath = b"/bin/exe".to_vec();
    }
    if version >= 8 {
        t.vpgid = 11;
    }
    t
}

#[test]
fn thread_lists_of_every_version_and_number_are_read_in_both_byte_orders() {
    let numbers = [
        (0x202, 1),
        (0x8000_abcd, 1),
        (0x207, 2),
        (0x8013_abcd, 2),
        (0x209, 3),
        (0x8014_abcd, 3),
        (0x210, 4),
        (0x211, 5),
        (0x212, 6),
        (0x213, 7),
        (0x214, 8),
    ];
    for big in [false, true] {
        for (number, version) in numbers {
            let mut old = Old::new(big);
            old.block(number, |old| (0..3).for_each(|_| old.thread(version)));
            let read = read(&old.out);
            assert_eq!(read.damage, []);
            assert_eq!(read.snapshot.threads, vec![expected_thread(version); 3], "version {version}, {big}");
        }
    }
}

#[test]
fn a_sized_thread_entry_may_end_after_any_field_and_go_on_behind_the_last() {
    type Add = fn(&mut ThreadEntry);
    let tail: [(usize, Add); 8] = [
        (0, |_| {}),
        (4, |t| t.loginuid = Some(50)),
        (5, |t| t.exe_writable = true),
        (29, |t| (t.cap_inheritable, t.cap_permitted, t.cap_effective) = (Some(1), Some(2), Some(3))),
        (42, |t| (t.pidns_init_start_ts, t.tty, t.exe_upper_layer) = (60, 61, true)),
        (66, |t| (t.exe_ino, t.exe_ino_ctime, t.exe_ino_mtime) = (4, 5, 6)),
        (76, |t| (t.exe_from_memfd, t.exe_lower_layer, t.pgid) = (true, true, Some(12))),
        (99, |_| {}),
    ];
    let mut expected = expected_thread(8);
    for (len, add) in tail {
        add(&mut expected);
        let mut old = Old::new(false);
        let mut entry = Old { out: Vec::new(), big: false };
        entry.thread(8);
        let mut rest = Old { out: Vec::new(), big: false };
        if len > 29 {
            rest.u64(60).u32(61);
        }
        rest.u32(50).bytes(&[1]).u64(1).u64(2).u64(3).bytes(&[1]).u64(4).u64(5).u64(6).bytes(&[1, 1]).i64(12);
        rest.out.resize(len, 9);
        entry.bytes(&rest.out);
        old.block(0x215, |old| {
            for _ in 0..2 {
                old.u32(entry.out.len() as u32 + 4).bytes(&entry.out);
            }
        });
        let read = read(&old.out);
        assert_eq!(read.damage, []);
        assert_eq!(read.snapshot.threads, vec![expected.clone(); 2], "tail of {len} bytes");
    }
}

#[test]
fn unsized_fd_interface_and_user_lists_are_read_in_both_byte_orders() {
    for big in [false, true] {
        for numbers in [[0x203, 0x205, 0x206], [0x8001_abcd, 0x8011_abcd, 0x8012_abcd]] {
            let mut old = Old::new(big);
            old.block(numbers[0], |old| {
                old.i64(77);
                old.i64(3).u64(1).bytes(&[3, 10, 0, 0, 1, 10, 0, 0, 2]).u16(4711).u16(80).bytes(&[1]);
                old.i64(4).u64(2).bytes(&[16]).u32(5).text("/etc/passwd");
                old.i64(5).u64(3).bytes(&[8]).u64(100).u64(200).text("/run/x");
                old.i64(6).u64(4).bytes(&[12]).text("epoll");
            });
            old.block(numbers[1], |old| {
                old.u16(3).u16(2).bytes(&[127, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0]).bytes(b"lo");
                old.u16(1).u16(2).bytes(&[10, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0]).u64(1000).bytes(b"e0");
                old.u16(4).u16(2).bytes(&[1; 48]).bytes(b"lo");
            });
            old.block(numbers[2], |old| {
                old.bytes(&[0]).u32(1).u32(2).text("u").text("/h").text("/s");
                old.bytes(&[1]).u32(3).text("g");
            });
            let read = read(&old.out);
            assert_eq!(read.damage, []);
            let Snapshot { fds, interfaces, users, groups, .. } = read.snapshot;
            assert_eq!(fds[0].0, 77);
            assert_eq!(
                fds[0].1.iter().map(|fd| (fd.fd, fd.ino)).collect::<Vec<_>>(),
                [(3, 1), (4, 2), (5, 3), (6, 4)]
            );
            let FdKind::Ipv4Socket { source, sport, dport, .. } = &fds[0].1[0].kind else {
                panic!("{fds:?}")
            };
            assert_eq!((source.octets(), *sport, *dport), ([10, 0, 0, 1], 4711, 80));
            let regular = FdKind::Regular { flags: 5, name: b"/etc/passwd".to_vec(), mount_id: 0, dev: 0 };
            assert_eq!(fds[0].1[1].kind, regular);
            assert_eq!(fds[0].1[3].kind, FdKind::Other { code: 12, name: b"epoll".to_vec() });
            let speeds = interfaces.iter().map(|i| match i {
                Interface::V4 { linkspeed, name, .. } | Interface::V6 { linkspeed, name, .. } => {
                    (*linkspeed, name.clone())
                }
            });
            assert!(speeds.eq([(0, b"lo".to_vec()), (1000, b"e0".to_vec()), (0, b"lo".to_vec())]));
            assert_eq!((users[0].uid, users[0].gid, users[0].shell.as_slice()), (1, 2, &b"/s"[..]));
            assert_eq!((groups[0].gid, groups[0].name.as_slice()), (3, &b"g"[..]));
        }
    }
}

#[test]
fn events_without_a_number_of_parameters_have_it_counted() {
    for (number, flags) in [(0x204, false), (0x8010_abcd, false), (0x208, true)] {
        let mut old = Old::new(false);
        for lens in [&[][..], &[0, 0], &[8], &[8, 0, 3], &[300, 1]] {
            let total: u16 = lens.iter().sum();
            old.block(number, |old| {
                old.u16(2);
                if flags {
                    old.u32(1);
                }
                old.u64(START)
                    .i64(5)
                    .u32(22 + 2 * lens.len() as u32 + u32::from(total))
                    .u16(code::SYSCALL_OPEN_X);
                lens.iter().for_each(|&len| {
                    old.u16(len);
                });
                old.bytes(&vec![7; usize::from(total)]);
            });
        }
        let read = read(&old.out);
        assert_eq!(read.damage, []);
        let lens = |i: usize| read.events[i].1.5.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(
            (0..5).map(lens).collect::<Vec<_>>(),
            [vec![], vec![0, 0], vec![8], vec![8, 0, 3], vec![300, 1]]
        );
    }
}

#[test]
fn old_notifications_with_a_length_three_bytes_too_long_are_read() {
    let mut old = Old::new(false);
    old.block(0x204, |old| {
        old.u16(0).u64(START).i64(1).u32(22 + 4 + 4 + 3).u16(code::NOTIFICATION_E);
        old.u16(2).u16(2).bytes(b"a\0b\0").bytes(&[0; 4]);
    });
    let read = read(&old.out);
    assert_eq!(read.damage, []);
    assert_eq!(read.events[0].1.5, [b"a\0".to_vec(), b"b\0".to_vec()]);
}

#[test]
fn events_of_every_code_are_turned_from_big_endian() {
    for info in scap_schema::events() {
        let values: Vec<(Vec<u8>, Vec<u8>)> = info
            .params
            .iter()
            .map(|param| {
                let little: Vec<u8> = match (param.ty.fixed_len(), param.ty) {
                    (Some(len), _) => (1..=len as u8).collect(),
                    (None, ParamType::SockTuple) => {
                        [&[2, 10, 0, 0, 1, 0x67, 0x12, 10, 0, 0, 2, 80, 0][..]].concat()
                    }
                    (None, ParamType::SockAddr) => [&[10][..], &[9; 16], &[0x67, 0x12]].concat(),
                    (None, ParamType::FdList) => [&[1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 0][..]].concat(),
                    (None, _) => b"text\0".to_vec(),
                };
                let mut big = little.clone();
                match (param.ty.fixed_len(), param.ty) {
                    (Some(_), ParamType::Ipv4Addr) => {}
                    (Some(_), _) => big.reverse(),
                    (None, ParamType::SockTuple) => {
                        big[5..7].reverse();
                        big[11..13].reverse();
                    }
                    (None, ParamType::SockAddr) => big[17..19].reverse(),
                    (None, ParamType::FdList) => {
                        big[..2].reverse();
                        big[2..10].reverse();
                        big[10..].reverse();
                    }
                    _ => {}
                }
                (little, big)
            })
            .collect();
        let wide = info.flags.has(scap_schema::EventFlags::LARGE);
        let size = if wide { 4 } else { 2 };
        let total: usize = values.iter().map(|(value, _)| value.len()).sum();
        let mut old = Old::new(true);
        old.block(if wide { 0x222 } else { 0x217 }, |old| {
            old.u16(3).u32(1).u64(START).i64(-5).u32((26 + size * values.len() + total) as u32);
            old.u16(info.code).u32(values.len() as u32);
            for (value, _) in &values {
                if wide {
                    old.u32(value.len() as u32)
                } else {
                    old.u16(value.len() as u16)
                };
            }
            for (_, big) in &values {
                old.bytes(big);
            }
        });
        let read = read(&old.out);
        assert_eq!(read.damage, []);
        let expected: Vec<_> = values.into_iter().map(|(little, _)| little).collect();
        assert_eq!(read.events, [(1, (3, 1, START, -5, info.code, expected))], "{}", info.id);
    }
}

#[test]
fn a_value_that_says_its_type_is_turned_by_it() {
    let mut old = Old::new(true);
    let info = scap_schema::event(code::SYSCALL_PTRACE_X).unwrap();
    assert_eq!(info.params[1].ty, ParamType::Dyn);
    old.block(0x216, |old| {
        old.u16(0).u64(START).i64(1).u32(26 + 6 + 8 + 9 + 2).u16(code::SYSCALL_PTRACE_X).u32(3);
        old.u16(8).u16(9).u16(2).i64(-3).bytes(&[0]).u64(0x1122).bytes(&[1, 9]);
    });
    let read = read(&old.out);
    let uint = [&[0][..], &0x1122u64.to_le_bytes()].concat();
    assert_eq!(read.events[0].1.5, [(-3i64).to_le_bytes().to_vec(), uint, vec![1, 9]]);
}

#[test]
fn sections_of_both_byte_orders_follow_each_other_and_numbers_go_on() {
    let mut out = Vec::new();
    write::section(&mut out);
    write::event(&mut out, &sample_event(0).as_event());
    let mut old = Old::new(true);
    old.block(0x216, |old| {
        old.u16(0).u64(START).i64(9).u32(26).u16(code::SYSCALL_GETUID_E).u32(0);
    });
    out.extend(&old.out);
    write::section(&mut out);
    write::event(&mut out, &sample_event(1).as_event());
    let read = read(&out);
    assert_eq!(read.damage, []);
    assert_eq!(
        read.events.iter().map(|(num, event)| (*num, event.3)).collect::<Vec<_>>(),
        [(1, 1000), (2, 9), (3, 1001)]
    );
}

#[test]
fn unknown_blocks_and_section_options_are_stepped_over() {
    let mut old = Old { out: Vec::new(), big: false };
    old.block(0x0a0d_0d0a, |old| {
        old.u32(0x1a2b_3c4d).u16(1).u16(9).u64(u64::MAX).u16(1).u16(7).bytes(b"comment\0").u32(0);
    });
    old.block(0x0bad_cafe, |old| {
        old.bytes(&[1; 33]);
    });
    write::event(&mut old.out, &sample_event(0).as_event());
    let read = read(&old.out);
    assert_eq!((read.damage.len(), read.unknown, read.events.len()), (0, 1, 1));
    assert_eq!(read.snapshot.section.map(|s| s.minor), Some(9));
}

#[test]
fn an_event_of_a_code_yet_unknown_keeps_its_number_and_values() {
    let mut out = Vec::new();
    write::section(&mut out);
    let mut buf = scap_format::EventBuf::new(9999, START, 1);
    buf.push(b"abc");
    write::event(&mut out, &buf.as_event());
    write::event(&mut out, &sample_event(0).as_event());
    let read = read(&out);
    assert_eq!(read.damage, []);
    assert_eq!(read.events[0], (1, common::plain(&buf)));
    assert_eq!(read.events[1].0, 2);
}

#[test]
fn a_list_that_breaks_off_keeps_what_came_before() {
    let mut old = Old::new(false);
    old.block(0x214, |old| {
        old.thread(8);
        old.i64(7).i64(8).i64(9).i64(1).i64(1).u16(60_000).bytes(b"comm");
    });
    write::event(&mut old.out, &sample_event(0).as_event());
    let read = read(&old.out);
    assert_eq!(read.snapshot.threads, [expected_thread(8)]);
    assert_eq!(read.damage.len(), 1);
    assert_eq!(read.damage[0].events_lost, Some(0));
    assert_eq!(read.events.len(), 1);
}
