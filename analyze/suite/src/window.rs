//! Windows of time: `+1s..+2.5s`, `2026-01-31T12:00:00Z..`.

use jiff::{SignedDuration, Timestamp};

/// A window; what is `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    from: Option<Moment>,
    to: Option<Moment>,
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// ns since the epoch.
    At(u64),
    /// ns after the first event of the trace.
    After(u64),
}

impl Window {
    /// Reads `FROM..TO`, either of which may be left out.
    pub(crate) fn read(text: &str) -> Result<Window, String> {
        let wanted = || {
            format!(
                "expected FROM..TO, each +1.5s (after the first event), 2026-01-31T12:00:00Z or nothing, not `{text}`"
            )
        };
        let (from, to) = text.split_once("..").ok_or_else(wanted)?;
        let side = |text: &str| match text.trim() {
            "" => Some(None),
            text => moment(text).map(Some),
        };
        match (side(from), side(to)) {
            (Some(from), Some(to)) => Ok(Window { from, to }),
            _ => Err(wanted()),
        }
    }

    /// Whether it holds `ts` of a trace whose first event was at `first`, both ns since the epoch.
    pub(crate) fn contains(self, ts: u64, first: u64) -> bool {
        let at = |moment| match moment {
            Moment::At(at) => at,
            Moment::After(after) => first.saturating_add(after),
        };
        self.from.is_none_or(|from| ts >= at(from)) && self.to.is_none_or(|to| ts <= at(to))
    }
}

fn moment(text: &str) -> Option<Moment> {
    if let Some(after) = text.strip_prefix('+') {
        let after: SignedDuration = after.parse().ok()?;
        return u64::try_from(after.as_nanos()).ok().map(Moment::After);
    }
    let at: Timestamp = text.parse().ok()?;
    u64::try_from(at.as_nanosecond()).ok().map(Moment::At)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_relative_to_the_first_event_or_absolute() {
        let window = Window::read("+1s..+2.5s").expect("a window");
        assert!(window.contains(1_000_000_100, 100) && window.contains(2_500_000_100, 100));
        assert!(!window.contains(1_000_000_099, 100) && !window.contains(2_500_000_101, 100));
        let window = Window::read("1970-01-01T00:00:01Z..").expect("a window");
        assert!(window.contains(1_000_000_000, 0) && !window.contains(999_999_999, 0));
        assert!(Window::read("..").is_ok_and(|window| window.contains(0, 5)));
    }

    #[test]
    fn nonsense_is_no_window() {
        for text in ["", "+1s", "1..2", "+x..", "yesterday..today", "+-1s.."] {
            assert!(Window::read(text).is_err(), "{text}");
        }
    }
}
