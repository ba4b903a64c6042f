//! One value of a field to text and to JSON.
//!
//! Formats are those of libsinsp's `rawval_to_string` and `rawval_to_json`, which depend on the type and the
//! print format of the field, so that Falco's consumers take alerts unchanged.

use std::io::Write as _;
use std::net::IpAddr;

use scap_rules::{FieldType, Value};
use serde_json::Value as Json;

use super::repair::{is_plain, repaired};
use crate::catalogue::Print;

/// Appends `value` as text.
pub fn write_text(out: &mut Vec<u8>, ty: FieldType, print: Print, value: &Value<'_>) {
    // Writing to a vector cannot fail.
    let _ = match value {
        Value::Int(n) if print == Print::Hex => write!(out, "{:X}", narrowed(ty, *n)),
        Value::Uint(n) if print == Print::Hex => write!(out, "{n:X}"),
        Value::Uint(n) if matches!(print, Print::Nanos | Print::DeltaNanos) => write!(out, "{n:09}"),
        Value::Int(n) => out.write_all(itoa::Buffer::new().format(*n).as_bytes()),
        Value::Uint(n) => out.write_all(itoa::Buffer::new().format(*n).as_bytes()),
        Value::Double(n) => write!(out, "{n:.1}"),
        Value::Bool(b) => write!(out, "{b}"),
        Value::Bytes(bytes) if ty == FieldType::ByteBuf && bytes.is_empty() => out.write_all(b"NULL"),
        Value::Bytes(bytes) if ty == FieldType::ByteBuf => {
            out.extend(dotted(bytes));
            Ok(())
        }
        Value::Bytes(bytes) if is_plain(bytes) => out.write_all(bytes),
        Value::Bytes(bytes) => out.write_all(repaired(bytes).as_bytes()),
        Value::Ip(_) | Value::Net(..) if ty == FieldType::IpNet => out.write_all(b"<IPNET>"),
        Value::Ip(ip) => out.write_all(ip_text(*ip).as_bytes()),
        Value::Net(ip, prefix) => write!(out, "{}/{prefix}", ip_text(*ip)),
    };
}

/// Appends a list as text: `(a,b)`.
pub fn write_list(out: &mut Vec<u8>, ty: FieldType, print: Print, values: &[Value<'_>]) {
    out.push(b'(');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_text(out, ty, print, value);
    }
    out.push(b')');
}

/// `value` as JSON: numbers and booleans as such, everything else as a string.
#[must_use]
pub fn json_value(ty: FieldType, print: Print, value: &Value<'_>) -> Json {
    match value {
        Value::Bool(b) => Json::from(*b),
        Value::Int(n) if print != Print::Hex => Json::from(*n),
        Value::Uint(n) if print != Print::Hex => Json::from(*n),
        Value::Double(n) => Json::from(*n),
        _ => {
            let mut text = Vec::new();
            write_text(&mut text, ty, print, value);
            Json::from(String::from_utf8_lossy(&text).into_owned())
        }
    }
}

/// A list as JSON. Falco has no empty lists: they are null.
#[must_use]
pub fn json_list(ty: FieldType, print: Print, values: &[Value<'_>]) -> Json {
    if values.is_empty() {
        return Json::Null;
    }
    values.iter().map(|value| json_value(ty, print, value)).collect()
}

/// `n` in the two's complement of its type's width.
fn narrowed(ty: FieldType, n: i64) -> u64 {
    let bits = n.cast_unsigned();
    match ty {
        FieldType::Int8 => bits & 0xFF,
        FieldType::Int16 => bits & 0xFFFF,
        FieldType::Int32 => bits & 0xFFFF_FFFF,
        _ => bits,
    }
}

/// Raw data as Falco prints it: a dot for everything that is not printable ASCII.
fn dotted(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.iter().map(|&b| if matches!(b, b' '..=b'~') { b } else { b'.' })
}

/// `ip` as C's `inet_ntop` writes it: v4-compatible v6 addresses end in dotted form.
pub(crate) fn ip_text(ip: IpAddr) -> String {
    match ip {
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                format!("::{a}.{b}.{c}.{d}")
            }
            _ => v6.to_string(),
        },
        IpAddr::V4(v4) => v4.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn text(ty: FieldType, print: Print, value: Value<'_>) -> String {
        let mut out = Vec::new();
        write_text(&mut out, ty, print, &value);
        String::from_utf8(out).expect("text is UTF-8")
    }

    #[test]
    fn numbers_follow_their_print_format() {
        assert_eq!(text(FieldType::Int32, Print::Hex, Value::Int(-1)), "FFFFFFFF");
        assert_eq!(text(FieldType::Uint64, Print::Nanos, Value::Uint(42)), "000000042");
        assert_eq!(text(FieldType::Double, Print::Plain, Value::Double(0.25)), "0.2");
        assert_eq!(json_value(FieldType::Int32, Print::Hex, &Value::Int(0x803)), Json::from("803"));
        assert_eq!(json_value(FieldType::RelTime, Print::Nanos, &Value::Uint(42)), Json::from(42));
        assert_eq!(json_value(FieldType::Uint64, Print::Plain, &Value::Uint(u64::MAX)), Json::from(u64::MAX));
    }

    #[test]
    fn buffers_are_dotted_and_strings_are_repaired() {
        let bytes = Value::Bytes(Cow::Borrowed(b"a\n\xff"));
        assert_eq!(text(FieldType::ByteBuf, Print::Plain, bytes.clone()), "a..");
        assert_eq!(text(FieldType::CharBuf, Print::Plain, bytes), "a\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn lists_are_bracketed_in_text_and_never_empty_in_json() {
        let values = [Value::Bytes(Cow::Borrowed(b"file".as_slice())), Value::Bytes(Cow::Borrowed(b"pipe"))];
        let mut out = Vec::new();
        write_list(&mut out, FieldType::CharBuf, Print::Plain, &values);
        assert_eq!(out, b"(file,pipe)");
        assert_eq!(json_list(FieldType::CharBuf, Print::Plain, &values), serde_json::json!(["file", "pipe"]));
        assert_eq!(json_list(FieldType::CharBuf, Print::Plain, &[]), Json::Null);
    }

    #[test]
    fn a_network_field_prints_a_placeholder_as_in_falco() {
        let ip = Value::Ip(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(text(FieldType::IpNet, Print::Plain, ip.clone()), "<IPNET>");
        assert_eq!(text(FieldType::IpAddr, Print::Plain, ip), "127.0.0.1");
    }
}
