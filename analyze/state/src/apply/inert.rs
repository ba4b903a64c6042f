//! Events of which nobody asks anything and that change little: they cost next to nothing.
//!
//! Hot path: half of all events and more are [passed over](State::apply_unasked) with a look at their type, and one at their
//! thread if it is another than that of the event before.

use std::sync::LazyLock;

use scap_format::{Event, Params};
use scap_schema::{EVENT_COUNT, code};

use super::{FRAMES, Frame};
use crate::anomaly::Anomaly;
use crate::fd::FdType;
use crate::flags::thread_flags as flag;
use crate::state::State;

/// What is left to do for an event of which nobody asks anything, by its type.
#[derive(Debug, Clone, Copy)]
enum Quiet {
    /// Nothing can be left out.
    No,
    /// Nothing.
    Yes,
    /// To see whether the thread has the fd in the parameter of this index.
    Fd(u8),
    /// The same, unless the fd is an internet socket that is not known to be connected: that becomes so.
    Transfer(u8),
    /// The same, and then to close it.
    Close(u8),
    /// The same, and then what `fcntl` does.
    Control(u8),
    /// To note the memory use that it tells, and to see whether the thread has the fd in the parameter of this index, if
    /// there is one.
    Memory(Option<u8>),
}

/// By code.
static QUIET: LazyLock<[Quiet; EVENT_COUNT]> = LazyLock::new(|| {
    std::array::from_fn(|code| match (u16::try_from(code), FRAMES.get(code)) {
        (Ok(code), Some(frame)) => Quiet::of(code, frame),
        _ => Quiet::No,
    })
});

impl Quiet {
    fn of(code: u16, frame: &Frame) -> Self {
        match (frame.handler, frame.fd_at) {
            _ if frame.aside || frame.enter || code == code::SCHEDSWITCH_6_E => Self::No,
            (None, None) => Self::Yes,
            (None, Some(at)) => Self::Fd(at),
            (Some(_), at) => Self::of_handled(code, at),
        }
    }

    /// For a type with a handler.
    fn of_handled(code: u16, fd_at: Option<u8>) -> Self {
        match (code, fd_at) {
            (
                code::SYSCALL_READ_X
                | code::SYSCALL_READV_X
                | code::SYSCALL_PREAD_X
                | code::SYSCALL_PREADV_X
                | code::SYSCALL_WRITE_X
                | code::SYSCALL_WRITEV_X
                | code::SYSCALL_PWRITE_X
                | code::SYSCALL_PWRITEV_X,
                Some(at),
            ) => Self::Transfer(at),
            (code::SYSCALL_CLOSE_X, Some(at)) => Self::Close(at),
            (code::SYSCALL_FCNTL_X, Some(at)) => Self::Control(at),
            (
                code::SYSCALL_BRK_4_X | code::SYSCALL_MMAP_X | code::SYSCALL_MMAP2_X | code::SYSCALL_MUNMAP_X,
                at,
            ) => Self::Memory(at),
            _ => Self::No,
        }
    }
}

impl State {
    /// Follows `event` if it changes nothing, or only fds or memory of its thread; gives `false` and does not if it may change
    /// more, and [`State::apply`] has to.
    ///
    /// For events of which nobody asks anything: what the state says of the current event itself (its fd, its error)
    /// is not worked out. Everything else, [anomalies](State::anomalies) included, is as after `apply`.
    ///
    /// Inlined into the loop that reads events: what is read is then used where it is, which saves a third of the
    /// cost (a call makes it a write to memory and a wider read right behind).
    #[inline(always)]
    #[must_use]
    pub fn apply_unasked(&mut self, event: &Event<'_>) -> bool {
        let Some(&quiet) = QUIET.get(usize::from(event.code)) else { return false };
        if matches!(quiet, Quiet::No)
            || (self.calm != Some(event.tid) && !self.calm_down(event.tid, event.ts))
        {
            return false;
        }
        match quiet {
            Quiet::No => return false,
            Quiet::Yes => {}
            Quiet::Fd(at) => {
                self.pass_fd(event, at);
            }
            Quiet::Transfer(at) => {
                if self.pass_fd(event, at).is_some_and(|(_, ty, connected)| ty.is_inet() && !connected) {
                    return false;
                }
            }
            Quiet::Close(_) | Quiet::Control(_) | Quiet::Memory(_) => {
                let (lens, wide, data) = event.params.parts();
                self.pass_handled(quiet, event.num, event.tid, event.code, lens, wide, data);
            }
        }
        let now = &mut self.now;
        (now.tid, now.num, now.ts, now.code) = (event.tid, event.num, event.ts, event.code);
        true
    }

    /// Number, type and whether it is connected of the fd in parameter `at`, if the thread has it. Counts one that it
    /// should have.
    #[inline(always)]
    fn pass_fd(&mut self, event: &Event<'_>, at: u8) -> Option<(i64, FdType, bool)> {
        let num = event.i64(usize::from(at)).filter(|&num| num >= 0)?;
        if let Some((ty, connected)) = self.fd_kind(event.tid, num) {
            return Some((num, ty, connected));
        }
        // An error says so itself.
        if event.i64(0).is_none_or(|result| result >= 0) {
            self.anomalies.count(Anomaly::UnknownFd, event.num);
        }
        None
    }

    /// Follows an event that changes something, given as numbers and slices: were it lent, it would have to exist in memory,
    /// as would all those passed over.
    #[inline(never)]
    #[expect(clippy::too_many_arguments, reason = "an event in pieces")]
    fn pass_handled(
        &mut self,
        quiet: Quiet,
        num: u64,
        tid: i64,
        code: u16,
        lens: &[u8],
        wide: bool,
        data: &[u8],
    ) {
        let params = Params::of_parts((lens, wide, data));
        let event = &Event { num, cpu: 0, flags: 0, ts: self.now.ts, tid, code, params };
        match quiet {
            Quiet::Close(at) => self.pass_close(event, at),
            Quiet::Control(at) => {
                let fd = self.pass_fd(event, at).map(|(num, ..)| num);
                (self.now.tid, self.now.num, self.now.fd) = (tid, num, fd);
                self.on_fcntl(event);
            }
            Quiet::Memory(at) => {
                if let Some(at) = at {
                    self.pass_fd(event, at);
                }
                self.now.tid = tid;
                self.on_memory(event);
            }
            Quiet::No | Quiet::Yes | Quiet::Fd(_) | Quiet::Transfer(_) => {}
        }
    }

    /// Closes the fd in parameter `at` right away: nobody looks at it once more before the next event.
    fn pass_close(&mut self, event: &Event<'_>, at: u8) {
        if event.i64(0).is_none_or(|result| result < 0) {
            self.pass_fd(event, at);
            return;
        }
        let Some(num) = event.i64(usize::from(at)).filter(|&num| num >= 0) else { return };
        if self.with_fds(event.tid, |table| table.remove(num)) != Some(true) {
            self.anomalies.count(Anomaly::UnknownFd, event.num);
        }
    }

    /// Does what is left to do before an event of thread `tid` at time `ts`, and gives whether that thread is known, awake
    /// and has no enter event in mind.
    #[inline(never)]
    fn calm_down(&mut self, tid: i64, ts: u64) -> bool {
        if !self.settled || self.now.first_ts.is_none() {
            return false;
        }
        if self.later.thread.is_some() || self.later.fd.is_some() {
            self.end_last(ts);
        }
        let calm = self.threads.at(tid).is_some_and(|t| t.flags & flag::ACTIVE != 0 && t.in_mind().is_none());
        self.calm = calm.then_some(tid);
        calm
    }

    /// Type of fd `num` of thread `tid`, and whether it is connected; `None` if the thread has no such fd.
    #[inline(never)]
    fn fd_kind(&self, tid: i64, num: i64) -> Option<(FdType, bool)> {
        let fd = self.fd_of(self.threads.at(tid)?, num)?;
        Some((fd.ty, fd.connected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;
    use scap_format::snapshot::ThreadEntry;

    fn state() -> State {
        let entry =
            |tid| ThreadEntry { tid, pid: tid, ptid: 1, vtid: tid, vpid: tid, ..ThreadEntry::default() };
        let mut state = State::new();
        state.load_threads(&[entry(1), entry(20)]);
        state.apply(&EventBuf::new(code::SYSCALL_GETCWD_E, 5, 20).as_event());
        state
    }

    #[test]
    fn what_is_passed_over_leaves_what_applying_it_leaves() {
        let mut before = state();
        let mut socket = EventBuf::new(code::SOCKET_SOCKET_X, 5, 20);
        socket.push(&4i64.to_le_bytes());
        for number in [2u32, 1, 0, 0] {
            socket.push(&number.to_le_bytes());
        }
        before.apply(&socket.as_event());
        let mut close = EventBuf::new(code::SYSCALL_CLOSE_X, 5, 20);
        close.push(&0i64.to_le_bytes()).push(&4i64.to_le_bytes());
        let mut closing = before.clone();
        closing.apply(&close.as_event());
        let (mut done, mut kept) = (0, 0);
        for (start, info) in
            [&before, &closing].into_iter().flat_map(|s| scap_schema::events().iter().map(move |i| (s, i)))
        {
            for (tid, result, other) in [(20, 3i64, 4i64), (20, 3, 9), (20, -1, 9), (1, 0, -100), (99, 0, 4)]
            {
                let mut event = EventBuf::new(info.code, 6, tid);
                (event.num, event.cpu) = (2, 1);
                for at in 0..info.params.len() {
                    event.push(&if at == 0 { result } else { other }.to_le_bytes());
                }
                let (mut over, mut applied) = (start.clone(), start.clone());
                if over.apply_unasked(&event.as_event()) {
                    assert_ne!(tid, 99, "of a thread that nobody knows");
                    done += 1;
                } else {
                    kept += 1;
                    over.apply(&event.as_event());
                }
                applied.apply(&event.as_event());
                // What lasts shows once the next event has come.
                for state in [&mut over, &mut applied] {
                    let mut next = EventBuf::new(code::SYSCALL_GETCWD_E, 7, 20);
                    next.num = 3;
                    state.apply(&next.as_event());
                }
                assert_eq!(over.freeze(), applied.freeze(), "{} of {tid}", info.name);
            }
        }
        assert!(done > 520 && kept > 500, "{done} {kept}");
    }
}
