//! Fds that come from other fds or from nothing but a call: `close`, `dup`, `fcntl`, pipes, eventfd and kin.

use scap_format::Event;
use scap_schema::code;

use super::Handler;
use super::args::name;
use crate::fd::{Fd, FdType};
use crate::flags::{open, thread_flags as flag};
use crate::name::Name;
use crate::state::State;

const F_DUPFD: u8 = 1;
const F_SETFD: u8 = 3;
const F_DUPFD_CLOEXEC: u8 = 26;
/// The kernel's own close-on-exec bit, as `fcntl` takes it.
const FD_CLOEXEC: u64 = 1;
/// `close_range` marks instead of closing.
const RANGE_CLOEXEC: u32 = 1 << 2;

/// What a call does that makes or unmakes fds; `None` for any other.
pub(super) fn handler(code: u16) -> Option<Handler> {
    Some(match code {
        code::SYSCALL_CLOSE_X => |state, event, _| state.on_close(event),
        code::SYSCALL_CLOSE_RANGE_X => |state, event, _| state.on_close_range(event),
        code::SYSCALL_FCNTL_X => |state, event, _| state.on_fcntl(event),
        code::SYSCALL_DUP_1_X | code::SYSCALL_DUP2_X | code::SYSCALL_DUP3_X => {
            |state, event, _| state.on_dup(event)
        }
        code::SYSCALL_PIPE_X | code::SYSCALL_PIPE2_X => |state, event, _| state.on_pipe(event),
        code::SYSCALL_EVENTFD_X => |state, event, _| state.new_fd(event, FdType::Event, 0),
        code::SYSCALL_EVENTFD2_X => |state, event, _| state.new_fd(event, FdType::Event, flags16(event, 1)),
        code::SYSCALL_SIGNALFD_X => |state, event, _| state.new_fd(event, FdType::Signal, 0),
        code::SYSCALL_SIGNALFD4_X => |state, event, _| state.new_fd(event, FdType::Signal, flags16(event, 1)),
        code::SYSCALL_TIMERFD_CREATE_X => {
            |state, event, _| state.new_fd(event, FdType::Timer, event.u8(2).unwrap_or(0).into())
        }
        code::SYSCALL_INOTIFY_INIT_X => |state, event, _| state.new_fd(event, FdType::Inotify, 0),
        code::SYSCALL_INOTIFY_INIT1_X => {
            |state, event, _| state.new_fd(event, FdType::Inotify, flags16(event, 1))
        }
        code::SYSCALL_BPF_2_X => |state, event, _| state.new_fd(event, FdType::Bpf, 0),
        code::SYSCALL_USERFAULTFD_X => |state, event, _| state.new_fd(event, FdType::UserFault, 0),
        code::SYSCALL_IO_URING_SETUP_X => |state, event, _| state.new_fd(event, FdType::IoUring, 0),
        code::SYSCALL_EPOLL_CREATE_X => |state, event, _| state.new_fd(event, FdType::EventPoll, 0),
        code::SYSCALL_EPOLL_CREATE1_X => |state, event, _| {
            let cloexec = event.u32(1).is_some_and(|flags| flags & open::OTHER_CLOEXEC != 0);
            state.new_fd(event, FdType::EventPoll, if cloexec { open::CLOEXEC } else { 0 });
        },
        code::SYSCALL_MEMFD_CREATE_X => |state, event, _| state.on_memfd(event),
        code::SYSCALL_PIDFD_OPEN_X => |state, event, _| state.on_pidfd_open(event),
        code::SYSCALL_PIDFD_GETFD_X => |state, event, _| state.on_pidfd_getfd(event),
        _ => return None,
    })
}

impl State {
    /// A closed fd stays visible until the next event.
    pub(super) fn on_close(&mut self, event: &Event<'_>) {
        if event.i64(0).is_some_and(|res| res >= 0)
            && let Some(num) = self.now.fd
        {
            self.later.fd = Some((event.tid, num));
        }
    }

    fn on_close_range(&mut self, event: &Event<'_>) {
        if event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let (first, last) = (i64::from(self.need(event.u32(1))), i64::from(self.need(event.u32(2))));
        let mark = event.u32(3).is_some_and(|flags| flags & RANGE_CLOEXEC != 0);
        self.with_fds(event.tid, |table| {
            if mark {
                table.for_each_mut(first, last, |fd| fd.open_flags |= open::CLOEXEC);
            } else {
                table.retain(|num, _| !(first..=last).contains(&num));
            }
        });
    }

    pub(super) fn on_fcntl(&mut self, event: &Event<'_>) {
        let Some(cmd) = event.u8(2).filter(|c| matches!(*c, F_DUPFD | F_SETFD | F_DUPFD_CLOEXEC)) else {
            return;
        };
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        if cmd == F_SETFD {
            let cloexec = event.u64(3).is_some_and(|arg| arg & FD_CLOEXEC != 0);
            self.edit_fd_quietly(|fd| {
                fd.clear_close_on_exec();
                if cloexec {
                    fd.open_flags |= open::CLOEXEC;
                }
            });
            return;
        }
        self.duplicate_fd(num, cmd == F_DUPFD_CLOEXEC);
    }

    fn on_dup(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        if self.current_fd().is_none() {
            return;
        }
        // A dup onto stdin or stdout is how shells build pipes.
        let side = match num {
            0 => flag::PIPE_DST,
            1 => flag::PIPE_SRC,
            _ => 0,
        };
        if self.thread().is_some_and(|t| t.flags & side != side) {
            self.edit_quietly(event.tid, |t| t.flags |= side);
        }
        let closes_on_exec = event.code == code::SYSCALL_DUP3_X
            && event.u32(3).is_some_and(|flags| flags & open::CLOEXEC != 0);
        self.duplicate_fd(num, closes_on_exec);
    }

    fn on_pipe(&mut self, event: &Event<'_>) {
        if event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let open_flags = if event.code == code::SYSCALL_PIPE2_X { event.u32(4).unwrap_or(0) } else { 0 };
        let pipe = Fd { ino: self.need(event.u64(3)), open_flags, ..Fd::of(FdType::Fifo) };
        for at in [1, 2] {
            let num = self.need(event.i64(at));
            self.add_fd(num, pipe.clone());
        }
    }

    /// An fd of which only type and flags are known. The first parameter is its number.
    fn new_fd(&mut self, event: &Event<'_>, ty: FdType, open_flags: u32) {
        if let Some(num) = event.i64(0).filter(|&num| num >= 0) {
            self.add_fd(num, Fd { open_flags, ..Fd::of(ty) });
        }
    }

    fn on_memfd(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        let name = Name::from(self.need(name(event, 1)));
        let open_flags = self.need(event.u32(2));
        self.add_fd(num, Fd { name, open_flags, ..Fd::of(FdType::Memfd) });
    }

    fn on_pidfd_open(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        let pid = self.need(event.i64(1));
        let open_flags = self.need(event.u32(2));
        let name = Name::from(format!("/proc/{pid}").into_bytes());
        self.add_fd(num, Fd { name, open_flags, pid, ..Fd::of(FdType::Pidfd) });
    }

    fn on_pidfd_getfd(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        let (pidfd, target) = (self.need(event.i64(1)), self.need(event.i64(2)));
        let Some(process) = self
            .thread()
            .and_then(|t| self.fd_of(t, pidfd))
            .filter(|fd| fd.ty == FdType::Pidfd)
            .and_then(|fd| self.find(fd.pid))
        else {
            return;
        };
        let Some(mut copy) = self.fd_of(process, target).map(Fd::duplicate) else { return };
        copy.open_flags |= open::CLOEXEC;
        self.add_copied_fd(num, copy);
    }
}

fn flags16(event: &Event<'_>, at: usize) -> u32 {
    event.u16(at).unwrap_or(0).into()
}
