//! What single events tell: files opened, removed, renamed; other processes traced and killed; the kernel changed.
//!
//! One function for each sort of event. What an event does to descriptors and processes the state knows; what it means
//! to an analyst is decided here, with the table of [`places`].

use scap_format::Event;
use scap_schema::{FlagSet, ParamDetail, ParamType};
use scap_state::{Bytes, Fd, State, Thread};

use super::{Observer, Seeing, is};
use crate::model::{ActKind, ProcessId};
use crate::places;
use crate::plan::{PathAct, PathAt, Tells, Way};

/// Errors that say that somebody tried what he may not: `EPERM`, `EACCES`, `EROFS`.
const REFUSED: [i64; 3] = [1, 13, 30];

/// The descriptor that stands for the working directory.
const AT_FDCWD: i64 = -100;

/// `BPF_PROG_LOAD`.
const LOAD_PROGRAM: u32 = 5;

/// Requests by which a process gets hold of another, or changes it; those that follow an attach say nothing new.
const TRACES: [&str; 5] =
    ["PTRACE_ATTACH", "PTRACE_SEIZE", "PTRACE_POKETEXT", "PTRACE_POKEDATA", "PTRACE_SETREGS"];

impl Observer {
    /// Takes in what the event of `s` tells beyond bytes moved.
    pub(super) fn told(&mut self, s: Seeing<'_, '_>, tells: Tells) {
        match tells {
            Tells::Exec if s.event.i64(0) == Some(0) => self.executed(s.state, s.thread, s.process),
            Tells::Exec => {}
            Tells::Exit => self.exits(s.event, s.state, s.thread, s.process),
            Tells::Clone => self.new_namespaces(&s, "clone"),
            Tells::Open => self.opens(&s),
            Tells::Path(act) => self.changes_path(&s, act),
            Tells::Copy { from, to } => self.copies(&s, from, to),
            Tells::Bind => self.binds(&s),
            Tells::Listen => self.listens(&s),
            Tells::Accept => self.accepts(&s),
            Tells::Connect => self.connects(&s),
            Tells::SocketError => self.socket_error(&s),
            Tells::Signal => self.signals(&s),
            Tells::Trace => self.traces(&s),
            Tells::OtherMemory => self.touches_memory(&s),
            Tells::Module | Tells::ModuleRemoved | Tells::Bpf => self.loads(&s, tells),
            Tells::Mount => self.mounts(&s),
            Tells::Unmount => self.unmounts(&s),
            Tells::Namespace => self.namespace(&s),
            Tells::Notice | Tells::Container => {}
        }
    }

    /// Notices of the recorder.
    pub(super) fn notice(&mut self, event: &Event<'_>) {
        if event.text(0) == Some(super::notes::NAME) {
            self.notes.read(event.text(1).unwrap_or_default());
            return;
        }
        let lost = scap_analyze::replay::dropped(event);
        if lost > 0 {
            self.act(ActKind::Dropped, None, format!("{lost} events").as_bytes(), 0);
        }
    }

    /// Bytes read or written.
    #[inline]
    pub(super) fn moves(
        &mut self,
        event: &Event<'_>,
        state: &State,
        thread: &Thread,
        process: ProcessId,
        way: Way,
    ) {
        let Some(bytes) = event.i64(0).and_then(|res| u64::try_from(res).ok()) else { return };
        let Some(fd) = state.fd() else { return };
        self.moved(fd, state.fd_num(), (state, thread), process, (way, bytes));
    }

    fn moved(
        &mut self,
        fd: &Fd,
        num: i64,
        (state, thread): (&State, &Thread),
        process: ProcessId,
        (way, bytes): (Way, u64),
    ) {
        if fd.ty.is_file() {
            if let Some(file) = self.files.of_fd(process, num, &fd.name, self.now, &mut self.texts) {
                let sum = if way == Way::In { &mut file.bytes_read } else { &mut file.bytes_written };
                *sum = sum.saturating_add(bytes);
            }
        } else if super::net::is_socket(fd.ty)
            && let Some(socket) = self.sockets.of_fd(process, fd, (state, thread), self.now, &mut self.texts)
        {
            let sum = if way == Way::In { &mut socket.bytes_in } else { &mut socket.bytes_out };
            *sum = sum.saturating_add(bytes);
        }
    }

    fn copies(&mut self, s: &Seeing<'_, '_>, from: u8, to: u8) {
        let Some(bytes) = s.event.i64(0).and_then(|res| u64::try_from(res).ok()) else { return };
        for (at, way) in [(from, Way::In), (to, Way::Out)] {
            let num = s.event.i64(at.into()).unwrap_or(-1);
            if let Some(fd) = s.state.fd_of(s.thread, num) {
                self.moved(fd, num, (s.state, s.thread), s.process, (way, bytes));
            }
        }
    }

    fn opens(&mut self, s: &Seeing<'_, '_>) {
        let Some(res) = s.event.i64(0) else { return };
        let error = res.min(0).saturating_neg();
        let fd = s.state.fd().filter(|_| res >= 0);
        let path = match fd {
            Some(fd) => fd.name.clone(),
            None => match s.plan.paths[0].and_then(|at| path(s, at)) {
                Some(path) => Bytes::from(path),
                None => return,
            },
        };
        let made_by_name = s.event.info().is_some_and(|info| info.name == "creat");
        let reads = is(s.fields, &self.fields.opens_to_read);
        let writes = made_by_name || is(s.fields, &self.fields.opens_to_write);
        let creates = is(s.fields, &self.fields.creates);
        let (mut newly_read, mut newly_written) = (reads, writes);
        if let Some(file) = self.files.of(s.process, &path, self.now, &mut self.texts) {
            if error == 0 {
                file.opens += 1;
                (newly_read, newly_written) = (reads && !file.read, writes && !file.written);
                file.read |= reads;
                file.written |= writes;
                file.created |= creates;
            } else {
                (newly_read, newly_written) = (reads && file.failures == 0, writes && file.failures == 0);
                file.failures += 1;
            }
        }
        if error != 0 && !REFUSED.contains(&error) {
            return;
        }
        if newly_written {
            if error == 0 {
                self.texts.changed(&path);
            }
            if places::is_system(&path) || (error == 0 && truncates(s) && places::is_log(&path)) {
                self.act(ActKind::WroteSystemFile, Some(s.process), &path, error);
            }
        }
        if newly_read && places::is_secret(&path) {
            self.act(ActKind::ReadSecret, Some(s.process), &path, error);
        }
    }

    fn changes_path(&mut self, s: &Seeing<'_, '_>, act: PathAct) {
        let Some(res) = s.event.i64(0) else { return };
        let error = res.min(0).saturating_neg();
        let mut paths = s.plan.paths.iter().flatten().filter_map(|&at| path(s, at));
        let (mut from, path) = match (paths.next(), paths.next()) {
            (Some(from), Some(to)) => (Some(from), to),
            (Some(only), None) => (None, only),
            (None, _) => match s.state.fd() {
                Some(fd) => (None, fd.name.to_vec()),
                None => return,
            },
        };
        if act == PathAct::Link && from.is_none() {
            // What a symbolic link leads to is a text like any other.
            from = s.event.param_named("target").map(until_nul).map(<[u8]>::to_vec);
        }
        let kept_from = from.as_deref().filter(|_| error == 0).and_then(|from| self.texts.keep(from));
        if let Some(file) = self.files.of(s.process, &path, self.now, &mut self.texts) {
            match act {
                _ if error != 0 => file.failures += 1,
                PathAct::Remove => file.deleted = true,
                PathAct::Rename | PathAct::Link => (file.moved, file.from) = (true, kept_from),
                PathAct::Change => file.changed = true,
                PathAct::Make => file.created = true,
            }
        }
        if error == 0
            && act == PathAct::Rename
            && from.as_ref().is_some_and(|from| self.texts.was_changed(from))
        {
            self.texts.changed(&path);
        }
        if error == 0 || REFUSED.contains(&error) {
            self.act_on_path(s, act, from.as_deref(), &path, error);
        }
    }

    fn act_on_path(
        &mut self,
        s: &Seeing<'_, '_>,
        act: PathAct,
        from: Option<&[u8]>,
        path: &[u8],
        error: i64,
    ) {
        let matters = |path: &[u8]| places::is_system(path) || places::is_log(path);
        match act {
            PathAct::Remove if matters(path) => self.act(ActKind::Deleted, Some(s.process), path, error),
            PathAct::Rename | PathAct::Link if matters(path) || from.is_some_and(matters) => {
                let words = [from.unwrap_or_default(), b" -> ", path].concat();
                self.act(ActKind::Moved, Some(s.process), &words, error);
            }
            PathAct::Change => self.changes_file(s, path, error),
            PathAct::Remove | PathAct::Rename | PathAct::Link | PathAct::Make => {}
        }
    }

    /// A mode or owner was changed.
    fn changes_file(&mut self, s: &Seeing<'_, '_>, path: &[u8], error: i64) {
        let number =
            |name| s.event.param_named(name).and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
        let words = match number("mode") {
            Some(mode) => {
                let gives_rights = mode & bits(s, "mode", |name| matches!(name, "S_ISUID" | "S_ISGID")) != 0;
                let runs = mode & bits(s, "mode", |name| name.starts_with("S_IX")) != 0;
                let matters = gives_rights || places::is_system(path) || (runs && places::is_temporary(path));
                if !matters {
                    return;
                }
                format!(" mode {mode:04o}")
            }
            None if places::is_system(path) => {
                let show =
                    |id: Option<u32>| id.filter(|&id| id != u32::MAX).map_or("-".into(), |id| id.to_string());
                format!(" owner {}:{}", show(number("uid")), show(number("gid")))
            }
            None => return,
        };
        self.act(ActKind::ChangedFile, Some(s.process), &[path, words.as_bytes()].concat(), error);
    }

    /// A signal to a process that is neither the sender nor below it.
    fn signals(&mut self, s: &Seeing<'_, '_>) {
        let signal = s.event.param_named("sig").and_then(<[u8]>::first).copied().unwrap_or(0);
        let target = s.event.param_named("pid").or_else(|| s.event.param_named("tid"));
        let Some(pid) = target.and_then(|raw| raw.try_into().ok()).map(i64::from_le_bytes) else { return };
        if signal == 0 || s.event.i64(0) != Some(0) || pid == 0 {
            return;
        }
        // In a pid namespace the number is another one outside.
        let pid_here = pid.checked_abs().filter(|_| pid != -1 && !s.thread.is_in_pid_namespace());
        let id = pid_here.and_then(|pid| {
            let main = s.state.find(pid).map_or(pid, |thread| thread.pid);
            self.processes.by_pid(main)
        });
        let foreign = match id {
            Some(id) => !self.processes.descends(id, s.process),
            None => pid == -1,
        };
        if !foreign || !self.acts.is_first(ActKind::Signalled, s.process, pid, signal.into()) {
            return;
        }
        let name = scap_schema::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
        let mut words = name.into_bytes();
        words.extend_from_slice(b" to ");
        match id.and_then(|id| self.processes.at(id)).and_then(|process| process.images.last()) {
            Some(image) => {
                words.extend_from_slice(&image.name);
                words.extend_from_slice(format!(" ({pid})").as_bytes());
            }
            None => words.extend_from_slice(b"every process"),
        }
        self.act(ActKind::Signalled, Some(s.process), &words, 0);
    }

    fn traces(&mut self, s: &Seeing<'_, '_>) {
        let value =
            s.event.param_named("request").and_then(|raw| raw.try_into().ok()).map(u16::from_le_bytes);
        let Some((set, value)) = flag_set(s, "request").zip(value) else { return };
        let name = set.values.iter().find(|(_, one)| *one == u32::from(value)).map(|(name, _)| *name);
        let Some(name) = name.filter(|name| TRACES.contains(name)) else { return };
        self.grips(s, name, value);
    }

    fn touches_memory(&mut self, s: &Seeing<'_, '_>) {
        let name = s.event.info().map_or("", |info| info.name);
        // No request is numbered like an event of these.
        self.grips(s, name, u16::MAX - s.event.code);
    }

    /// One process lays hands on another by `how`, which `way` tells from other ways.
    fn grips(&mut self, s: &Seeing<'_, '_>, how: &str, way: u16) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let pid = s.event.param_named("pid").and_then(|raw| raw.try_into().ok()).map(i64::from_le_bytes);
        let Some(pid) = pid else { return };
        let same_process = s.state.find(pid).is_some_and(|thread| thread.pid == s.thread.pid);
        if same_process || !self.acts.is_first(ActKind::Traced, s.process, pid, way) {
            return;
        }
        let mut words = format!("{how} of ").into_bytes();
        if let Some(thread) = s.state.find(pid).filter(|_| !s.thread.is_in_pid_namespace()) {
            words.extend_from_slice(&thread.exec.comm);
            words.push(b' ');
        }
        words.extend_from_slice(format!("({pid})").as_bytes());
        self.act(ActKind::Traced, Some(s.process), &words, error);
    }

    fn loads(&mut self, s: &Seeing<'_, '_>, tells: Tells) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let words = match tells {
            Tells::Bpf => {
                let command = s.event.param_named("cmd").and_then(|raw| raw.try_into().ok());
                if command.map(u32::from_le_bytes) != Some(LOAD_PROGRAM) {
                    return;
                }
                b"eBPF program".to_vec()
            }
            Tells::ModuleRemoved => {
                let name = s.event.param_named("name").map(until_nul).unwrap_or_default();
                [b"removed module ", name].concat()
            }
            _ => match s.state.fd() {
                Some(fd) => [b"module ", &*fd.name].concat(),
                None => b"module from memory".to_vec(),
            },
        };
        self.act(ActKind::LoadedIntoKernel, Some(s.process), &words, error);
    }

    fn mounts(&mut self, s: &Seeing<'_, '_>) {
        let text = |name| s.event.param_named(name).map(until_nul).unwrap_or_default();
        let Some(place) = s.plan.paths[0].and_then(|at| path(s, at)) else { return };
        let mut words = text("dev").to_vec();
        words.extend_from_slice(b" on ");
        words.extend_from_slice(&place);
        if !text("type").is_empty() {
            words.extend_from_slice(b" type ");
            words.extend_from_slice(text("type"));
        }
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::Mounted, Some(s.process), &words, error);
    }

    fn unmounts(&mut self, s: &Seeing<'_, '_>) {
        let Some(place) = s.plan.paths[0].and_then(|at| path(s, at)) else { return };
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::Mounted, Some(s.process), &[b"unmounted ", &*place].concat(), error);
    }

    fn namespace(&mut self, s: &Seeing<'_, '_>) {
        let Some(fd) = s.state.fd() else {
            self.new_namespaces(s, "unshare");
            return;
        };
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::ChangedNamespace, Some(s.process), &[b"entered ", &*fd.name].concat(), error);
    }

    /// Namespaces that a call makes, as its flags tell.
    fn new_namespaces(&mut self, s: &Seeing<'_, '_>, how: &str) {
        let flags = s.event.param_named("flags").and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
        let Some((flags, set)) = flags.filter(|&flags| flags != 0).zip(flag_set(s, "flags")) else { return };
        // The child tells of it once more.
        let caller = s.event.i64(0).is_some_and(|res| how == "unshare" || res != 0);
        let made = |(name, bit): &&(&str, u32)| name.starts_with("CLONE_NEW") && flags & bit != 0;
        let names: Vec<&str> = set.values.iter().filter(made).map(|(name, _)| *name).collect();
        if names.is_empty() || !caller {
            return;
        }
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let words = format!("{how} {}", names.join(" "));
        self.act(ActKind::ChangedNamespace, Some(s.process), words.as_bytes(), error);
    }
}

/// The path at `at`, resolved; `None` if the event does not tell it.
fn path(s: &Seeing<'_, '_>, at: PathAt) -> Option<Vec<u8>> {
    let given = s.event.text(at.param.into()).filter(|path| !path.is_empty())?;
    let dir = at.dir.map_or(Some(AT_FDCWD), |dir| s.event.i64(dir.into()))?;
    let (mut base, mut out) = (Vec::new(), Vec::new());
    s.state.resolve(Some(s.thread), dir, given, &mut base, &mut out);
    Some(out)
}

/// Whether an open empties the file.
fn truncates(s: &Seeing<'_, '_>) -> bool {
    let flags = s.event.param_named("flags").and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
    flags.is_some_and(|flags| flags & bits(s, "flags", |name| name == "O_TRUNC") != 0)
}

fn flag_set(s: &Seeing<'_, '_>, name: &str) -> Option<&'static FlagSet> {
    let info = s.event.info()?;
    let param = info.params.get(info.param_index(name)?)?;
    match param.detail {
        ParamDetail::Flags(set) if param.ty != ParamType::Dyn => Some(set),
        _ => None,
    }
}

/// Bits of parameter `name` whose names are `wanted`.
fn bits(s: &Seeing<'_, '_>, name: &str, wanted: impl Fn(&str) -> bool) -> u32 {
    let values = flag_set(s, name).map_or(&[][..], |set| set.values);
    values.iter().filter(|(name, _)| wanted(name)).fold(0, |bits, (_, bit)| bits | bit)
}

fn until_nul(raw: &[u8]) -> &[u8] {
    raw.split(|&b| b == 0).next().unwrap_or(raw)
}
