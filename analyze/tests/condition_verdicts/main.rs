//! What conditions are worth on given events, next to the verdicts of libsinsp's unit tests.
//!
//! The tables beside this file hold one condition a line after its verdict: `true` and `false` of the last
//! `event` named (see [`events`]), `valid` if it only has to compile, `error` if it must not. They are facts
//! about libsinsp at the commit that the schema follows. Fields that its tests mock are replaced by real ones.
//!
//! Each condition is asked on its own, as a filter, and as a rule: by the tree-walker, and by the compiled
//! evaluator together with all others of the table. All three answers must be the verdict.
//! `warnings.txt` says the same way what libsinsp warns of: `warned` once, or `silent`.

#![allow(clippy::print_stdout, reason = "says how many verdicts are alike")]

mod events;

use std::collections::BTreeMap;

use events::Scene;
use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_rules::{Code, Filter, Loader, Matching, RuleSet};

/// Name and lines of each table.
const TABLES: [(&str, &str); 5] = [
    ("comparisons", include_str!("comparisons.txt")),
    ("transformers", include_str!("transformers.txt")),
    ("language", include_str!("language.txt")),
    ("modifiers", include_str!("modifiers.txt")),
    ("arguments", include_str!("arguments.txt")),
];

/// What is known, or found, of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    True,
    False,
    /// It compiles; of what it says nothing is known.
    Valid,
    /// It does not compile.
    Error,
}

impl Verdict {
    fn of(holds: bool) -> Verdict {
        if holds { Verdict::True } else { Verdict::False }
    }

    /// Whether `self`, found, is what was `expected`.
    fn meets(self, expected: Verdict) -> bool {
        self == expected || (expected == Verdict::Valid && self != Verdict::Error)
    }
}

/// A line of a table.
#[derive(Debug, Clone, Copy)]
struct Case {
    event: &'static str,
    condition: &'static str,
    expected: Verdict,
}

fn cases(table: &'static str) -> Vec<Case> {
    let (mut event, mut all) = ("", Vec::new());
    for line in table.lines() {
        let (word, rest) = line.split_once(' ').expect("a verdict and a condition");
        let expected = match word {
            "event" => {
                event = rest;
                continue;
            }
            "true" => Verdict::True,
            "false" => Verdict::False,
            "valid" => Verdict::Valid,
            "error" => Verdict::Error,
            _ => panic!("no verdict: {line}"),
        };
        all.push(Case { event, condition: rest, expected });
    }
    all
}

/// Rules with these conditions in their order; `None` if one of them does not load.
fn rules(conditions: &[&str]) -> Option<RuleSet> {
    let (report, rules) = Loader::new(&Scheme).file("verdicts", rule_file(conditions)).load();
    report.is_ok().then_some(rules)
}

fn rule_file(conditions: &[&str]) -> String {
    let mut yaml = String::new();
    for (at, condition) in conditions.iter().enumerate() {
        yaml.push_str(&format!(
            "- rule: r{at}\n  desc: d\n  priority: error\n  output: o\n  condition: |\n    {condition}\n"
        ));
    }
    yaml
}

/// What each of `cases`, all of one event, is found to be: as a filter, as a rule naively and as one compiled.
fn found(cases: &[Case], fields: &Fields<'_>) -> Vec<[Verdict; 3]> {
    let loads: Vec<bool> = cases.iter().map(|case| rules(&[case.condition]).is_some()).collect();
    let loaded: Vec<&str> =
        cases.iter().zip(&loads).filter(|(_, loads)| **loads).map(|(case, _)| case.condition).collect();
    let rules = rules(&loaded).expect("what loads alone loads together");
    let naive = rules.evaluate_naively(fields, Matching::All);
    let mut scratch = rules.scratch();
    let compiled = rules.evaluate(&mut scratch, fields, Matching::All).to_vec();
    let mut ids = rules.rules().iter().map(|rule| rule.id);
    let answers = cases.iter().zip(loads).map(|(case, loads)| {
        let filter = Filter::compile(case.condition, &Scheme)
            .map_or(Verdict::Error, |filter| Verdict::of(filter.matches(fields)));
        match if loads { ids.next() } else { None } {
            Some(id) => [filter, Verdict::of(naive.contains(&id)), Verdict::of(compiled.contains(&id))],
            None => [filter, Verdict::Error, Verdict::Error],
        }
    });
    answers.collect()
}

#[test]
fn conditions_are_worth_what_they_are_worth_to_libsinsp() {
    let (mut total, mut alike, mut different) = (0, 0, Vec::new());
    for (name, table) in TABLES {
        let mut by_event: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
        for case in cases(table) {
            by_event.entry(case.event).or_default().push(case);
        }
        let (mut here, mut alike_here) = (0, 0);
        for (event, cases) in by_event {
            let answers = Scene::named(event).look(|fields| found(&cases, fields));
            for (case, answers) in cases.iter().zip(answers) {
                let meets = answers.iter().all(|found| found.meets(case.expected));
                here += 1;
                alike_here += usize::from(meets);
                if !meets {
                    different.push(format!("{name}: {case:?}: {answers:?}"));
                }
            }
        }
        println!("{name}: {alike_here} of {here} alike");
        total += here;
        alike += alike_here;
    }
    println!("{alike} of {total} verdicts alike");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

#[test]
fn conditions_that_look_mistaken_are_warned_of_as_by_libsinsp() {
    let mut total = 0;
    for line in include_str!("warnings.txt").lines() {
        let (word, condition) = line.split_once(' ').expect("a verdict and a condition");
        let (report, _) = Loader::new(&Scheme).file("verdicts", rule_file(&[condition])).load();
        let in_condition = report.warnings().filter(|warning| warning.code == Code::CompileCondition).count();
        let expected = usize::from(word == "warned");
        assert!(report.is_ok() && ["warned", "silent"].contains(&word), "{line}");
        assert_eq!(in_condition, expected, "{line}: {:?}", report.warnings().collect::<Vec<_>>());
        total += 1;
    }
    println!("warnings: {total} of {total} alike");
}
