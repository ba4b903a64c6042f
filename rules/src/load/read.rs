//! A file → its items, handed to the [`Collector`].
//!
//! Which keys an item may have and which of them may be overridden is Falco's (`rule_loader_reader`).

use super::collect::Collector;
use super::exceptions;
use super::item::{ListDef, MacroDef, RuleDef, RuleUpdate};
use super::problems::{Context, Problems};
use super::value::{Read, Reading, Reported};
use super::version::Version;
use crate::report::Code;
use crate::rule::Priority;
use crate::source::Sources;
use crate::yaml::{self, Kind, Node};

/// Kinds of items, by the key that makes them one.
const KINDS: [&str; 5] = ["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];

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

/// Plugins whose fields are built in.
const BUILT_IN_PLUGINS: [&str; 1] = ["container"];

const APPEND_DEPRECATED: &str =
    "`append: true` is deprecated; say what is appended under `override`, e.g. `condition: append`";

/// Reads text number `file`.
pub(super) fn file(file: u32, sources: &Sources, collector: &mut Collector<'_>, problems: &mut Problems<'_>) {
    let Some(source) = sources.file(file) else { return };
    let context = Context::file(file);
    let documents = match yaml::parse(file, source) {
        Ok(documents) => documents,
        Err(error) => {
            let context = context.within("value for", "", error.place);
            return problems.add(Code::ErrYamlParse, &error.message, Some(error.place), &context);
        }
    };
    for document in documents {
        match &document.kind {
            Kind::Null => {}
            Kind::Sequence(items) => {
                for node in items.iter().filter(|node| !node.is_null()) {
                    // What is wrong has been reported; the next item may be right.
                    let _: Result<(), Reported> = item(node, &context, collector, problems);
                }
            }
            _ => problems.add(
                Code::ErrYamlValidate,
                &format!("a rules file is a list of items, not {}", document.kind_name()),
                Some(document.place),
                &context.within("rules content item", "", document.place),
            ),
        }
    }
}

fn item(
    node: &Node,
    parent: &Context,
    collector: &mut Collector<'_>,
    problems: &mut Problems<'_>,
) -> Read<()> {
    let context = parent.within("rules content item", "", node.place);
    let mut reading = Reading { node, context, problems };
    let Some(entries) = node.entries() else {
        return reading
            .invalid(&format!("an item is a mapping of keys to values, not {}", node.kind_name()), None);
    };
    // The same precedence as Falco's, should an item have the keys of several kinds.
    if reading.has("required_engine_version") {
        engine_version(&mut reading, parent)
    } else if reading.has("required_plugin_versions") {
        plugin_versions(&mut reading, parent)
    } else if reading.has("list") {
        list(&mut reading, parent, collector)
    } else if reading.has("macro") {
        macro_(&mut reading, parent, collector)
    } else if reading.has("rule") {
        rule(&mut reading, parent, collector)
    } else {
        let first = entries.first().and_then(|(key, _)| key.text()).unwrap_or("");
        let near = crate::report::nearest(first, KINDS);
        let message = format!("an item that is none of {}; it is ignored", KINDS.join(", "));
        let place = node.place;
        reading.problems.add_suggesting(Code::UnknownItem, &message, Some(place), &reading.context, near);
        Ok(())
    }
}

fn engine_version(reading: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    reading.context = parent.within("required_engine_version", "", reading.node.place);
    let text = reading.text("required_engine_version")?;
    let at = reading.node.get("required_engine_version");
    let Some(required) = Version::parse_engine(&text) else {
        return reading.invalid(&format!("`{text}` is no version; write a number or x.y.z"), at);
    };
    if !Version::ENGINE.satisfies(required) {
        let message = format!("the rules need engine version {required}; this is {}", Version::ENGINE);
        reading.problems.add(Code::ErrValidate, &message, at.map(|node| node.place), &reading.context);
    }
    reading.warn_unknown_keys(&["required_engine_version"]);
    Ok(())
}

fn plugin_versions(reading: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    let kind = "required plugin versions";
    reading.context = parent.within(kind, "", reading.node.place);
    let list = reading.node.get("required_plugin_versions");
    let Some(plugins) = list.and_then(Node::sequence) else {
        return reading.invalid("`required_plugin_versions` must be a list", list);
    };
    let outer = reading.context.clone();
    for plugin in plugins {
        let context = outer.within("required plugin versions entry", "", plugin.place);
        let mut entry = Reading { node: plugin, context, problems: reading.problems };
        let _: Read<()> = plugin_version(&mut entry, &outer);
    }
    reading.warn_unknown_keys(&["required_plugin_versions"]);
    Ok(())
}

fn plugin_version(entry: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    if entry.node.entries().is_none() {
        return entry.invalid("a plugin is a mapping with `name` and `version`", None);
    }
    let name = entry.text("name")?;
    entry.context = parent.within("required plugin versions entry", &name, entry.node.place);
    let mut names = vec![requirement(entry)?];
    if let Some(alternatives) = entry.node.get("alternatives") {
        let Some(alternatives) = alternatives.sequence() else {
            return entry.invalid("`alternatives` must be a list", Some(alternatives));
        };
        for node in alternatives {
            let context = entry.context.within("required plugin versions alternative", "", node.place);
            let mut alternative = Reading { node, context, problems: entry.problems };
            if node.entries().is_none() {
                return alternative.invalid("an alternative is a mapping with `name` and `version`", None);
            }
            let name = requirement(&mut alternative)?;
            if names.contains(&name) {
                let message = format!("plugin `{name}` is required twice in one entry");
                alternative.problems.add(Code::ErrValidate, &message, None, &alternative.context);
            }
            names.push(name);
        }
    }
    if !names.iter().any(|name| BUILT_IN_PLUGINS.contains(&name.as_str())) {
        let message = format!("plugin `{name}` is not known here; rules of its event sources are skipped");
        entry.problems.add(Code::UnknownSource, &message, None, &entry.context);
    }
    Ok(())
}

/// Checks one `name` and `version`; gives the name.
fn requirement(entry: &mut Reading<'_, '_>) -> Read<String> {
    let name = entry.text("name")?;
    let version = entry.text("version")?;
    if Version::parse(&version).is_none() {
        let message = format!("`{version}` is no version of plugin `{name}`; write x.y.z");
        let place = entry.node.get("version").map(|node| node.place);
        entry.problems.add(Code::ErrValidate, &message, place, &entry.context);
    }
    Ok(name)
}

fn list(reading: &mut Reading<'_, '_>, parent: &Context, collector: &mut Collector<'_>) -> Read<()> {
    reading.context = parent.within("list", "", reading.node.place);
    let name = reading.text("list")?;
    reading.context = parent.within("list", &name, reading.node.place);
    let strange = |c: char| matches!(c, '(' | ')' | '"' | '\'' | '=' | ',') || c.is_ascii_whitespace();
    if name.contains(strange) {
        let message = "a list's name must have no blanks, quotes, parentheses, `=` or `,`";
        reading.problems.add(Code::InvalidListName, message, None, &reading.context);
    }
    let items = match reading.words("items")? {
        Some(items) => items,
        None => return reading.invalid("the key `items` is missing", None),
    };
    let append = appends(reading, "items")?;
    let context = reading.context.clone();
    reading.warn_unknown_keys(&["list", "items", "append", "override"]);
    collector.list(ListDef { name, items, context }, append, reading.problems)
}

fn macro_(reading: &mut Reading<'_, '_>, parent: &Context, collector: &mut Collector<'_>) -> Read<()> {
    reading.context = parent.within("macro", "", reading.node.place);
    let name = reading.text("macro")?;
    reading.context = parent.within("macro", &name, reading.node.place);
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    if !starts || chars.any(|c| !c.is_ascii_alphanumeric() && c != '_') {
        let message = "a macro's name must be a letter followed by letters, digits and `_`";
        reading.problems.add(Code::InvalidMacroName, message, None, &reading.context);
    }
    let condition = reading.mapped("condition")?;
    let append = appends(reading, "condition")?;
    let context = reading.context.clone();
    let condition_context = value_context(reading, "macro condition", "condition");
    reading.warn_unknown_keys(&["macro", "condition", "append", "override"]);
    collector.macro_(MacroDef { name, condition, context, condition_context }, append, reading.problems)
}

fn value_context(reading: &Reading<'_, '_>, kind: &'static str, key: &str) -> Context {
    match reading.node.get(key) {
        Some(node) => reading.context.within(kind, "", node.place),
        None => reading.context.clone(),
    }
}

/// Whether a list or macro appends its only key `key` to an earlier one of its name.
fn appends(reading: &mut Reading<'_, '_>, key: &str) -> Read<bool> {
    let append = append_flag(reading)?;
    let overrides = overrides(reading, &[key], &[key])?;
    if append && !overrides.is_empty() {
        return reading.invalid("`override` and `append: true` exclude each other", None);
    }
    Ok(append || overrides.appends(key))
}

fn append_flag(reading: &mut Reading<'_, '_>) -> Read<bool> {
    let append = reading.optional_bool("append")?.unwrap_or(false);
    if append {
        let place = reading.node.get("append").map(|node| node.place);
        reading.problems.add(Code::DeprecatedItem, APPEND_DEPRECATED, place, &reading.context);
    }
    Ok(append)
}

/// What `override` says: keys to append to and keys to replace.
#[derive(Debug, Default)]
struct Overrides {
    append: Vec<String>,
    replace: Vec<String>,
}

impl Overrides {
    fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }

    fn appends(&self, key: &str) -> bool {
        self.append.iter().any(|k| k == key)
    }

    fn replaces(&self, key: &str) -> bool {
        self.replace.iter().any(|k| k == key)
    }
}

fn overrides(reading: &mut Reading<'_, '_>, appendable: &[&str], replaceable: &[&str]) -> Read<Overrides> {
    let mut overrides = Overrides::default();
    let Some(node) = reading.node.get("override") else { return Ok(overrides) };
    let item = reading.context.clone();
    reading.context = item.within("overrides", "", node.place);
    let Some(entries) = node.entries() else {
        return reading.invalid("`override` must be a mapping of keys to `append` or `replace`", Some(node));
    };
    let mut result = Ok(());
    for (key, operation) in entries {
        let name = key.text().unwrap_or("");
        let (can_append, can_replace) = (appendable.contains(&name), replaceable.contains(&name));
        result = match operation.text().unwrap_or("") {
            "append" if can_append => {
                overrides.append.push(name.to_owned());
                result
            }
            "replace" if can_replace => {
                overrides.replace.push(name.to_owned());
                result
            }
            "append" if can_replace => {
                reading.invalid(&format!("`{name}` cannot be appended to; use `replace`"), Some(key))
            }
            "append" | "replace" => reading.invalid(&format!("`{name}` cannot be overridden"), Some(key)),
            other => {
                let message =
                    format!("`{other}` is no way to override `{name}`; there are `append` and `replace`");
                reading.invalid(&message, Some(operation))
            }
        };
    }
    reading.context = item;
    result.map(|()| overrides)
}

fn rule(reading: &mut Reading<'_, '_>, parent: &Context, collector: &mut Collector<'_>) -> Read<()> {
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
