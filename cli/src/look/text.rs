//! Evidence as text that is safe to show, in the room that there is.
//!
//! Every byte of evidence that `tree`, `timeline` and `summary` print goes through [`safe`]: line ends, control characters
//! and marks that reorder text come out as escapes, so that a name can neither steer a terminal nor fake a line.

use scap_account::{Account, Moment, Process, ProcessId};
use scap_analyze::print::{clock_time, date_time};
use scap_analyze::sink::TerminalSafe;
use scap_state::L4Proto;
use std::io::{IsTerminal, Write};
use unicode_width::UnicodeWidthChar;

/// `evidence` as a piece of one line.
pub(crate) fn safe(evidence: &[u8]) -> String {
    let mut out = Vec::with_capacity(evidence.len());
    for (n, line) in evidence.split(|&b| b == b'\n').enumerate() {
        if n > 0 {
            out.extend_from_slice(b"\\n");
        }
        let mut guard = TerminalSafe::new(&mut out);
        // A vector takes everything.
        let _ = guard.write_all(line).and_then(|()| guard.flush());
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The columns of standard output; `None` if it is no terminal, which has room for everything.
pub(crate) fn columns() -> Option<usize> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    terminal_size::terminal_size_of(&out).map(|(width, _)| usize::from(width.0)).filter(|&width| width >= 40)
}

/// How many columns `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// As much of `text` as fits into `room` columns, with `…` for the rest.
pub(crate) fn fit(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut left = room.saturating_sub(1);
    let mut out = String::new();
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        out.push(c);
    }
    out.push('…');
    out
}

/// How times of a trace are written: without the date where that is the same all over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    dated: bool,
}

const DAY: u64 = 86_400_000_000_000;

impl Times {
    /// For times between `first` and `last`, ns since the epoch.
    pub(crate) const fn between(first: u64, last: u64) -> Self {
        Self { dated: first / DAY != last / DAY }
    }

    /// For the span of `account`.
    pub(crate) fn of(account: &Account) -> Self {
        let summary = &account.summary;
        Self::between(summary.first_ts.unwrap_or(0), summary.last_ts.unwrap_or(0))
    }

    /// With `digits` digits behind the second, at least one.
    pub(crate) fn text(self, ts: u64, digits: usize) -> String {
        let mut text = if self.dated { date_time(ts, true) } else { clock_time(ts, true) };
        text.truncate(text.len() - (9 - digits.clamp(1, 9)));
        text
    }

    /// How long that is.
    pub(crate) const fn width(self, digits: usize) -> usize {
        (if self.dated { 20 } else { 9 }) + digits
    }
}

/// `name(pid)` with the name that it had at `at`; `?` for a process that is not known.
pub(crate) fn who(account: &Account, id: Option<ProcessId>, at: Moment) -> String {
    id.and_then(|id| account.process(id)).map_or_else(|| "?".to_owned(), |process| named(process, at))
}

/// `name(pid)` with the name that it had at `at`.
pub(crate) fn named(process: &Process, at: Moment) -> String {
    let name = process.image_at(at).map(|image| safe(&image.name)).unwrap_or_default();
    format!("{name}({})", process.pid)
}

/// The user's name, or its number.
pub(crate) fn user(uid: u32, name: &[u8]) -> String {
    match (uid, name) {
        (u32::MAX, _) => "?".to_owned(),
        (uid, b"" | b"<NA>") => uid.to_string(),
        (_, name) => safe(name),
    }
}

/// The name of a transport; empty if it is unknown.
pub(crate) fn proto(proto: L4Proto) -> &'static str {
    match proto.name() {
        "<NA>" => "",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_stays_on_its_line_and_cannot_steer() {
        assert_eq!(safe(b"a\nb\r\x1b[2J\xff"), "a\\nb\\r\\u{1b}[2J\\xff");
        assert_eq!(safe("x\u{202e}y\u{200f}".as_bytes()), "x\\u{202e}y\\u{200f}");
    }

    #[test]
    fn text_is_cut_by_columns() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdefg", 6), "abcde…");
        assert_eq!(fit("日本語です", 6), "日本…");
        assert_eq!(width(&fit("日本語です", 6)), 5);
    }

    #[test]
    fn dates_are_told_where_they_differ() {
        assert_eq!(Times::between(0, DAY - 1).text(1_500_000_000, 3), "00:00:01.500");
        assert_eq!(Times::between(0, DAY).text(1_500_000_000, 1), "1970-01-01 00:00:01.5");
    }
}
