//! Events of old captures, brought to the current version of their type.
//!
//! Takes events in file order, gives each as state, fields and rules want to see it: enter and exit of a
//! system call folded into one exit event, parameters that newer versions have appended, codes replaced
//! by their successors. What cannot be converted is handed on as it is, and counted.
//!
//! Deliberately knows no meaning of events beyond [`rules`]' rows, and does no reading of files. The
//! semantics are those of the converter in falcosecurity/libs `userspace/libscap/engine/savefile`, except
//! that nothing ever ends the reading: an enter event that does not belong to the exit event counts as
//! missing, and an event without a rule is [`Upgraded::Kept`].
//!
//! Hot path: an event that is current costs one table look-up and no allocation; a converted one is built
//! in buffers that are used again and again.

mod container;
mod counts;
mod enters;
mod frozen;
mod plan;
mod rules;

use scap_schema::{ParamInfo, ParamType};

use crate::{Event, EventBuf};
pub use counts::UpgradeCounts;
use enters::EnterStore;
pub use plan::{CurrentWith, is_current, shown_as};
use plan::{Next, next_step};
use rules::{Action, Rule, Source};

/// Conversions one event may need at most; the longest chain of rules (`EXECVE_8_X`) is a good deal shorter.
const MAX_STEPS: usize = 32;

/// Brings old events up to date; one for each trace, fed in file order.
///
/// Cloning it gives one that goes on from the same point; the cost is that of the enter events waiting.
#[derive(Debug, Clone, Default)]
pub struct Upgrader {
    enters: EnterStore,
    built: EventBuf,
    previous: EventBuf,
    counts: UpgradeCounts,
}

/// What became of an event.
#[derive(Debug, Clone, Copy)]
pub enum Upgraded<'a> {
    /// An event of the current version: the one given, or one built from it. Number, time, cpu and thread
    /// are those of the event given.
    Event(Event<'a>),
    /// An enter event that the state may use to fill gaps of the exit event to come (`open`, `connect`,
    /// `execve` and kin). It is no event of its own: it must not reach rules or output.
    StateOnly(Event<'a>),
    /// An enter event, kept until the exit event of its thread.
    Stored,
    /// An event that carries nothing: an enter event whose exit event has all its parameters, or a code
    /// that libscap declares unused.
    Dropped,
    /// An event that no rule can convert, as it was given.
    Kept(Event<'a>),
}

impl Upgrader {
    /// An upgrader that has seen nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was done so far.
    #[must_use]
    pub fn counts(&self) -> &UpgradeCounts {
        &self.counts
    }

    /// Forgets the enter events waiting for their exit: for the start of another section, whose threads are
    /// others even where their numbers are the same.
    pub fn start_section(&mut self) {
        self.enters = EnterStore::default();
    }

    /// Notes an event that [is current](is_current), if it is not given to [`Self::push`], which would hand it on: with a
    /// thread ends what waits for it. The exit event that it waits for will not come, and another thread may get its number.
    #[inline]
    pub fn note_current(&mut self, ev: &Event<'_>) {
        self.enters.note_end(ev);
    }

    /// Takes the next event of the trace, and gives what the rest of the program shall see.
    pub fn push<'a>(&'a mut self, ev: &Event<'a>) -> Upgraded<'a> {
        if is_current(ev) {
            self.note_current(ev);
            return Upgraded::Event(*ev);
        }
        match next_step(ev.code, ev.params.len()) {
            Next::Done => Upgraded::Event(*ev),
            Next::Drop => {
                self.counts.dropped += 1;
                Upgraded::Dropped
            }
            Next::NoRule => self.keep(ev),
            // Most events of old captures that are not current, and taken as they are lent: a copy of an event just read has to
            // wait for it.
            Next::Apply(Rule { action: Action::Store, .. }) => {
                self.store(ev);
                Upgraded::Stored
            }
            Next::Apply(rule) => self.convert(ev, rule),
        }
    }

    fn store(&mut self, enter: &Event<'_>) {
        self.counts.enters_evicted += self.enters.store(enter);
        self.counts.stored += 1;
    }

    fn keep<'a>(&mut self, ev: &Event<'a>) -> Upgraded<'a> {
        *self.counts.kept.entry(ev.code).or_default() += 1;
        Upgraded::Kept(*ev)
    }

    /// Applies `rule`, and those that follow from it, until the event is current or has been put away.
    fn convert<'a>(&'a mut self, ev: &Event<'a>, mut rule: &'static Rule) -> Upgraded<'a> {
        let mut built = false;
        let mut enter = EnterUse::default();
        for _ in 0..MAX_STEPS {
            if built {
                std::mem::swap(&mut self.built, &mut self.previous);
            }
            let previous;
            let current = if built {
                previous = self.previous.as_event();
                &previous
            } else {
                ev
            };
            match rule.action {
                Action::Store => return self.put_away(ev, built, false),
                Action::StoreAndPass => return self.put_away(ev, built, true),
                Action::Pass => return self.hand_to_state(ev, built),
                Action::Add(_) | Action::Become(..) => {
                    if !build(current, rule.action, &mut self.built, &mut self.enters, &mut enter) {
                        return self.keep(ev);
                    }
                }
            }
            built = true;
            let done = self.built.as_event();
            match next_step(done.code, done.params.len()) {
                Next::Done => {
                    self.counts.converted += 1;
                    self.counts.exits_without_enter += u64::from(enter.missing && !enter.used);
                    self.enters.note_end(&done);
                    return Upgraded::Event(self.built.as_event());
                }
                Next::Drop => {
                    self.counts.dropped += 1;
                    return Upgraded::Dropped;
                }
                Next::Apply(next) => rule = next,
                Next::NoRule => break,
            }
        }
        self.keep(ev)
    }

    /// Stores the enter event at hand: `ev`, or the one built from it (then in `previous`).
    fn put_away<'a>(&'a mut self, ev: &Event<'a>, built: bool, pass: bool) -> Upgraded<'a> {
        if built {
            self.counts.enters_evicted += self.enters.store(&self.previous.as_event());
            self.counts.stored += 1;
        } else {
            self.store(ev);
        }
        if pass { self.hand_to_state(ev, built) } else { Upgraded::Stored }
    }

    fn hand_to_state<'a>(&'a self, ev: &Event<'a>, built: bool) -> Upgraded<'a> {
        Upgraded::StateOnly(if built { self.previous.as_event() } else { *ev })
    }
}

/// Whether the conversion of one event asked for its enter event, and with what success.
#[derive(Debug, Default)]
struct EnterUse {
    used: bool,
    missing: bool,
}

/// Builds the successor of `old` in `out`. Returns false where the rule and the event contradict.
fn build(
    old: &Event,
    action: Action,
    out: &mut EventBuf,
    enters: &mut EnterStore,
    enter: &mut EnterUse,
) -> bool {
    let (code, sources) = match action {
        Action::Add(sources) => (old.code, sources),
        Action::Become(code, sources) => (code, sources),
        Action::Store | Action::Pass | Action::StoreAndPass => return false,
    };
    let Some(info) = scap_schema::event(code) else { return false };
    out.reset(code, old.ts, old.tid);
    (out.num, out.cpu, out.flags) = (old.num, old.cpu, old.flags);
    let mut at = 0;
    if matches!(action, Action::Add(_)) {
        out.push_all(&old.params);
        at = old.params.len();
    }
    let mut used = false;
    for source in sources {
        let Some(param) = info.params.get(at) else { return false };
        match *source {
            Source::Old(i) => match old.param(i) {
                Some(value) => push_fitting(out, param, value),
                None => return false,
            },
            Source::Enter(i) | Source::EnterOrEmpty(i) => match enters.param(old.tid, old.code, i) {
                Some(value) => {
                    used = true;
                    push_fitting(out, param, value);
                }
                None => {
                    enter.missing = true;
                    let keep_empty = matches!(source, Source::EnterOrEmpty(_));
                    out.push(if keep_empty { &[] } else { default_of(param.ty) });
                }
            },
            Source::Default => push_fitting(out, param, default_of(param.ty)),
            Source::Empty => push_fitting(out, param, &[]),
            Source::ContainerJson => container::push_json(old, out),
        }
        at += 1;
    }
    if used {
        enter.used = true;
        enters.release(old.tid);
    }
    true
}

/// Appends `value`, cut to the width of its new type (`bpf`'s command became narrower, for one).
fn push_fitting(out: &mut EventBuf, param: &ParamInfo, value: &[u8]) {
    let width = param.ty.fixed_len().unwrap_or(value.len()).min(value.len());
    out.push(value.get(..width).unwrap_or(value));
}

/// What stands for an unknown value of a type: zero, except for ids, where zero would be root.
fn default_of(ty: ParamType) -> &'static [u8] {
    const ZERO: &[u8] = &[0; 8];
    const NOBODY: &[u8] = &u32::MAX.to_le_bytes();
    match ty {
        ParamType::Uid | ParamType::Gid => NOBODY,
        _ => ZERO.get(..ty.fixed_len().unwrap_or(0)).unwrap_or(&[]),
    }
}

#[cfg(test)]
mod tests;
