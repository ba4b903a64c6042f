//! The options that choose among a trace's events: time and filter.

use anyhow::{Result, anyhow, bail};
use scap_analyze::catalogue::Scheme;
use scap_analyze::replay::Range;
use scap_format::block::Block;
use scap_format::source::Input;
use scap_format::{Item, TraceReader};
use scap_rules::Filter;
use std::time::Duration;

/// A point in time as written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nanoseconds since the epoch.
    At(u64),
    /// After the trace's first event.
    After(Duration),
}

/// Reads `2026-11-21T20:42:14Z`, `2026-11-21T20:42:14.5`, seconds or nanoseconds since the epoch, or `+30s`.
///
/// # Errors
/// What was expected instead.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    let expected = "expected a time such as 2026-11-21T20:42:14Z (UTC if no zone is given), seconds or \
                    nanoseconds since the epoch, or +30s (after the first event)";
    if let Some(after) = text.strip_prefix('+') {
        return crate::units::duration(after).map(Moment::After);
    }
    if let Ok(number) = text.parse::<u64>() {
        // Seconds stay below this until the year 5138; nanoseconds were above it within two minutes of 1970.
        return Ok(Moment::At(if number < 100_000_000_000 { number * 1_000_000_000 } else { number }));
    }
    let zoned = text.parse::<jiff::Timestamp>();
    let utc = || text.parse::<jiff::civil::DateTime>().and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
    let at = zoned.or_else(|_| utc().map(|at| at.timestamp())).map_err(|_| expected.to_owned())?;
    u64::try_from(at.as_nanosecond()).map(Moment::At).map_err(|_| "before 1970".into())
}

/// Which events.
#[derive(clap::Args, Clone)]
pub(crate) struct RangeArgs {
    /// Only events from this time on (UTC), e.g. 2026-11-21T20:42:14Z or +30s.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Moment>,
    /// Only events up to this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Moment>,
}

impl Moment {
    fn in_words(self) -> String {
        match self {
            Moment::At(ts) => scap_analyze::print::iso8601_utc(ts),
            Moment::After(time) => format!("{:.3} s after the first event", time.as_secs_f64()),
        }
    }
}

impl RangeArgs {
    /// The events from `from` to `to`, for a command whose own `--to` means something else.
    pub(crate) fn between(from: Option<Moment>, to: Option<Moment>) -> Self {
        Self { from, to }
    }

    /// What it says, as `from … to …`; `None` if everything is in it.
    pub(crate) fn in_words(&self) -> Option<String> {
        let from = self.from.map(|from| format!("from {}", from.in_words()));
        let to = self.to.map(|to| format!("to {}", to.in_words()));
        let words: Vec<String> = from.into_iter().chain(to).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The range of `input`'s events that also pass `filter`.
    ///
    /// # Errors
    /// If the trace cannot be read to find its first event, or the range ends before it begins.
    pub(crate) fn of(&self, input: &Input, filter: Option<&Filter>) -> Result<Range> {
        let start = if self.is_relative() { first_ts(input)? } else { 0 };
        let (from, to) = self.times(start)?;
        Ok(Range { from, to, filter: filter.cloned() })
    }

    /// Whether it counts from the first event.
    pub(crate) fn is_relative(&self) -> bool {
        [self.from, self.to].iter().any(|moment| matches!(moment, Some(Moment::After(_))))
    }

    /// Its ends in a trace whose first event is at `start`; all in ns since the epoch. `None` is no end.
    ///
    /// # Errors
    /// If it ends before it begins.
    pub(crate) fn times(&self, start: u64) -> Result<(Option<u64>, Option<u64>)> {
        let at = |moment: Moment| match moment {
            Moment::At(at) => at,
            Moment::After(after) => start.saturating_add(u64::try_from(after.as_nanos()).unwrap_or(u64::MAX)),
        };
        let (from, to) = (self.from.map(at), self.to.map(at));
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            bail!("--to is before --from: no event is in between");
        }
        Ok((from, to))
    }
}

/// Time of `input`'s first event, ns since the epoch; 0 without events.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn first_ts(input: &Input) -> Result<u64> {
    if input.files.iter().any(|file| file.as_os_str() == "-") {
        bail!("times relative to the first event need a file, standard input can be read only once");
    }
    let mut trace = TraceReader::open_series(&input.files)?;
    while let Some(item) = trace.next()? {
        if let Item::Block(Block::Event(event)) = item {
            return Ok(event.ts);
        }
    }
    Ok(0)
}

/// Compiles a condition; a message with the text, a caret and what was probably meant if it does not.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn filter(text: &str) -> Result<Filter> {
    Filter::compile(text, &Scheme).map_err(|errors| {
        let shown: Vec<String> = errors.iter().map(|error| error.render(text)).collect();
        anyhow!("the filter does not compile\n{}", shown.join("\n").trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_every_spelling() {
        let at = Ok(Moment::At(1_700_000_000_000_000_000));
        assert_eq!(moment("2023-11-14T22:13:20Z"), at);
        assert_eq!(moment("2023-11-14T22:13:20"), at);
        assert_eq!(moment("2023-11-14T23:13:20+01:00"), at);
        assert_eq!(moment("1700000000"), at);
        assert_eq!(moment("1700000000000000000"), at);
        assert_eq!(moment("+1.5s"), Ok(Moment::After(Duration::from_millis(1500))));
        assert!(moment("yesterday").is_err());
    }
}
