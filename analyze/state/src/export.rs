//! The state as a snapshot: what a trace that starts at this point has to say before its first event.
//!
//! Takes a [`State`], gives the lists that traces describe a machine with. Loading them gives the same state, but
//! for what the lists have no room for: times of start and last exec, paths as they were given to `open`,
//! layers of an overlay that files lie in, sockets nobody knows anything of, the side of v6 connections, and that a
//! working directory is unknown.

use scap_format::snapshot::{FdEntry, FdKind, Group, Snapshot, ThreadEntry, User};
use std::net::IpAddr;

use crate::fd::{Fd, FdType};
use crate::flags::thread_flags as flag;
use crate::net::Endpoint;
use crate::state::State;
use crate::thread::Thread;

/// What [`State::export`] gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Export {
    /// Machine, interfaces, users, threads and fds, in ascending order of their ids.
    pub snapshot: Snapshot,
    /// One JSON document for each container, as container events carry it, in the order of their ids.
    pub containers: Vec<Vec<u8>>,
}

impl State {
    /// Everything that is known, for a trace that goes on from here.
    #[must_use]
    pub fn export(&self) -> Export {
        let mut done = self.clone();
        // What the last event left to be done is not for the next one to do.
        if let Some(tid) = done.later.thread.take() {
            done.bury(tid, done.now.ts);
        }
        if let Some((tid, num)) = done.later.fd.take() {
            done.with_fds(tid, |table| table.remove(num));
        }
        done.export_settled()
    }

    fn export_settled(&self) -> Export {
        let tids = self.threads.by_tid.ids();
        let known = || tids.iter().filter_map(|&tid| self.threads.at(tid));
        let tables = known().filter(|thread| !thread.fds.is_empty());
        let fds = tables.map(|thread| {
            (thread.tid, thread.fds.iter().filter_map(|(num, fd)| fd_entry(num, fd)).collect())
        });
        let (users, groups) = self.users.of_host();
        let snapshot = Snapshot {
            section: None,
            machine: Some((*self.machine).clone()),
            threads: known().map(|thread| thread_entry(self, thread)).collect(),
            fds: fds.collect(),
            interfaces: self.interfaces.list().to_vec(),
            users: users
                .map(|user| User {
                    uid: user.uid,
                    gid: user.gid,
                    name: user.name.to_vec(),
                    homedir: user.home.to_vec(),
                    shell: user.shell.to_vec(),
                })
                .collect(),
            groups: groups.map(|group| Group { gid: group.gid, name: group.name.to_vec() }).collect(),
        };
        let mut containers: Vec<_> = self.containers.iter().filter(|c| c.id != "host").collect();
        containers.sort_by(|a, b| a.id.cmp(&b.id));
        Export { snapshot, containers: containers.iter().map(|c| c.to_json()).collect() }
    }
}

fn thread_entry(state: &State, t: &Thread) -> ThreadEntry {
    let program = &t.exec;
    ThreadEntry {
        tid: t.tid,
        pid: t.pid,
        ptid: t.ptid,
        sid: t.sid,
        vpgid: t.vpgid,
        pgid: Some(t.pgid),
        comm: program.comm.to_vec(),
        exe: program.exe.to_vec(),
        exepath: t.exepath.to_vec(),
        args: closed(program.args.as_joined()),
        env: closed(t.env.as_joined()),
        // Secondary threads have none of their own, and readers other than this one ask each for its own.
        cwd: state.cwd(t).to_vec(),
        root: t.root.to_vec(),
        fdlimit: t.fdlimit,
        flags: t.flags & !flag::ACTIVE,
        uid: t.uid,
        gid: t.gid,
        vmsize_kb: t.vmsize_kb,
        vmrss_kb: t.vmrss_kb,
        vmswap_kb: t.vmswap_kb,
        pfmajor: t.pfmajor,
        pfminor: t.pfminor,
        cgroups: t.cgroups.raw.to_vec(),
        vtid: t.vtid,
        vpid: t.vpid,
        pidns_init_start_ts: t.pidns_init_start_ts,
        tty: t.tty,
        loginuid: Some(t.loginuid).filter(|&uid| uid != u32::MAX),
        exe_writable: t.exe_file.writable,
        cap_permitted: Some(t.cap_permitted),
        cap_effective: Some(t.cap_effective),
        cap_inheritable: Some(t.cap_inheritable),
        exe_upper_layer: t.exe_file.upper_layer,
        exe_lower_layer: t.exe_file.lower_layer,
        exe_from_memfd: t.exe_file.from_memfd,
        exe_ino: t.exe_file.ino,
        exe_ino_ctime: t.exe_file.ctime,
        exe_ino_mtime: t.exe_file.mtime,
        clone_ts: t.clone_ts,
    }
}

/// Strings with NUL between them to strings each closed by NUL.
fn closed(joined: &[u8]) -> Vec<u8> {
    let mut list = joined.to_vec();
    if !list.is_empty() {
        list.push(0);
    }
    list
}

/// `None` for fds of which a snapshot can say nothing.
fn fd_entry(num: i64, fd: &Fd) -> Option<FdEntry> {
    let name = || fd.name.to_vec();
    let kind = match fd.ty {
        FdType::Unknown | FdType::Uninitialized => return None,
        FdType::Unsupported => FdKind::Unknown { name: name() },
        FdType::Directory => FdKind::Directory { name: name() },
        FdType::FileV2 => {
            FdKind::Regular { flags: fd.open_flags, name: name(), mount_id: fd.mount_id, dev: fd.dev }
        }
        FdType::Ipv4Socket | FdType::Ipv6Socket => socket(fd)?,
        FdType::Ipv4Server | FdType::Ipv6Server => server(fd.sock.server(fd.ty)?, fd),
        FdType::Unix => {
            let (source, dest) = fd.sock.unix();
            FdKind::UnixSocket { source, dest, name: name() }
        }
        other => FdKind::Other { code: other as u8, name: name() },
    };
    Some(FdEntry { fd: num, ino: fd.ino, kind })
}

fn socket(fd: &Fd) -> Option<FdKind> {
    let mut ends = fd.sock.tuple(fd.ty)?;
    // Snapshots put the machine's own end first; the state puts the client's first, and swaps when it loads.
    if fd.role.server && !fd.role.client && fd.ty == FdType::Ipv4Socket {
        ends = ends.swapped();
    }
    let (sport, dport) = (ends.source.port, ends.dest.port);
    let l4proto = fd.sock.l4proto(fd.ty) as u8;
    match (ends.source.ip, ends.dest.ip) {
        (IpAddr::V4(source), IpAddr::V4(dest)) => {
            Some(FdKind::Ipv4Socket { source, dest, sport, dport, l4proto })
        }
        (IpAddr::V6(source), IpAddr::V6(dest)) => {
            Some(FdKind::Ipv6Socket { source, dest, sport, dport, l4proto })
        }
        _ => None,
    }
}

fn server(end: Endpoint, fd: &Fd) -> FdKind {
    let (port, l4proto) = (end.port, fd.sock.l4proto(fd.ty) as u8);
    match end.ip {
        IpAddr::V4(ip) => FdKind::Ipv4Server { ip, port, l4proto },
        IpAddr::V6(ip) => FdKind::Ipv6Server { ip, port, l4proto },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;
    use scap_format::block::Block;
    use scap_schema::code;

    fn entry(tid: i64, ptid: i64) -> ThreadEntry {
        ThreadEntry {
            tid,
            pid: tid,
            ptid,
            sid: 1,
            vpgid: tid,
            pgid: Some(tid),
            vtid: tid,
            vpid: tid,
            comm: b"sh".to_vec(),
            exe: b"/bin/sh".to_vec(),
            exepath: b"/bin/sh".to_vec(),
            args: b"-c\0\0".to_vec(),
            env: b"A=1\0".to_vec(),
            cwd: b"/srv/".to_vec(),
            root: b"/".to_vec(),
            cgroups: b"cpu=/a\0".to_vec(),
            flags: flag::NAME_CHANGED,
            loginuid: Some(7),
            cap_permitted: Some(1),
            cap_effective: Some(2),
            cap_inheritable: Some(3),
            ..ThreadEntry::default()
        }
    }

    fn state() -> State {
        let mut state = State::new();
        state.load(&Block::Threads(vec![entry(1, 0), entry(20, 1)]));
        let socket = |fd, sport, dport| FdEntry {
            fd,
            ino: 9,
            kind: FdKind::Ipv4Socket {
                source: [10, 0, 0, 1].into(),
                dest: [10, 0, 0, 2].into(),
                sport,
                dport,
                l4proto: 2,
            },
        };
        let listens = FdKind::Ipv4Server { ip: [0; 4].into(), port: 80, l4proto: 2 };
        let file = FdKind::Regular { flags: 1, name: b"/etc/hosts".to_vec(), mount_id: 0, dev: 5 };
        let fds = vec![
            FdEntry { fd: 0, ino: 4, kind: file },
            FdEntry { fd: 3, ino: 8, kind: listens },
            socket(4, 80, 4000),
            socket(5, 4001, 443),
        ];
        state.load(&Block::Fds { tid: 20, fds });
        let user = User { uid: 0, name: b"root".to_vec(), ..User::default() };
        let group = Group { gid: 0, name: b"root".to_vec() };
        state.load(&Block::Users { users: vec![user], groups: vec![group] });
        state
    }

    fn reloaded(export: &Export) -> State {
        let mut state = State::new();
        state.load_snapshot(&export.snapshot);
        state
    }

    #[test]
    fn what_is_exported_loads_as_the_same_state() {
        let mut before = state();
        before.apply(&EventBuf::new(code::SYSCALL_GETCWD_E, 5, 20).as_event());
        let export = before.export();
        let mut after = reloaded(&export);
        after.apply(&EventBuf::new(code::SYSCALL_GETCWD_E, 5, 20).as_event());
        assert_eq!(after.export(), export);
        let thread = after.find(20).unwrap();
        assert_eq!(thread.exec.args.len(), 2);
        assert!(after.fd_of(thread, 4).unwrap().role.server);
        assert_eq!(&*after.fd_of(thread, 4).unwrap().name, b"10.0.0.2:4000->10.0.0.1:80");
        assert!(after.fd_of(thread, 5).unwrap().role.client);
        assert_eq!(&*after.fd_of(thread, 0).unwrap().name, b"/etc/hosts");
    }

    #[test]
    fn what_the_last_event_ended_is_gone() {
        let mut state = state();
        let mut close = EventBuf::new(code::SYSCALL_CLOSE_X, 5, 20);
        close.push(&0i64.to_le_bytes()).push(&5i64.to_le_bytes());
        state.apply(&close.as_event());
        let export = state.export();
        let fds: Vec<i64> = export.snapshot.fds[0].1.iter().map(|fd| fd.fd).collect();
        assert_eq!(fds, [0, 3, 4]);
        assert!(state.fd_of(state.find(20).unwrap(), 5).is_some(), "exporting changes nothing");
    }
}
