//! Events of which nobody asks anything and that change little: they cost next to nothing.
//!
//! Hot path: half of all events and more are [passed over](State::apply_unasked) with a look at their type, and one at their
//! thread if it is another than that of the event before.

use std::sync::LazyLock;

use scap_format::{Event, Params};
use scap_schema::{EVENT_COUNT, code};

use super::{FRAMES, Frame};
use crate::anomaly::Anomaly;
use crate::flags::thread_flags as flag;
use crate::state::State;

/// What is left to do for an event of some type of which nobody asks anything.
#[derive(Debug, Clone, Copy)]
pub struct Quiet {
    kind: Kind,
    /// Which parameter is the fd.
    fd_at: u8,
}

/// See [`Quiet`].
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Nothing can be left out.
    No,
    /// Nothing.
    Yes,
    /// Nothing, whatever thread it names.
    Aside,
    /// To see whether the thread has the fd.
    Fd,
    /// The same, unless the fd is an internet socket that is not known to be connected: that becomes so.
    Transfer,
    /// The same as for [`Kind::Fd`], and then to close it.
    Close,
    /// The same, and then what `fcntl` does.
    Control,
    /// To note the memory use that it tells.
    Memory,
    /// The same, and to see whether the thread has the fd.
    MemoryOfFd,
}

/// Where the fd stands in nearly all events that have one: behind the result.
const SECOND: u8 = 1;

/// By code.
static QUIET: LazyLock<[Quiet; EVENT_COUNT]> = LazyLock::new(|| {
    std::array::from_fn(|code| match (u16::try_from(code), FRAMES.get(code)) {
        (Ok(code), Some(frame)) => {
            Quiet { kind: Kind::of(code, frame), fd_at: frame.fd_at.unwrap_or_default() }
        }
        _ => Quiet::NO,
    })
});

impl Quiet {
    /// Nothing can be left out.
    pub const NO: Self = Self { kind: Kind::No, fd_at: 0 };

    /// For events of type `code`.
    #[must_use]
    pub fn of(code: u16) -> Self {
        QUIET.get(usize::from(code)).map_or(Self::NO, |quiet| *quiet)
    }
}

impl Kind {
    fn of(code: u16, frame: &Frame) -> Self {
        match (frame.handler, frame.fd_at) {
            // Recorders write them by the thousand.
            _ if code == code::PROCINFO_E => Self::Aside,
            _ if frame.aside || frame.enter || code == code::SCHEDSWITCH_6_E => Self::No,
            (None, None) => Self::Yes,
            (None, Some(_)) => Self::Fd,
            (Some(_), at) => Self::of_handled(code, at.is_some()),
        }
    }

    /// For a type with a handler.
    const fn of_handled(code: u16, uses_fd: bool) -> Self {
        match (code, uses_fd) {
            (
                code::SYSCALL_READ_X
                | code::SYSCALL_READV_X
                | code::SYSCALL_PREAD_X
                | code::SYSCALL_PREADV_X
                | code::SYSCALL_WRITE_X
                | code::SYSCALL_WRITEV_X
                | code::SYSCALL_PWRITE_X
                | code::SYSCALL_PWRITEV_X,
                true,
            ) => Self::Transfer,
            (code::SYSCALL_CLOSE_X, true) => Self::Close,
            (code::SYSCALL_FCNTL_X, true) => Self::Control,
            (
                code::SYSCALL_BRK_4_X | code::SYSCALL_MMAP_X | code::SYSCALL_MMAP2_X | code::SYSCALL_MUNMAP_X,
                uses_fd,
            ) => {
                if uses_fd {
                    Self::MemoryOfFd
                } else {
                    Self::Memory
                }
            }
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
    #[inline(always)]
    #[must_use]
    pub fn apply_unasked(&mut self, event: &Event<'_>) -> bool {
        self.pass_over(Quiet::of(event.code), event, true)
    }

    /// The same for whoever knows what is `quiet` about events of its type. `false` if [`State::apply`] has to, and
    /// if the thread of the event before was another, unless `may_switch`.
    ///
    /// Inlined into the loop that reads events: what is read is then used where it is, which saves a third of the
    /// cost (a call makes it a write to memory and a wider read right behind).
    #[inline(always)]
    #[must_use]
    pub fn pass_over(&mut self, quiet: Quiet, event: &Event<'_>, may_switch: bool) -> bool {
        if matches!(quiet.kind, Kind::No)
            || (self.calm != Some(event.tid) && !(may_switch && self.calm_down(quiet, event.tid, event.ts)))
        {
            return false;
        }
        match quiet.kind {
            Kind::No => return false,
            Kind::Yes | Kind::Aside => {}
            Kind::Fd => {
                let (result, num) = result_and_fd(event, quiet.fd_at);
                if let Some(num) = num.filter(|&num| !self.is_calm_or_none(num)) {
                    self.pass_fd(event.num, event.tid, num, result);
                }
            }
            Kind::Transfer => {
                let (result, num) = result_and_fd(event, quiet.fd_at);
                if let Some(num) = num.filter(|&num| !self.is_calm_or_none(num))
                    && self.pass_fd(event.num, event.tid, num, result) == Some(false)
                {
                    return false;
                }
            }
            Kind::Close | Kind::Control | Kind::Memory | Kind::MemoryOfFd => {
                let (lens, wide, data) = event.params.parts();
                self.pass_handled(quiet, event.num, event.tid, event.code, lens, wide, data);
            }
        }
        let now = &mut self.now;
        (now.num, now.ts, now.code) = (event.num, event.ts, event.code);
        true
    }

    /// Whether `num` is no fd, or one that the thread that is calm has and may read and write without a change: one look
    /// for nearly all.
    #[inline(always)]
    const fn is_calm_or_none(&self, num: i64) -> bool {
        num < 0 || (num < 64 && self.calm_fds >> num & 1 == 1)
    }

    /// Whether fd `num` stays as it is when it is read or written; `None` if thread `tid` does not have it. Counts one that it
    /// should have, by the `result` of event `event`.
    #[inline(never)]
    fn pass_fd(&mut self, event: u64, tid: i64, num: i64, result: Option<i64>) -> Option<bool> {
        if let Some(fd) = self.threads.at(tid).and_then(|thread| self.fd_of(thread, num)) {
            return Some(fd.is_calm());
        }
        // An error says so itself.
        if result.is_none_or(|result| result >= 0) {
            self.anomalies.count(Anomaly::UnknownFd, event);
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
        if let Kind::Memory = quiet.kind {
            return self.on_memory(event);
        }
        let (result, fd) = result_and_fd(event, quiet.fd_at);
        let fd = fd.filter(|&fd| fd >= 0);
        match (quiet.kind, fd) {
            (Kind::Close, Some(fd)) => self.pass_close(num, tid, fd, result),
            (Kind::Control, Some(fd))
                if self.is_calm_or_none(fd) || self.pass_fd(num, tid, fd, result).is_some() =>
            {
                (self.now.num, self.now.fd) = (num, Some(fd));
                self.on_fcntl(event);
            }
            (Kind::MemoryOfFd, fd) => {
                if let Some(fd) = fd.filter(|&fd| !self.is_calm_or_none(fd)) {
                    self.pass_fd(num, tid, fd, result);
                }
                self.on_memory(event);
            }
            _ => {}
        }
    }

    /// Closes fd `num` right away: nobody looks at it once more before the next event.
    fn pass_close(&mut self, event: u64, tid: i64, num: i64, result: Option<i64>) {
        if result.is_none_or(|result| result < 0) {
            self.pass_fd(event, tid, num, result);
            return;
        }
        if self.with_fds(tid, |table| table.remove(num)) != Some(true) {
            self.anomalies.count(Anomaly::UnknownFd, event);
        }
    }

    /// Does what is left to do before a `quiet` event of thread `tid` at time `ts`, and gives whether that thread is known,
    /// awake and has no enter event in mind, or none is asked about.
    #[inline(never)]
    fn calm_down(&mut self, quiet: Quiet, tid: i64, ts: u64) -> bool {
        if !self.settled || self.now.first_ts.is_none() {
            return false;
        }
        if self.later.thread.is_some() || self.later.fd.is_some() {
            self.end_last(ts);
        }
        self.calm = None;
        if matches!(quiet.kind, Kind::Aside) {
            self.now.tid = tid;
            return true;
        }
        let Some(thread) = self.threads.at(tid) else { return false };
        if thread.flags & flag::ACTIVE == 0 || thread.in_mind().is_some() {
            return false;
        }
        let owner = if thread.shares_fds() { self.threads.main_of(thread) } else { Some(thread) };
        let told = self.told.is_some();
        (self.calm_owner, self.calm_fds) =
            owner.filter(|_| !told).map_or((i64::MIN, 0), |owner| (owner.tid, owner.fds.calm()));
        self.calm = Some(tid);
        self.now.tid = tid;
        true
    }
}

/// Result, and the fd in parameter `at`.
#[inline(always)]
fn result_and_fd(event: &Event<'_>, at: u8) -> (Option<i64>, Option<i64>) {
    match event.params.two_i64() {
        Some((result, fd)) if at == SECOND => (Some(result), Some(fd)),
        _ => (event.i64(0), event.i64(usize::from(at))),
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
                    assert!(tid != 99 || info.code == code::PROCINFO_E, "of a thread that nobody knows");
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
