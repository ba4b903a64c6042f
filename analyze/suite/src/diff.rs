//! What a change of rules changes: in the rules, and in the alerts over a corpus of traces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use scap_analyze::alert::Alert;
use scap_rules::{Location, Matching, Priority, Rule, RuleId};

use crate::blame::conjuncts;
use crate::mutate::normal;
use crate::play::{Match, Played, play};
use crate::question::Questions;
use crate::rules::Loaded;

/// Most alerts of a rule that are shown.
const SHOWN: usize = 3;

/// Characters that are shown around what differs in a condition.
const CONTEXT: usize = 24;

/// What differs between two versions of rules.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Names of lists, macros and rules that only the new version has, or only the old one, or both but otherwise.
    pub items: Vec<ItemChange>,
    /// What happens to alerts, rule by rule.
    pub alerts: Vec<AlertChange>,
    /// Alerts that are the same in both.
    pub same: u64,
    /// Traces that were replayed.
    pub traces: usize,
    /// Events of all traces.
    pub events: u64,
    /// Traces that could not be replayed, with the reasons.
    pub unreadable: Vec<String>,
}

/// A list, macro or rule that differs.
#[derive(Debug, Clone)]
pub struct ItemChange {
    /// `list`, `macro` or `rule`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub change: Change,
    /// Where it is defined: in the new version if it is there.
    pub location: Option<Location>,
    /// What differs, for one that is in both; else empty.
    pub details: Vec<String>,
}

/// Ways to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the new version has it.
    Added,
    /// Only the old version has it.
    Removed,
    /// Both have it, but not alike.
    Changed,
}

/// What happens to the alerts of a rule in one way.
#[derive(Debug, Clone)]
pub struct AlertChange {
    /// How: they appear, vanish, or are another.
    pub change: Change,
    /// Name of the rule.
    pub rule: String,
    /// How many.
    pub count: u64,
    /// In how many traces.
    pub traces: usize,
    /// Why, where that is plain.
    pub why: String,
    /// Some of them: trace, alert as it is (or was), alert as it is in the new version for one that changes.
    pub examples: Vec<(PathBuf, Alert, Option<Alert>)>,
}

/// Compares `old` with `new`, and what they say of the traces at `paths`.
#[must_use]
pub fn diff(old: &Loaded, new: &Loaded, paths: &[PathBuf], matching: Matching) -> Difference {
    let mut difference = Difference { items: items(old, new), ..Difference::default() };
    let replayed: Vec<(&PathBuf, Result<OnTrace, String>)> =
        paths.par_iter().map(|path| (path, on_trace(old, new, path, matching))).collect();
    let mut changes: BTreeMap<(Change, String), AlertChange> = BTreeMap::new();
    for (path, replayed) in replayed {
        let found = match replayed {
            Ok(found) => found,
            Err(error) => {
                difference.unreadable.push(format!("{}: {error}", path.display()));
                continue;
            }
        };
        difference.traces += 1;
        difference.events += found.events;
        difference.same += found.same;
        for ((change, rule), OfRule { count, examples }) in found.changes {
            let entry = changes.entry((change, rule.clone())).or_insert_with(|| AlertChange {
                change,
                why: why(old, new, change, &rule),
                rule,
                count: 0,
                traces: 0,
                examples: Vec::new(),
            });
            entry.count += count;
            entry.traces += 1;
            let room = SHOWN.saturating_sub(entry.examples.len());
            entry.examples.extend(examples.into_iter().take(room).map(|(was, is)| (path.clone(), was, is)));
        }
    }
    difference.alerts = changes.into_values().collect();
    difference
}

/// What differs on one trace.
struct OnTrace {
    events: u64,
    same: u64,
    changes: BTreeMap<(Change, String), OfRule>,
}

/// What differs in one way of one rule on one trace: how many alerts, and some of them, each with what it became.
#[derive(Default)]
struct OfRule {
    count: u64,
    examples: Vec<(Alert, Option<Alert>)>,
}

fn on_trace(old: &Loaded, new: &Loaded, path: &Path, matching: Matching) -> Result<OnTrace, String> {
    let was = play(path, &old.set, &Questions::default())?;
    let is = play(path, &new.set, &Questions::default())?;
    let (before, after) = (alerts(old, &was, matching), alerts(new, &is, matching));
    let mut found = OnTrace { events: is.events, same: 0, changes: BTreeMap::new() };
    for (key, match_before) in &before {
        let (change, other) = match after.get(key) {
            Some(match_after) if alike(old, new, match_before, match_after) => {
                found.same += 1;
                continue;
            }
            Some(match_after) => (Change::Changed, is.alert(match_after)),
            None => (Change::Removed, None),
        };
        found.add(change, &key.1, was.alert(match_before), other);
    }
    for (key, match_after) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        found.add(Change::Added, &key.1, is.alert(match_after), None);
    }
    Ok(found)
}

impl OnTrace {
    fn add(&mut self, change: Change, rule: &str, alert: Option<&Alert>, other: Option<&Alert>) {
        let of_rule = self.changes.entry((change, rule.to_owned())).or_default();
        of_rule.count += 1;
        if let (Some(alert), true) = (alert, of_rule.examples.len() < SHOWN) {
            of_rule.examples.push((alert.clone(), other.cloned()));
        }
    }
}

/// The matches that become alerts, by event and name of the rule.
fn alerts(rules: &Loaded, played: &Played, matching: Matching) -> BTreeMap<(u64, String), Match> {
    let mut matches = played.matches.clone();
    if matching == Matching::First {
        matches.dedup_by_key(|found| found.event);
    }
    let named = matches.into_iter().filter_map(|found| {
        let rule = rules.set.rule(found.rule)?;
        Some(((found.event, rule.name.clone()), found))
    });
    named.collect()
}

/// Whether two rules of one name say the same of an event: what they print and how grave it is.
fn alike(old: &Loaded, new: &Loaded, was: &Match, is: &Match) -> bool {
    let says = |rules: &Loaded, id: RuleId| -> Option<(String, Priority, BTreeSet<String>)> {
        let rule = rules.set.rule(id)?;
        Some((rule.output_text.clone(), rule.priority, rule.tags.clone()))
    };
    says(old, was.rule) == says(new, is.rule)
}

/// Why alerts of a rule differ, in few words.
fn why(old: &Loaded, new: &Loaded, change: Change, name: &str) -> String {
    let (was, is) = (named(old, name), named(new, name));
    match (change, was, is) {
        (Change::Added, None, Some(_)) => "the rule is new".to_owned(),
        (Change::Removed, Some(_), None) => match new.set.rules().iter().any(|rule| rule.name == name) {
            true => "the rule is turned off".to_owned(),
            false => "the rule is gone".to_owned(),
        },
        (_, Some(was), Some(is)) => {
            let details = rule_details(was, is);
            // What an alert says does not depend on the condition, whether there is one does.
            let of_condition =
                |detail: &&String| detail.starts_with("condition") != (change == Change::Changed);
            let all: Vec<&str> = details.iter().filter(of_condition).map(String::as_str).collect();
            match all.is_empty() {
                true => "another rule before it takes the event, or took it".to_owned(),
                false => all.join("; "),
            }
        }
        _ => String::new(),
    }
}

fn named<'r>(rules: &'r Loaded, name: &str) -> Option<&'r Rule> {
    rules.set.active().find(|rule| rule.name == name)
}

/// Lists, macros and rules that differ, in this order and each by name.
fn items(old: &Loaded, new: &Loaded) -> Vec<ItemChange> {
    let mut items = Vec::new();
    let (was, is) = (&old.blueprint, &new.blueprint);
    for name in names(was.lists().keys(), is.lists().keys()) {
        let (a, b) = (was.lists().get(name), is.lists().get(name));
        let at = b.map(|b| is.locate(b.place)).or_else(|| a.map(|a| was.locate(a.place))).flatten();
        items.extend(item("list", name, at, a.zip(b), a.is_some(), |(a, b)| {
            let texts = |list: &scap_rules::ListPlan| -> BTreeSet<String> {
                list.items.iter().map(|(item, _)| item.clone()).collect()
            };
            set_details("items", &texts(a), &texts(b))
        }));
    }
    for name in names(was.macros().keys(), is.macros().keys()) {
        let (a, b) = (was.macros().get(name), is.macros().get(name));
        let at = b.map(|b| is.locate(b.place)).or_else(|| a.map(|a| was.locate(a.place))).flatten();
        items.extend(item("macro", name, at, a.zip(b), a.is_some(), |(a, b)| {
            condition_details(&a.condition, &b.condition)
        }));
    }
    let rules = |loaded: &Loaded| -> BTreeMap<String, Rule> {
        loaded.set.rules().iter().map(|rule| (rule.name.clone(), rule.clone())).collect()
    };
    let (was, is) = (rules(old), rules(new));
    for name in names(was.keys(), is.keys()) {
        let (a, b) = (was.get(name), is.get(name));
        let at = b.or(a).and_then(|rule| rule.location.clone());
        items.extend(item("rule", name, at, a.zip(b), a.is_some(), |(a, b)| rule_details(a, b)));
    }
    items
}

fn names<'n>(
    a: impl Iterator<Item = &'n String>,
    b: impl Iterator<Item = &'n String>,
) -> BTreeSet<&'n String> {
    a.chain(b).collect()
}

fn item<T>(
    kind: &'static str,
    name: &str,
    location: Option<Location>,
    both: Option<T>,
    was: bool,
    details: impl FnOnce(T) -> Vec<String>,
) -> Option<ItemChange> {
    let (change, details) = match both {
        Some(both) => (Change::Changed, details(both)),
        None if was => (Change::Removed, Vec::new()),
        None => (Change::Added, Vec::new()),
    };
    let differs = change != Change::Changed || !details.is_empty();
    differs.then(|| ItemChange { kind, name: name.to_owned(), change, location, details })
}

fn rule_details(was: &Rule, is: &Rule) -> Vec<String> {
    let mut details = condition_details(&was.condition, &is.condition);
    if was.priority != is.priority {
        details.push(format!("priority {} → {}", was.priority.name(), is.priority.name()));
    }
    details.extend(set_details("tags", &was.tags, &is.tags));
    let exceptions = |rule: &Rule| rule.exceptions.iter().cloned().collect();
    details.extend(set_details("exceptions", &exceptions(was), &exceptions(is)));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
    if words(&was.output_text) != words(&is.output_text) {
        details.push("output".to_owned());
    }
    if was.enabled != is.enabled {
        details.push(if is.enabled { "turned on" } else { "turned off" }.to_owned());
    }
    details
}

/// Parts of the condition that are gone, and that are new.
fn condition_details(was: &scap_rules::Expr, is: &scap_rules::Expr) -> Vec<String> {
    if normal(was) == normal(is) {
        return Vec::new();
    }
    let parts = |expr: &scap_rules::Expr| -> Vec<(String, String)> {
        conjuncts(expr).into_iter().map(|part| (normal(part), part.to_string())).collect()
    };
    let (before, after) = (parts(was), parts(is));
    let missing = |from: &[(String, String)], of: &[(String, String)]| -> Vec<String> {
        let gone = of.iter().filter(|(part, _)| !from.iter().any(|(other, _)| other == part));
        gone.map(|(_, text)| text.clone()).collect()
    };
    let (mut gone, mut new) = (missing(&after, &before), missing(&before, &after));
    if let ([was], [is]) = (gone.as_mut_slice(), new.as_mut_slice()) {
        (*was, *is) = apart(was, is);
    }
    let line = |sign: char, text: &String| format!("condition {sign} {}", crate::blame::shortened(text));
    let mut details: Vec<String> = gone.iter().map(|text| line('-', text)).collect();
    details.extend(new.iter().map(|text| line('+', text)));
    if details.is_empty() {
        details.push("condition".to_owned());
    }
    details
}

/// Two texts without most of what they begin and end with alike, so that what differs is seen.
fn apart(a: &str, b: &str) -> (String, String) {
    let alike = |a: &mut dyn Iterator<Item = char>, b: &mut dyn Iterator<Item = char>| {
        a.zip(b).take_while(|(a, b)| a == b).count()
    };
    let shortest = a.chars().count().min(b.chars().count());
    let head = alike(&mut a.chars(), &mut b.chars());
    let tail = alike(&mut a.chars().rev(), &mut b.chars().rev()).min(shortest - head);
    let (head, tail) = (head.saturating_sub(CONTEXT), tail.saturating_sub(CONTEXT));
    let cut = |text: &str| {
        let count = text.chars().count();
        let middle: String = text.chars().skip(head).take(count - head - tail).collect();
        let (before, after) = (if head > 0 { "…" } else { "" }, if tail > 0 { "…" } else { "" });
        format!("{before}{middle}{after}")
    };
    (cut(a), cut(b))
}

fn set_details(what: &str, was: &BTreeSet<String>, is: &BTreeSet<String>) -> Vec<String> {
    let gone: Vec<String> = was.difference(is).map(|item| format!("-{item}")).collect();
    let new: Vec<String> = is.difference(was).map(|item| format!("+{item}")).collect();
    let all: Vec<String> = new.into_iter().chain(gone).collect();
    if all.is_empty() { Vec::new() } else { vec![format!("{what} {}", all.join(" "))] }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn what_two_texts_have_in_common_is_cut() {
        let common = "0123456789012345678901234567890123456789";
        let (a, b) = apart(&format!("{common}x{common}"), &format!("{common}{common}"));
        assert_eq!((a.chars().count(), b.chars().count()), (51, 50));
        assert!(a.starts_with('…') && a.contains("9x0") && a.ends_with('…'), "{a}");
        assert_eq!(apart("same", "same"), ("same".to_owned(), "same".to_owned()));
        assert_eq!(apart("aa", "a"), ("aa".to_owned(), "a".to_owned()));
        assert_eq!(apart("", "x"), (String::new(), "x".to_owned()));
    }
}
