//! Exceptions of rules: reading, checking, and folding them into the condition.
//!
//! An exception names fields, how they compare, and lists of values; the rule does not match where one of
//! the values does. Its text is put together as Falco does, quoting included, and parsed with the condition.

use super::item::{Entry, ExceptionDef, Word};
use super::problems::{Context, Problems};
use super::value::{Read, Reading, Reported};
use crate::condition::{Modifier, Op};
use crate::report::Code;
use crate::source::{MappedText, Place};
use crate::yaml::{Kind, Node};

/// Lists within lists that are read.
const MAX_DEPTH: usize = 3;

/// Reads the key `exceptions`, which may be missing or empty. `append`: of a rule that exists already.
pub(super) fn read(reading: &mut Reading<'_, '_>, append: bool) -> Read<Vec<ExceptionDef>> {
    let mut exceptions: Vec<ExceptionDef> = Vec::new();
    let Some(list) = reading.node.get("exceptions").filter(|node| !node.is_null()) else {
        return Ok(exceptions);
    };
    let Some(items) = list.sequence() else {
        return reading.invalid("`exceptions` must be a list", Some(list));
    };
    let outer = reading.context.within("exceptions", "", list.place);
    let mut failed = false;
    for node in items {
        let context = outer.within("exception", "", node.place);
        let mut item = Reading { node, context, problems: reading.problems };
        match exception(&mut item, &outer, append) {
            Ok(exception) => {
                if exceptions.iter().any(|other| other.name == exception.name) {
                    let message = format!("this rule has another exception `{}`", exception.name);
                    let context = &exception.context;
                    reading.problems.add(Code::ExceptionNameNotUnique, &message, None, context);
                }
                exceptions.push(exception);
            }
            Err(Reported) => failed = true,
        }
    }
    if failed { Err(Reported) } else { Ok(exceptions) }
}

fn exception(item: &mut Reading<'_, '_>, outer: &Context, append: bool) -> Read<ExceptionDef> {
    if item.node.entries().is_none() {
        return item.invalid("an exception is a mapping with `name`, `fields` and `values`", None);
    }
    let name = item.text("name")?;
    item.context = outer.within("exception", &name, item.node.place);
    let fields = entry_under(item, "fields")?;
    if fields.is_none() && !append {
        return item.invalid("the key `fields` is missing", None);
    }
    let comps = entry_under(item, "comps")?;
    let mut values = Vec::new();
    match item.node.get("values") {
        Some(list) => {
            let Some(nodes) = list.sequence() else {
                return item.invalid("the `values` of an exception must be a list", Some(list));
            };
            for node in nodes {
                values.push(entry(item, node, MAX_DEPTH)?);
            }
        }
        None if append => {
            item.problems.add(
                Code::AppendNoValues,
                "an appended exception without `values`",
                None,
                &item.context,
            );
        }
        None => {}
    }
    Ok(ExceptionDef { name, fields, comps, values, context: item.context.clone() })
}

/// The entry under `key`; `None` if it is missing or an empty list.
fn entry_under(item: &mut Reading<'_, '_>, key: &str) -> Read<Option<Entry>> {
    let Some(node) = item.node.get(key) else { return Ok(None) };
    match entry(item, node, MAX_DEPTH)? {
        Entry::Many(entries) if entries.is_empty() => Ok(None),
        entry => Ok(Some(entry)),
    }
}

fn entry(item: &mut Reading<'_, '_>, node: &Node, depth: usize) -> Read<Entry> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.value.is_empty() => item.invalid("an empty value", Some(node)),
        Kind::Scalar(scalar) => Ok(Entry::One(Word { text: scalar.value.clone(), place: node.place })),
        Kind::Sequence(_) if depth == 0 => item.invalid("lists nested too deep", Some(node)),
        Kind::Sequence(nodes) => {
            let entries: Read<Vec<Entry>> = nodes.iter().map(|node| entry(item, node, depth - 1)).collect();
            Ok(Entry::Many(entries?))
        }
        Kind::Null | Kind::Mapping(_) => {
            item.invalid(&format!("expected a value or a list, not {}", node.kind_name()), Some(node))
        }
    }
}

/// Checks an exception whose fields are known and fills in the operators it leaves out. `known` tells of
/// a field whether it exists.
pub(super) fn complete(
    exception: &mut ExceptionDef,
    known: &dyn Fn(&str) -> bool,
    problems: &mut Problems<'_>,
) -> Read<()> {
    let context = exception.context.clone();
    let mut fail = |message: &str, place: Option<Place>| -> Read<()> {
        problems.add(Code::ErrValidate, message, place, &context);
        Err(Reported)
    };
    match &exception.fields {
        None => fail("an exception needs `fields`", None),
        Some(Entry::One(field)) => {
            let comps = exception
                .comps
                .get_or_insert_with(|| Entry::One(Word { text: "in".to_owned(), place: field.place }));
            let Entry::One(comp) = comps else {
                return fail("`fields` is a single field, so `comps` must be a single operator", None);
            };
            comp.text = comp.text.trim().to_owned();
            if !takes_list(&comp.text) {
                let message = "for a single field, `comps` must be in, pmatch, intersects or an operator with \
                               oneof, anyof or allof";
                return fail(message, Some(comp.place));
            }
            check_fields(&[field], known, &mut fail)
        }
        Some(fields @ Entry::Many(_)) => {
            let Some(fields) = fields.words() else { return fail("`fields` must list single fields", None) };
            let equal = |field: &&Word| Entry::One(Word { text: "=".to_owned(), place: field.place });
            let default = || Entry::Many(fields.iter().map(equal).collect());
            let comps = exception.comps.get_or_insert_with(default);
            let Entry::Many(entries) = comps else {
                return fail("`fields` is a list, so `comps` must be one too", None);
            };
            if entries.len() != fields.len() {
                return fail("`fields` and `comps` must be lists of the same length", None);
            }
            for entry in entries {
                let Entry::One(comp) = entry else { return fail("`comps` must list single operators", None) };
                comp.text = comp.text.trim().to_owned();
                if Op::named(&comp.text).is_none() && !has_modifier(&comp.text) {
                    return fail(&format!("`{}` is no operator", comp.text), Some(comp.place));
                }
            }
            check_fields(&fields, known, &mut fail)
        }
    }
}

fn check_fields(
    fields: &[&Word],
    known: &dyn Fn(&str) -> bool,
    fail: &mut dyn FnMut(&str, Option<Place>) -> Read<()>,
) -> Read<()> {
    let mut result = Ok(());
    for field in fields.iter().filter(|field| !known(&field.text)) {
        result = fail(&format!("`{}` is no field", field.text), Some(field.place));
    }
    result
}

/// Whether the operator `comp` is followed by a list in parentheses.
fn takes_list(comp: &str) -> bool {
    Op::named(comp).is_some_and(Op::takes_list) || has_modifier(comp)
}

fn has_modifier(comp: &str) -> bool {
    comp.split_once(' ').is_some_and(|(op, modifier)| {
        Op::named(op).is_some_and(Op::takes_modifier) && Modifier::ALL.iter().any(|m| m.name() == modifier)
    })
}

/// `condition` with every exception that has values added as `and not (…)`.
pub(super) fn fold(
    condition: &MappedText,
    exceptions: &[ExceptionDef],
    problems: &mut Problems<'_>,
) -> Read<MappedText> {
    let mut out = MappedText::default();
    let place = condition.place(0);
    out.push("(", place);
    out.append(condition);
    out.push(")", place);
    for exception in exceptions.iter().filter(|exception| !exception.values.is_empty()) {
        out.push(" and not ", exception.context.place());
        let folded = match (&exception.fields, &exception.comps) {
            (Some(Entry::One(field)), Some(Entry::One(comp))) => fold_one(&mut out, exception, field, comp),
            (Some(fields), Some(comps)) => match (fields.words(), comps.words()) {
                (Some(fields), Some(comps)) => fold_many(&mut out, exception, &fields, &comps),
                _ => Err("`fields` and `comps` must be lists".to_owned()),
            },
            _ => Err("an exception needs `fields`".to_owned()),
        };
        if let Err(message) = folded {
            problems.add(Code::ErrValidate, &message, None, &exception.context);
            return Err(Reported);
        }
    }
    Ok(out)
}

/// `(field comp (a, b, c))`.
fn fold_one(out: &mut MappedText, exception: &ExceptionDef, field: &Word, comp: &Word) -> Result<(), String> {
    out.push(&format!("({} ", field.text), field.place);
    out.push(&format!("{} (", comp.text), comp.place);
    for (i, value) in exception.values.iter().enumerate() {
        let Entry::One(word) = value else {
            return Err("for a single field, `values` must list single values".to_owned());
        };
        out.push(if i == 0 { "" } else { ", " }, word.place);
        out.push(&quoted(&word.text), word.place);
    }
    out.push("))", field.place);
    Ok(())
}

/// `((f1 comp1 a and f2 comp2 b) or (…))`.
fn fold_many(
    out: &mut MappedText,
    exception: &ExceptionDef,
    fields: &[&Word],
    comps: &[&Word],
) -> Result<(), String> {
    let start = exception.context.place();
    out.push("(", start);
    for (i, value) in exception.values.iter().enumerate() {
        let Entry::Many(values) = value else { return Err(same_length()) };
        if values.len() != fields.len() {
            return Err(same_length());
        }
        out.push(if i == 0 { "(" } else { " or (" }, start);
        for (k, ((field, comp), value)) in fields.iter().zip(comps).zip(values).enumerate() {
            out.push(if k == 0 { "" } else { " and " }, field.place);
            out.push(&format!("{} ", field.text), field.place);
            out.push(&format!("{} ", comp.text), comp.place);
            fold_value(out, value, &comp.text)?;
        }
        out.push(")", start);
    }
    out.push(")", start);
    Ok(())
}

fn same_length() -> String {
    "every entry of `values` must be a list as long as `fields`".to_owned()
}

fn fold_value(out: &mut MappedText, value: &Entry, comp: &str) -> Result<(), String> {
    match value {
        Entry::One(word) if takes_list(comp) && word.text.starts_with('(') => {
            out.push(&word.text, word.place)
        }
        Entry::One(word) if takes_list(comp) => out.push(&format!("({})", word.text), word.place),
        Entry::One(word) => out.push(&quoted(&word.text), word.place),
        Entry::Many(_) => {
            let words = value.words().ok_or_else(|| "lists nested too deep in `values`".to_owned())?;
            out.push("(", exception_place(&words));
            for (i, word) in words.iter().enumerate() {
                out.push(if i == 0 { "" } else { ", " }, word.place);
                out.push(&quoted(&word.text), word.place);
            }
            out.push(")", exception_place(&words));
        }
    }
    Ok(())
}

fn exception_place(words: &[&Word]) -> Place {
    words.first().map_or(Place::UNKNOWN, |word| word.place)
}

/// A value in quotes if it has blanks and no quotes yet.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(' ') && !text.starts_with(['"', '\'']) { format!("\"{text}\"") } else { text.to_owned() }
}
