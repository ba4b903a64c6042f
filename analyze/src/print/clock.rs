//! Times in nanoseconds since the epoch, written in UTC.
//!
//! Traces are read far from where they were made, so nothing here asks for a time zone.

use std::fmt::Write as _;

const SECOND: u64 = 1_000_000_000;
const DAY: u64 = 86_400;

/// `HH:MM:SS`, and `.nnnnnnnnn` if `nanos`.
#[must_use]
pub fn clock_time(ts: u64, nanos: bool) -> String {
    let mut out = String::with_capacity(20);
    write_clock(&mut out, ts, nanos);
    out
}

/// `YYYY-MM-DD HH:MM:SS`, and `.nnnnnnnnn` if `nanos`.
#[must_use]
pub fn date_time(ts: u64, nanos: bool) -> String {
    let mut out = String::with_capacity(32);
    write_date(&mut out, ts);
    out.push(' ');
    write_clock(&mut out, ts, nanos);
    out
}

/// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000`.
#[must_use]
pub fn iso8601_offset(ts: u64) -> String {
    iso8601(ts, "+0000")
}

/// `YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ`.
#[must_use]
pub fn iso8601_utc(ts: u64) -> String {
    iso8601(ts, "Z")
}

fn iso8601(ts: u64, zone: &str) -> String {
    let mut out = String::with_capacity(36);
    write_date(&mut out, ts);
    out.push('T');
    write_clock(&mut out, ts, true);
    out.push_str(zone);
    out
}

fn write_clock(out: &mut String, ts: u64, nanos: bool) {
    let second = ts / SECOND % DAY;
    // Writing to a string cannot fail.
    let _ = write!(out, "{:02}:{:02}:{:02}", second / 3600, second % 3600 / 60, second % 60);
    if nanos {
        let _ = write!(out, ".{:09}", ts % SECOND);
    }
}

fn write_date(out: &mut String, ts: u64) {
    let (year, month, day) = civil(ts / SECOND / DAY);
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
}

/// Year, month and day of the `days`-th day after 1970-01-01.
///
/// Counts in eras of 400 years that begin on March 1st, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        let ts = 1_795_293_734_015_538_433;
        assert_eq!(clock_time(ts, true), "20:42:14.015538433");
        assert_eq!(clock_time(ts, false), "20:42:14");
        assert_eq!(date_time(ts, true), "2026-11-21 20:42:14.015538433");
        assert_eq!(iso8601_utc(ts), "2026-11-21T20:42:14.015538433Z");
        assert_eq!(iso8601_offset(0), "1970-01-01T00:00:00.000000000+0000");
    }

    #[test]
    fn leap_days_and_the_end_of_time_are_dates() {
        assert_eq!(date_time(951_782_400 * SECOND, false), "2000-02-29 00:00:00");
        assert_eq!(date_time(u64::MAX, false), "2554-07-21 23:34:33");
    }
}
