//! Literals read as the type of the field they are compared with.
//!
//! Numbers are read as C's `scanf` reads them, which is what libsinsp does: decimal only, blanks before them
//! allowed, and what does not fit the type wraps.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{CheckError, Constant, Extract, pattern};
use crate::condition::{Literal, Op};
use crate::field::FieldScheme;
use crate::value::FieldType;

/// `literal` for a comparison of `left` by `op`.
pub(super) fn constant(
    literal: &Literal,
    op: Op,
    left: &Extract,
    scheme: &dyn FieldScheme,
) -> Result<Constant, CheckError> {
    let constant = parse(literal, op, left.ty).map_err(|message| CheckError::new(message, literal.place))?;
    if left.event_type && scheme.event_types_named(&literal.text()).is_empty() {
        let name = literal.text();
        let types = (0..scheme.event_type_count()).filter_map(|ty| u16::try_from(ty).ok());
        let near = crate::report::nearest(&name, types.filter_map(|ty| scheme.event_type_name(ty)));
        return Err(CheckError {
            unknown: true,
            suggestion: near.map(str::to_owned),
            ..CheckError::new(format!("there is no event type `{name}`"), literal.place)
        });
    }
    Ok(constant)
}

fn parse(literal: &Literal, op: Op, ty: FieldType) -> Result<Constant, String> {
    if matches!(op, Op::BContains | Op::BStartsWith) {
        return hex(&literal.bytes).map(Constant::Bytes);
    }
    if ty == FieldType::ByteBuf {
        return Ok(Constant::Bytes(literal.bytes.clone()));
    }
    if literal.bytes.contains(&0) {
        return Err("a NUL byte can be compared with raw bytes only".to_owned());
    }
    if matches!(ty, FieldType::CharBuf | FieldType::FsPath) && op != Op::Regex {
        return Ok(Constant::Bytes(literal.bytes.clone()));
    }
    let text = literal.text();
    let signed = || signed(&text).ok_or_else(|| format!("`{text}` is not a number"));
    let unsigned = || unsigned(&text).ok_or_else(|| format!("`{text}` is not a number"));
    match ty {
        FieldType::CharBuf | FieldType::FsPath | FieldType::ByteBuf => {
            pattern::compile(&text).map(|regex| Constant::Regex(Box::new(regex)))
        }
        FieldType::Int8 => Ok(Constant::Int(wrap_signed(signed()?, 8))),
        FieldType::Int16 => Ok(Constant::Int(wrap_signed(signed()?, 16))),
        FieldType::Int32 => Ok(Constant::Int(wrap_signed(signed()?, 32))),
        FieldType::Int64 => Ok(Constant::Int(signed()?)),
        FieldType::Uint8 => Ok(Constant::Uint(unsigned()? & 0xff)),
        FieldType::Uint16 => Ok(Constant::Uint(unsigned()? & 0xffff)),
        FieldType::Uint32 => Ok(Constant::Uint(unsigned()? & 0xffff_ffff)),
        FieldType::Uint64 | FieldType::RelTime | FieldType::AbsTime => Ok(Constant::Uint(unsigned()?)),
        #[allow(clippy::cast_precision_loss, reason = "32 bits fit a double")]
        FieldType::Double => Ok(Constant::Double(wrap_signed(signed()?, 32) as f64)),
        FieldType::Bool => match &*text {
            "true" => Ok(Constant::Bool(true)),
            "false" => Ok(Constant::Bool(false)),
            other => Err(format!("`{other}` is neither true nor false")),
        },
        FieldType::Port => port(&text).map(Constant::Uint),
        FieldType::IpAddr => address(&text).map(Constant::Ip),
        FieldType::IpNet => network(&text),
    }
}

fn hex(digits: &[u8]) -> Result<Vec<u8>, String> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = digits.chunks(2).map(|pair| match pair {
        &[high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| "expected bytes as pairs of hexadecimal digits".to_owned())
}

/// Digits after blanks and a sign, as `strtol` takes them; `None` if there is anything else.
fn digits(text: &str) -> Option<(bool, u128)> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // More digits than fit are more than any type holds.
    Some((negative, digits.parse().unwrap_or(u128::MAX)))
}

fn signed(text: &str) -> Option<i64> {
    let (negative, magnitude) = digits(text)?;
    Some(match i64::try_from(magnitude) {
        Ok(value) if negative => -value,
        Ok(value) => value,
        Err(_) if negative => i64::MIN,
        Err(_) => i64::MAX,
    })
}

fn unsigned(text: &str) -> Option<u64> {
    let (negative, magnitude) = digits(text)?;
    Some(match u64::try_from(magnitude) {
        Ok(value) if negative => value.wrapping_neg(),
        Ok(value) => value,
        Err(_) => u64::MAX,
    })
}

/// The low `bits` of `value`, sign-extended.
fn wrap_signed(value: i64, bits: u32) -> i64 {
    let shift = 64 - bits;
    value << shift >> shift
}

/// A port by number or by the name of its service.
fn port(text: &str) -> Result<u64, String> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number = if text.is_empty() { Ok(0) } else { text.parse::<i32>() };
        let number = number.map_err(|_| format!("`{text}` is too large for a port"))?;
        return Ok(u64::from(number.unsigned_abs()) & 0xffff);
    }
    SERVICES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|&(_, port)| port)
        .ok_or_else(|| format!("`{text}` is neither a port nor a service known here"))
}

/// Services that may be named instead of their port (IANA's names; those that rules are likely to use).
const SERVICES: [(&str, u64); 46] = [
    ("ftp-data", 20),
    ("ftp", 21),
    ("ssh", 22),
    ("telnet", 23),
    ("smtp", 25),
    ("time", 37),
    ("whois", 43),
    ("tacacs", 49),
    ("domain", 53),
    ("bootps", 67),
    ("bootpc", 68),
    ("tftp", 69),
    ("gopher", 70),
    ("finger", 79),
    ("http", 80),
    ("kerberos", 88),
    ("pop3", 110),
    ("sunrpc", 111),
    ("nntp", 119),
    ("ntp", 123),
    ("netbios-ns", 137),
    ("netbios-dgm", 138),
    ("netbios-ssn", 139),
    ("imap2", 143),
    ("snmp", 161),
    ("snmp-trap", 162),
    ("bgp", 179),
    ("irc", 194),
    ("ldap", 389),
    ("https", 443),
    ("microsoft-ds", 445),
    ("submission", 587),
    ("syslog", 514),
    ("printer", 515),
    ("ldaps", 636),
    ("rsync", 873),
    ("imaps", 993),
    ("pop3s", 995),
    ("socks", 1080),
    ("openvpn", 1194),
    ("ms-sql-s", 1433),
    ("nfs", 2049),
    ("mysql", 3306),
    ("ms-wbt-server", 3389),
    ("postgresql", 5432),
    ("redis", 6379),
];

/// An address; one with a dot in it must be of version 4.
fn address(text: &str) -> Result<IpAddr, String> {
    if text.contains('.') {
        return text.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| format!("`{text}` is no IPv4 address"));
    }
    text.parse::<Ipv6Addr>().map(IpAddr::V6).map_err(|_| format!("`{text}` is no IP address"))
}

fn network(text: &str) -> Result<Constant, String> {
    let (base, prefix) =
        text.split_once('/').ok_or_else(|| format!("`{text}` is no network; write address/bits"))?;
    let base = address(base)?;
    let most = if base.is_ipv4() { 32 } else { 128 };
    let prefix = unsigned(prefix).and_then(|bits| u8::try_from(bits).ok()).filter(|&bits| bits <= most);
    prefix
        .map(|bits| Constant::Net(base, bits))
        .ok_or_else(|| format!("`{text}` has no number of bits up to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_scanf_reads_them() {
        assert_eq!(signed("-5"), Some(-5));
        assert_eq!(unsigned(" +7"), Some(7));
        assert_eq!(unsigned("-1"), Some(u64::MAX));
        assert_eq!(signed("99999999999999999999999999999999999999999"), Some(i64::MAX));
        assert_eq!(signed("0x10"), None);
        assert_eq!(signed("5 "), None);
        assert_eq!(signed("1.5"), None);
        assert_eq!(wrap_signed(300, 8), 44);
    }

    #[test]
    fn ports_have_names() {
        assert_eq!(port("https"), Ok(443));
        assert_eq!(port("65537"), Ok(1));
        assert!(port("no-such-service").is_err());
        assert!(port("99999999999").is_err());
    }

    #[test]
    fn networks_need_an_address_and_a_length_that_fits() {
        assert!(matches!(network("10.0.0.0/8"), Ok(Constant::Net(_, 8))));
        assert!(matches!(network("fe80::/10"), Ok(Constant::Net(_, 10))));
        assert!(network("10.0.0.0").is_err());
        assert!(network("10.0.0.0/33").is_err());
        assert!(network("::1/129").is_err());
        assert!(address("::ffff:1.2.3.4").is_err());
    }

    #[test]
    fn hexadecimal_bytes_come_in_pairs() {
        assert_eq!(hex(b"48545450"), Ok(b"HTTP".to_vec()));
        assert!(hex(b"485").is_err());
        assert!(hex(b"zz").is_err());
    }
}
