//! Numbers as C's `printf` prints them, since that is what people compare with.

use std::io::Write as _;

use scap_schema::PrintFormat;

/// A value of up to 32 bits, promoted as C does: unsigned 32-bit values beyond 2³¹ print negative.
pub(super) fn int32(value: i32, fmt: PrintFormat, out: &mut Vec<u8>) {
    match fmt {
        PrintFormat::Hex => hex(u64::from(value.cast_unsigned()), true, out),
        PrintFormat::Oct => octal(u64::from(value.cast_unsigned()), out),
        _ => int64(i64::from(value), fmt, out),
    }
}

/// A 64-bit value; unsigned ones beyond 2⁶³ print negative.
pub(super) fn int64(value: i64, fmt: PrintFormat, out: &mut Vec<u8>) {
    match fmt {
        PrintFormat::Hex => hex(value.cast_unsigned(), true, out),
        PrintFormat::Oct => octal(value.cast_unsigned(), out),
        PrintFormat::PaddedDec => padded(value, out),
        PrintFormat::Na | PrintFormat::Dec | PrintFormat::Id | PrintFormat::Dir => decimal(value, out),
    }
}

/// Decimal.
pub(super) fn decimal(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Decimal, without sign.
pub(super) fn unsigned(value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Hexadecimal without prefix.
pub(super) fn hex(value: u64, upper: bool, out: &mut Vec<u8>) {
    digits(value, 16, if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" }, out);
}

/// Octal with a leading zero (`%#o`).
fn octal(value: u64, out: &mut Vec<u8>) {
    if value != 0 {
        out.push(b'0');
    }
    digits(value, 8, b"01234567", out);
}

/// Decimal in at least nine characters, sign included (`%09d`).
fn padded(value: i64, out: &mut Vec<u8>) {
    let start = out.len();
    if value < 0 {
        out.push(b'-');
    }
    let sign = out.len();
    unsigned(value.unsigned_abs(), out);
    while out.len() - start < 9 {
        out.insert(sign, b'0');
    }
}

fn digits(mut value: u64, base: u64, alphabet: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        let digit = usize::try_from(value % base).unwrap_or(0);
        out.push(alphabet.get(digit).copied().unwrap_or(b'?'));
        value /= base;
        if value == 0 {
            break;
        }
    }
    if let Some(written) = out.get_mut(start..) {
        written.reverse();
    }
}

/// A floating-point number with six significant digits (`%g`).
pub(super) fn general(value: f64, out: &mut Vec<u8>) {
    const PRECISION: i32 = 6;
    if !value.is_finite() {
        let text = if value.is_nan() { "nan" } else { "inf" };
        let sign = if value == f64::NEG_INFINITY { "-" } else { "" };
        put(format_args!("{sign}{text}"), out);
        return;
    }
    // The exponent after rounding to six digits decides between the two notations.
    let start = out.len();
    put(format_args!("{value:.5e}"), out);
    let e = out.iter().rposition(|&b| b == b'e').unwrap_or(out.len());
    let digits = out.get(e + 1..).and_then(|text| std::str::from_utf8(text).ok());
    let exponent: i32 = digits.and_then(|text| text.parse().ok()).unwrap_or(0);
    if (-4..PRECISION).contains(&exponent) {
        out.truncate(start);
        let places = usize::try_from(PRECISION - 1 - exponent).unwrap_or(0);
        put(format_args!("{value:.places$}"), out);
        trim_zeros(start, out);
    } else {
        out.truncate(e);
        trim_zeros(start, out);
        let sign = if exponent < 0 { '-' } else { '+' };
        put(format_args!("e{sign}{:02}", exponent.unsigned_abs()), out);
    }
}

/// Takes trailing zeros off the decimal fraction written from `start` on, and the point if nothing remains.
fn trim_zeros(start: usize, out: &mut Vec<u8>) {
    let written = out.get(start..).unwrap_or(&[]);
    if !written.contains(&b'.') {
        return;
    }
    let zeros = written.iter().rev().take_while(|&&b| b == b'0').count();
    out.truncate(out.len() - zeros);
    if out.last() == Some(&b'.') {
        out.pop();
    }
}

/// Formats straight into a buffer.
pub(super) fn put(text: std::fmt::Arguments, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(write: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_print_as_printf_does() {
        use PrintFormat as P;
        for (value, fmt, want) in [
            (0, P::Oct, "0"),
            (0o644, P::Oct, "0644"),
            (-1, P::Dec, "-1"),
            (-1, P::Hex, "FFFFFFFF"),
            (0xab, P::Hex, "AB"),
            (42, P::PaddedDec, "000000042"),
            (-42, P::PaddedDec, "-00000042"),
            (i32::MIN, P::Na, "-2147483648"),
        ] {
            assert_eq!(shown(|out| int32(value, fmt, out)), want);
        }
        assert_eq!(shown(|out| int64(-1, P::Hex, out)), "FFFFFFFFFFFFFFFF");
        assert_eq!(shown(|out| int64(i64::MIN, P::Dec, out)), "-9223372036854775808");
    }

    #[test]
    fn floats_print_as_printf_g_does() {
        for (value, want) in [
            (0.0, "0"),
            (0.5, "0.5"),
            (1.0, "1"),
            (0.000_1, "0.0001"),
            (0.000_01, "1e-05"),
            (123_456.0, "123456"),
            (999_999.5, "1e+06"),
            (1_234_567.0, "1.23457e+06"),
            (0.123_456_789, "0.123457"),
            (18_446_744_073.709_55, "1.84467e+10"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(shown(|out| general(value, out)), want);
        }
    }
}
