//! Durations and points in time.

use super::{Rendered, number};

const NS_PER_S: u64 = 1_000_000_000;

/// A duration in ns: the number, and seconds as its resolved form; the largest value means there is none.
pub(super) fn relative(ns: u64, out: &mut Rendered) {
    if ns == u64::MAX {
        out.raw.extend_from_slice(b"none");
        return;
    }
    number::unsigned(ns, &mut out.raw);
    #[allow(clippy::cast_precision_loss, reason = "six digits are printed")]
    number::general(ns as f64 / NS_PER_S as f64, &mut out.resolved);
    out.resolved.push(b's');
}

/// A point in time (ns since the epoch) as `YYYY-MM-DD HH:MM:SS.nnnnnnnnn` in UTC, so that the text does
/// not depend on where it is made.
pub(super) fn absolute(ns: u64, out: &mut Vec<u8>) {
    let (secs, ns) = (ns / NS_PER_S, ns % NS_PER_S);
    let (year, month, day) = date(secs / 86_400);
    let (h, m, s) = (secs / 3600 % 24, secs / 60 % 60, secs % 60);
    number::put(format_args!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}.{ns:09}"), out);
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
///
/// Counts years from March, so that the leap day is the last of a year, and days in eras of 400 years.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    const TO_0000_03_01: u64 = 719_468;
    let days = days + TO_0000_03_01;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64, ns: u64) -> String {
        let mut out = Vec::new();
        absolute(secs * NS_PER_S + ns, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_are_those_of_the_gregorian_calendar() {
        assert_eq!(at(0, 0), "1970-01-01 00:00:00.000000000");
        assert_eq!(at(951_782_399, 1), "2000-02-28 23:59:59.000000001");
        assert_eq!(at(951_782_400, 0), "2000-02-29 00:00:00.000000000");
        assert_eq!(at(1_704_067_199, 999_999_999), "2023-12-31 23:59:59.999999999");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01 00:00:00.000000000");
        assert!(at(u64::MAX / NS_PER_S, 0).starts_with("2554-07-21"));
    }

    #[test]
    fn durations_are_also_given_in_seconds() {
        let mut out = Rendered::default();
        relative(1_500_000_000, &mut out);
        assert_eq!((out.raw.as_slice(), out.resolved.as_slice()), (&b"1500000000"[..], &b"1.5s"[..]));
        out.clear();
        relative(u64::MAX, &mut out);
        assert_eq!((out.raw.as_slice(), out.resolved.as_slice()), (&b"none"[..], &b""[..]));
    }
}
