//! A batch of mutants on every trace: what each would have matched, and whether a test would have noticed.

use std::collections::HashMap;
use std::convert::Infallible;

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk_events};
use scap_format::TraceReader;
use scap_rules::{Matching, RuleId, RuleSet, Variant};

use super::Fate;
use super::mutant::Mutant;
use crate::judge::Asked;
use crate::plan::Replay;
use crate::play::{Match, Played, play};
use crate::question::{Answers, AnswersId, Questions};
use crate::rules::Loaded;

/// Most matches of a variant that are kept beyond those that the rule has: whoever counts exactly has noticed by then,
/// and whoever counts "at least" does not care.
const MOST_MATCHES: usize = 1000;

/// Mutants that are asked together.
pub(super) struct Batch<'r> {
    rules: &'r Loaded,
    mutants: &'r [Mutant],
    fates: Vec<Fate>,
    asked: Set,
}

/// The variants of the mutants that nobody has noticed yet.
struct Set {
    set: RuleSet,
    /// Of each variant: its mutant and its rule.
    of: Vec<(usize, RuleId)>,
    /// Of each mutant: its first variant and the one behind its last.
    variants: Vec<(usize, usize)>,
    /// Mutants in it when it was made.
    alive: usize,
}

impl<'r> Batch<'r> {
    pub(super) fn new(rules: &'r Loaded, mutants: &'r [Mutant]) -> Batch<'r> {
        let mut fates = vec![Fate::Survived; mutants.len()];
        let (asked, compiled) = Set::new(rules, mutants, &fates);
        for ((mutant, _), _) in asked.of.iter().zip(compiled).filter(|(_, compiled)| !compiled) {
            if let Some(fate) = fates.get_mut(*mutant) {
                *fate = Fate::Stillborn;
            }
        }
        Batch { rules, mutants, fates, asked }
    }

    /// The fate of each mutant.
    pub(super) fn run(mut self, replays: &[&Replay<'_>]) -> Vec<Fate> {
        for replay in replays {
            let alive = self.fates.iter().filter(|fate| **fate == Fate::Survived).count();
            if alive == 0 {
                break;
            }
            // Asking less costs making the set anew, which pays once most of it is noise.
            if alive * 2 < self.asked.alive {
                self.asked = Set::new(self.rules, self.mutants, &self.fates).0;
            }
            self.replay(replay);
        }
        self.fates
    }

    fn replay(&mut self, replay: &Replay<'_>) {
        let rules = &self.rules.set;
        let mut questions = Questions::default();
        let asked: Vec<Asked<'_>> =
            replay.tests.iter().map(|numbered| Asked::new(numbered.test, rules, &mut questions)).collect();
        let Ok(mut played) = play(replay.trace, rules, &questions) else { return };
        let matched = self.matches(replay, &questions, &mut played);
        for number in 0..self.mutants.len() {
            if self.fates.get(number) != Some(&Fate::Survived) {
                continue;
            }
            let Some(matches) = self.with_mutant(number, &played, &matched) else { continue };
            if asked.iter().any(|asked| !asked.passes(&matches, &played.answers, played.first_ts))
                && let Some(fate) = self.fates.get_mut(number)
            {
                *fate = Fate::Caught;
            }
        }
    }

    /// What each variant matches on the trace.
    fn matches(&self, replay: &Replay<'_>, questions: &Questions, played: &mut Played) -> Vec<Vec<Match>> {
        let mut matched: Vec<Vec<Match>> = vec![Vec::new(); self.asked.of.len()];
        let most = MOST_MATCHES + played.matches.len();
        let set = &self.asked.set;
        let mut scratch = set.scratch();
        let mut known: HashMap<RuleId, AnswersId> = HashMap::new();
        let Ok(mut trace) = TraceReader::open(replay.trace) else { return matched };
        let answers: &mut Answers = &mut played.answers;
        // What could be read a moment ago can be read again.
        let _ = walk_events::<Infallible>(
            &mut trace,
            &mut Cursor::new(),
            |_| {},
            |event, state| {
                if !set.wants(event.code) {
                    return Ok(());
                }
                let fields = Fields::new(event, state);
                known.clear();
                for variant in set.evaluate(&mut scratch, &fields, Matching::All) {
                    let Some(&(_, of)) = self.asked.of.get(variant.index()) else { continue };
                    let Some(kept) = matched.get_mut(variant.index()).filter(|kept| kept.len() < most) else {
                        continue;
                    };
                    let Some(rule) = self.rules.set.rule(of) else { continue };
                    let answers =
                        *known.entry(of).or_insert_with(|| questions.answer(rule, &fields, answers));
                    kept.push(Match { event: event.num, ts: event.ts, rule: of, answers });
                }
                Ok(())
            },
        );
        matched
    }

    /// All matches with mutant `number` in place of what it changes; `None` if they are what they were.
    fn with_mutant(&self, number: usize, played: &Played, matched: &[Vec<Match>]) -> Option<Vec<Match>> {
        let &(first, end) = self.asked.variants.get(number)?;
        let (of, matched) = (self.asked.of.get(first..end)?, matched.get(first..end)?);
        let changed = of.iter().zip(matched).any(|((_, rule), matched)| {
            let before = played.matches.iter().filter(|found| found.rule == *rule).map(|found| found.event);
            !before.eq(matched.iter().map(|found| found.event))
        });
        if !changed {
            return None;
        }
        let is_kept = |found: &&Match| of.iter().all(|(_, rule)| *rule != found.rule);
        let mut all: Vec<Match> = played.matches.iter().filter(is_kept).copied().collect();
        all.extend(matched.iter().flatten());
        all.sort_by_key(|found| (found.event, found.rule));
        Some(all)
    }
}

impl Set {
    /// The variants of those `mutants` that survived so far, and which of them compile.
    fn new(rules: &Loaded, mutants: &[Mutant], fates: &[Fate]) -> (Set, Vec<bool>) {
        let (mut variants, mut of, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
        let mut alive = 0;
        for (number, (mutant, fate)) in mutants.iter().zip(fates).enumerate() {
            let first = variants.len();
            if *fate == Fate::Survived {
                alive += 1;
                for (rule, condition) in &mutant.rules {
                    variants.push(Variant { of: *rule, condition: condition.clone(), same_events: false });
                    of.push((number, *rule));
                }
            }
            ranges.push((first, variants.len()));
        }
        let (set, compiled) = rules.set.variants(&variants, &Scheme);
        (Set { set, of, variants: ranges, alive }, compiled)
    }
}
