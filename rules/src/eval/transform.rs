//! Transformers: `tolower`, `toupper`, `b64`, `basename`, `len`, `join`, `concat`, `getopt`.
//!
//! Semantics are libsinsp's `sinsp_filter_transformers` and `sinsp_filtercheck_multivalue_transformer`, except that
//! the terminating NUL which it adds to transformed raw bytes is not counted as one of them.

use std::borrow::Cow;

use super::compare::until_nul;
use super::{extract, getopt};
use crate::check::Extract;
use crate::condition::Function;
use crate::field::FieldSource;
use crate::value::{FieldType, Value};

/// Appends the result of `function` to `out`; tells whether there is one.
pub(super) fn call<'s, S: FieldSource + ?Sized>(
    function: Function,
    args: &'s [Extract],
    option: Option<u8>,
    source: &'s S,
    out: &mut Vec<Value<'s>>,
) -> bool {
    match (function, args) {
        (Function::Join, [separator, list]) => join(separator, list, source).is_some_and(|joined| {
            out.push(Value::Bytes(Cow::Owned(joined)));
            true
        }),
        (Function::Concat, _) => concat(args, source).is_some_and(|joined| {
            out.push(Value::Bytes(Cow::Owned(joined)));
            true
        }),
        (Function::GetOpt, [list, letters]) => options(list, letters, option, source, out),
        (Function::Len, [arg]) => len(arg, source).is_some_and(|len| {
            out.push(Value::Uint(len));
            true
        }),
        (_, [arg]) => {
            let start = out.len();
            extract::values(arg, source, out)
                && out.iter_mut().skip(start).all(|value| {
                    transform(function, value).is_some_and(|transformed| {
                        *value = Value::Bytes(transformed);
                        true
                    })
                })
        }
        _ => false,
    }
}

/// A string transformed; `None` if it cannot be.
fn transform<'s>(function: Function, value: &Value<'s>) -> Option<Cow<'s, [u8]>> {
    let Value::Bytes(bytes) = value else { return None };
    let bytes = without_trailing_nuls(bytes);
    match function {
        Function::ToLower => Some(Cow::Owned(bytes.to_ascii_lowercase())),
        Function::ToUpper => Some(Cow::Owned(bytes.to_ascii_uppercase())),
        Function::Basename => {
            let start = memchr::memrchr(b'/', bytes).map_or(0, |slash| slash + 1);
            Some(Cow::Owned(bytes.get(start..).unwrap_or(&[]).to_vec()))
        }
        Function::B64 => decode_base64(bytes).map(Cow::Owned),
        _ => None,
    }
}

fn without_trailing_nuls(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or(bytes)
}

/// Bytes from base 64, padded or not; `None` if it is none.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for quad in text.chunks(4) {
        let mut bits = 0u32;
        for &letter in quad {
            bits = bits << 6 | u32::from(base64_digit(letter)?);
        }
        let [_, a, b, c] = match quad.len() {
            4 => bits.to_be_bytes(),
            3 => (bits << 6).to_be_bytes(),
            2 => (bits << 12).to_be_bytes(),
            _ => return None,
        };
        // Bits that make no whole byte must be zero.
        let (whole, rest): (&[u8], bool) = match quad.len() {
            4 => (&[a, b, c], false),
            3 => (&[a, b], c != 0),
            _ => (&[a], b != 0),
        };
        if rest {
            return None;
        }
        out.extend_from_slice(whole);
    }
    Some(out)
}

fn base64_digit(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Number of elements of a list, or of bytes of anything else.
fn len<S: FieldSource + ?Sized>(arg: &Extract, source: &S) -> Option<u64> {
    let mut values = Vec::new();
    if !extract::values(arg, source, &mut values) {
        return None;
    }
    let len = match values.first() {
        _ if arg.list => values.len(),
        Some(Value::Bytes(bytes)) if arg.ty == FieldType::ByteBuf => bytes.len(),
        Some(Value::Bytes(bytes)) => until_nul(bytes).len(),
        _ => return None,
    };
    u64::try_from(len).ok()
}

fn string<S: FieldSource + ?Sized>(extract: &Extract, source: &S) -> Option<Vec<u8>> {
    let mut value = extract::value(extract, source)?;
    to_string(&mut value);
    match value {
        Value::Bytes(bytes) => Some(until_nul(&bytes).to_vec()),
        _ => None,
    }
}

fn join<S: FieldSource + ?Sized>(separator: &Extract, list: &Extract, source: &S) -> Option<Vec<u8>> {
    let separator = string(separator, source)?;
    let parts = strings(list, source)?;
    Some(parts.join(separator.as_slice()))
}

fn strings<S: FieldSource + ?Sized>(list: &Extract, source: &S) -> Option<Vec<Vec<u8>>> {
    let mut values = Vec::new();
    if !extract::values(list, source, &mut values) {
        return None;
    }
    values.iter_mut().for_each(to_string);
    let bytes = values.iter().map(|value| match value {
        Value::Bytes(bytes) => until_nul(bytes).to_vec(),
        _ => Vec::new(),
    });
    Some(bytes.collect())
}

fn concat<S: FieldSource + ?Sized>(args: &[Extract], source: &S) -> Option<Vec<u8>> {
    let parts = args.iter().map(|arg| string(arg, source)).collect::<Option<Vec<_>>>()?;
    Some(parts.concat())
}

fn options<S: FieldSource + ?Sized>(
    list: &Extract,
    letters: &Extract,
    option: Option<u8>,
    source: &S,
    out: &mut Vec<Value<'_>>,
) -> bool {
    let (Some(letters), Some(words)) = (string(letters, source), strings(list, source)) else { return false };
    let found = getopt::scan(&words, &letters);
    let bytes = |text: &[u8]| Value::Bytes(Cow::Owned(text.to_vec()));
    match option {
        Some(wanted) => match found.iter().rev().find(|o| o.letter == Some(wanted)) {
            Some(option) => {
                out.push(option.argument.map_or_else(|| bytes(&[wanted]), bytes));
                true
            }
            None => false,
        },
        None => {
            for option in found {
                match (option.letter, option.argument) {
                    (None, _) => out.push(bytes(b"?")),
                    // An argument that is missing stands for the whole option.
                    (Some(_), Some(b"")) if option.missing => out.push(bytes(b"")),
                    (Some(letter), argument) => {
                        out.push(bytes(&[letter]));
                        out.extend(argument.map(bytes));
                    }
                }
            }
            true
        }
    }
}

/// Turns a value into the string that stands for it among strings.
pub(crate) fn to_string(value: &mut Value<'_>) {
    let text = match value {
        Value::Bytes(_) => return,
        Value::Int(v) => v.to_string(),
        Value::Uint(v) => v.to_string(),
        Value::Double(v) => format!("{v:.1}"),
        Value::Bool(v) => v.to_string(),
        Value::Ip(v) => v.to_string(),
        Value::Net(v, bits) => format!("{v}/{bits}"),
    };
    *value = Value::Bytes(Cow::Owned(text.into_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_padded_or_not_and_nonsense_is_refused() {
        assert_eq!(decode_base64(b"SGVsbG8=").unwrap(), b"Hello");
        assert_eq!(decode_base64(b"SGVsbG8").unwrap(), b"Hello");
        assert_eq!(decode_base64(b"").unwrap(), b"");
        assert_eq!(decode_base64(b"S"), None);
        assert_eq!(decode_base64(b"SGV*"), None);
        assert_eq!(decode_base64(b"SGVsbG9="), None);
    }

    #[test]
    fn a_basename_is_what_follows_the_last_slash() {
        let of = |path: &str| {
            let value = Value::Bytes(path.as_bytes().to_vec().into());
            transform(Function::Basename, &value).unwrap().into_owned()
        };
        assert_eq!(of("/usr/bin/cat"), b"cat");
        assert_eq!(of("/usr/"), b"");
        assert_eq!(of("cat"), b"cat");
    }
}
