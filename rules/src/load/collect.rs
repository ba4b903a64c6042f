//! All lists, macros and rules of all files, with overrides and appends applied in order.
//!
//! Redefining keeps an item's place in the order (its `index`) and moves its `visibility` to now; what an item
//! may refer to is decided by both, as in Falco's `rule_loader_collector`.

use std::collections::HashMap;

use super::exceptions;
use super::item::{ExceptionDef, ListDef, MacroDef, RuleDef, RuleUpdate};
use super::problems::{Context, Problems};
use super::value::{Read, Reported};
use crate::check;
use crate::condition::parse_operand;
use crate::field::FieldScheme;
use crate::report::{Code, Counts};
use crate::source::MappedText;

/// An item in its order.
#[derive(Debug)]
pub(super) struct Ordered<T> {
    pub(super) item: T,
    /// When it was first defined.
    pub(super) index: usize,
    /// When it was last defined or changed: it may refer to what has a smaller index.
    pub(super) visibility: usize,
}

/// Items by name, in the order of their first definition.
#[derive(Debug)]
pub(super) struct Table<T> {
    pub(super) items: Vec<Ordered<T>>,
    by_name: HashMap<String, usize>,
}

impl<T> Table<T> {
    fn new() -> Table<T> {
        Table { items: Vec::new(), by_name: HashMap::new() }
    }

    /// Number of the item called `name`.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn named(&self, name: &str) -> Option<&Ordered<T>> {
        self.items.get(self.position(name)?)
    }

    fn named_mut(&mut self, name: &str) -> Option<&mut Ordered<T>> {
        let position = self.position(name)?;
        self.items.get_mut(position)
    }

    fn define(&mut self, name: &str, item: T, now: usize) {
        match self.named_mut(name) {
            Some(previous) => {
                previous.item = item;
                previous.visibility = now;
            }
            None => {
                self.by_name.insert(name.to_owned(), self.items.len());
                self.items.push(Ordered { item, index: now, visibility: now });
            }
        }
    }
}

/// A rule, and whether its event source is known.
#[derive(Debug)]
pub(super) struct CollectedRule {
    pub(super) def: RuleDef,
    pub(super) source_known: bool,
}

/// Takes items in the order of the files.
pub(super) struct Collector<'c> {
    scheme: &'c dyn FieldScheme,
    event_sources: &'c [String],
    pub(super) lists: Table<ListDef>,
    pub(super) macros: Table<MacroDef>,
    pub(super) rules: Table<CollectedRule>,
    now: usize,
    counts: Vec<Counts>,
    /// The time after the last item of each file.
    file_ends: Vec<usize>,
}

impl<'c> Collector<'c> {
    pub(super) fn new(scheme: &'c dyn FieldScheme, event_sources: &'c [String]) -> Collector<'c> {
        Collector {
            scheme,
            event_sources,
            lists: Table::new(),
            macros: Table::new(),
            rules: Table::new(),
            now: 0,
            counts: Vec::new(),
            file_ends: Vec::new(),
        }
    }

    /// Says that the items of the next file have all been taken.
    pub(super) fn end_file(&mut self) {
        self.file_ends.push(self.now);
    }

    /// When the file of `context` ended: a rule may refer to macros that were there by then, as Falco compiles
    /// after each file.
    pub(super) fn file_end(&self, context: &Context) -> usize {
        let file = usize::try_from(context.file_number()).unwrap_or(usize::MAX);
        self.file_ends.get(file).copied().unwrap_or(self.now)
    }

    /// Items defined per file.
    pub(super) fn counts(&self) -> Vec<Counts> {
        self.counts.clone()
    }

    fn tick(&mut self) -> usize {
        self.now += 1;
        self.now - 1
    }

    fn count(&mut self, context: &Context) -> Option<&mut Counts> {
        let file = usize::try_from(context.file_number()).ok()?;
        if self.counts.len() <= file {
            self.counts.resize(file + 1, Counts::default());
        }
        self.counts.get_mut(file)
    }

    pub(super) fn list(&mut self, def: ListDef, append: bool, problems: &mut Problems<'_>) -> Read<()> {
        let now = self.tick();
        if !append {
            if let Some(counts) = self.count(&def.context) {
                counts.lists += 1;
            }
            let name = def.name.clone();
            self.lists.define(&name, def, now);
            return Ok(());
        }
        let names = names(&self.lists);
        let Some(previous) = self.lists.named_mut(&def.name) else {
            return unknown(problems, "list", &def.name, &names, &def.context);
        };
        previous.item.items.extend(def.items);
        previous.item.context.report_in(&def.context);
        previous.visibility = now;
        Ok(())
    }

    pub(super) fn macro_(&mut self, def: MacroDef, append: bool, problems: &mut Problems<'_>) -> Read<()> {
        let now = self.tick();
        if !append {
            if let Some(counts) = self.count(&def.context) {
                counts.macros += 1;
            }
            let name = def.name.clone();
            self.macros.define(&name, def, now);
            return Ok(());
        }
        let names = names(&self.macros);
        let Some(previous) = self.macros.named_mut(&def.name) else {
            return unknown(problems, "macro", &def.name, &names, &def.context);
        };
        extend(&mut previous.item.condition, &def.condition);
        previous.item.context.report_in(&def.context);
        previous.item.condition_context.report_in(&def.context);
        previous.visibility = now;
        Ok(())
    }

    pub(super) fn rule(&mut self, mut def: RuleDef, problems: &mut Problems<'_>) -> Read<()> {
        let now = self.tick();
        self.check_source(&def.name, &def.source, &def.context, problems)?;
        let source_known = self.event_sources.contains(&def.source);
        if !source_known {
            let message = format!("event source `{}` is not known; the rule is skipped", def.source);
            problems.add(Code::UnknownSource, &message, None, &def.context);
        }
        for exception in &mut def.exceptions {
            exceptions::complete(exception, &self.known_fields(source_known), problems)?;
        }
        if let Some(counts) = self.count(&def.context) {
            counts.rules += 1;
        }
        let name = def.name.clone();
        self.rules.define(&name, CollectedRule { def, source_known }, now);
        Ok(())
    }

    /// Of a rule whose source is unknown, every field is taken for known.
    fn known_fields(&self, source_known: bool) -> impl Fn(&str) -> bool + use<'c> {
        let scheme = self.scheme;
        move |name: &str| !source_known || is_field(scheme, name)
    }

    /// One name, two event sources: an error.
    fn check_source(
        &self,
        name: &str,
        source: &str,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<()> {
        let previous = self.rules.named(name).map(|rule| rule.item.def.source.as_str());
        match previous {
            Some(previous) if !previous.is_empty() && !source.is_empty() && previous != source => {
                let message = format!("rule `{name}` has source `{previous}` where it was first defined");
                problems.add(Code::ErrValidate, &message, None, context);
                Err(Reported)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn enable(
        &mut self,
        name: &str,
        enabled: bool,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<()> {
        let names = names(&self.rules);
        match self.rules.named_mut(name) {
            Some(rule) => {
                rule.item.def.enabled = enabled;
                Ok(())
            }
            None => unknown(problems, "rule", name, &names, context),
        }
    }

    pub(super) fn append(&mut self, update: RuleUpdate, problems: &mut Problems<'_>) -> Read<()> {
        let (now, mut update) = (self.tick(), update);
        self.check_update(&update, problems)?;
        let appended = update.exceptions.take().unwrap_or_default();
        let Some(rule) = self.rules.named_mut(&update.name) else { return Err(Reported) };
        let def = &mut rule.item.def;
        if let Some(condition) = &update.condition {
            extend(&mut def.condition, condition);
        }
        if let Some(output) = &update.output {
            extend(&mut def.output, output);
        }
        if let Some(description) = &update.description {
            def.description.push(' ');
            def.description.push_str(description);
        }
        def.tags.extend(update.tags.take().unwrap_or_default());
        def.report_in(&update.context);
        rule.visibility = now;
        let source_known = rule.item.source_known;
        let known = self.known_fields(source_known);
        let Some(rule) = self.rules.named_mut(&update.name) else { return Err(Reported) };
        for exception in appended {
            append_exception(&mut rule.item.def.exceptions, exception, &known, problems)?;
        }
        Ok(())
    }

    fn check_update(&self, update: &RuleUpdate, problems: &mut Problems<'_>) -> Read<()> {
        self.check_source(&update.name, &update.source, &update.context, problems)?;
        if self.rules.named(&update.name).is_none() {
            return unknown(problems, "rule", &update.name, &names(&self.rules), &update.context);
        }
        if update.is_empty() {
            let message = "nothing to append: neither `condition` nor `exceptions`";
            problems.add(Code::ErrValidate, message, None, &update.context);
            return Err(Reported);
        }
        Ok(())
    }

    pub(super) fn replace(&mut self, update: RuleUpdate, problems: &mut Problems<'_>) -> Read<()> {
        let now = self.tick();
        self.check_update(&update, problems)?;
        let source_known = self.rules.named(&update.name).is_some_and(|rule| rule.item.source_known);
        let known = self.known_fields(source_known);
        let mut exceptions = update.exceptions;
        for exception in exceptions.iter_mut().flatten() {
            exceptions::complete(exception, &known, problems)?;
        }
        let Some(rule) = self.rules.named_mut(&update.name) else { return Err(Reported) };
        let def = &mut rule.item.def;
        set(&mut def.condition, update.condition);
        set(&mut def.output, update.output);
        set(&mut def.description, update.description);
        set(&mut def.tags, update.tags);
        set(&mut def.exceptions, exceptions);
        set(&mut def.priority, update.priority);
        set(&mut def.enabled, update.enabled);
        set(&mut def.capture, update.capture);
        set(&mut def.capture_duration, update.capture_duration);
        set(&mut def.warn_evttypes, update.warn_evttypes);
        set(&mut def.skip_if_unknown_filter, update.skip_if_unknown_filter);
        def.report_in(&update.context);
        rule.visibility = now;
        Ok(())
    }
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

fn extend(text: &mut MappedText, more: &MappedText) {
    text.push(" ", more.place(0));
    text.append(more);
}

fn names<T>(table: &Table<T>) -> Vec<String> {
    table.by_name.keys().cloned().collect()
}

fn unknown(
    problems: &mut Problems<'_>,
    kind: &str,
    name: &str,
    names: &[String],
    context: &Context,
) -> Read<()> {
    let near = crate::report::nearest(name, names.iter().map(String::as_str));
    let message = format!("there is no earlier {kind} `{name}` to change");
    problems.add_suggesting(Code::ErrValidate, &message, None, context, near);
    Err(Reported)
}

fn append_exception(
    exceptions: &mut Vec<ExceptionDef>,
    mut exception: ExceptionDef,
    known: &dyn Fn(&str) -> bool,
    problems: &mut Problems<'_>,
) -> Read<()> {
    let mut fail = |message: &str| {
        problems.add(Code::ErrValidate, message, None, &exception.context);
        Err(Reported)
    };
    match exceptions.iter_mut().find(|existing| existing.name == exception.name) {
        Some(_) if exception.fields.is_some() => {
            fail("only values can be appended to an exception that exists, not `fields`")
        }
        Some(_) if exception.comps.is_some() => {
            fail("only values can be appended to an exception that exists, not `comps`")
        }
        Some(existing) => {
            existing.values.append(&mut exception.values);
            Ok(())
        }
        None if exception.fields.is_none() => {
            fail("there is no exception of this name to append to, and a new one needs `fields`")
        }
        None if exception.values.is_empty() => fail("a new exception that is appended needs `values`"),
        None => {
            exceptions::complete(&mut exception, known, problems)?;
            exceptions.push(exception);
            Ok(())
        }
    }
}

/// Whether `text` names a field, possibly within transformers.
fn is_field(scheme: &dyn FieldScheme, text: &str) -> bool {
    let mapped = MappedText::verbatim(text);
    match parse_operand(&mapped) {
        Ok((operand, len)) if len == text.len() => check::operand(&operand, scheme).is_ok(),
        _ => false,
    }
}
