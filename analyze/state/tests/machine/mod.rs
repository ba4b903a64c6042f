//! A small machine to test on: events built by parameter name from the schema, applied to a state.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::unwrap_used, reason = "a mistake in a test fails the test")]

use scap_format::EventBuf;
use scap_format::snapshot::ThreadEntry;
use scap_schema::code;
use scap_state::{Applied, State, Thread};

/// A state and the clock of its events.
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) ts: u64,
    pub(crate) num: u64,
}

impl Machine {
    /// With init (1) and a shell (100) that has stdin, stdout, stderr.
    pub(crate) fn new() -> Self {
        let mut state = State::new();
        let init = process(1, 0, "init");
        let shell = process(100, 1, "bash");
        state.load_threads(&[init, shell]);
        let mut machine = Self { state, ts: 1_000_000_000_000, num: 0 };
        for fd in 0..3 {
            machine.open(100, fd, "/dev/tty1");
        }
        machine
    }

    /// Applies event `code` of `tid` with parameters by name; the others are empty.
    pub(crate) fn event(&mut self, code: u16, tid: i64, params: &[(&str, Param)]) -> Applied {
        self.num += 1;
        self.ts += 1000;
        let mut buf = EventBuf::new(code, self.ts, tid);
        buf.num = self.num;
        let info = scap_schema::event(code).unwrap();
        for (name, _) in params {
            assert!(info.param_index(name).is_some(), "{} has no {name}", info.id);
        }
        for param in info.params {
            let value = params.iter().find(|(name, _)| *name == param.name);
            buf.push(&value.map(|(_, p)| p.0.clone()).unwrap_or_default());
        }
        self.state.apply(&buf.as_event())
    }

    /// Any event that changes nothing, so that what was left to do gets done.
    pub(crate) fn tick(&mut self) {
        self.event(code::SYSCALL_SETSID_X, 1, &[("res", (-1i64).into())]);
    }

    pub(crate) fn thread(&self, tid: i64) -> &Thread {
        self.state.find(tid).unwrap_or_else(|| panic!("no thread {tid}"))
    }

    pub(crate) fn comm(&self, tid: i64) -> String {
        String::from_utf8_lossy(&self.thread(tid).exec.comm).into_owned()
    }

    pub(crate) fn cwd(&self, tid: i64) -> String {
        String::from_utf8_lossy(self.state.cwd(self.thread(tid))).into_owned()
    }

    /// Name of an fd; `None` if it is not open.
    pub(crate) fn fd(&self, tid: i64, num: i64) -> Option<String> {
        let fd = self.state.fd_of(self.thread(tid), num)?;
        Some(String::from_utf8_lossy(&fd.name).into_owned())
    }

    pub(crate) fn open(&mut self, tid: i64, fd: i64, path: &str) {
        self.event(
            code::SYSCALL_OPEN_X,
            tid,
            &[("fd", fd.into()), ("name", path.into()), ("flags", 1u32.into())],
        );
    }

    pub(crate) fn openat(&mut self, tid: i64, fd: i64, dirfd: i64, path: &str, flags: u32) {
        self.event(
            code::SYSCALL_OPENAT_2_X,
            tid,
            &[("fd", fd.into()), ("dirfd", dirfd.into()), ("name", path.into()), ("flags", flags.into())],
        );
    }

    pub(crate) fn close(&mut self, tid: i64, fd: i64) {
        self.event(code::SYSCALL_CLOSE_X, tid, &[("res", 0i64.into()), ("fd", fd.into())]);
    }

    /// The parent's side of a clone.
    pub(crate) fn clone_parent(&mut self, tid: i64, child: i64, comm: &str, flags: u32) {
        let t = self.state.find(tid);
        let (pid, ptid) = t.map_or((tid, 1), |t| (t.pid, t.ptid));
        self.clone_event(tid, child, pid, ptid, comm, flags, (pid, tid));
    }

    /// The child's side of a clone.
    pub(crate) fn clone_child(&mut self, tid: i64, pid: i64, ptid: i64, comm: &str, flags: u32) {
        self.clone_event(tid, 0, pid, ptid, comm, flags, (pid, tid));
    }

    #[allow(clippy::too_many_arguments, reason = "they are the parameters of the event")]
    pub(crate) fn clone_event(
        &mut self,
        tid: i64,
        res: i64,
        pid: i64,
        ptid: i64,
        comm: &str,
        flags: u32,
        (vpid, vtid): (i64, i64),
    ) {
        self.event(
            code::SYSCALL_CLONE_20_X,
            tid,
            &[
                ("res", res.into()),
                ("exe", comm.into()),
                ("tid", tid.into()),
                ("pid", pid.into()),
                ("ptid", ptid.into()),
                ("fdlimit", 1024i64.into()),
                ("comm", comm.into()),
                ("flags", flags.into()),
                ("uid", 1000u32.into()),
                ("gid", 1000u32.into()),
                ("vtid", vtid.into()),
                ("vpid", vpid.into()),
            ],
        );
    }

    /// A successful exec of `path` with `args`.
    pub(crate) fn exec(&mut self, tid: i64, path: &str, args: &[&str]) {
        let comm = path.rsplit('/').next().unwrap();
        let args = args.iter().flat_map(|a| a.bytes().chain([0])).collect::<Vec<u8>>();
        let (pid, ptid) = self.state.find(tid).map_or((tid, 1), |t| (tid.max(t.pid), t.ptid));
        self.event(
            code::SYSCALL_EXECVE_19_X,
            tid,
            &[
                ("res", 0i64.into()),
                ("exe", path.into()),
                ("args", Param(args)),
                ("tid", tid.into()),
                ("pid", pid.into()),
                ("ptid", ptid.into()),
                ("fdlimit", 1024u64.into()),
                ("comm", comm.into()),
                ("trusted_exepath", path.into()),
                ("pgid", pid.into()),
            ],
        );
    }

    pub(crate) fn exit(&mut self, tid: i64, reaper: i64) {
        self.event(code::PROCEXIT_1_E, tid, &[("status", 0i64.into()), ("reaper_tid", reaper.into())]);
    }
}

/// Bytes of a parameter.
#[derive(Clone)]
pub(crate) struct Param(pub(crate) Vec<u8>);

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self(text.bytes().chain([0]).collect())
    }
}

macro_rules! param_from {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Param {
            fn from(value: $ty) -> Self {
                Self(value.to_le_bytes().to_vec())
            }
        }
    )*};
}

param_from!(u8 u16 u32 u64 i64);

/// A v4 socket tuple.
pub(crate) fn tuple(source: [u8; 4], sport: u16, dest: [u8; 4], dport: u16) -> Param {
    let mut bytes = vec![2];
    bytes.extend(source);
    bytes.extend(sport.to_le_bytes());
    bytes.extend(dest);
    bytes.extend(dport.to_le_bytes());
    Param(bytes)
}

/// A v6 socket tuple.
pub(crate) fn tuple6(source: &str, sport: u16, dest: &str, dport: u16) -> Param {
    let mut bytes = vec![10];
    for (ip, port) in [(source, sport), (dest, dport)] {
        bytes.extend(ip.parse::<std::net::Ipv6Addr>().unwrap().octets());
        bytes.extend(port.to_le_bytes());
    }
    Param(bytes)
}

/// A v4 socket address.
pub(crate) fn addr(ip: [u8; 4], port: u16) -> Param {
    let mut bytes = vec![2];
    bytes.extend(ip);
    bytes.extend(port.to_le_bytes());
    Param(bytes)
}

/// A process of the snapshot.
pub(crate) fn process(pid: i64, ppid: i64, comm: &str) -> ThreadEntry {
    ThreadEntry {
        tid: pid,
        pid,
        ptid: ppid,
        sid: pid,
        vpgid: pid,
        pgid: Some(pid),
        vtid: pid,
        vpid: pid,
        comm: comm.into(),
        exe: comm.into(),
        exepath: format!("/bin/{comm}").into(),
        cwd: b"/home".to_vec(),
        root: b"/".to_vec(),
        env: b"HOME=/root\0PATH= /bin \0".to_vec(),
        fdlimit: 1024,
        clone_ts: 1,
        ..ThreadEntry::default()
    }
}
