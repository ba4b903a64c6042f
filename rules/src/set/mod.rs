//! Rules compiled to be asked about millions of events.
//!
//! HOT PATH. [`RuleSet::evaluate`] makes the cost of an event depend on what it is, not on how many rules there are:
//! rules are indexed by event type, what several rules of a type demand is asked once and before any of them, cheap and
//! decisive questions first, every distinct comparison is evaluated at most once per event and only if a
//! rule asks for it, comparisons about the process and what surrounds it are
//! remembered per process version, with the rules they rule out, as are the rules that the event's
//! [`Subject`](crate::Subject) alone rules out, and the way that such events go through their rules, and all literals that one
//! field is compared with are answered together (equality by one hash lookup). Nothing is allocated for an event that does
//! not match, but for transformers; the caller owns the [`Scratch`].
//!
//! [`RuleSet::evaluate_naively`] asks the tree of every rule and is what `evaluate` must agree with.

mod atoms;
mod course;
mod estimate;
mod fold;
mod memo;
mod profile;
mod program;
mod run;
mod scratch;
mod select;
mod strings;
mod tree;
mod variant;
mod within;

use std::sync::Arc;

use crate::eval::naive;
use crate::explain::{Explanation, explain};
use crate::field::{FieldScheme, FieldSource};
use crate::rule::{Rule, RuleId};
use program::Plan;

pub use profile::{Profile, RuleCost};
pub use scratch::Scratch;
pub use select::{Selection, name_matches};
pub use variant::Variant;

/// Which of the rules that match an event count (Falco's `rule_matching`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Matching {
    /// Only the first in the order of the rules, as is Falco's default. Those after it are *shadowed*; to count
    /// them, evaluate with `All` and take the first.
    #[default]
    First,
    /// All.
    All,
}

/// Loaded rules, some of them active.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Arc<[Rule]>,
    active: Vec<bool>,
    plan: Arc<Plan>,
    event_type_names: Arc<[Option<String>]>,
}

impl RuleSet {
    /// `rules` in their order; active are those that are enabled.
    pub(crate) fn new(rules: Vec<Rule>, scheme: &dyn FieldScheme) -> RuleSet {
        let active: Vec<bool> = rules.iter().map(|rule| rule.enabled).collect();
        let types = u16::try_from(scheme.event_type_count()).unwrap_or(u16::MAX);
        let names = (0..types).map(|ty| scheme.event_type_name(ty).map(str::to_owned)).collect();
        RuleSet::with_active(rules.into(), active, names)
    }

    fn with_active(rules: Arc<[Rule]>, active: Vec<bool>, names: Arc<[Option<String>]>) -> RuleSet {
        let plan = Arc::new(Plan::new(&rules, &active, &names));
        RuleSet { rules, active, plan, event_type_names: names }
    }

    /// The same rules with those active that `selection` asks for.
    #[must_use]
    pub fn select(&self, selection: &Selection) -> RuleSet {
        let active: Vec<bool> = self.rules.iter().map(|rule| selection.includes(rule)).collect();
        if active == self.active {
            return self.clone();
        }
        RuleSet::with_active(Arc::clone(&self.rules), active, Arc::clone(&self.event_type_names))
    }

    /// All rules, active or not, in order; a [`RuleId`] is an index into them.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with number `id`.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.index())
    }

    /// The active rules, in order.
    pub fn active(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().zip(&self.active).filter(|(_, active)| **active).map(|(rule, _)| rule)
    }

    /// Whether any active rule can match events of type `ty`. Events of other types need not be evaluated.
    #[must_use]
    #[inline]
    pub fn wants(&self, ty: u16) -> bool {
        self.plan.wants(ty)
    }

    /// Number of distinct comparisons in the active rules.
    #[must_use]
    pub fn comparisons(&self) -> usize {
        self.plan.atom_count()
    }

    /// Space to evaluate events in. One per thread; good for this set only.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        self.scratch_of(memo::SUBJECTS)
    }

    /// As [`RuleSet::scratch`], with room for what is known of so many subjects ([`FieldSource::subject`]). Fewer take less
    /// memory, about 200 bytes each, and make rules be asked more often; no answer depends on it.
    #[must_use]
    pub fn scratch_of(&self, subjects: usize) -> Scratch {
        Scratch::new(&self.plan, subjects)
    }

    /// The active rules that match the event, in order.
    pub fn evaluate<'m, S: FieldSource + ?Sized>(
        &self,
        scratch: &'m mut Scratch,
        source: &S,
        matching: Matching,
    ) -> &'m [RuleId] {
        run::evaluate(&self.plan, scratch, source, matching, &mut ())
    }

    /// As [`RuleSet::evaluate`], and counts in `profile` what it takes.
    pub fn evaluate_profiled<'m, S: FieldSource + ?Sized>(
        &self,
        scratch: &'m mut Scratch,
        source: &S,
        matching: Matching,
        profile: &mut Profile,
    ) -> &'m [RuleId] {
        run::evaluate(&self.plan, scratch, source, matching, profile)
    }

    /// Why the condition of rule `id` holds of the event, or why not: every comparison with the values it saw.
    /// `None` if there is no such rule. Whether the event's type lets the rule be asked at all is
    /// [`Rule::event_types`]'s to say.
    #[must_use]
    pub fn explain<S: FieldSource + ?Sized>(&self, id: RuleId, source: &S) -> Option<Explanation> {
        self.rule(id).map(|rule| explain(&rule.condition, &rule.test, source))
    }

    /// What [`RuleSet::evaluate`] must say, found by asking every comparison of every rule.
    #[must_use]
    pub fn evaluate_naively<S: FieldSource + ?Sized>(&self, source: &S, matching: Matching) -> Vec<RuleId> {
        let ty = source.event_type();
        let matches = self
            .active()
            .filter(|rule| rule.event_types.contains(ty) && naive::holds(&rule.test, source))
            .map(|rule| rule.id);
        match matching {
            Matching::First => matches.take(1).collect(),
            Matching::All => matches.collect(),
        }
    }
}
