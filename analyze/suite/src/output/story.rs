//! Explanations as text and as JSON.

use std::fmt::Write as _;

use scap_rules::{Blueprint, Explanation, Expr, NodeKind, Rule};
use serde_json::{Value as Json, json};

use super::json::{near, place};
use super::pretty::{counted, miss_lines};
use crate::blame::{seen, shortened};
use crate::explain::{EventStory, TraceStory};
use crate::rules::Loaded;

/// `story` of `rule` as text.
#[must_use]
pub fn event_text(story: &EventStory, rule: &Rule, rules: &Loaded) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "rule `{}`{} on event {} ({})", rule.name, at(rule), story.event, story.event_type);
    tree_lines(&mut out, &rule.condition, &story.tree, &rules.blueprint, 0);
    let said = shortened(&story.output);
    let _ = match (story.asked, story.tree.holds) {
        (false, _) => writeln!(out, "no match: the rule is not asked about {} events", story.event_type),
        (true, true) => writeln!(out, "match: {said}"),
        (true, false) => writeln!(out, "no match; it would have said: {said}"),
    };
    for blame in story.blames.iter().filter(|_| !story.tree.holds) {
        let _ = writeln!(out, "  because {blame}");
    }
    if let (true, true, Some(first)) = (story.asked, story.tree.holds, story.before.first()) {
        let _ = writeln!(out, "under first matching, rule `{first}` takes this event");
    }
    out
}

fn at(rule: &Rule) -> String {
    rule.location.as_ref().map_or_else(String::new, |at| format!(" ({}:{})", at.file, at.line))
}

fn tree_lines(out: &mut String, expr: &Expr, tree: &Explanation, blueprint: &Blueprint, depth: usize) {
    let mark = if tree.holds { "yes" } else { "NO " };
    let _ = write!(out, "  {mark} {:indent$}", "", indent = depth * 2);
    let _ = match tree.kind {
        NodeKind::And => writeln!(out, "all of"),
        NodeKind::Or => writeln!(out, "any of"),
        NodeKind::Not => writeln!(out, "not"),
        NodeKind::Check => {
            let at = blueprint.locate(expr.place());
            let at = at.map_or_else(String::new, |at| format!("  ({}:{})", at.file, at.line));
            writeln!(out, "{}: {}{at}", shortened(&tree.text), seen(tree.values.as_deref()))
        }
    };
    for (expr, child) in parts(expr).iter().zip(&tree.children) {
        tree_lines(out, expr, child, blueprint, depth + 1);
    }
}

/// What a condition is made of; nothing for a comparison.
fn parts(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts,
        Expr::Not(part) => std::slice::from_ref(part.as_ref()),
        Expr::Macro { .. } | Expr::Check(_) => &[],
    }
}

/// `story` of `rule` as text.
#[must_use]
pub fn trace_text(story: &TraceStory, rule: &Rule) -> String {
    let mut out = String::new();
    let types = if story.types.len() > 8 {
        format!("{} event types", story.types.len())
    } else {
        story.types.join(", ")
    };
    let events = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "event");
    let _ = writeln!(
        out,
        "rule `{}`{} is asked about {types}: {} of the trace, {} matched",
        rule.name,
        at(rule),
        events(story.asked),
        story.matched
    );
    for alert in story.alerts.iter().take(3) {
        let _ = writeln!(out, "    event {}  {}", alert.event, alert.output);
    }
    if story.matched > 3 {
        let _ = writeln!(out, "    and {} more", story.matched - 3);
    }
    for (by, count, first) in &story.shadowed {
        let _ = writeln!(
            out,
            "  under first matching, rule `{by}` takes {} from it, first event {first}",
            events(*count)
        );
    }
    for miss in &story.misses {
        miss_lines(&mut out, miss);
    }
    out
}

/// `story` for scripts.
#[must_use]
pub fn event_json(story: &EventStory, rule: &Rule, rules: &Loaded) -> Json {
    json!({
        "rule": rule.name,
        "event": story.event,
        "time": story.ts,
        "event_type": story.event_type,
        "asked": story.asked,
        "matches": story.asked && story.tree.holds,
        "taken_by": story.before.first(),
        "output": story.output,
        "condition": tree_json(&rule.condition, &story.tree, &rules.blueprint),
    })
}

fn tree_json(expr: &Expr, tree: &Explanation, blueprint: &Blueprint) -> Json {
    let told = || -> Vec<Json> {
        let parts = parts(expr).iter().zip(&tree.children);
        parts.map(|(expr, child)| tree_json(expr, child, blueprint)).collect()
    };
    match tree.kind {
        NodeKind::And => json!({ "all_of": told(), "holds": tree.holds }),
        NodeKind::Or => json!({ "any_of": told(), "holds": tree.holds }),
        NodeKind::Not => json!({ "not": told().pop(), "holds": tree.holds }),
        NodeKind::Check => json!({
            "comparison": tree.text,
            "holds": tree.holds,
            "saw": tree.values,
            "at": blueprint.locate(expr.place()).as_ref().map(place),
        }),
    }
}

/// `story` for scripts.
#[must_use]
pub fn trace_json(story: &TraceStory, rule: &Rule) -> Json {
    let shadowed = story.shadowed.iter();
    let shadowed =
        shadowed.map(|(by, events, first)| json!({ "by": by, "events": events, "first_event": first }));
    json!({
        "rule": rule.name,
        "event_types": story.types,
        "events_asked": story.asked,
        "events_matched": story.matched,
        "shadowed": shadowed.collect::<Vec<_>>(),
        "near_misses": story.misses.iter().map(near).collect::<Vec<_>>(),
    })
}
