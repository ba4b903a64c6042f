//! Following events: one handler per kind of call, and what surrounds every one of them.
//!
//! Each handler takes the event and changes the state as the kernel did. Handlers ask for parameters by the
//! positions of the current schema; older events were upgraded before they come here. Hot path: the dispatch is
//! one table row with a pointer to the handler, which most calls have none of.

mod args;
mod clone;
mod connect;
mod creds;
mod dirs;
mod exec;
mod exit;
mod fds;
mod inert;
mod meta;
mod open;
mod snapshot;
mod sockets;
mod transfer;

pub use inert::Quiet;

use std::sync::{Arc, LazyLock};

use scap_format::{Event, EventBuf, Params};
use scap_schema::{EventFlags, EventInfo, Origin, ParamType, code};

use crate::anomaly::Anomaly;
use crate::fd::{Fd, FdType};
use crate::fdtable::FdTable;
use crate::flags::thread_flags as flag;
use crate::state::{Applied, State};
use crate::thread::Thread;

/// What the frame around the handlers needs to know of an event type, from the schema.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Not of the kernel, or kept from the per-event steps by the schema.
    aside: bool,
    /// Comes from a thread that may be new to us and is made known then.
    announces: bool,
    enter: bool,
    /// Whether the first parameter is a return value.
    returns: bool,
    /// Where the fd stands that it uses.
    fd_at: Option<u8>,
    /// What it does to the state; `None` for most.
    handler: Option<Handler>,
    /// Which parameters are fds, a bit each.
    fds: u32,
}

/// Which parameters of events of type `code` are fds, a bit each.
pub(crate) fn fd_params(code: u16) -> u32 {
    FRAMES.get(usize::from(code)).map_or(0, |frame| frame.fds)
}

/// Follows what a call does. Gets the parameters of its enter event, too, where those came last.
type Handler = fn(&mut State, &Event<'_>, Option<Params<'_>>);

/// What events of type `code` do to the state; `None` if nothing.
fn handler(code: u16) -> Option<Handler> {
    Some(match code {
        code::SYSCALL_READ_X
        | code::SYSCALL_READV_X
        | code::SYSCALL_PREAD_X
        | code::SYSCALL_PREADV_X
        | code::SOCKET_RECV_X
        | code::SOCKET_RECVFROM_X
        | code::SOCKET_RECVMSG_X
        | code::SOCKET_RECVMMSG_X => |state, event, _| state.on_read(event),
        code::SYSCALL_WRITE_X
        | code::SYSCALL_WRITEV_X
        | code::SYSCALL_PWRITE_X
        | code::SYSCALL_PWRITEV_X
        | code::SOCKET_SEND_X
        | code::SOCKET_SENDTO_X
        | code::SOCKET_SENDMSG_X
        | code::SOCKET_SENDMMSG_X => |state, event, _| state.on_write(event),
        code::SYSCALL_OPEN_X
        | code::SYSCALL_CREAT_X
        | code::SYSCALL_OPENAT_2_X
        | code::SYSCALL_OPENAT2_X
        | code::SYSCALL_OPEN_BY_HANDLE_AT_X => |state, event, enter| state.on_open(event, enter),
        code::SYSCALL_CLONE_20_X
        | code::SYSCALL_FORK_20_X
        | code::SYSCALL_VFORK_20_X
        | code::SYSCALL_CLONE3_X => |state, event, _| state.on_clone(event),
        code::SYSCALL_EXECVE_19_X | code::SYSCALL_EXECVEAT_X => {
            |state, event, enter| state.on_exec(event, enter)
        }
        code::PROCEXIT_1_E => |state, event, _| state.on_exit(event),
        code::SOCKET_SOCKET_X
        | code::SOCKET_SOCKETPAIR_X
        | code::SOCKET_BIND_X
        | code::SOCKET_ACCEPT_5_X
        | code::SOCKET_ACCEPT4_6_X => |state, event, _| state.on_socket_call(event),
        code::SOCKET_CONNECT_X => |state, event, enter| state.on_connect(event, enter),
        _ => return fds::handler(code).or_else(|| dirs::handler(code)).or_else(|| creds::handler(code)),
    })
}

static FRAMES: LazyLock<Box<[Frame]>> =
    LazyLock::new(|| scap_schema::events().iter().map(frame_of).collect());

fn frame_of(info: &EventInfo) -> Frame {
    let from_kernel = matches!(info.origin, Origin::Syscall | Origin::Tracepoint);
    let starts_or_ends_a_thread = matches!(
        info.code,
        code::SYSCALL_CLONE_20_X
            | code::SYSCALL_CLONE3_X
            | code::SYSCALL_FORK_20_X
            | code::SYSCALL_VFORK_20_X
            | code::PROCEXIT_1_E
            | code::SCHEDSWITCH_6_E
    );
    let first_fd = |skip: usize| {
        let at = info.params.iter().enumerate().skip(skip).find(|(_, p)| p.ty == ParamType::Fd)?.0;
        u8::try_from(at).ok()
    };
    let fd_at = match info.code {
        // Splice is taken to be about the fd it writes to.
        code::SYSCALL_SPLICE_X => Some(2),
        // The first parameter of an exit event is its result.
        _ => first_fd(usize::from(!info.is_enter())),
    };
    Frame {
        aside: !from_kernel || info.flags.has(EventFlags::SKIP_RESET),
        announces: from_kernel && !info.flags.has(EventFlags::SKIP_RESET) && !starts_or_ends_a_thread,
        enter: info.is_enter(),
        returns: from_kernel && !info.is_enter() && info.code != code::GENERIC_X,
        fd_at: fd_at.filter(|_| info.flags.has(EventFlags::USES_FD)),
        handler: handler(info.code),
        fds: (0..32)
            .filter(|at| info.params.get(*at).is_some_and(|p| p.ty == ParamType::Fd))
            .fold(0, |all, at| all | 1 << at),
    }
}

impl State {
    /// Follows one event. Total: what does not add up is counted, see [`State::anomalies`].
    ///
    /// Hot path: allocates only if the event changes something.
    pub fn apply(&mut self, event: &Event<'_>) -> Applied {
        let versions = self.versions;
        self.open_event(event);
        let Some(frame) = FRAMES.get(usize::from(event.code)) else {
            self.note(Anomaly::UnknownEvent);
            return Applied::default();
        };
        if frame.aside {
            self.dispatch_meta(event);
            return Applied { changed: self.versions != versions, known_thread: false };
        }
        if self.now.first_ts.is_none() {
            self.now.first_ts = Some(event.ts);
        }
        if event.code == code::SCHEDSWITCH_6_E {
            let known_thread = self.threads.at(event.tid).is_some();
            self.on_switch(event);
            return Applied { changed: false, known_thread };
        }
        let (known_thread, params) =
            if frame.enter { self.enter(event, frame) } else { self.begin_exit(event, frame) };
        if let Some(handler) = frame.handler {
            handler(self, event, params.as_deref().map(|kept| kept.as_event().params));
        }
        if self.now.remembers {
            self.end_exit(frame);
        }
        Applied { changed: self.versions != versions, known_thread }
    }

    /// Does what the event before left to do, and makes this one the current.
    fn open_event(&mut self, event: &Event<'_>) {
        self.settle();
        self.end_last(event.ts);
        self.calm = None;
        let now = &mut self.now;
        now.previous_ts = (now.num > 0 || now.ts > 0).then_some(now.ts);
        (now.tid, now.num, now.ts, now.code) = (event.tid, event.num, event.ts, event.code);
        (now.fd_num, now.fd, now.fd_name_changed, now.error, now.exectime) = (-1, None, false, 0, 0);
        (now.fd_kind, now.remembers) = ((FdType::Uninitialized, false), false);
        now.container = None;
    }

    /// Does what the event before left to do. `ts` is the time of the next, ns since the epoch.
    fn end_last(&mut self, ts: u64) {
        if let Some(tid) = self.later.thread.take() {
            self.bury(tid, ts);
        }
        if let Some((tid, num)) = self.later.fd.take() {
            self.with_fds(tid, |table| table.remove(num));
        }
    }

    /// Frame of an enter event. Remembers what the exit event may need. Gives whether the thread was known.
    fn enter(&mut self, event: &Event<'_>, frame: &Frame) -> (bool, Option<Arc<EventBuf>>) {
        let known = self.meet(event, frame);
        if let Some(fd) = frame.fd_at.and_then(|at| event.i64(usize::from(at))) {
            self.use_fd(fd);
        }
        let keep = match event.code {
            code::SYSCALL_OPEN_E
            | code::SYSCALL_CREAT_E
            | code::SYSCALL_OPENAT_2_E
            | code::SYSCALL_OPENAT2_E
            | code::SYSCALL_EXECVE_19_E => event.param(0).is_some_and(|p| !p.is_empty()),
            code::SYSCALL_EXECVEAT_E | code::SOCKET_CONNECT_E => true,
            _ => false,
        };
        let fd = self.now.fd_num;
        let remembers = self.threads.at(event.tid).is_some_and(|t| t.in_mind().is_some());
        if (keep || remembers)
            && let Some(thread) = self.threads.at_mut(event.tid)
        {
            let enter = thread.enter.get_or_insert_default();
            (enter.code, enter.fd) = (event.code, fd);
            if keep {
                enter.keep(event);
            }
        }
        (known, None)
    }

    /// Makes the event's thread known if it is not. Gives whether it was.
    fn meet(&mut self, event: &Event<'_>, frame: &Frame) -> bool {
        let known = self.threads.at(event.tid).is_some();
        if !known && frame.announces {
            self.add_placeholder(event.tid);
        }
        known
    }

    /// Frame of an exit event: the fd it uses, its error, and its enter event's parameters if that came last. Gives
    /// whether the thread was known, too.
    ///
    /// Hot path: one look at the thread and one at the fd.
    fn begin_exit(&mut self, event: &Event<'_>, frame: &Frame) -> (bool, Option<Arc<EventBuf>>) {
        if frame.returns
            && let Some(result) = event.i64(0)
            && result < 0
        {
            self.now.error = result.saturating_neg();
        }
        let mut known = true;
        let thread = match self.threads.at(event.tid) {
            Some(thread) => thread,
            None => {
                known = self.meet(event, frame);
                match self.threads.at(event.tid) {
                    Some(thread) => thread,
                    None => return (known, None),
                }
            }
        };
        let mut params = None;
        let mut num = -1;
        if let Some(enter) = thread.in_mind().filter(|enter| enter.ends_with(event.code)) {
            num = enter.fd;
            params = enter.kept.clone().filter(|_| enter.waits);
        }
        let uses = frame.fd_at.map(usize::from);
        if num == -1 {
            num = uses.and_then(|at| event.i64(at)).unwrap_or(-1);
        }
        let fd = uses.filter(|_| num >= 0).and_then(|_| self.fd_of(thread, num));
        let awake = thread.flags & flag::ACTIVE != 0 || !frame.announces;
        let unknown_fd = uses.is_some() && fd.is_none() && num >= 0 && self.now.error == 0;
        let (found, kind) = (fd.is_some(), fd.map(|fd| (fd.ty, fd.connected)).unwrap_or_default());
        let remembers = thread.in_mind().is_some();
        self.now.fd_num = num;
        self.now.fd = found.then_some(num);
        self.now.fd_kind = kind;
        self.now.remembers = remembers;
        if !awake {
            self.edit_quietly(event.tid, |t| t.flags |= flag::ACTIVE);
        }
        if unknown_fd {
            self.note(Anomaly::UnknownFd);
        }
        (known, params)
    }

    /// An exit event ends what its enter event had to say. What that call did to an fd it uses counts on, as in libsinsp,
    /// for a call of the same kind whose enter event was lost.
    fn end_exit(&mut self, frame: &Frame) {
        let (tid, fd, code) = (self.now.tid, self.now.fd_num, self.now.code);
        if let Some(enter) = self.threads.at_mut(tid).and_then(|t| t.enter.as_deref_mut()) {
            enter.fd = fd;
            enter.is_over = frame.fd_at.is_none() && enter.ends_with(code);
            enter.end();
        }
    }

    /// Makes fd `num` of the acting thread the one the event is about.
    fn use_fd(&mut self, num: i64) {
        self.now.fd_num = num;
        let known = num >= 0 && self.thread().is_some_and(|t| self.fd_of(t, num).is_some());
        self.now.fd = known.then_some(num);
    }
}

/// Changing records.
impl State {
    /// Counts something that did not add up at the current event.
    pub(crate) fn note(&mut self, anomaly: Anomaly) {
        self.anomalies.count(anomaly, self.now.num);
    }

    /// `value`, or a default that is counted as a bad parameter.
    pub(crate) fn need<T: Default>(&mut self, value: Option<T>) -> T {
        value.unwrap_or_else(|| {
            self.note(Anomaly::BadParameter);
            T::default()
        })
    }

    /// A number no attribute set had before.
    pub(crate) fn next_version(&mut self) -> u64 {
        self.versions += 1;
        self.versions
    }

    /// Changes attributes of a thread, which gives it another version.
    pub(crate) fn edit(&mut self, tid: i64, change: impl FnOnce(&mut Thread)) {
        let version = self.versions + 1;
        if let Some(thread) = self.threads.at_mut(tid) {
            change(thread);
            thread.version = version;
            self.versions = version;
            self.threads.notes.thread(tid);
        }
    }

    /// Changes what a thread's version does not stand for.
    pub(crate) fn edit_quietly(&mut self, tid: i64, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.threads.at_mut(tid) {
            change(thread);
            self.threads.notes.thread(tid);
        }
    }

    /// Changes nothing but memory, page faults and time on a processor.
    pub(crate) fn edit_usage(&mut self, tid: i64, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.threads.at_mut(tid) {
            change(thread);
            self.threads.notes.usage(tid);
        }
    }

    /// Changes the fd table `tid` uses. `None` if there is no such table.
    pub(crate) fn with_fds<R>(&mut self, tid: i64, change: impl FnOnce(&mut FdTable) -> R) -> Option<R> {
        if self.calm == Some(tid) {
            let table = self.threads.at_mut(self.calm_owner)?.fds.make_mut();
            let done = change(table);
            self.calm_fds = table.calm();
            return Some(done);
        }
        self.threads.fds_mut(tid).map(change)
    }

    /// Gives the acting thread a new fd and makes the event be about it.
    pub(crate) fn add_fd(&mut self, num: i64, fd: Fd) {
        self.now.fd_name_changed = !fd.name.is_empty();
        self.add_copied_fd(num, fd);
    }

    /// The same for a copy of an fd, whose name is not news.
    pub(crate) fn add_copied_fd(&mut self, num: i64, fd: Fd) {
        self.make_fd(num, |new| *new = fd);
    }

    /// Gives the acting thread a duplicate of the fd the event is about, and makes the event be about that. It stays
    /// open on exec, unless it is to be closed then.
    pub(crate) fn duplicate_fd(&mut self, num: i64, closes_on_exec: bool) {
        let Some(from) = self.now.fd else { return };
        let Some(Some(room)) =
            self.with_fds(self.now.tid, |table| table.duplicate(from, num, closes_on_exec))
        else {
            return;
        };
        self.now.fd_num = num;
        self.now.fd = room.then_some(num);
        if !room {
            self.note(Anomaly::FdTableFull);
        }
    }

    /// The same for one that `fill` makes of a blank one. Inlined with what it fills in, which would else be put together in
    /// memory and read right behind as wider pieces than it was written.
    #[inline(always)]
    pub(crate) fn make_fd(&mut self, num: i64, fill: impl FnOnce(&mut Fd)) {
        (self.now.fd_num, self.now.fd) = (num, None);
        self.calm = None;
        let Some(table) = self.threads.fds_mut(self.now.tid) else { return };
        if table.make(num, fill) {
            self.now.fd = Some(num);
        } else {
            self.note(Anomaly::FdTableFull);
        }
    }

    /// The fd the event is about, if the thread has it.
    pub(crate) fn current_fd(&self) -> Option<&Fd> {
        self.fd_of(self.thread()?, self.now.fd?)
    }

    /// Changes the fd the event is about, and notes whether its name changes with it.
    pub(crate) fn edit_fd(&mut self, change: impl FnOnce(&mut Fd)) {
        let Some(num) = self.now.fd else { return };
        let mut before = std::mem::take(&mut self.room.base);
        before.clear();
        let renamed = self.with_fds(self.now.tid, |table| {
            table.change(num, |fd| {
                before.extend_from_slice(&fd.name);
                change(fd);
                *before != *fd.name
            })
        });
        self.room.base = before;
        self.now.fd_name_changed |= renamed.flatten().unwrap_or(false);
    }

    /// Changes the fd the event is about, but not its name.
    pub(crate) fn edit_fd_quietly(&mut self, change: impl FnOnce(&mut Fd)) {
        let Some(num) = self.now.fd else { return };
        self.with_fds(self.now.tid, |table| table.change(num, change));
    }
}
