//! Comparisons that are allowed but look mistaken.

use std::borrow::Cow;

use super::{CheckWarning, operand};
use crate::condition::{Check, Function, Literal, Op, Operand, Right};
use crate::field::FieldScheme;
use crate::source::MappedText;

/// Adds what looks mistaken about `check` to `warnings`.
pub(super) fn check(check: &Check, scheme: &dyn FieldScheme, warnings: &mut Vec<CheckWarning>) {
    deprecated_fields(&check.left, scheme, warnings);
    let literals = match &check.right {
        Right::Nothing => return,
        Right::Operand(right) => return deprecated_fields(right, scheme, warnings),
        Right::Literal(literal) => std::slice::from_ref(literal),
        Right::List(literals) => literals,
    };
    let compares_equal = matches!(check.op, Op::Eq | Op::Ne | Op::In | Op::Intersects | Op::PMatch);
    let other_source = matches!(&check.left, Operand::Field { name, .. }
        if name.starts_with("ka.") || name.starts_with("jevt."));
    for literal in literals {
        if compares_equal && other_source && literal.bytes == b"<NA>" {
            let message = "comparing with <NA> is unreliable; use `exists`";
            warnings.push(CheckWarning { unsafe_na: true, ..warning(message, literal) });
        }
        // Most literals are single words or paths: neither fields nor transformers.
        if check.op != Op::Regex && !literal.bytes.iter().any(|b| matches!(b, b'.' | b')')) {
            continue;
        }
        let text = literal.text();
        let solid = without_blanks(&text);
        if check.op == Op::Regex && is_simple_pattern(&text) {
            let message =
                format!("`{text}` needs no regex; =, contains, startswith or endswith do the same faster");
            warnings.push(warning(&message, literal));
        }
        if is_field(&solid, scheme) {
            let message = format!("`{text}` is compared as a string; for the field write val({solid})");
            warnings.push(warning(&message, literal));
        }
        if is_call(&solid) {
            let message = format!("`{text}` is compared as a string; without quotes it is a transformer");
            warnings.push(warning(&message, literal));
        }
    }
}

fn warning(message: &str, literal: &Literal) -> CheckWarning {
    CheckWarning { message: message.to_owned(), place: literal.place, deprecated: None, unsafe_na: false }
}

fn deprecated_fields(operand: &Operand, scheme: &dyn FieldScheme, warnings: &mut Vec<CheckWarning>) {
    match operand {
        Operand::Text(_) => {}
        Operand::Call { args, .. } | Operand::List { items: args, .. } => {
            args.iter().for_each(|arg| deprecated_fields(arg, scheme, warnings));
        }
        Operand::Field { name, arg, place } => {
            let def = operand::look_up(name, arg.as_deref(), scheme);
            if let Some(instead) = def.and_then(|(def, _, _)| def.deprecated) {
                let message = format!("field `{name}` is deprecated: {instead}");
                let deprecated = Some(name.clone());
                warnings.push(CheckWarning { message, place: *place, deprecated, unsafe_na: false });
            }
        }
    }
}

fn without_blanks(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        Cow::Owned(text.chars().filter(|c| !c.is_ascii_whitespace()).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_field(text: &str, scheme: &dyn FieldScheme) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) || !text.contains('.') {
        return false;
    }
    let mapped = MappedText::verbatim(text);
    match crate::condition::parse_operand(&mapped) {
        Ok((field @ Operand::Field { .. }, len)) if len == text.len() => {
            // Most words with a dot are paths. Asked for as a field, they would be compared with the names of all
            // fields, to tell which was meant.
            let Operand::Field { name, arg, .. } = &field else { return false };
            operand::look_up(name, arg.as_deref(), scheme).is_some()
                && operand::operand(&field, scheme).is_ok()
        }
        _ => false,
    }
}

fn is_call(text: &str) -> bool {
    let functions = Function::TRANSFORMERS.into_iter().chain([Function::Val]);
    text.ends_with(')')
        && functions.filter_map(|f| text.strip_prefix(f.name())).any(|rest| rest.starts_with('('))
}

/// Whether a regular expression does nothing that a simpler operator cannot: no special character but anchors
/// at the ends and `.*`, `.+`, `.?` next to them.
fn is_simple_pattern(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let len = bytes.len();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let next = bytes.get(at + 1);
        let anchor = (at == 0 && b == b'^') || (at + 1 == len && b == b'$');
        let end = at == 0 || at + 2 == len;
        if end && b == b'.' && next.is_some_and(|n| b"+*?".contains(n)) {
            at += 1;
        } else if !anchor && b".+*?^$()[]{}|\\".contains(&b) {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_need_no_regex_are_told_from_those_that_do() {
        for simple in ["syscall", "^syscall$", ".*syscall.*", "syscall.?", ".+syscall"] {
            assert!(is_simple_pattern(simple), "{simple}");
        }
        for needed in ["syscall.{1}", "syscall\\.*", "s.*l", "syscal[l]?"] {
            assert!(!is_simple_pattern(needed), "{needed}");
        }
    }
}
