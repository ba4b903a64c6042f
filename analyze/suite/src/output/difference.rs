//! Differences between versions of rules as text and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::json::place;
use super::pretty::counted;
use crate::diff::{AlertChange, Change, Difference, ItemChange};

/// Longest line about an item, in characters.
const LONGEST: usize = 400;

/// `difference` as text.
#[must_use]
pub fn difference_text(difference: &Difference) -> String {
    let mut out = String::new();
    for item in &difference.items {
        item_lines(&mut out, item);
    }
    if !difference.items.is_empty() {
        out.push('\n');
    }
    for change in &difference.alerts {
        alert_lines(&mut out, change);
    }
    for error in &difference.unreadable {
        let _ = writeln!(out, "not compared: {error}");
    }
    let _ = writeln!(out, "{}", totals(difference));
    out
}

fn totals(difference: &Difference) -> String {
    let alerts = |change: Change| -> u64 {
        difference.alerts.iter().filter(|alerts| alerts.change == change).map(|alerts| alerts.count).sum()
    };
    let items =
        |change: Change| difference.items.iter().filter(|i| i.kind == "rule" && i.change == change).count();
    format!(
        "rules: {} added, {} removed, {} changed; alerts on {}: {} appear, {} vanish, {} change, {} stay",
        items(Change::Added),
        items(Change::Removed),
        items(Change::Changed),
        counted(difference.traces, "trace"),
        alerts(Change::Added),
        alerts(Change::Removed),
        alerts(Change::Changed),
        difference.same,
    )
}

fn item_lines(out: &mut String, item: &ItemChange) {
    let sign = match item.change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    };
    let at = item.location.as_ref().map_or_else(String::new, |at| format!("  ({}:{})", at.file, at.line));
    let _ = writeln!(out, "{sign} {} `{}`{at}", item.kind, item.name);
    for detail in &item.details {
        let shown: String = detail.chars().take(LONGEST).collect();
        let more = if shown.len() < detail.len() { "…" } else { "" };
        let _ = writeln!(out, "    {shown}{more}");
    }
}

fn alert_lines(out: &mut String, change: &AlertChange) {
    let how = match change.change {
        Change::Added => "appear",
        Change::Removed => "vanish",
        Change::Changed => "change",
    };
    let count = counted(usize::try_from(change.count).unwrap_or(usize::MAX), "alert");
    let traces = counted(change.traces, "trace");
    let _ = writeln!(out, "{how}: `{}`, {count} in {traces} ({})", change.rule, change.why);
    for (trace, alert, other) in &change.examples {
        let _ = writeln!(out, "    {} event {}", trace.display(), alert.event);
        let _ = writeln!(out, "      {}", alert.output);
        if let Some(other) = other {
            let _ = writeln!(out, "      → {}", other.output);
        }
    }
}

/// `difference` for scripts.
#[must_use]
pub fn difference_json(difference: &Difference) -> Json {
    let name = |change: Change, names: [&'static str; 3]| match change {
        Change::Added => names[0],
        Change::Removed => names[1],
        Change::Changed => names[2],
    };
    let items = difference.items.iter().map(|item| {
        json!({
            "kind": item.kind,
            "name": item.name,
            "change": name(item.change, ["added", "removed", "changed"]),
            "at": item.location.as_ref().map(place),
            "details": item.details,
        })
    });
    let alerts = difference.alerts.iter().map(|change| {
        let examples = change.examples.iter().map(|(trace, alert, other)| {
            json!({
                "trace": trace.display().to_string(),
                "event": alert.event,
                "output": alert.output,
                "new_output": other.as_ref().map(|other| &other.output),
            })
        });
        json!({
            "change": name(change.change, ["appear", "vanish", "change"]),
            "rule": change.rule,
            "alerts": change.count,
            "traces": change.traces,
            "why": change.why,
            "examples": examples.collect::<Vec<_>>(),
        })
    });
    json!({
        "items": items.collect::<Vec<_>>(),
        "alerts": alerts.collect::<Vec<_>>(),
        "same_alerts": difference.same,
        "traces": difference.traces,
        "events": difference.events,
        "not_compared": difference.unreadable,
    })
}
