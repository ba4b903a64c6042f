//! A small machine and the events on it, by hand.
#![allow(dead_code, reason = "each test file uses a part of it")]

use scap_account::{Account, Limits, Observer, Process};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, Summary};
use scap_format::block::Block;
use scap_format::snapshot::{MachineInfo, ThreadEntry};
use scap_format::{Event, EventBuf};
use scap_schema::code;
use scap_state::State;

/// A trace that is observed while it is told.
pub(crate) struct Story {
    cursor: Cursor,
    pub(crate) observer: Observer,
    num: u64,
    ts: u64,
}

/// Thread flag of a new thread of the same process, as the schema numbers it.
pub(crate) const THREAD: u32 = 0x2001;
/// Flag of `vfork`.
pub(crate) const VFORK: u32 = 1 << 27;

impl Story {
    /// Of a machine with init and a shell, pid 10.
    pub(crate) fn new(limits: Limits) -> Self {
        let mut cursor = Cursor::new();
        for block in [
            Block::Machine(MachineInfo {
                hostname: b"victim".to_vec(),
                num_cpus: 2,
                ..MachineInfo::default()
            }),
            Block::Threads(vec![entry(1, 0, "init"), entry(10, 1, "sh")]),
        ] {
            cursor.follow(&block);
        }
        Self { cursor, observer: Observer::new(limits), num: 0, ts: 1_000_000_000 }
    }

    /// Adds processes to the snapshot: pid and parent.
    pub(crate) fn snapshot(&mut self, processes: &[(i64, i64)]) {
        let entries = processes.iter().map(|&(pid, parent)| entry(pid, parent, "idle")).collect();
        self.cursor.follow(&Block::Threads(entries));
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: u64) {
        self.ts += seconds * 1_000_000_000;
    }

    /// The next event: its code, thread and parameters. Gives its number.
    pub(crate) fn event(&mut self, code: u16, tid: i64, params: &[&[u8]]) -> u64 {
        let mut event = EventBuf::new(code, self.ts, tid);
        for param in params {
            event.push(param);
        }
        self.push(event)
    }

    /// The next event as it is, but for its number and time.
    pub(crate) fn push(&mut self, mut event: EventBuf) -> u64 {
        self.num += 1;
        self.ts += 1000;
        (event.num, event.ts) = (self.num, self.ts);
        let observer = &mut self.observer;
        let visit = |event: Event<'_>, state: &State| -> Result<(), ()> {
            let fields = Fields::new(event, state);
            observer.observe(&fields);
            assert!(observer.process_of(&fields).is_none_or(|id| id.0 < u32::MAX));
            Ok(())
        };
        self.cursor.feed_event(&event.as_event(), visit).expect("the visitor never fails");
        self.num
    }

    /// A clone seen by the caller (`result` is the child) or the child (0).
    pub(crate) fn clone(&mut self, tid: i64, pid: i64, ptid: i64, result: i64, flags: u32) -> u64 {
        let n = |n: i64| n.to_le_bytes();
        self.event(
            code::SYSCALL_CLONE_20_X,
            tid,
            &[
                &n(result),
                b"sh\0",
                b"",
                &n(tid),
                &n(pid),
                &n(ptid),
                b"",
                &n(1024),
                &n(0),
                &n(0),
                &[0; 4],
                &[0; 4],
                &[0; 4],
                b"sh\0",
                b"",
                &flags.to_le_bytes(),
                &1000u32.to_le_bytes(),
                &1000u32.to_le_bytes(),
                &n(tid),
                &n(pid),
            ],
        )
    }

    /// A fork as both sides tell it.
    pub(crate) fn fork(&mut self, parent: i64, child: i64) {
        self.clone(parent, parent, 1, child, 0);
        self.clone(child, child, parent, 0, 0);
    }

    /// A program that starts to run, as user `uid`.
    pub(crate) fn exec(&mut self, tid: i64, ptid: i64, path: &str, args: &[u8], uid: u32) -> u64 {
        let n = |n: i64| n.to_le_bytes();
        let name = [path.rsplit('/').next().unwrap_or(path).as_bytes(), b"\0"].concat();
        let path = [path.as_bytes(), b"\0"].concat();
        let zero = 0u32.to_le_bytes();
        self.event(
            code::SYSCALL_EXECVE_19_X,
            tid,
            &[
                &n(0),
                &name,
                args,
                &n(tid),
                &n(tid),
                &n(ptid),
                b"",
                &n(1024),
                &n(0),
                &n(0),
                &zero,
                &zero,
                &zero,
                &name,
                b"",
                b"",
                &zero,
                &n(tid),
                &u32::MAX.to_le_bytes(),
                &zero,
                &n(0),
                &n(0),
                &n(0),
                &n(7),
                &n(0),
                &n(0),
                &uid.to_le_bytes(),
                &path,
                &n(tid),
                &1000u32.to_le_bytes(),
            ],
        )
    }

    /// The end of a thread.
    pub(crate) fn exit(&mut self, tid: i64, code: u8, signal: u8) -> u64 {
        let (status, ret) = (i64::from(code) << 8, i64::from(code));
        let reaper = 1i64.to_le_bytes();
        self.event(
            code::PROCEXIT_1_E,
            tid,
            &[&status.to_le_bytes(), &ret.to_le_bytes(), &[signal], &[0], &reaper],
        )
    }

    /// An open by absolute path; `flags` are libscap's (1 reads, 2 writes).
    pub(crate) fn open(&mut self, tid: i64, result: i64, path: &[u8], flags: u32) -> u64 {
        let path = [path, b"\0"].concat();
        let number = result.to_le_bytes();
        self.event(
            code::SYSCALL_OPENAT_2_X,
            tid,
            &[&number, &(-100i64).to_le_bytes(), &path, &flags.to_le_bytes(), &[0; 4], &[0; 4], &[0; 8]],
        )
    }

    /// A read or write of `bytes`.
    pub(crate) fn transfer(&mut self, code: u16, tid: i64, fd: i64, bytes: i64) -> u64 {
        self.event(code, tid, &[&bytes.to_le_bytes(), b"", &fd.to_le_bytes(), &[0; 4]])
    }

    /// The account at the end.
    pub(crate) fn end(self) -> Account {
        self.observer.finish(self.cursor.state(), Summary::default())
    }
}

/// A process of the snapshot.
fn entry(tid: i64, ptid: i64, comm: &str) -> ThreadEntry {
    ThreadEntry {
        tid,
        pid: tid,
        ptid,
        vtid: tid,
        vpid: tid,
        pgid: Some(tid),
        comm: comm.into(),
        exe: comm.into(),
        exepath: format!("/usr/bin/{comm}").into_bytes(),
        cwd: b"/srv/".to_vec(),
        fdlimit: 1024,
        uid: 1000,
        gid: 1000,
        ..ThreadEntry::default()
    }
}

/// Every process with `pid`.
pub(crate) fn of_pid(account: &Account, pid: i64) -> Vec<&Process> {
    account.processes.iter().filter(|process| process.pid == pid).collect()
}

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
