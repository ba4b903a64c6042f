//! What suites leave untested: rules, and comparisons of their conditions.
//!
//! A rule is *tested* if a test wants it to fire and another sees it silent on a trace that has events it is asked
//! about. A comparison is tested if it was true of one such event and false of another: then a mistake in it has a
//! chance to show. One replay per trace and rule set asks all comparisons of all rules at once.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use rayon::prelude::*;
use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::TraceReader;
use scap_rules::{
    Check, Expr, Location, Matching, Op, Operand, Right, Rule, RuleId, RuleSet, Variant, name_matches,
};

use crate::blame::conjuncts;
use crate::count::Count;
use crate::plan::{Plan, Replay};
use crate::reasons::type_names;
use crate::rules::Loaded;
use crate::suite::Test;

/// What suites leave untested.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Every active rule, set by set.
    pub rules: Vec<RuleCoverage>,
}

/// How a rule is tested.
#[derive(Debug, Clone)]
pub struct RuleCoverage {
    /// Its name.
    pub rule: String,
    /// Where it is defined.
    pub location: Option<Location>,
    /// Tests that want it to fire.
    pub firing: usize,
    /// Tests that want it silent on a trace that has events it is asked about.
    pub silent: usize,
    /// Events that it was asked about.
    pub asked: u64,
    /// Its comparisons, each once, but for those that the event's type decides.
    pub comparisons: Vec<ComparisonCoverage>,
    /// Why it can fire on none of the traces, if that is plain.
    pub cannot_fire: Option<CannotFire>,
}

/// How a comparison is tested.
#[derive(Debug, Clone)]
pub struct ComparisonCoverage {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub location: Option<Location>,
    /// Whether it was true of an event.
    pub seen_true: bool,
    /// Whether it was false of an event.
    pub seen_false: bool,
}

/// Why a rule can fire on none of the traces.
#[derive(Debug, Clone)]
pub enum CannotFire {
    /// They have no event of the types that it is asked about.
    NoEvent(Vec<String>),
    /// No event has the field of a comparison that must hold.
    NoField(String),
}

/// Figures of a coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Rules.
    pub rules: usize,
    /// Rules with a firing test.
    pub firing: usize,
    /// Rules with a silent one.
    pub silent: usize,
    /// Comparisons.
    pub comparisons: usize,
    /// Comparisons that were true of an event.
    pub seen_true: usize,
    /// Comparisons that were false of one.
    pub seen_false: usize,
}

impl Figures {
    /// The share of what is tested of what there is: of each rule a firing and a silent test, of each comparison
    /// both truths, in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let goals = 2 * (self.rules + self.comparisons);
        let reached = self.firing + self.silent + self.seen_true + self.seen_false;
        #[allow(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
        let percent = if goals == 0 { 100.0 } else { 100.0 * reached as f64 / goals as f64 };
        percent
    }
}

impl Coverage {
    /// Its figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let comparisons = || self.rules.iter().flat_map(|rule| &rule.comparisons);
        Figures {
            rules: self.rules.len(),
            firing: self.rules.iter().filter(|rule| rule.firing > 0).count(),
            silent: self.rules.iter().filter(|rule| rule.silent > 0).count(),
            comparisons: comparisons().count(),
            seen_true: comparisons().filter(|c| c.seen_true).count(),
            seen_false: comparisons().filter(|c| c.seen_false).count(),
        }
    }

    /// What the tests of `plan` leave untested.
    pub(crate) fn of(plan: &Plan<'_>) -> Coverage {
        let rules = plan.sets.iter().enumerate().flat_map(|(number, rules)| {
            let replays: Vec<&Replay<'_>> =
                plan.replays.iter().filter(|replay| replay.set == number).collect();
            of_set(rules, &replays)
        });
        Coverage { rules: rules.collect() }
    }
}

/// A comparison that is asked by itself.
struct Asked<'r> {
    rule: RuleId,
    check: &'r Check,
    /// Number of the variant that asks it.
    holds: usize,
    /// Whether it is one of the parts that must all hold.
    must_hold: bool,
    /// Number of the variant that asks whether its field is there at all.
    exists: usize,
}

/// What a replay saw.
struct Seen {
    /// Events by type.
    types: Vec<u64>,
    /// How many events each variant matched.
    matched: Vec<u64>,
}

fn of_set(rules: &Loaded, replays: &[&Replay<'_>]) -> Vec<RuleCoverage> {
    let mut variants = Vec::new();
    let mut asked = Vec::new();
    for rule in rules.set.active() {
        comparisons(rule, &mut variants, &mut asked);
    }
    let (set, _) = rules.set.variants(&variants, &Scheme);
    // A trace that cannot be read makes its tests fail elsewhere.
    let seen: Vec<Seen> = replays
        .par_iter()
        .map(|replay| look(replay, &set, variants.len()).unwrap_or_else(|| nothing(&variants)))
        .collect();
    let total = |number: usize| seen.iter().filter_map(|seen| seen.matched.get(number)).sum::<u64>();
    let each = rules.set.active().map(|rule| {
        let events = |seen: &Seen| -> u64 {
            rule.event_types.iter().filter_map(|ty| seen.types.get(usize::from(ty))).sum()
        };
        let count: u64 = seen.iter().map(events).sum();
        let own = || asked.iter().filter(|asked| asked.rule == rule.id);
        let comparisons = own().map(|asked| ComparisonCoverage {
            text: asked.check.to_string(),
            location: rules.blueprint.locate(asked.check.place()),
            seen_true: total(asked.holds) > 0,
            seen_false: count > total(asked.holds),
        });
        let no_field =
            own().find(|asked| asked.must_hold && total(asked.holds) == 0 && total(asked.exists) == 0);
        let cannot_fire = match (count, no_field) {
            (0, _) => Some(CannotFire::NoEvent(type_names(&rule.event_types))),
            (_, Some(asked)) => Some(CannotFire::NoField(asked.check.left.to_string())),
            _ => None,
        };
        let tests = || {
            replays
                .iter()
                .zip(&seen)
                .flat_map(|(replay, seen)| replay.tests.iter().map(move |t| (t.test, seen)))
        };
        RuleCoverage {
            rule: rule.name.clone(),
            location: rule.location.clone(),
            firing: tests().filter(|(test, _)| wants(test, rule)).count(),
            silent: tests().filter(|(test, seen)| events(seen) > 0 && wants_silent(test, rule)).count(),
            asked: count,
            comparisons: comparisons.collect(),
            cannot_fire,
        }
    });
    each.collect()
}

/// Adds the comparisons of `rule`, and whether their fields are there.
fn comparisons<'r>(rule: &'r Rule, variants: &mut Vec<Variant>, asked: &mut Vec<Asked<'r>>) {
    let must_hold: Vec<&Check> = conjuncts(&rule.condition)
        .into_iter()
        .filter_map(|part| if let Expr::Check(check) = part { Some(&**check) } else { None })
        .collect();
    let mut seen = BTreeSet::new();
    let mut checks = Vec::new();
    rule.condition.for_each_check(&mut |check| checks.push(check));
    for check in checks.into_iter().filter(|check| !by_type(check)) {
        if seen.insert(check.to_string()) {
            let exists =
                Check { left: check.left.clone(), op: Op::Exists, modifier: None, right: Right::Nothing };
            let variant = |check: Check| Variant {
                of: rule.id,
                condition: Expr::Check(Arc::new(check)),
                same_events: true,
            };
            variants.push(variant(check.clone()));
            variants.push(variant(exists));
            asked.push(Asked {
                rule: rule.id,
                check,
                holds: variants.len() - 2,
                must_hold: must_hold.contains(&check),
                exists: variants.len() - 1,
            });
        }
    }
}

/// Whether the type of the event decides the comparison.
fn by_type(check: &Check) -> bool {
    matches!(&check.left, Operand::Field { name, arg: None, .. }
        if matches!(name.as_str(), "evt.type" | "syscall.type" | "evt.dir"))
}

fn nothing(variants: &[Variant]) -> Seen {
    Seen { types: Vec::new(), matched: vec![0; variants.len()] }
}

fn look(replay: &Replay<'_>, set: &RuleSet, variants: usize) -> Option<Seen> {
    let mut seen = Seen { types: Vec::new(), matched: vec![0; variants] };
    let mut scratch = set.scratch();
    let mut trace = TraceReader::open(replay.trace).ok()?;
    walk_events::<Infallible>(
        &mut trace,
        &mut Cursor::new(),
        |_| {},
        |event, state| {
            let ty = usize::from(event.code);
            if seen.types.len() <= ty {
                seen.types.resize(ty + 1, 0);
            }
            if let Some(count) = seen.types.get_mut(ty) {
                *count += 1;
            }
            if set.wants(event.code) {
                for id in set.evaluate(&mut scratch, &Fields::new(event, state), Matching::All) {
                    if let Some(count) = seen.matched.get_mut(id.index()) {
                        *count += 1;
                    }
                }
            }
            Ok(())
        },
    )
    .ok()?;
    Some(seen)
}

/// Whether `test` wants `rule` to fire.
fn wants(test: &Test, rule: &Rule) -> bool {
    test.expect.iter().any(|expectation| expectation.rule == rule.name && expectation.count.least > 0)
}

/// Whether `test` fails if `rule` fires anywhere.
fn wants_silent(test: &Test, rule: &Rule) -> bool {
    let about = || test.expect.iter().filter(|expectation| expectation.rule == rule.name);
    let none = about().any(|e| e.count == Count::exactly(0) && e.is_about_every_alert());
    let forbidden = test.forbid.iter().any(|forbidden| name_matches(&forbidden.rule, &rule.name));
    let nothing_else = test.only && about().all(|e| e.count == Count::exactly(0));
    test.filter.is_none() && (none || forbidden || nothing_else)
}
