//! Threads and thread groups of a frozen state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bincode::{Decode, Encode};
use hashbrown::HashMap;
use scap_format::EventBuf;

use super::Unusable;
use super::fds::{SharedTables, TableRef, Tables};
use super::strings::{Collected, Ref, Shared};
use crate::bytes::Strings;
use crate::owned::{Maybe, Owned};
use crate::thread::{Cgroups, Common, Enter, ExeFile, Exec, Probe, Thread};
use crate::threads::{MAX_THREADS, ThreadGroup};

/// One thread; fields are those of [`Thread`].
#[derive(Encode, Decode)]
pub(super) struct FrozenThread {
    ids: [i64; 8],
    flags: u32,
    exec: FrozenExec,
    exepath: Ref,
    /// From the lowest: writable, upper layer, lower layer, from a memfd.
    exe_bits: u8,
    exe_file: [u64; 5],
    /// uid, gid, loginuid, tty, vmsize, vmrss, vmswap.
    numbers: [u32; 7],
    /// Permitted, effective, inheritable.
    caps: [u64; 3],
    root: Ref,
    cgroups: Ref,
    container: Ref,
    probe: Probe,
    faults: [u64; 2],
    /// Clone, last exec, start of the pid namespace, time on a processor.
    times: [u64; 4],
    version: u64,
    fdlimit: i64,
    env: Ref,
    cwd: Ref,
    fds: TableRef,
    reaper: i64,
    group: Option<i64>,
    rank: i64,
    children: Vec<i64>,
    enter: Option<FrozenEnter>,
}

/// Name, first argument, and the other arguments separated by NUL.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub(super) struct FrozenExec(Ref, Ref, Ref);

#[derive(Encode, Decode)]
struct FrozenEnter {
    code: u16,
    fd: i64,
    params: Option<Vec<Ref>>,
}

/// One thread group; fields are those of [`ThreadGroup`].
#[derive(Encode, Decode)]
pub(super) struct FrozenGroup {
    pid: i64,
    alive: u64,
    reaper: bool,
    members: Vec<(i64, i64)>,
}

pub(super) fn freeze_exec<'s>(exec: &'s Exec, strings: &mut Collected<'s>) -> FrozenExec {
    FrozenExec(strings.place(&exec.comm), strings.place(&exec.exe), strings.place(exec.args.as_joined()))
}

pub(super) fn freeze<'s>(
    t: &'s Thread,
    strings: &mut Collected<'s>,
    tables: &mut Tables<'s>,
) -> FrozenThread {
    let exe = &t.exe_file;
    FrozenThread {
        ids: [t.tid, t.pid, t.ptid, t.sid, t.vpgid, t.pgid, t.vtid, t.vpid],
        flags: t.flags,
        exec: freeze_exec(&t.exec, strings),
        exepath: strings.place(&t.exepath),
        exe_bits: super::bits_of(&[exe.writable, exe.upper_layer, exe.lower_layer, exe.from_memfd]),
        exe_file: [exe.ino, exe.ctime, exe.mtime, exe.ctime_to_clone, exe.pidns_start_to_ctime],
        numbers: [t.uid, t.gid, t.loginuid, t.tty, t.vmsize_kb, t.vmrss_kb, t.vmswap_kb],
        caps: [t.cap_permitted, t.cap_effective, t.cap_inheritable],
        root: strings.place(&t.root),
        cgroups: strings.place(&t.cgroups.raw),
        container: strings.place(&t.container),
        probe: t.probe,
        faults: [t.pfmajor, t.pfminor],
        times: [t.clone_ts, t.lastexec_ts, t.pidns_init_start_ts, t.exectime],
        version: t.version,
        fdlimit: t.fdlimit,
        env: strings.place(t.env.as_joined()),
        cwd: strings.place(&t.cwd),
        fds: tables.place(&t.fds, strings),
        reaper: t.reaper,
        group: t.group,
        rank: t.rank,
        children: t.children.iter().copied().collect(),
        enter: t.in_mind().map(|enter| FrozenEnter {
            code: enter.code,
            fd: enter.fd,
            params: enter.waiting().map(|all| all.iter().map(|one| strings.place(one)).collect()),
        }),
    }
}

pub(super) fn freeze_group(pid: i64, group: &ThreadGroup) -> FrozenGroup {
    let members = group.members().collect();
    FrozenGroup { pid, alive: group.alive, reaper: group.reaper, members }
}

/// What threads of a state being thawed share.
pub(super) struct Parts<'s> {
    pub(super) strings: &'s Shared,
    pub(super) tables: SharedTables,
    execs: HashMap<FrozenExec, Arc<Exec>>,
    cgroups: HashMap<Ref, Arc<Cgroups>>,
    commons: HashMap<(FrozenExec, [Ref; 6]), Arc<Common>>,
}

impl<'s> Parts<'s> {
    pub(super) fn new(strings: &'s Shared, tables: SharedTables) -> Self {
        Self { strings, tables, execs: HashMap::new(), cgroups: HashMap::new(), commons: HashMap::new() }
    }

    pub(super) fn exec(&mut self, key: FrozenExec) -> Result<Arc<Exec>, Unusable> {
        if let Some(known) = self.execs.get(&key) {
            return Ok(Arc::clone(known));
        }
        let FrozenExec(comm, exe, args) = key;
        let (comm, exe) = (self.strings.at(comm)?, self.strings.at(exe)?);
        let exec = Arc::new(Exec::restored(comm, exe, Strings::restored(self.strings.at(args)?)));
        self.execs.insert(key, Arc::clone(&exec));
        Ok(exec)
    }

    fn cgroups(&mut self, raw: Ref) -> Result<Arc<Cgroups>, Unusable> {
        if let Some(known) = self.cgroups.get(&raw) {
            return Ok(Arc::clone(known));
        }
        let cgroups = Arc::new(Cgroups::new(&self.strings.at(raw)?));
        self.cgroups.insert(raw, Arc::clone(&cgroups));
        Ok(cgroups)
    }

    fn common(&mut self, f: &FrozenThread) -> Result<Arc<Common>, Unusable> {
        let key = (f.exec, [f.exepath, f.root, f.cgroups, f.container, f.env, f.cwd]);
        if let Some(known) = self.commons.get(&key) {
            return Ok(Arc::clone(known));
        }
        let common = Arc::new(Common {
            exec: self.exec(f.exec)?,
            exepath: self.strings.at(f.exepath)?,
            root: self.strings.at(f.root)?,
            cgroups: self.cgroups(f.cgroups)?,
            container: self.strings.at(f.container)?,
            env: Strings::restored(self.strings.at(f.env)?),
            cwd: self.strings.at(f.cwd)?,
        });
        self.commons.insert(key, Arc::clone(&common));
        Ok(common)
    }

    pub(super) fn thread(&mut self, f: &FrozenThread) -> Result<Thread, Unusable> {
        let bit = |n: u8| f.exe_bits >> n & 1 == 1;
        let [tid, pid, ptid, sid, vpgid, pgid, vtid, vpid] = f.ids;
        let [uid, gid, loginuid, tty, vmsize_kb, vmrss_kb, vmswap_kb] = f.numbers;
        let [ino, ctime, mtime, ctime_to_clone, pidns_start_to_ctime] = f.exe_file;
        let [cap_permitted, cap_effective, cap_inheritable] = f.caps;
        let [clone_ts, lastexec_ts, pidns_init_start_ts, exectime] = f.times;
        let [pfmajor, pfminor] = f.faults;
        Ok(Thread {
            tid,
            pid,
            ptid,
            sid,
            vpgid,
            pgid,
            vtid,
            vpid,
            flags: f.flags,
            common: self.common(f)?,
            exe_file: ExeFile {
                writable: bit(0),
                upper_layer: bit(1),
                lower_layer: bit(2),
                from_memfd: bit(3),
                ino,
                ctime,
                mtime,
                ctime_to_clone,
                pidns_start_to_ctime,
            },
            uid,
            gid,
            loginuid,
            cap_permitted,
            cap_effective,
            cap_inheritable,
            tty,
            probe: f.probe,
            vmsize_kb,
            vmrss_kb,
            vmswap_kb,
            pfmajor,
            pfminor,
            clone_ts,
            lastexec_ts,
            pidns_init_start_ts,
            exectime,
            version: f.version,
            fdlimit: f.fdlimit,
            fds: Maybe::from(self.tables.at(f.fds)?),
            reaper: f.reaper,
            group: f.group,
            rank: f.rank,
            children: match &*f.children {
                [] => Maybe::default(),
                children => Maybe::from(Owned::from(children.iter().copied().collect::<BTreeSet<_>>())),
            },
            enter: f.enter.as_ref().map(|enter| self.enter(enter)).transpose()?,
        })
    }

    fn enter(&self, f: &FrozenEnter) -> Result<Box<Enter>, Unusable> {
        let mut enter = Box::new(Enter { code: f.code, fd: f.fd, ..Enter::default() });
        if let Some(params) = &f.params {
            let mut kept = EventBuf::new(f.code, 0, 0);
            for param in params {
                kept.push(&self.strings.at(*param)?);
            }
            enter.keep(&kept.as_event());
        }
        Ok(enter)
    }
}

/// Counts beyond what any replay reaches are refused, so that counting on from them cannot overflow.
pub(super) fn thaw_group(f: &FrozenGroup) -> Result<ThreadGroup, Unusable> {
    let members: BTreeMap<i64, i64> = f.members.iter().copied().collect();
    let ranks = members.first_key_value().into_iter().chain(members.last_key_value());
    let far = ranks.into_iter().any(|(rank, _)| rank.unsigned_abs() >= super::FAR);
    if far || f.alive >= super::FAR || members.len() > MAX_THREADS {
        return Err(Unusable("a thread group counts more than there can be"));
    }
    Ok(ThreadGroup::restored(f.alive, f.reaper, members))
}

impl FrozenGroup {
    pub(super) const fn pid(&self) -> i64 {
        self.pid
    }
}
