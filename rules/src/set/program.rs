//! Rules as programs over atoms, indexed by event type.
//!
//! A program is a decision graph: ask an atom, go on here or there, until it is clear whether the rule matches.
//! It never asks more than it must. The programs of an event type stand in a tree of what they have in common.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use super::atoms::{AtomId, Atoms, Deciders};
use super::estimate::Estimates;
use super::fold::{self, Folded, FoldedId, Folder, Forest};
use super::tree::{self, Demand, List, PartId, Parts};
use crate::check::{Cond, Test};
use crate::rule::{Rule, RuleId};

/// Everything that evaluation needs.
#[derive(Debug)]
pub(super) struct Plan {
    /// Tells plans apart, so that a scratch is not used with the wrong one.
    pub(super) id: u64,
    pub(super) atoms: Atoms,
    pub(super) steps: Vec<Step>,
    /// Words that have a bit for every rule of every list.
    pub(super) rule_words: usize,
    /// The most such words that one list has.
    pub(super) most_rule_words: usize,
    /// The lists that event types have, the one without entries first.
    lists: Vec<Planned>,
    /// By event type: which list.
    by_type: Vec<u32>,
}

/// A list and where the bits of its rules stand.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) list: List,
    /// Words of its rules among those of all lists.
    pub(super) words: Range<usize>,
    /// Bits of the last of these words that stand for no rule.
    pub(super) spare: u64,
}

/// Ask an atom and go on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) atom: AtomId,
    pub(super) if_true: u32,
    pub(super) if_false: u32,
    /// Which of the conditions that must all hold it belongs to: number of one of its steps.
    pub(super) part: u32,
    /// Who decides the atom.
    pub(super) decider: Deciders,
}

/// Where a program ends: the rule matches.
pub(super) const MATCH: u32 = u32::MAX;
/// Where a program ends: it does not. No step has this number or a greater one.
pub(super) const FAIL: u32 = u32::MAX - 1;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Plan {
    /// Plans the evaluation of those of `rules` that are `active`. `names`: of every event type.
    pub(super) fn new(rules: &[Rule], active: &[bool], names: &[Option<String>]) -> Plan {
        let active: Vec<&Rule> =
            rules.iter().zip(active).filter(|(_, a)| **a).map(|(rule, _)| rule).collect();
        let mut tests = Tests::default();
        active.iter().for_each(|rule| tests.collect(&rule.test));
        let (atoms, numbers) = Atoms::new(tests.list);
        let mut assembler = Assembler::new(Forest::new(Estimates::new(&atoms.atoms)), &atoms);
        let mut demanders: Vec<Demander<'_>> = active.into_iter().map(Demander::new).collect();
        // The list of types that interest no rule.
        let mut lists = vec![List::default()];
        let mut known: FxHashMap<Vec<Demand>, u32> = FxHashMap::from_iter([(Vec::new(), 0)]);
        let mut by_type = Vec::with_capacity(names.len());
        let askers = askers(&demanders, names.len());
        for (askers, name) in askers.iter().zip(names) {
            let mut demands = Vec::with_capacity(askers.len());
            let mut folder = Folder::new(&numbers, name.as_deref());
            for &asker in askers {
                let demander = demanders.get_mut(asker);
                demands.extend(demander.and_then(|rule| rule.demand(&mut folder, &mut assembler)));
            }
            // Most event types are asked the same as another.
            let list = match known.get(&demands) {
                Some(&list) => list,
                None => {
                    let list = u32::try_from(lists.len()).unwrap_or(0);
                    let mut entries = List::default();
                    tree::build(demands.clone(), &mut assembler, &mut entries);
                    lists.push(entries);
                    known.insert(demands, list);
                    list
                }
            };
            by_type.push(list);
        }
        let (lists, steps) = (planned(lists), assembler.steps);
        Plan {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            atoms,
            steps,
            rule_words: lists.last().map_or(0, |last| last.words.end),
            most_rule_words: lists.iter().map(|planned| planned.words.len()).max().unwrap_or(0),
            lists,
            by_type,
        }
    }

    #[inline]
    pub(super) fn wants(&self, ty: u16) -> bool {
        self.by_type.get(usize::from(ty)).is_some_and(|&list| list != 0)
    }

    /// What to ask of events of type `ty`; `None` if that is nothing.
    #[inline]
    pub(super) fn list(&self, ty: u16) -> Option<&Planned> {
        let list = usize::try_from(*self.by_type.get(usize::from(ty))?).ok().filter(|&list| list != 0)?;
        self.lists.get(list)
    }

    pub(super) fn atom_count(&self) -> usize {
        self.atoms.count
    }
}

/// By event type, of which there are `types`: the numbers of those that are asked about it.
fn askers(demanders: &[Demander<'_>], types: usize) -> Vec<Vec<usize>> {
    let mut askers = vec![Vec::new(); types];
    for (number, demander) in demanders.iter().enumerate() {
        for ty in demander.rule.event_types.iter() {
            if let Some(askers) = askers.get_mut(usize::from(ty)) {
                askers.push(number);
            }
        }
    }
    askers
}

/// Gives every list words of its own, so that what is known of its rules can be taken word by word.
fn planned(lists: Vec<List>) -> Vec<Planned> {
    let mut end = 0;
    let place = |list: List| {
        let start = end;
        end += list.rules.div_ceil(64);
        let spare = if list.rules.is_multiple_of(64) { 0 } else { u64::MAX << (list.rules % 64) };
        Planned { list, words: start..end, spare }
    };
    lists.into_iter().map(place).collect()
}

/// Distinct tests, in order of first occurrence.
#[derive(Default)]
struct Tests {
    list: Vec<Arc<Test>>,
    seen: rustc_hash::FxHashSet<*const Test>,
}

impl Tests {
    fn collect(&mut self, cond: &Cond) {
        match cond {
            Cond::And(children) | Cond::Or(children) => children.iter().for_each(|c| self.collect(c)),
            Cond::Not(child) => self.collect(child),
            Cond::Test(test) => {
                if self.seen.insert(Arc::as_ptr(test)) {
                    self.list.push(Arc::clone(test));
                }
            }
        }
    }
}

/// Tells what a rule demands of event types, most of which decide the same of its comparisons.
struct Demander<'r> {
    rule: &'r Rule,
    /// Its comparisons that the type decides.
    of_type: Vec<&'r Test>,
    /// By what was decided of each: what is left to demand.
    known: Vec<(Vec<Option<bool>>, Option<Demand>)>,
}

impl<'r> Demander<'r> {
    fn new(rule: &'r Rule) -> Demander<'r> {
        let mut of_type = Vec::new();
        fold::decided_by_type(&rule.test, &mut of_type);
        Demander { rule, of_type, known: Vec::new() }
    }

    /// What the rule demands of events of the type that `folder` is for; `None` if it can never match.
    fn demand(&mut self, folder: &mut Folder<'_>, assembler: &mut Assembler<'_>) -> Option<Demand> {
        let decided: Vec<Option<bool>> = self.of_type.iter().map(|test| folder.decide(test)).collect();
        if let Some((_, demand)) = self.known.iter().find(|(known, _)| *known == decided) {
            return demand.clone();
        }
        let folded = folder.fold(&self.rule.test, &mut assembler.forest);
        let demand = assembler.demand(self.rule.id, folded);
        self.known.push((decided, demand.clone()));
        demand
    }
}

/// Turns conditions into steps.
struct Assembler<'a> {
    forest: Forest,
    atoms: &'a Atoms,
    steps: Vec<Step>,
    /// What steps tell of the condition that is being assembled.
    part: u32,
    /// Conditions that rules demand, each once.
    parts: Vec<Part>,
    part_ids: FxHashMap<FoldedId, PartId>,
    /// Where programs start that exist already.
    programs: FxHashMap<Vec<PartId>, u32>,
}

/// A condition that some rule demands.
struct Part {
    folded: FoldedId,
    rank: f32,
    /// Where it starts as a program of its own, once it is one.
    start: Option<u32>,
}

impl Assembler<'_> {
    fn new(forest: Forest, atoms: &Atoms) -> Assembler<'_> {
        let (part_ids, programs) = (FxHashMap::default(), FxHashMap::default());
        Assembler { forest, atoms, steps: Vec::new(), part: 0, parts: Vec::new(), part_ids, programs }
    }

    /// What a rule demands; `None` if it can never match.
    fn demand(&mut self, rule: RuleId, folded: FoldedId) -> Option<Demand> {
        let parts = match self.forest.at(folded) {
            Folded::Always(false) => return None,
            Folded::Always(true) => Vec::new(),
            Folded::And(children) => children.iter().map(|&part| self.part(part)).collect(),
            _ => vec![self.part(folded)],
        };
        Some(Demand { rule, parts })
    }

    fn part(&mut self, folded: FoldedId) -> PartId {
        if let Some(&id) = self.part_ids.get(&folded) {
            return id;
        }
        let id = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.part_ids.insert(folded, id);
        let rank = self.forest.estimate(folded).rank(true);
        self.parts.push(Part { folded, rank, start: None });
        id
    }

    fn at(&self, part: PartId) -> Option<&Part> {
        self.parts.get(usize::try_from(part).ok()?)
    }

    /// Number of the step that is appended next.
    fn next(&self) -> u32 {
        u32::try_from(self.steps.len()).unwrap_or(FAIL)
    }

    /// Appends steps for a condition of which only the number is known.
    fn assemble_part(&mut self, part: PartId, if_true: u32, if_false: u32) -> u32 {
        self.part = self.next();
        match self.at(part).map(|part| part.folded) {
            Some(folded) => self.assemble(folded, if_true, if_false),
            None => if_false,
        }
    }

    /// Appends steps that go to `if_true` or `if_false`; gives where they start.
    fn assemble(&mut self, folded: FoldedId, if_true: u32, if_false: u32) -> u32 {
        match self.forest.at(folded) {
            Folded::Always(true) => if_true,
            Folded::Always(false) => if_false,
            // From the last to the first, so that every step knows where to go on.
            Folded::And(children) => {
                children.iter().rev().fold(if_true, |next, &child| self.assemble(child, next, if_false))
            }
            Folded::Or(children) => {
                children.iter().rev().fold(if_false, |next, &child| self.assemble(child, if_true, next))
            }
            Folded::Literal(atom, wanted) => {
                let (if_true, if_false) = if wanted { (if_true, if_false) } else { (if_false, if_true) };
                let here = self.next();
                let decider = self.atoms.decider(atom);
                self.steps.push(Step { atom, if_true, if_false, part: self.part, decider });
                here
            }
        }
    }
}

impl Parts for Assembler<'_> {
    fn guard(&mut self, part: PartId) -> u32 {
        if let Some(start) = self.at(part).and_then(|part| part.start) {
            return start;
        }
        let start = self.assemble_part(part, MATCH, FAIL);
        if let Some(part) = usize::try_from(part).ok().and_then(|part| self.parts.get_mut(part)) {
            part.start = Some(start);
        }
        start
    }

    fn program(&mut self, demand: &Demand) -> u32 {
        if let Some(&start) = self.programs.get(&demand.parts) {
            return start;
        }
        let parts = demand.parts.iter().rev();
        let start = parts.fold(MATCH, |next, &part| self.assemble_part(part, next, FAIL));
        self.programs.insert(demand.parts.clone(), start);
        start
    }

    fn rank(&self, part: PartId) -> f32 {
        self.at(part).map_or(f32::MAX, |part| part.rank)
    }
}
