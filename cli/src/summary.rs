//! The summary at the end of a replay, for people.

use crate::input;
use crate::units::counted;
use scap_analyze::print::iso8601_utc;
use scap_analyze::replay::Summary;
use scap_format::damage::Damage;
use scap_rules::{Priority, RuleSet};
use scap_state::Anomaly;
use std::fmt::Write;

/// Most damaged stretches that are listed.
const MOST_DAMAGE: usize = 20;

/// Counts by priority and rule, then everything that limits what they mean: damage, drops, anomalies.
pub(crate) fn text(name: &str, found: &Summary, damage: &[Damage], rules: &RuleSet) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, name, found, damage, rules);
    out
}

fn write_all(
    out: &mut String,
    name: &str,
    found: &Summary,
    damage: &[Damage],
    rules: &RuleSet,
) -> std::fmt::Result {
    let tally = &found.tally;
    write!(
        out,
        "{name}: {} from {}",
        counted(tally.alerts(), "alert"),
        counted(found.passed.events, "event")
    )?;
    if let (Some(first), Some(last)) = (found.first_ts, found.last_ts) {
        let seconds = std::time::Duration::from_nanos(last.saturating_sub(first)).as_secs_f64();
        write!(out, ", {} to {} ({seconds:.1} s)", iso8601_utc(first), iso8601_utc(last))?;
    }
    writeln!(out)?;
    for (priority, count) in Priority::ALL.iter().zip(tally.by_priority).filter(|(_, count)| *count > 0) {
        writeln!(out, "  {:<13} {count}", priority.name())?;
        for (rule, count) in &tally.by_rule {
            if let Some(rule) = rules.rule(*rule).filter(|rule| rule.priority == *priority) {
                writeln!(out, "    {count:>6}  {}", rule.name)?;
            }
        }
    }
    if !tally.shadowed.is_empty() {
        writeln!(
            out,
            "  not said, because an earlier rule matched the same event (--rule-matching all says them):"
        )?;
        for (rule, count) in &tally.shadowed {
            if let Some(rule) = rules.rule(*rule) {
                writeln!(out, "    {count:>6}  {}", rule.name)?;
            }
        }
    }
    limits(out, found, damage)
}

/// What the trace does not tell.
fn limits(out: &mut String, found: &Summary, damage: &[Damage]) -> std::fmt::Result {
    if found.passed.dropped > 0 {
        writeln!(
            out,
            "  {} events were DROPPED while recording: what they did is missing from every verdict",
            found.passed.dropped
        )?;
    }
    if found.left_out > 0 {
        let frames = counted(found.left_out, "frame");
        writeln!(
            out,
            "  {frames} with nothing to ask about: counted by the trace's index, not looked into (scap verify does)"
        )?;
    }
    if found.passed.unconverted > 0 {
        writeln!(out, "  {} events of old versions were taken as they are", found.passed.unconverted)?;
    }
    let anomalies: Vec<String> = Anomaly::ALL
        .iter()
        .map(|kind| (kind, found.anomalies.of(*kind).count))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{} {count}", kind.name()))
        .collect();
    if !anomalies.is_empty() {
        writeln!(out, "  gaps in what the trace tells of processes: {}", anomalies.join(", "))?;
    }
    for stretch in damage.iter().take(MOST_DAMAGE) {
        writeln!(out, "  {}", input::damage_line(stretch))?;
    }
    if damage.len() > MOST_DAMAGE {
        writeln!(
            out,
            "  … and {} more damaged stretches (scap verify lists all)",
            damage.len() - MOST_DAMAGE
        )?;
    }
    Ok(())
}
