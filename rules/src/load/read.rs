//! A file → its items, handed to the [`Collector`].
//!
//! Which keys an item may have and which of them may be overridden is Falco's (`rule_loader_reader`).

use super::collect::Collector;
use super::item::{ListDef, MacroDef};
use super::overrides::{append_flag, overrides};
use super::problems::{Context, Problems};
use super::read_rule::rule;
use super::read_versions::{engine_version, plugin_versions};
use super::value::{Read, Reading, Reported};
use crate::report::Code;
use crate::source::Sources;
use crate::yaml::{self, Kind, Node};

/// Kinds of items, by the key that makes them one.
const KINDS: [&str; 5] = ["rule", "macro", "list", "required_engine_version", "required_plugin_versions"];

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

/// The context of the value under `key`.
pub(super) fn value_context(reading: &Reading<'_, '_>, kind: &'static str, key: &str) -> Context {
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
