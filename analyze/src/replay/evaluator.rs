//! Asks rules about events and makes alerts of matches.
//!
//! An evaluator is shared by all threads of a replay; what changes while it works ([`Scratch`], [`Tally`]) is
//! handed in, so that stretches of a trace can be evaluated apart and their tallies added. Hot path: an event
//! that matches nothing costs the lookup of its type and whatever its rules ask.

use scap_format::Event;
use scap_rules::{Filter, Matching, Profile, RuleSet, Scratch};
use scap_schema::code;
use scap_state::State;

use super::cursor::dropped;
use super::summary::Tally;
use super::wanted::Wanted;
use crate::alert::{Alert, AlertMaker, AlertTime};
use crate::catalogue::Scheme;
use crate::fields::Fields;

/// Which events rules are asked about.
#[derive(Debug, Clone, Default)]
pub struct Range {
    /// Earliest time, ns since the epoch.
    pub from: Option<u64>,
    /// Latest time, ns since the epoch.
    pub to: Option<u64>,
    /// Condition that events must fulfil.
    pub filter: Option<Filter>,
}

impl Range {
    /// What of a trace can lie in it, of the types for which `asks` is true.
    #[must_use]
    pub fn wanted(&self, asks: impl Fn(u16) -> bool) -> Wanted {
        let filtered = self.filter.as_ref().map(|filter| filter.event_types(&Scheme));
        let asks = |ty| {
            // Where events are missing is told whatever is asked.
            ty == code::NOTIFICATION_E
                || (asks(ty) && filtered.as_ref().is_none_or(|types| types.contains(ty)))
        };
        Wanted::new(asks, self.from, self.to)
    }

    /// Whether the event of `fields` lies in it.
    #[must_use]
    pub fn contains(&self, fields: &Fields<'_>) -> bool {
        let ts = fields.event().ts;
        self.from.is_none_or(|from| ts >= from)
            && self.to.is_none_or(|to| ts <= to)
            && self.filter.as_ref().is_none_or(|filter| filter.matches(fields))
    }
}

/// How a replay evaluates rules.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which events rules are asked about. The state follows all of them.
    pub range: Range,
    /// Whether the first matching rule hides the others.
    pub matching: Matching,
    /// How alerts tell their time.
    pub time: AlertTime,
}

/// Rules ready to be asked.
#[derive(Debug)]
pub struct Evaluator<'r> {
    rules: &'r RuleSet,
    maker: AlertMaker,
    options: Options,
}

impl<'r> Evaluator<'r> {
    /// Asks `rules` as `options` say.
    #[must_use]
    pub fn new(rules: &'r RuleSet, options: Options) -> Self {
        Self { rules, maker: AlertMaker::new(rules.active(), options.time), options }
    }

    /// Space to evaluate in; one for each thread.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        self.rules.scratch()
    }

    /// What of a trace they are asked about.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        self.options.range.wanted(|code| self.rules.wants(code))
    }

    /// Asks the rules about `event`, which `state` has just applied, and hands alerts to `alerted`, in the order of
    /// the rules.
    ///
    /// # Errors
    /// Only what `alerted` returns.
    #[inline]
    pub fn ask<E>(
        &self,
        event: Event<'_>,
        state: &State,
        scratch: &mut Scratch,
        tally: &mut Tally,
        alerted: impl FnMut(Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        if event.code == code::NOTIFICATION_E {
            let lost = dropped(&event);
            if lost > 0 {
                tally.gaps.drops(event.ts, lost);
            }
        }
        if !self.rules.wants(event.code) {
            return Ok(());
        }
        self.ask_about(event, state, scratch, tally, alerted)
    }

    /// [`Self::ask`] of an event of a type that interests rules.
    fn ask_about<E>(
        &self,
        event: Event<'_>,
        state: &State,
        scratch: &mut Scratch,
        tally: &mut Tally,
        alerted: impl FnMut(Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        let fields = Fields::new(event, state);
        if !self.options.range.contains(&fields) {
            return Ok(());
        }
        tally.examined += 1;
        if self.rules.evaluate(scratch, &fields, self.options.matching).is_empty() {
            return Ok(());
        }
        self.say(&fields, scratch, tally, alerted)
    }

    /// As [`Evaluator::ask`], without alerts; whether a rule matches. Counts in `profile`, if given, what rules cost.
    pub fn matches(
        &self,
        event: Event<'_>,
        state: &State,
        scratch: &mut Scratch,
        profile: Option<&mut Profile>,
    ) -> bool {
        if !self.rules.wants(event.code) {
            return false;
        }
        let fields = Fields::new(event, state);
        if !self.options.range.contains(&fields) {
            return false;
        }
        let matching = self.options.matching;
        let matched = match profile {
            Some(profile) => self.rules.evaluate_profiled(scratch, &fields, matching, profile),
            None => self.rules.evaluate(scratch, &fields, matching),
        };
        !matched.is_empty()
    }

    /// Makes alerts of the rules that match. A match is rare enough to be asked for again, in order to tell what
    /// it hides.
    #[cold]
    fn say<E>(
        &self,
        fields: &Fields<'_>,
        scratch: &mut Scratch,
        tally: &mut Tally,
        mut alerted: impl FnMut(Alert) -> Result<(), E>,
    ) -> Result<(), E> {
        let matched = self.rules.evaluate(scratch, fields, Matching::All);
        let said = match self.options.matching {
            Matching::First => 1,
            Matching::All => matched.len(),
        };
        let (said, shadowed) = matched.split_at(said.min(matched.len()));
        for &rule in shadowed {
            *tally.shadowed.entry(rule).or_default() += 1;
        }
        for rule in said.iter().filter_map(|&id| self.rules.rule(id)) {
            let alert = self.maker.make(rule, fields);
            tally.alert(&alert);
            alerted(alert)?;
        }
        Ok(())
    }
}
