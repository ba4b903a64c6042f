//! Events that change nothing: who only follows the state can leave them out for those who come after.

use scap_format::Event;
use scap_schema::code;

use super::FRAMES;
use crate::flags::thread_flags as flag;
use crate::state::State;

impl State {
    /// Whether applying `event` now would change nothing that later events can see, but for its being the last one
    /// and for [anomalies](State::anomalies). In doubt, `false`.
    ///
    /// Hot path: one look at the type and, for half of all events, at the thread.
    #[must_use]
    pub fn is_inert(&self, event: &Event<'_>) -> bool {
        let Some(frame) = FRAMES.get(usize::from(event.code)) else { return false };
        let plain = frame.handler.is_none() && !frame.aside && !frame.enter;
        let nothing_left = self.settled && self.later.thread.is_none() && self.later.fd.is_none();
        plain
            && nothing_left
            && event.code != code::SCHEDSWITCH_6_E
            && self.now.first_ts.is_some()
            && self
                .threads
                .at(event.tid)
                .is_some_and(|thread| thread.flags & flag::ACTIVE != 0 && thread.enter.is_none())
    }

    /// Takes note that events went by that changed nothing, the last of them number `num` at time `ts`.
    pub fn let_by(&mut self, num: u64, ts: u64) {
        (self.now.num, self.now.ts) = (num, ts);
    }

    /// Number and time of the event applied last; zeros before the first.
    #[must_use]
    pub const fn last(&self) -> (u64, u64) {
        (self.now.num, self.now.ts)
    }

    /// As bytes, without what is of the last event alone and without anomalies.
    #[cfg(test)]
    fn lasting(&self) -> Vec<u8> {
        let mut state = self.clone();
        (state.now, state.anomalies) = Default::default();
        state.freeze()
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
    fn what_is_called_inert_changes_nothing_that_lasts() {
        let before = state();
        let mut inert = 0;
        for info in scap_schema::events() {
            for (tid, result) in [(20, 3i64), (20, -1), (1, 0), (99, 0)] {
                let mut event = EventBuf::new(info.code, 6, tid);
                (event.num, event.cpu) = (2, 1);
                for _ in info.params {
                    event.push(&result.to_le_bytes());
                }
                if before.is_inert(&event.as_event()) {
                    inert += 1;
                    let mut after = before.clone();
                    after.apply(&event.as_event());
                    assert_eq!(after.lasting(), before.lasting(), "{} of {tid}", info.name);
                    assert_eq!(after.last(), (2, 6));
                }
            }
        }
        assert!(inert > 100, "{inert}");
    }

    #[test]
    fn events_of_unknown_threads_are_not_inert() {
        let mut event = EventBuf::new(code::SYSCALL_FUTEX_X, 6, 99);
        event.push(&0i64.to_le_bytes());
        assert!(!state().is_inert(&event.as_event()));
        event.tid = 20;
        assert!(state().is_inert(&event.as_event()));
        assert!(!State::new().is_inert(&event.as_event()));
    }
}
