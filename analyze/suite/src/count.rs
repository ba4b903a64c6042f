//! How many: `3`, `none`, `>= 1`, `<= 5`, `2..4`.

use std::fmt;

use crate::format::CountSpec;

/// A range of numbers, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub least: u64,
    /// At most so many.
    pub most: u64,
}

impl Count {
    /// One or more.
    pub const SOME: Count = Count { least: 1, most: u64::MAX };

    /// Exactly `n`.
    #[must_use]
    pub const fn exactly(n: u64) -> Count {
        Count { least: n, most: n }
    }

    /// Whether `n` is in the range.
    #[must_use]
    pub fn allows(self, n: u64) -> bool {
        (self.least..=self.most).contains(&n)
    }

    /// Reads how many alerts are expected.
    pub(crate) fn read(spec: &CountSpec) -> Result<Count, String> {
        let text = match spec {
            CountSpec::Number(n) => return Ok(Count::exactly(*n)),
            CountSpec::Text(text) => text.trim(),
        };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let read = match text {
            "none" => Some(Count::exactly(0)),
            _ => match (text.strip_prefix(">="), text.strip_prefix("<=")) {
                (Some(least), _) => number(least).map(|least| Count { least, most: u64::MAX }),
                (_, Some(most)) => number(most).map(|most| Count { least: 0, most }),
                _ => return Count::between(text).ok_or_else(|| expected("none, \">= N\", \"<= N\"", text)),
            },
        };
        read.ok_or_else(|| expected("none, \">= N\", \"<= N\"", text))
    }

    /// Reads numbers of events.
    pub(crate) fn read_events(spec: &CountSpec) -> Result<Count, String> {
        match spec {
            CountSpec::Number(n) => Ok(Count::exactly(*n)),
            CountSpec::Text(text) => Count::between(text).ok_or_else(|| expected("N.., ..M", text)),
        }
    }

    /// `N..M`, `N..`, `..M` or `N`.
    fn between(text: &str) -> Option<Count> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let Some((least, most)) = text.split_once("..") else { return number(text).map(Count::exactly) };
        let least = if least.trim().is_empty() { 0 } else { number(least)? };
        let most = if most.trim().is_empty() { u64::MAX } else { number(most)? };
        (least <= most).then_some(Count { least, most })
    }
}

fn expected(or: &str, text: &str) -> String {
    format!("expected a number, N..M, {or}, not `{text}`")
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, 0) => f.write_str("none"),
            (least, most) if least == most => write!(f, "{least}"),
            (least, u64::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        Count::read(&CountSpec::Text(text.into())).map(|count| count.to_string())
    }

    #[test]
    fn counts_are_read_in_every_spelling() {
        assert_eq!(read("none").as_deref(), Ok("none"));
        assert_eq!(read(">= 2").as_deref(), Ok("at least 2"));
        assert_eq!(read("<=2").as_deref(), Ok("at most 2"));
        assert_eq!(read("2..4").as_deref(), Ok("2 to 4"));
        assert_eq!(read("7").as_deref(), Ok("7"));
        for wrong in ["", "some", "> 1", "4..2", "-1", ">= x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ends_of_a_range_of_events_may_be_left_out() {
        let read = |text: &str| Count::read_events(&CountSpec::Text(text.into()));
        assert_eq!(read("5.."), Ok(Count { least: 5, most: u64::MAX }));
        assert_eq!(read("..9"), Ok(Count { least: 0, most: 9 }));
        assert!(read("none").is_err());
    }
}
