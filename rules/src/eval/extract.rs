//! Values of fields and transformers as of an event.

use super::transform;
use crate::check::{Extract, ExtractKind};
use crate::field::FieldSource;
use crate::value::Value;

/// Appends the values of `extract` to `out`; tells whether it is there at all.
pub(crate) fn values<'s, S: FieldSource + ?Sized>(
    extract: &'s Extract,
    source: &'s S,
    out: &mut Vec<Value<'s>>,
) -> bool {
    match &extract.kind {
        ExtractKind::Field(field) if extract.has_many() => source.values(field, out),
        ExtractKind::Field(field) => match source.value(field) {
            Some(value) => {
                out.push(value);
                true
            }
            None => false,
        },
        ExtractKind::Text(text) => {
            out.push(Value::Bytes(text.as_slice().into()));
            true
        }
        ExtractKind::List(items) => items.iter().all(|item| {
            let start = out.len();
            let there = values(item, source, out);
            out.iter_mut().skip(start).for_each(transform::to_string);
            there
        }),
        ExtractKind::Call { function, args, option } => {
            transform::call(*function, args, *option, source, out)
        }
    }
}

/// The one value of an `extract` that has no more than one.
pub(crate) fn value<'s, S: FieldSource + ?Sized>(extract: &'s Extract, source: &'s S) -> Option<Value<'s>> {
    if let ExtractKind::Field(field) = &extract.kind {
        return source.value(field);
    }
    let mut out = Vec::new();
    if values(extract, source, &mut out) { out.pop() } else { None }
}

/// Whether `extract exists`.
pub(crate) fn exists<S: FieldSource + ?Sized>(extract: &Extract, source: &S) -> bool {
    match &extract.kind {
        ExtractKind::Field(field) => source.exists(field),
        _ => values(extract, source, &mut Vec::new()),
    }
}
