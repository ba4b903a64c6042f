//! Small captures for tests, and a way to read one whole.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "small known numbers; a test panics where it fails"
)]
#![allow(dead_code, reason = "each test file uses some of it")]

use scap_format::block::Block;
use scap_format::damage::Damage;
use scap_format::scap::write;
use scap_format::snapshot::*;
use scap_format::{EventBuf, Item, TraceReader};
use scap_schema::code;
use std::io::Cursor;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(crate) const START: u64 = 1_700_000_000_000_000_000;

/// An event without its number: cpu, flags, time, tid, code, parameters.
pub(crate) type Plain = (u16, u32, u64, i64, u16, Vec<Vec<u8>>);

pub(crate) fn sample_event(i: u64) -> EventBuf {
    let codes =
        [code::SYSCALL_OPEN_X, code::SYSCALL_READ_X, code::SYSCALL_EXECVE_19_X, code::SYSCALL_CLOSE_X];
    let mut buf = EventBuf::new(codes[i as usize % 4], START + i * 1000, 1000 + i as i64);
    buf.cpu = (i % 4) as u16;
    buf.flags = u32::from(i.is_multiple_of(5));
    buf.push(&(i as i64).to_le_bytes()).push_text(format!("/some/path/{i}").as_bytes()).push(&[]);
    if i.is_multiple_of(3) {
        buf.push(&[i as u8; 40]);
    }
    buf
}

pub(crate) fn snapshot() -> Snapshot {
    let thread = |tid: i64| ThreadEntry {
        tid,
        pid: tid,
        ptid: 1,
        comm: b"comm".to_vec(),
        exe: b"/bin/exe".to_vec(),
        args: b"a\0b\0".to_vec(),
        cwd: b"/tmp/".to_vec(),
        pgid: Some(tid),
        cap_permitted: Some(1),
        cap_effective: Some(2),
        cap_inheritable: Some(3),
        loginuid: Some(1000),
        ..ThreadEntry::default()
    };
    let name = b"name".to_vec();
    let (v4, v6) = (Ipv4Addr::new(10, 1, 2, 3), Ipv6Addr::new(0xfe80, 0, 0, 0, 1, 2, 3, 4));
    let (sport, dport, l4proto) = (4711, 443, 1);
    let kinds = vec![
        FdKind::Unknown { name: name.clone() },
        FdKind::Directory { name: name.clone() },
        FdKind::Regular { flags: 3, name: name.clone(), mount_id: 0, dev: 77 },
        FdKind::Ipv4Socket { source: v4, dest: v4, sport, dport, l4proto },
        FdKind::Ipv4Server { ip: v4, port: 80, l4proto },
        FdKind::Ipv6Socket { source: v6, dest: v6, sport, dport, l4proto },
        FdKind::Ipv6Server { ip: v6, port: 80, l4proto },
        FdKind::UnixSocket { source: 1 << 40, dest: 2, name: name.clone() },
        FdKind::Other { code: 7, name: name.clone() },
    ];
    let fds = (0..).zip(kinds).map(|(fd, kind)| FdEntry { fd, ino: 99, kind }).collect();
    Snapshot {
        section: None,
        machine: Some(MachineInfo {
            num_cpus: 4,
            memory_size_bytes: 1 << 33,
            max_pid: 32768,
            hostname: b"host".to_vec(),
            boot_ts_epoch: START - 1_000_000,
            flags: 5,
            reserved: [6, 7],
        }),
        threads: vec![thread(1), thread(2), thread(3)],
        fds: vec![(2, fds)],
        interfaces: vec![
            Interface::V4 { name: b"eth0".to_vec(), addr: v4, netmask: v4, broadcast: v4, linkspeed: 1000 },
            Interface::V6 { name: b"eth0".to_vec(), addr: v6, netmask: v6, broadcast: v6, linkspeed: 0 },
        ],
        users: vec![User {
            uid: 0,
            gid: 0,
            name: b"root".to_vec(),
            homedir: b"/root".to_vec(),
            shell: b"/bin/sh".to_vec(),
        }],
        groups: vec![Group { gid: 5, name: b"tty".to_vec() }],
    }
}

/// A section with everything of `snapshot` in it.
pub(crate) fn write_prelude(out: &mut Vec<u8>, snapshot: &Snapshot) {
    write::section(out);
    if let Some(machine) = &snapshot.machine {
        write::machine(out, machine);
    }
    write::interfaces(out, &snapshot.interfaces);
    write::users(out, &snapshot.users, &snapshot.groups);
    write::threads(out, &snapshot.threads);
    for (tid, fds) in &snapshot.fds {
        write::fds(out, *tid, fds);
    }
}

/// A capture of `count` events, and where each block of an event starts; the last place is the end.
pub(crate) fn capture(count: u64) -> (Vec<u8>, Vec<usize>) {
    let (mut out, mut places) = (Vec::new(), Vec::new());
    write_prelude(&mut out, &snapshot());
    for i in 0..count {
        places.push(out.len());
        write::event(&mut out, &sample_event(i).as_event());
    }
    places.push(out.len());
    (out, places)
}

/// What was read of a capture.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) events: Vec<(u64, Plain)>,
    pub(crate) damage: Vec<Damage>,
    pub(crate) snapshot: Snapshot,
    pub(crate) unknown: usize,
}

pub(crate) fn read(bytes: &[u8]) -> Read {
    read_trace(TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "test").unwrap())
}

/// Like [`read`], but what is no trace at all is a capture of nothing.
pub(crate) fn read_any(bytes: &[u8]) -> Option<Read> {
    TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "test").ok().map(read_trace)
}

pub(crate) fn read_trace(mut trace: TraceReader) -> Read {
    let mut read = Read::default();
    while let Some(item) = trace.next().unwrap() {
        match item {
            Item::Block(Block::Event(e)) => {
                let params = e.params.iter().map(<[u8]>::to_vec).collect();
                read.events.push((e.num, (e.cpu, e.flags, e.ts, e.tid, e.code, params)));
            }
            Item::Block(Block::Unknown { .. }) => read.unknown += 1,
            Item::Block(block) => read.snapshot.absorb(block),
            Item::Damage(damage) => read.damage.push(damage.clone()),
        }
    }
    assert_eq!(trace.totals().damage, read.damage);
    read
}

pub(crate) fn plain(buf: &EventBuf) -> Plain {
    let e = buf.as_event();
    (e.cpu, e.flags, e.ts, e.tid, e.code, e.params.iter().map(<[u8]>::to_vec).collect())
}
