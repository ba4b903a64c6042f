//! The summary at the end of a replay, for people.

use crate::input;
use crate::units::counted;
use scap_analyze::print::iso8601_utc;
use scap_analyze::replay::Summary;
use scap_format::damage::Damage;
use scap_format::native::EventTypes as Recorded;
use scap_rules::{EventTypes, Priority, RuleSet};
use scap_state::Anomaly;
use std::fmt::Write;

/// Most damaged stretches that are listed.
const MOST_DAMAGE: usize = 20;

/// Most gaps that are listed.
const MOST_GAPS: usize = 5;

/// Up to how many rules are named.
const FEW_RULES: usize = 5;

/// Counts by priority and rule, then everything that limits what they mean: damage, drops, anomalies.
/// `recorded` are the types of events in the trace, if they are known.
pub(crate) fn text(
    name: &str,
    found: &Summary,
    damage: &[Damage],
    rules: &RuleSet,
    recorded: Option<&Recorded>,
) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, name, found, damage, rules, recorded);
    out
}

fn write_all(
    out: &mut String,
    name: &str,
    found: &Summary,
    damage: &[Damage],
    rules: &RuleSet,
    recorded: Option<&Recorded>,
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
    doubts(out, found, rules, recorded)?;
    limits(out, found, damage)
}

/// What lost events mean for what was said and what was not.
fn doubts(
    out: &mut String,
    found: &Summary,
    rules: &RuleSet,
    recorded: Option<&Recorded>,
) -> std::fmt::Result {
    let gaps = &found.tally.gaps;
    if found.passed.dropped > 0 {
        writeln!(
            out,
            "  {} events were DROPPED while recording: what they did is missing from every verdict",
            found.passed.dropped
        )?;
        for gap in gaps.drops.iter().take(MOST_GAPS) {
            let lost = counted(gap.lost, "event");
            match gap.to - gap.from {
                0 => writeln!(out, "    {lost} before {}", iso8601_utc(gap.from))?,
                _ => writeln!(out, "    {lost} from {} to {}", iso8601_utc(gap.from), iso8601_utc(gap.to))?,
            }
        }
        if gaps.drops.len() > MOST_GAPS {
            writeln!(out, "    … and {} more times", gaps.drops.len() - MOST_GAPS)?;
        }
        may_have_missed(out, rules, recorded)?;
    }
    let after: u64 = gaps.alerts.values().sum();
    if after > 0 {
        writeln!(
            out,
            "  {after} of the {} came after events were lost; the processes and files they name may be of before:",
            counted(found.tally.alerts(), "alert")
        )?;
        for (rule, count) in &gaps.alerts {
            if let Some(rule) = rules.rule(*rule) {
                writeln!(out, "    {count:>6}  {}", rule.name)?;
            }
        }
    }
    Ok(())
}

/// The rules that ask about types of events that the trace has, and so may have had among those lost.
fn may_have_missed(out: &mut String, rules: &RuleSet, recorded: Option<&Recorded>) -> std::fmt::Result {
    let asks = |rule: &EventTypes| recorded.is_none_or(|types| types.iter().any(|ty| rule.contains(ty)));
    let names: Vec<&str> =
        rules.active().filter(|rule| asks(&rule.event_types)).map(|rule| rule.name.as_str()).collect();
    let (count, active) = (names.len(), rules.active().count());
    match names.as_slice() {
        [] => Ok(()),
        few if few.len() <= FEW_RULES => {
            writeln!(out, "    rules that may have missed some: {}", few.join(", "))
        }
        _ => writeln!(
            out,
            "    {count} of the {active} rules ask about types of events that were recorded, and may have missed some"
        ),
    }
}

/// What the trace does not tell.
fn limits(out: &mut String, found: &Summary, damage: &[Damage]) -> std::fmt::Result {
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
