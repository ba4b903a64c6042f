//! Whatever is written is read back the same.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use common::{plain, read, write_prelude};
use proptest::collection::vec;
use proptest::prelude::*;
use scap_format::EventBuf;
use scap_format::scap::write;
use scap_format::snapshot::*;

fn text(max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=max)
}

fn machine() -> impl Strategy<Value = MachineInfo> {
    let name = vec(1..=255u8, 0..=127);
    (any::<(u32, u64, u64)>(), name, any::<(u64, u64)>(), any::<[u64; 2]>()).prop_map(
        |((num_cpus, memory_size_bytes, max_pid), hostname, (boot_ts_epoch, flags), reserved)| MachineInfo {
            num_cpus,
            memory_size_bytes,
            max_pid,
            hostname,
            boot_ts_epoch,
            flags,
            reserved,
        },
    )
}

fn thread() -> impl Strategy<Value = ThreadEntry> {
    let ids = any::<[i64; 8]>();
    let texts = (text(40), text(40), text(1024), text(4096), text(4096), text(60), text(100), text(20));
    let words = any::<[u32; 7]>();
    let longs = any::<[u64; 6]>();
    let tail = any::<(bool, bool, bool, bool, u64, Option<i64>, Option<[u64; 3]>, u32)>();
    (ids, texts, words, longs, tail).prop_map(|(ids, texts, words, longs, tail)| {
        let (exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd, pidns, pgid, caps, login) = tail;
        // Without capabilities there is nothing behind them: so were the recorders that knew none.
        let is_new = caps.is_some();
        ThreadEntry {
            tid: ids[0],
            pid: ids[1],
            ptid: ids[2],
            sid: ids[3],
            vpgid: ids[4],
            pgid: pgid.filter(|_| is_new),
            comm: texts.0,
            exe: texts.1,
            exepath: texts.2,
            args: texts.3,
            env: texts.4,
            cwd: texts.5,
            root: texts.6,
            fdlimit: ids[5],
            flags: words[0],
            uid: words[1],
            gid: words[2],
            vmsize_kb: words[3],
            vmrss_kb: words[4],
            vmswap_kb: words[5],
            pfmajor: longs[0],
            pfminor: longs[1],
            cgroups: texts.7,
            vtid: ids[6],
            vpid: ids[7],
            pidns_init_start_ts: if is_new { pidns } else { 0 },
            tty: if is_new { words[6] } else { 0 },
            loginuid: Some(login).filter(|&uid| uid != u32::MAX && login.is_multiple_of(2)),
            exe_writable,
            cap_permitted: caps.map(|c| c[0]),
            cap_effective: caps.map(|c| c[1]),
            cap_inheritable: caps.map(|c| c[2]),
            exe_upper_layer: exe_upper_layer && is_new,
            exe_lower_layer: exe_lower_layer && is_new,
            exe_from_memfd: exe_from_memfd && is_new,
            exe_ino: if is_new { longs[2] } else { 0 },
            exe_ino_ctime: if is_new { longs[3] } else { 0 },
            exe_ino_mtime: if is_new { longs[4] } else { 0 },
            clone_ts: 0,
        }
    })
}

fn fd() -> impl Strategy<Value = FdEntry> {
    let codes = proptest::sample::select(vec![1u8, 7, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21]);
    let v4 = any::<([u8; 4], [u8; 4], u16, u16, u8)>();
    let v6 = any::<([u8; 16], [u8; 16], u16, u16, u8)>();
    let kind = prop_oneof![
        text(1023).prop_map(|name| FdKind::Unknown { name }),
        text(1023).prop_map(|name| FdKind::Directory { name }),
        (any::<(u32, u32)>(), text(1023)).prop_map(|((flags, dev), name)| FdKind::Regular {
            flags,
            name,
            mount_id: 0,
            dev
        }),
        v4.prop_map(|(source, dest, sport, dport, l4proto)| FdKind::Ipv4Socket {
            source: source.into(),
            dest: dest.into(),
            sport,
            dport,
            l4proto
        }),
        v6.prop_map(|(source, dest, sport, dport, l4proto)| FdKind::Ipv6Socket {
            source: source.into(),
            dest: dest.into(),
            sport,
            dport,
            l4proto
        }),
        v4.prop_map(|(ip, _, port, _, l4proto)| FdKind::Ipv4Server { ip: ip.into(), port, l4proto }),
        v6.prop_map(|(ip, _, port, _, l4proto)| FdKind::Ipv6Server { ip: ip.into(), port, l4proto }),
        (any::<(u64, u64)>(), text(108)).prop_map(|((source, dest), name)| FdKind::UnixSocket {
            source,
            dest,
            name
        }),
        (codes, text(60)).prop_map(|(code, name)| FdKind::Other { code, name }),
        (22..=255u8).prop_map(|code| FdKind::Other { code, name: Vec::new() }),
    ];
    (any::<i64>(), any::<u64>(), kind).prop_map(|(fd, ino, kind)| FdEntry { fd, ino, kind })
}

fn interface() -> impl Strategy<Value = Interface> {
    prop_oneof![
        (text(20), any::<[[u8; 4]; 3]>(), any::<u64>()).prop_map(|(name, a, linkspeed)| Interface::V4 {
            name,
            addr: a[0].into(),
            netmask: a[1].into(),
            broadcast: a[2].into(),
            linkspeed
        }),
        (text(20), any::<[[u8; 16]; 3]>(), any::<u64>()).prop_map(|(name, a, linkspeed)| Interface::V6 {
            name,
            addr: a[0].into(),
            netmask: a[1].into(),
            broadcast: a[2].into(),
            linkspeed
        }),
    ]
}

fn user() -> impl Strategy<Value = User> {
    (any::<(u32, u32)>(), text(255), text(255), text(255))
        .prop_map(|((uid, gid), name, homedir, shell)| User { uid, gid, name, homedir, shell })
}

fn group() -> impl Strategy<Value = Group> {
    (any::<u32>(), text(255)).prop_map(|(gid, name)| Group { gid, name })
}

fn event() -> impl Strategy<Value = EventBuf> {
    let params = vec(text(300), 0..12);
    (any::<(u16, u32, u64, i64)>(), 0..460u16, params).prop_map(|((cpu, flags, ts, tid), code, params)| {
        let mut buf = EventBuf::new(code, ts, tid);
        (buf.cpu, buf.flags) = (cpu, flags);
        for param in &params {
            buf.push(param);
        }
        buf
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_snapshot_comes_back_as_written(
        machine in machine(),
        threads in vec(thread(), 0..6),
        fds in vec((any::<i64>(), vec(fd(), 0..12)), 0..4),
        interfaces in vec(interface(), 0..5),
        users in vec(user(), 0..5),
        groups in vec(group(), 0..5),
    ) {
        let snapshot = Snapshot { section: None, machine: Some(machine), threads, fds, interfaces, users, groups };
        let mut out = Vec::new();
        write_prelude(&mut out, &snapshot);
        let read = read(&out);
        prop_assert_eq!(read.damage, []);
        prop_assert_eq!(Snapshot { section: None, ..read.snapshot }, snapshot);
    }

    #[test]
    fn events_come_back_as_written_and_write_the_same_bytes(events in vec(event(), 1..20)) {
        let mut out = Vec::new();
        write::section(&mut out);
        for event in &events {
            prop_assert_eq!(write::event(&mut out, &event.as_event()), 0);
        }
        let read = read(&out);
        prop_assert_eq!(read.damage, []);
        prop_assert_eq!(read.events, (1..).zip(events.iter().map(plain)).collect::<Vec<_>>());
    }

    #[test]
    fn no_bytes_make_it_panic_or_run_on(mut bytes in vec(any::<u8>(), 0..3000), start in 0..4usize) {
        let starts: [&[u8]; 4] = [&[], &[0x0a, 0x0d, 0x0d, 0x0a], &[0x1f, 0x8b, 8, 0], &[0x28, 0xb5, 0x2f, 0xfd]];
        bytes.splice(..0, starts[start].iter().copied());
        if let Some(read) = common::read_any(&bytes) {
            prop_assert!(read.events.len() * 38 <= bytes.len() || start > 1);
        }
    }

    #[test]
    fn sound_events_around_any_garbage_are_found(
        garbage in vec(any::<u8>(), 1..2000),
        before in 0..10u64,
        after in 3..10u64,
    ) {
        let mut out = Vec::new();
        write_prelude(&mut out, &common::snapshot());
        (0..before).for_each(|i| { write::event(&mut out, &common::sample_event(i).as_event()); });
        out.extend(&garbage);
        (before..before + after).for_each(|i| { write::event(&mut out, &common::sample_event(i).as_event()); });
        let read = read(&out);
        prop_assert!(!read.damage.is_empty());
        let found: Vec<_> = read.events.into_iter().map(|(_, event)| event).collect();
        let expected: Vec<_> = (0..before + after).map(|i| plain(&common::sample_event(i))).collect();
        prop_assert_eq!(found, expected);
    }
}
