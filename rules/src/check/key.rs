//! What makes two comparisons the same, wherever they stand.
//!
//! [`Check`] → bytes that are equal for comparisons of the same operands by the same operator, and for no others.

use crate::condition::{Check, Literal, Operand, Right};

/// Appends the key of `check` to `out`.
pub(super) fn key(check: &Check, out: &mut Vec<u8>) {
    operand(&check.left, out);
    text(check.op.name().as_bytes(), out);
    optional(check.modifier.map(|modifier| modifier.name()), out);
    match &check.right {
        Right::Nothing => out.push(0),
        Right::Literal(literal) => {
            out.push(1);
            text(&literal.bytes, out);
        }
        Right::List(literals) => {
            out.push(2);
            each(literals, out, |Literal { bytes, .. }, out| text(bytes, out));
        }
        Right::Operand(right) => {
            out.push(3);
            operand(right, out);
        }
    }
}

fn operand(value: &Operand, out: &mut Vec<u8>) {
    match value {
        Operand::Field { name, arg, .. } => {
            out.push(0);
            text(name.as_bytes(), out);
            optional(arg.as_deref(), out);
        }
        Operand::Call { function, args, arg, .. } => {
            out.push(1);
            text(function.name().as_bytes(), out);
            each(args, out, operand);
            optional(arg.as_deref(), out);
        }
        Operand::List { items, .. } => {
            out.push(2);
            each(items, out, operand);
        }
        Operand::Text(literal) => {
            out.push(3);
            text(&literal.bytes, out);
        }
    }
}

fn each<T>(items: &[T], out: &mut Vec<u8>, add: fn(&T, &mut Vec<u8>)) {
    out.extend_from_slice(&items.len().to_le_bytes());
    items.iter().for_each(|item| add(item, out));
}

fn optional(value: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(value.is_some()));
    text(value.unwrap_or("").as_bytes(), out);
}

fn text(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&bytes.len().to_le_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Expr;

    fn key_of(condition: &str) -> Vec<u8> {
        let Expr::Check(check) = Expr::parse(condition).unwrap() else { panic!("a comparison") };
        let mut out = Vec::new();
        key(&check, &mut out);
        out
    }

    #[test]
    fn comparisons_that_read_the_same_have_one_key() {
        assert_eq!(key_of("a.b = \"x\""), key_of("a.b  ==  x"));
        assert_eq!(key_of("a.b in (x,y)"), key_of("a.b in ( x , 'y' )"));
        assert_eq!(key_of("tolower( a.b ) = x"), key_of("tolower(a.b) = x"));
    }

    #[test]
    fn comparisons_that_differ_have_different_keys() {
        let different = [
            "a.b = x",
            "a.b != x",
            "a.c = x",
            "a.b = xy",
            "a.b[1] = x",
            "a.b in (x)",
            "a.b in (x, y)",
            "a.b in (xy)",
            "a.b in ('x, y')",
            "a.b contains x",
            "a.b contains oneof (x)",
            "a.b contains val(a.c)",
            "a.b exists",
            "tolower(a.b) = x",
            "toupper(a.b) = x",
            "a.b[''] = x",
        ];
        for (at, one) in different.iter().enumerate() {
            for other in different.iter().skip(at + 1) {
                assert_ne!(key_of(one), key_of(other), "{one} and {other}");
            }
        }
    }
}
