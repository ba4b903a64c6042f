//! What `scap record` thinks of events while they are recorded: which stay, which make the flight recorder write.
//!
//! The one place where the state of processes, which the recorder's crate knows nothing of, is kept during a recording
//! ([`Live::cursor`]). Takes the snapshot and every event from the session, answers with the filter and the rules, and
//! gives the state as of a moment for traces that begin in the middle. Kept only if something asks for it.

use scap_analyze::alert::{AlertMaker, AlertTime};
use scap_analyze::convert::changes_state;
use scap_analyze::fields::Fields;
use scap_analyze::replay::Cursor;
use scap_capture::session::{Moment, Prelude, Seen, Watch};
use scap_format::block::Block;
use scap_format::{Event, EventBuf};
use scap_rules::{Filter, Matching, RuleSet, Scratch};
use scap_schema::code;
use scap_state::State;
use std::convert::Infallible;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// See the module.
pub(crate) struct Live {
    cursor: Cursor,
    filter: Option<Filter>,
    trigger: Option<Trigger>,
    /// Whether anybody needs the state.
    needed: bool,
    num: u64,
    ts: u64,
}

impl Live {
    /// Judges by `filter` and `trigger`; keeps the state for them and if `series`, for later traces of a series.
    pub(crate) fn new(filter: Option<Filter>, trigger: Option<Trigger>, series: bool) -> Self {
        let needed = series || filter.is_some() || trigger.is_some();
        Self { cursor: Cursor::new(), filter, trigger, needed, num: 0, ts: 0 }
    }
}

/// Rules that make a flight recorder write.
pub(crate) struct Trigger {
    rules: RuleSet,
    scratch: Scratch,
    maker: AlertMaker,
    /// Takes an alert whenever nobody has taken the one before.
    said: SyncSender<String>,
}

impl Trigger {
    /// Fires as `rules` say; the receiver gets an alert after each time that it took one.
    pub(crate) fn new(rules: RuleSet) -> (Self, Receiver<String>) {
        let (said, alerts) = sync_channel(1);
        let (scratch, maker) = (rules.scratch(), AlertMaker::new(rules.active(), AlertTime::Clock));
        (Self { rules, scratch, maker, said }, alerts)
    }

    /// The name of the first rule that matches.
    fn fires(&mut self, fields: &Fields<'_>) -> Option<String> {
        if !self.rules.wants(fields.event().code) {
            return None;
        }
        let id = *self.rules.evaluate(&mut self.scratch, fields, Matching::First).first()?;
        let rule = self.rules.rule(id)?;
        // One that nobody is ready to hear is in the trace all the same.
        let _ = self.said.try_send(self.maker.make(rule, fields).output);
        Some(rule.name.clone())
    }
}

impl Watch for Live {
    fn load(&mut self, block: &Block<'_>) {
        if self.needed {
            self.num += u64::from(matches!(block, Block::Event(_)));
            let Ok(()) = self.cursor.feed(block, |_, _| Ok::<(), Infallible>(()));
        }
    }

    fn event(&mut self, event: &Event<'_>) -> Seen {
        if !self.needed {
            return Seen::KEPT;
        }
        self.num += 1;
        self.ts = event.ts;
        let event = Event { num: self.num, ..*event };
        let epoch = self.cursor.state().epoch();
        let (mut passes, mut fired) = (self.filter.is_none(), None);
        let (filter, trigger) = (&self.filter, &mut self.trigger);
        let Ok(()) = self.cursor.feed(&Block::Event(event), |event, state| {
            let fields = Fields::new(event, state);
            passes |= filter.as_ref().is_some_and(|filter| filter.matches(&fields));
            fired = trigger.as_mut().and_then(|trigger| trigger.fires(&fields));
            Ok::<(), Infallible>(())
        });
        let keep =
            passes || fired.is_some() || changes_state(event.code) || self.cursor.state().epoch() != epoch;
        Seen { keep, fired }
    }

    fn moment(&self) -> Option<Box<dyn Moment>> {
        let as_of = || AsOf { state: self.cursor.state().clone(), ts: self.ts };
        self.needed.then(|| Box::new(as_of()) as Box<dyn Moment>)
    }
}

/// The state as it was.
struct AsOf {
    state: State,
    /// Time of the event before, ns since the epoch.
    ts: u64,
}

impl Moment for AsOf {
    fn prelude(&self) -> Prelude {
        let export = self.state.export();
        let events = export.containers.iter().map(|json| {
            let mut event = EventBuf::new(code::CONTAINER_JSON_2_E, self.ts, -1);
            event.push_text(json);
            event
        });
        Prelude { events: events.collect(), blocks: export.snapshot.into_blocks() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range;

    fn open(tid: i64, path: &str) -> EventBuf {
        let mut event = EventBuf::new(code::SYSCALL_OPEN_X, 1000, tid);
        event.push(&3i64.to_le_bytes()).push_text(path.as_bytes());
        event
    }

    fn read(tid: i64) -> EventBuf {
        let mut event = EventBuf::new(code::SYSCALL_READ_X, 1001, tid);
        event.push(&3i64.to_le_bytes()).push(b"x").push(&3i64.to_le_bytes()).push(&1u32.to_le_bytes());
        event
    }

    #[test]
    fn what_the_filter_leaves_out_still_tells_it_names() {
        let filter = range::filter("fd.name = /etc/passwd and evt.type = read").unwrap();
        let mut live = Live::new(Some(filter), None, false);
        assert!(live.event(&open(7, "/etc/passwd").as_event()).keep, "it names an fd");
        assert!(live.event(&read(7).as_event()).keep);
        assert!(live.event(&open(7, "/etc/group").as_event()).keep, "it names an fd");
        assert!(!live.event(&read(7).as_event()).keep);
    }

    #[test]
    fn without_a_question_nothing_is_kept_in_mind() {
        let mut live = Live::new(None, None, false);
        assert_eq!(live.event(&read(7).as_event()), Seen::KEPT);
        assert!(live.moment().is_none() && live.cursor.passed().events == 0);
    }
}
