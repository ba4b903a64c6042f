//! Coverage and survivors of mutation, as text and as JSON.

use std::fmt::Write as _;

use scap_rules::Location;
use serde_json::{Value as Json, json};

use super::json::place;
use super::pretty::counted;
use crate::blame::shortened;
use crate::coverage::{CannotFire, Coverage, RuleCoverage};
use crate::mutate::{Mutation, Survivor};

/// What suites leave untested, as text.
pub(super) fn coverage(out: &mut String, coverage: &Coverage) {
    let figures = coverage.figures();
    let _ = writeln!(
        out,
        "coverage {:.1} %: of {}, {} with a firing test and {} with a silent one; of {}, {} seen true and {} seen false",
        figures.percent(),
        counted(figures.rules, "rule"),
        figures.firing,
        figures.silent,
        counted(figures.comparisons, "comparison"),
        figures.seen_true,
        figures.seen_false,
    );
    listed(out, "no firing test", coverage.rules.iter().filter(|rule| rule.firing == 0));
    listed(out, "no silent test", coverage.rules.iter().filter(|rule| rule.silent == 0));
    let mut heading = Some("  cannot fire on these traces:");
    for rule in &coverage.rules {
        let Some(why) = &rule.cannot_fire else { continue };
        if let Some(heading) = heading.take() {
            let _ = writeln!(out, "{heading}");
        }
        let _ = match why {
            CannotFire::NoEvent(types) => {
                let shown: Vec<&str> = types.iter().take(6).map(String::as_str).collect();
                let more = if types.len() > shown.len() { ", …" } else { "" };
                writeln!(out, "    {}: they have no {}{more}", rule.rule, shown.join(", "))
            }
            CannotFire::NoField(field) => writeln!(out, "    {}: no event has {field}", rule.rule),
        };
    }
    for rule in coverage.rules.iter().filter(|rule| rule.asked > 0) {
        let mut heading = Some(format!("  {}{}", rule.rule, at(rule.location.as_ref())));
        for comparison in rule.comparisons.iter().filter(|c| !c.seen_true || !c.seen_false) {
            if let Some(heading) = heading.take() {
                let _ = writeln!(out, "{heading}");
            }
            let never = if comparison.seen_true { "never false" } else { "never true " };
            let _ = writeln!(
                out,
                "    {never}  {}{}",
                shortened(&comparison.text),
                at(comparison.location.as_ref())
            );
        }
    }
}

fn listed<'c>(out: &mut String, what: &str, rules: impl Iterator<Item = &'c RuleCoverage>) {
    let names: Vec<&str> = rules.map(|rule| rule.rule.as_str()).collect();
    if names.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {what}:");
    for name in names {
        let _ = writeln!(out, "    {name}");
    }
}

/// Survivors of mutation, as text.
pub(super) fn mutation(out: &mut String, mutation: &Mutation) {
    let _ = writeln!(
        out,
        "mutation {:.1} %: {} of {} noticed ({} change nothing, {} do not compile)",
        mutation.percent(),
        mutation.caught,
        counted(mutation.mutants, "mutant"),
        mutation.equivalent,
        mutation.stillborn,
    );
    for survivor in &mutation.survivors {
        survivor_lines(out, survivor);
    }
}

fn survivor_lines(out: &mut String, survivor: &Survivor) {
    let what = if survivor.changes > 1 {
        format!("drop any of {}", counted(survivor.changes, "list item"))
    } else {
        survivor.kind.name().to_owned()
    };
    let rules = if survivor.rules > 1 { format!(", in {} rules", survivor.rules) } else { String::new() };
    let _ =
        writeln!(out, "  survived: {what} of {}{rules}{}", survivor.owner, at(survivor.location.as_ref()));
    let _ = writeln!(out, "    - {}", shortened(&survivor.before));
    if !survivor.after.is_empty() {
        let _ = writeln!(out, "    + {}", shortened(&survivor.after));
    }
}

fn at(location: Option<&Location>) -> String {
    location.map_or_else(String::new, |at| format!("  ({}:{})", at.file, at.line))
}

/// What suites leave untested, for scripts.
pub(super) fn coverage_json(coverage: &Coverage) -> Json {
    let figures = coverage.figures();
    let rules = coverage.rules.iter().map(|rule| {
        let comparisons = rule.comparisons.iter().map(|comparison| {
            json!({
                "comparison": comparison.text,
                "at": comparison.location.as_ref().map(place),
                "seen_true": comparison.seen_true,
                "seen_false": comparison.seen_false,
            })
        });
        let cannot_fire = rule.cannot_fire.as_ref().map(|why| match why {
            CannotFire::NoEvent(types) => json!({ "no_event_of": types }),
            CannotFire::NoField(field) => json!({ "no_field": field }),
        });
        json!({
            "rule": rule.rule,
            "at": rule.location.as_ref().map(place),
            "firing_tests": rule.firing,
            "silent_tests": rule.silent,
            "events_asked": rule.asked,
            "cannot_fire": cannot_fire,
            "comparisons": comparisons.collect::<Vec<_>>(),
        })
    });
    json!({
        "percent": figures.percent(),
        "rules": figures.rules,
        "rules_firing": figures.firing,
        "rules_silent": figures.silent,
        "comparisons": figures.comparisons,
        "comparisons_true": figures.seen_true,
        "comparisons_false": figures.seen_false,
        "by_rule": rules.collect::<Vec<_>>(),
    })
}

/// Survivors of mutation, for scripts.
pub(super) fn mutation_json(mutation: &Mutation) -> Json {
    let survivors = mutation.survivors.iter().map(|survivor| {
        json!({
            "kind": survivor.kind.name(),
            "of": survivor.owner.to_string(),
            "at": survivor.location.as_ref().map(place),
            "before": survivor.before,
            "after": survivor.after,
            "rules": survivor.rules,
            "changes": survivor.changes,
        })
    });
    json!({
        "percent": mutation.percent(),
        "mutants": mutation.mutants,
        "caught": mutation.caught,
        "equivalent": mutation.equivalent,
        "stillborn": mutation.stillborn,
        "survivors": survivors.collect::<Vec<_>>(),
    })
}
