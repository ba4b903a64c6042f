//! One value against one constant.
//!
//! libsinsp's `flt_compare`: strings end at their first NUL byte, numbers compare in the signedness of the
//! field's type (of the value, if that has a sign and the type has none), addresses of different versions are
//! never equal.

use std::net::IpAddr;

use super::{glob, path};
use crate::check::Constant;
use crate::condition::Op;
use crate::value::{FieldType, Value};

/// Whether `value`, of type `ty`, stands in relation `op` to `constant`.
pub(crate) fn holds(op: Op, ty: FieldType, value: &Value<'_>, constant: &Constant) -> bool {
    match constant {
        Constant::Bytes(right) => match value {
            Value::Bytes(left) if ty == FieldType::ByteBuf => buffer(op, left, right),
            Value::Bytes(left) => string(op, left, right),
            _ => false,
        },
        Constant::Regex(regex) => match value {
            Value::Bytes(left) => regex.is_match(String::from_utf8_lossy(until_nul(left)).as_bytes()),
            _ => false,
        },
        Constant::Int(right) => signed(value).is_some_and(|left| ordered(op, &left, right)),
        Constant::Uint(right) => match *value {
            // The literal was read for a parameter without a sign, this event's has one.
            Value::Int(left) => ordered(op, &left, &with_sign(*right, ty)),
            _ => unsigned(value).is_some_and(|left| ordered(op, &left, right)),
        },
        Constant::Double(right) => double(value).is_some_and(|left| ordered(op, &left, right)),
        Constant::Bool(right) => boolean(value).is_some_and(|left| ordered(op, &left, right)),
        Constant::Ip(right) => address(value).is_some_and(|left| ordered(op, &left, right)),
        Constant::Net(base, bits) => address(value).is_some_and(|left| {
            let within = same_version(left, *base) && in_network(left, *base, *bits);
            if op == Op::Ne { !within } else { within }
        }),
    }
}

/// `value` as a constant of type `ty`, to stand on the right side of a comparison.
pub(crate) fn constant(value: &Value<'_>, ty: FieldType) -> Option<Constant> {
    Some(match ty {
        FieldType::CharBuf | FieldType::FsPath => match value {
            Value::Bytes(bytes) => Constant::Bytes(until_nul(bytes).to_vec()),
            _ => return None,
        },
        FieldType::ByteBuf => match value {
            Value::Bytes(bytes) => Constant::Bytes(bytes.to_vec()),
            _ => return None,
        },
        FieldType::Int8 | FieldType::Int16 | FieldType::Int32 | FieldType::Int64 => {
            Constant::Int(signed(value)?)
        }
        FieldType::Double => Constant::Double(double(value)?),
        FieldType::Bool => Constant::Bool(boolean(value)?),
        FieldType::IpAddr | FieldType::IpNet => Constant::Ip(address(value)?),
        _ => Constant::Uint(unsigned(value)?),
    })
}

/// Whether `left` stands in relation `op` to `right`; `false` for relations that are none of order.
pub(crate) fn ordered<T: PartialOrd>(op: Op, left: &T, right: &T) -> bool {
    match op {
        Op::Eq | Op::In | Op::Intersects => left == right,
        Op::Ne => left != right,
        Op::Lt => left < right,
        Op::Le => left <= right,
        Op::Gt => left > right,
        Op::Ge => left >= right,
        _ => false,
    }
}

/// `bytes` up to the first NUL: what C takes for the string.
#[inline]
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    if !has_nul(bytes) {
        return bytes;
    }
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// Whether one of `bytes` is 0. Eight at a time, because most strings are too short for a searcher to pay.
#[inline]
fn has_nul(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Its highest bits are those of the bytes that are 0, and of some behind the first such.
    let zeros = |eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight);
        eight.wrapping_sub(ONES) & !eight & (ONES << 7)
    };
    let (eights, rest) = bytes.as_chunks::<8>();
    match bytes.last_chunk::<8>() {
        Some(last) => (eights.iter().fold(0, |found, eight| found | zeros(eight)) | zeros(last)) != 0,
        None => rest.contains(&0),
    }
}

fn string(op: Op, left: &[u8], right: &[u8]) -> bool {
    let left = until_nul(left);
    match op {
        Op::Contains => memchr::memmem::find(left, right).is_some(),
        Op::IContains => contains_ignoring_case(left, right),
        Op::StartsWith => left.starts_with(right),
        Op::EndsWith => left.ends_with(right),
        Op::Glob => glob::matches(right, left, false),
        Op::IGlob => glob::matches(right, left, true),
        Op::PMatch => path::is_prefix(right, left),
        _ => ordered(op, &left, &right),
    }
}

fn buffer(op: Op, left: &[u8], right: &[u8]) -> bool {
    match op {
        Op::Contains | Op::BContains => memchr::memmem::find(left, right).is_some(),
        Op::StartsWith | Op::BStartsWith => left.starts_with(right),
        Op::EndsWith => left.ends_with(right),
        Op::Eq | Op::Ne | Op::In | Op::Intersects => ordered(op, &left, &right),
        _ => false,
    }
}

/// Looks for the rarest byte of the needle, in either case, and then at what is around it.
pub(crate) fn contains_ignoring_case(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((at, &rare)) = needle.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte)) else {
        return true;
    };
    memchr::memchr2_iter(rare.to_ascii_lowercase(), rare.to_ascii_uppercase(), haystack)
        .filter_map(|found| haystack.get(found.checked_sub(at)?..)?.get(..needle.len()))
        .any(|window| window.eq_ignore_ascii_case(needle))
}

/// The greater, the seldomer a byte stands in names and paths.
pub(crate) fn rarity(byte: u8) -> usize {
    const COMMON_FIRST: &[u8] = b"/etaoinsrhl.dcu_-mpfgybw=:vkxjqz";
    let byte = byte.to_ascii_lowercase();
    COMMON_FIRST.iter().position(|&common| common == byte).unwrap_or(COMMON_FIRST.len() / 2)
}

/// The lowest `bits`, as many as `ty` has, as a number with a sign.
#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "the bits are what counts")]
fn with_sign(bits: u64, ty: FieldType) -> i64 {
    match ty {
        FieldType::Uint8 => i64::from(bits as i8),
        FieldType::Uint16 => i64::from(bits as i16),
        FieldType::Uint32 => i64::from(bits as i32),
        _ => bits as i64,
    }
}

#[allow(clippy::cast_possible_wrap, reason = "a field's bits are read in the signedness of its type")]
fn signed(value: &Value<'_>) -> Option<i64> {
    match *value {
        Value::Int(v) => Some(v),
        Value::Uint(v) => Some(v as i64),
        Value::Bool(v) => Some(i64::from(v)),
        _ => None,
    }
}

#[allow(clippy::cast_sign_loss, reason = "a field's bits are read in the signedness of its type")]
fn unsigned(value: &Value<'_>) -> Option<u64> {
    match *value {
        Value::Uint(v) => Some(v),
        Value::Int(v) => Some(v as u64),
        Value::Bool(v) => Some(u64::from(v)),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "whole numbers stand in only where a source is careless")]
fn double(value: &Value<'_>) -> Option<f64> {
    match *value {
        Value::Double(v) => Some(v),
        Value::Uint(v) => Some(v as f64),
        Value::Int(v) => Some(v as f64),
        _ => None,
    }
}

fn boolean(value: &Value<'_>) -> Option<bool> {
    match *value {
        Value::Bool(v) => Some(v),
        Value::Uint(v) => Some(v != 0),
        Value::Int(v) => Some(v != 0),
        _ => None,
    }
}

fn address(value: &Value<'_>) -> Option<IpAddr> {
    match *value {
        Value::Ip(address) | Value::Net(address, _) => Some(address),
        _ => None,
    }
}

fn same_version(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4()
}

fn in_network(address: IpAddr, base: IpAddr, bits: u8) -> bool {
    let differing = match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(a.to_bits() ^ b.to_bits()) << 96,
        (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
        _ => return false,
    };
    differing.leading_zeros() >= u32::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    fn text(op: Op, left: &str, right: &str) -> bool {
        let left = Value::Bytes(Cow::Borrowed(left.as_bytes()));
        holds(op, FieldType::CharBuf, &left, &Constant::Bytes(right.as_bytes().to_vec()))
    }

    #[test]
    fn strings_end_at_their_first_nul() {
        assert!(text(Op::Eq, "ab\0c", "ab"));
        assert!(!text(Op::Contains, "ab\0c", "c"));
        assert!(text(Op::EndsWith, "ab\0c", "b"));
    }

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for len in 0..40 {
            let mut bytes = vec![0x80; len];
            assert!(!has_nul(&bytes));
            for at in 0..len {
                bytes[at] = 0;
                assert_eq!(until_nul(&bytes).len(), at);
                bytes[at] = 1;
            }
        }
    }

    #[test]
    fn every_string_operator_compares_as_its_name_says() {
        assert!(text(Op::StartsWith, "/etc/passwd", "/etc"));
        assert!(text(Op::IContains, "/ETC/passwd", "etc/PASS"));
        assert!(!text(Op::Contains, "/ETC", "etc"));
        assert!(text(Op::Glob, "/etc/passwd", "/*wd"));
        assert!(text(Op::Lt, "abc", "abd"));
        assert!(text(Op::Ne, "a", "b"));
        assert!(text(Op::PMatch, "/var/run/docker", "/var/run"));
        assert!(text(Op::Contains, "x", ""));
        assert!(text(Op::IContains, "x", ""));
        assert!(text(Op::IContains, "kZKzkz", "ZkZ"));
        assert!(!text(Op::IContains, "zk", "zkz"));
        assert!(!text(Op::IContains, "", "z"));
    }

    #[test]
    fn networks_hold_addresses_of_their_own_version_only() {
        let net = Constant::Net("10.0.0.0".parse().unwrap(), 8);
        let inside = Value::Ip("10.1.2.3".parse().unwrap());
        let outside = Value::Ip("11.1.2.3".parse().unwrap());
        let other = Value::Ip("::1".parse().unwrap());
        assert!(holds(Op::Eq, FieldType::IpNet, &inside, &net));
        assert!(!holds(Op::Eq, FieldType::IpNet, &outside, &net));
        assert!(!holds(Op::Eq, FieldType::IpNet, &other, &net));
        assert!(holds(Op::Ne, FieldType::IpNet, &other, &net));
        let all = Constant::Net("::".parse().unwrap(), 0);
        assert!(holds(Op::In, FieldType::IpNet, &other, &all));
    }

    #[test]
    fn numbers_compare_in_the_signedness_of_the_constant() {
        assert!(holds(Op::Lt, FieldType::Int64, &Value::Int(-1), &Constant::Int(0)));
        assert!(holds(Op::Gt, FieldType::Uint64, &Value::Uint(u64::MAX), &Constant::Uint(0)));
        let minus_20 = Constant::Uint(0xffff_ffec);
        assert!(holds(Op::Lt, FieldType::Uint32, &Value::Int(-22), &minus_20));
        assert!(holds(Op::Gt, FieldType::Uint32, &Value::Int(5), &minus_20));
        assert!(holds(Op::Gt, FieldType::Uint32, &Value::Uint(0xffff_ffff), &minus_20));
    }
}
