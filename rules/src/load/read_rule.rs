//! `rule` items: definitions, appends, overrides, and switches.

use super::collect::Collector;
use super::exceptions;
use super::item::{RuleDef, RuleUpdate};
use super::overrides::{Overrides, append_flag, overrides};
use super::problems::Context;
use super::read::value_context;
use super::value::{Read, Reading};
use crate::report::Code;
use crate::rule::Priority;

const RULE_KEYS: [&str; 15] = [
    "rule",
    "condition",
    "output",
    "desc",
    "priority",
    "source",
    "enabled",
    "capture",
    "capture_duration",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "tags",
    "exceptions",
    "override",
    "append",
];

const RULE_APPENDABLE: [&str; 5] = ["condition", "output", "desc", "tags", "exceptions"];

const RULE_REPLACEABLE: [&str; 11] = [
    "condition",
    "output",
    "desc",
    "priority",
    "capture",
    "capture_duration",
    "tags",
    "exceptions",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
];

/// Reads a rule.
pub(super) fn rule(
    reading: &mut Reading<'_, '_>,
    parent: &Context,
    collector: &mut Collector<'_>,
) -> Read<()> {
    reading.context = parent.within("rule", "", reading.node.place);
    let name = reading.text("rule")?;
    reading.context = parent.within("rule", &name, reading.node.place);
    let append = append_flag(reading)?;
    let overrides = overrides(reading, &RULE_APPENDABLE, &RULE_REPLACEABLE)?;
    reading.warn_unknown_keys(&RULE_KEYS);
    if append && !overrides.is_empty() {
        return reading.invalid("`override` and `append: true` exclude each other", None);
    }
    if !overrides.is_empty() {
        return override_rule(reading, &name, &overrides, collector);
    }
    if append {
        let update = append_rule(reading, &name)?;
        return collector.append(update, reading.problems);
    }
    if !["condition", "output", "desc", "priority"].iter().any(|key| reading.has(key)) {
        return enable_rule(reading, &name, collector);
    }
    let rule = define_rule(reading, name)?;
    collector.rule(rule, reading.problems)
}

/// An item of nothing but a name and `enabled`: turns an earlier rule on or off.
fn enable_rule(reading: &mut Reading<'_, '_>, name: &str, collector: &mut Collector<'_>) -> Read<()> {
    let Some(enabled) = reading.optional_bool("enabled")? else {
        return reading.invalid("a rule needs `condition`, `output`, `desc` and `priority`", None);
    };
    let message = "`enabled` on its own is deprecated; add `enabled: replace` under `override`";
    let place = reading.node.get("enabled").map(|node| node.place);
    reading.problems.add(Code::DeprecatedItem, message, place, &reading.context);
    collector.enable(name, enabled, &reading.context, reading.problems)
}

fn source(reading: &mut Reading<'_, '_>) -> Read<String> {
    match reading.node.get("source") {
        Some(node) if node.is_null() || node.text() == Some("") => Ok(String::new()),
        _ => Ok(reading.optional_text("source")?.unwrap_or_default()),
    }
}

fn append_rule(reading: &mut Reading<'_, '_>, name: &str) -> Read<RuleUpdate> {
    let mut update = RuleUpdate::new(name, &reading.context);
    update.source = source(reading)?;
    if reading.has("condition") {
        update.condition = Some(reading.mapped("condition")?);
    }
    if reading.has("exceptions") {
        update.exceptions = Some(exceptions::read(reading, true)?);
    }
    Ok(update)
}

fn override_rule(
    reading: &mut Reading<'_, '_>,
    name: &str,
    overrides: &Overrides,
    collector: &mut Collector<'_>,
) -> Read<()> {
    let mut result = missing_values(reading, overrides);
    for key in RULE_REPLACEABLE.iter().filter(|key| !overrides.appends(key) && !overrides.replaces(key)) {
        if let Some(node) = reading.node.get(key) {
            let message = format!("`{key}` is given, but `override` does not say what to do with it");
            result = reading.invalid(&message, Some(node));
        }
    }
    result?;
    if !overrides.append.is_empty() {
        let update = update(reading, name, &|key| overrides.appends(key), true)?;
        collector.append(update, reading.problems)?;
    }
    if !overrides.replace.is_empty() {
        let update = update(reading, name, &|key| overrides.replaces(key), false)?;
        collector.replace(update, reading.problems)?;
    }
    Ok(())
}

fn missing_values(reading: &mut Reading<'_, '_>, overrides: &Overrides) -> Read<()> {
    let mut result = Ok(());
    for key in overrides.append.iter().chain(&overrides.replace) {
        if !reading.has(key) {
            let message = format!("`override` names `{key}`, but the item has no `{key}`");
            result = reading.invalid(&message, reading.node.get("override"));
        }
    }
    result
}

/// The update of those keys that `wanted` asks for.
fn update(
    reading: &mut Reading<'_, '_>,
    name: &str,
    wanted: &dyn Fn(&str) -> bool,
    append: bool,
) -> Read<RuleUpdate> {
    let mut update = RuleUpdate::new(name, &reading.context);
    if wanted("condition") {
        update.source = source(reading)?;
        update.condition = Some(reading.mapped("condition")?);
    }
    if wanted("exceptions") {
        update.exceptions = Some(exceptions::read(reading, append)?);
    }
    if wanted("output") {
        update.output = Some(reading.mapped("output")?);
    }
    if wanted("desc") {
        update.description = Some(reading.text("desc")?);
    }
    if wanted("tags") {
        update.tags = Some(reading.tags()?.unwrap_or_default());
    }
    if wanted("priority") {
        update.priority = Some(reading.priority()?);
    }
    if wanted("capture") {
        update.capture = reading.optional_bool("capture")?;
    }
    if wanted("capture_duration") {
        update.capture_duration = reading.optional_number("capture_duration")?;
    }
    if wanted("enabled") {
        update.enabled = reading.optional_bool("enabled")?;
    }
    if wanted("warn_evttypes") {
        update.warn_evttypes = reading.optional_bool("warn_evttypes")?;
    }
    if wanted("skip-if-unknown-filter") {
        update.skip_if_unknown_filter = reading.optional_bool("skip-if-unknown-filter")?;
    }
    Ok(update)
}

/// Reads all keys before giving up, so that all that is wrong is reported.
fn define_rule(reading: &mut Reading<'_, '_>, name: String) -> Read<RuleDef> {
    let condition = reading.mapped("condition");
    let output = reading.mapped("output");
    let description = reading.text("desc");
    let priority: Read<Priority> = reading.priority();
    let source = reading.optional_text("source");
    let enabled = reading.optional_bool("enabled");
    let capture = reading.optional_bool("capture");
    let capture_duration = reading.optional_number("capture_duration");
    let warn_evttypes = reading.optional_bool("warn_evttypes");
    let skip = reading.optional_bool("skip-if-unknown-filter");
    let tags = reading.tags();
    let exceptions = exceptions::read(reading, false);
    Ok(RuleDef {
        name,
        condition: condition?,
        output: output?.trimmed(),
        description: description?,
        priority: priority?,
        source: source?.unwrap_or_else(|| "syscall".to_owned()),
        enabled: enabled?.unwrap_or(true),
        capture: capture?.unwrap_or(false),
        capture_duration: capture_duration?.unwrap_or(0),
        warn_evttypes: warn_evttypes?.unwrap_or(true),
        skip_if_unknown_filter: skip?.unwrap_or(false),
        tags: tags?.unwrap_or_default(),
        exceptions: exceptions?,
        context: reading.context.clone(),
        condition_context: value_context(reading, "rule condition", "condition"),
        output_context: value_context(reading, "rule output", "output"),
    })
}
