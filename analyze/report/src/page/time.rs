//! Times and spans of time for people. All UTC; traces are read far from where they were made.

use maud::{Markup, html};
use scap_analyze::print::{clock_time, date_time, iso8601_utc};

/// `22:27:57.930540`, with the whole time for machines.
pub(super) fn clock(ts: u64) -> Markup {
    let mut shown = clock_time(ts, true);
    // Microseconds tell events apart well enough for reading.
    shown.truncate(shown.len().saturating_sub(3));
    html! { time datetime=(iso8601_utc(ts)) { (shown) } }
}

/// `2026-11-21 22:27:57.930540340`.
pub(super) fn full(ts: u64) -> Markup {
    html! { time datetime=(iso8601_utc(ts)) { (date_time(ts, true)) } }
}

/// The time of day where a trace stays within a day, and the date before it where it does not.
pub(super) fn short(ts: u64, several_days: bool) -> Markup {
    if !several_days {
        return clock(ts);
    }
    let mut shown = date_time(ts, true);
    shown.truncate(shown.len().saturating_sub(6));
    html! { time datetime=(iso8601_utc(ts)) { (shown) } }
}

/// `1.3 µs`, `4.5 ms`, `12.0 s`, `5 min 3 s`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn span(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    #[allow(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let scaled = |unit: u64| ns as f64 / unit as f64;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} µs", scaled(1_000)),
        1_000_000..1_000_000_000 => format!("{:.1} ms", scaled(1_000_000)),
        _ if seconds < 60 => format!("{:.1} s", scaled(1_000_000_000)),
        _ if seconds < 3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// How long after `zero` something was: `+1.3 ms`, `−20 ns`; nothing at `zero`.
pub(super) fn offset(ts: u64, zero: u64) -> String {
    match ts.cmp(&zero) {
        std::cmp::Ordering::Equal => "0".into(),
        std::cmp::Ordering::Greater => format!("+{}", span(ts - zero)),
        std::cmp::Ordering::Less => format!("−{}", span(zero - ts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        let shown =
            [20, 1_300, 4_500_000, 12_000_000_000, 303_000_000_000, 7_500_000_000_000, 273_600_000_000_000];
        assert_eq!(
            shown.map(span),
            ["20 ns", "1.3 µs", "4.5 ms", "12.0 s", "5 min 3 s", "2 h 5 min", "3 d 4 h"]
        );
        assert_eq!((offset(5, 7), offset(7, 7), offset(9, 7)), ("−2 ns".into(), "0".into(), "+2 ns".into()));
    }
}
