//! Mutation testing of rules: changes that no suite notices.
//!
//! Conditions are changed one at a time, where they are written. A change is *caught* if a test that passes would
//! fail with it. All mutants of a batch are one rule set, whose rules share their comparisons, so that a replay asks
//! thousands of them in about the time of one; each test then judges what each would have matched.
//!
//! Items of one list count as one mutant, caught if taking away any of them is noticed: lists are data, and a suite
//! that shows every item of every list is none that anybody writes. [`Options::each_item`] counts them all.

mod mutant;
mod play;
mod site;

use std::collections::BTreeMap;

use rayon::prelude::*;
use scap_rules::{Location, Place};

use crate::plan::{Plan, Replay};
use crate::rules::Loaded;
use mutant::{Mutant, mutants};
use play::Batch;

pub use mutant::Owner;
pub(crate) use mutant::normal;
pub use site::Kind;

/// Most variants of rules that are asked at once: bounds memory, and gives the threads something to share.
const BATCH: usize = 1200;

/// How to mutate.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether every item of a list counts for itself.
    pub each_item: bool,
}

/// What became of the mutants.
#[derive(Debug, Clone, Default)]
pub struct Mutation {
    /// Mutants that count.
    pub mutants: usize,
    /// Those of them that a test notices.
    pub caught: usize,
    /// Changes that change nothing, or do what another did.
    pub equivalent: usize,
    /// Changes that do not compile.
    pub stillborn: usize,
    /// Mutants that no test notices, by kind of owner, and in the order of the files.
    pub survivors: Vec<Survivor>,
}

/// A change that no test notices.
#[derive(Debug, Clone)]
pub struct Survivor {
    /// What kind of change.
    pub kind: Kind,
    /// Of what.
    pub owner: Owner,
    /// Where.
    pub location: Option<Location>,
    /// What stood there.
    pub before: String,
    /// What would stand there instead; empty if nothing would.
    pub after: String,
    /// Rules that it changes.
    pub rules: usize,
    /// How many changes it stands for: of a list, its items.
    pub changes: usize,
}

impl Mutation {
    /// The share of mutants that are caught, in percent.
    #[must_use]
    pub fn percent(&self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
        let percent =
            if self.mutants == 0 { 100.0 } else { 100.0 * self.caught as f64 / self.mutants as f64 };
        percent
    }
}

/// Mutates the rules of `plan`, all of whose tests pass.
pub(crate) fn run(plan: &Plan<'_>, options: &Options) -> Mutation {
    let mut mutation = Mutation::default();
    for (number, rules) in plan.sets.iter().enumerate() {
        let replays: Vec<&Replay<'_>> = plan.replays.iter().filter(|replay| replay.set == number).collect();
        of_set(rules, &replays, options, &mut mutation);
    }
    mutation
}

fn of_set(rules: &Loaded, replays: &[&Replay<'_>], options: &Options, mutation: &mut Mutation) {
    let made = mutants(rules);
    mutation.equivalent += made.equivalent;
    let batches = batches(&made.list);
    let fates: Vec<Vec<Fate>> =
        batches.par_iter().map(|batch| Batch::new(rules, batch).run(replays)).collect();
    let mut groups: BTreeMap<Group, Vec<(&Mutant, Fate)>> = BTreeMap::new();
    for (number, (mutant, fate)) in made.list.iter().zip(fates.into_iter().flatten()).enumerate() {
        let group = match &mutant.list {
            Some((owner, place)) if !options.each_item => Group::List(owner.clone(), *place),
            _ => Group::One(number),
        };
        groups.entry(group).or_default().push((mutant, fate));
    }
    let mut survivors = Vec::new();
    for members in groups.values() {
        let born: Vec<&Mutant> =
            members.iter().filter(|(_, fate)| *fate != Fate::Stillborn).map(|(mutant, _)| *mutant).collect();
        mutation.stillborn += members.len() - born.len();
        let Some(first) = born.first() else { continue };
        mutation.mutants += 1;
        if members.iter().any(|(_, fate)| *fate == Fate::Caught) {
            mutation.caught += 1;
        } else {
            survivors.push(survivor(first, &born));
        }
    }
    survivors.sort_by_key(|survivor| {
        let at = survivor.location.as_ref().map(|at| (at.file.clone(), at.offset));
        (at, survivor.kind, survivor.before.clone())
    });
    mutation.survivors.extend(survivors);
}

/// What counts as one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    One(usize),
    List(Owner, Place),
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Caught,
    Survived,
    Stillborn,
}

fn survivor(first: &Mutant, members: &[&Mutant]) -> Survivor {
    let before: Vec<&str> = members.iter().map(|mutant| mutant.before.as_str()).collect();
    Survivor {
        kind: first.kind,
        owner: first.owner.clone(),
        location: first.location.clone(),
        before: before.join(", "),
        after: first.after.clone(),
        rules: first.rules.len(),
        changes: members.len(),
    }
}

fn batches(mutants: &[Mutant]) -> Vec<&[Mutant]> {
    let mut batches = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (at, mutant) in mutants.iter().enumerate() {
        if size + mutant.rules.len() > BATCH && at > start {
            batches.extend(mutants.get(start..at));
            (start, size) = (at, 0);
        }
        size += mutant.rules.len();
    }
    batches.extend(mutants.get(start..).filter(|rest| !rest.is_empty()));
    batches
}
