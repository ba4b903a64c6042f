//! How much a page may hold.
//!
//! A trace may have millions of everything; a page that a browser opens may not. Lists are cut by number and by the
//! bytes their markup takes, whichever comes first, and what is cut is counted and said.

use maud::{Markup, PreEscaped, Render};

use crate::text::counted;

/// Most of each thing on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Alerts of one rule that are shown with their evidence.
    pub evidence_per_rule: usize,
    /// Alerts in all that are shown with their evidence.
    pub evidence: usize,
    /// Further alerts that are listed on a line.
    pub alerts: usize,
    /// Processes in the tree.
    pub processes: usize,
    /// Lines of the timeline.
    pub timeline: usize,
    /// Rows of each table.
    pub rows: usize,
    /// Bytes of the page, about.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            evidence_per_rule: 20,
            evidence: 500,
            alerts: 2000,
            processes: 5000,
            timeline: 3000,
            rows: 1000,
            bytes: 10 << 20,
        }
    }
}

/// Rows written so far of what may be too many.
pub(crate) struct Rows {
    out: String,
    most_rows: u64,
    most_bytes: usize,
    rows: u64,
    left_out: u64,
}

impl Rows {
    /// Takes `rows` at most, and `bytes` of markup.
    pub(crate) fn new(rows: usize, bytes: usize) -> Self {
        Self { out: String::new(), most_rows: rows as u64, most_bytes: bytes, rows: 0, left_out: 0 }
    }

    /// Whether one more would be counted only.
    pub(crate) fn is_full(&self) -> bool {
        self.left_out > 0 || self.rows >= self.most_rows || self.out.len() >= self.most_bytes
    }

    /// Adds a row, or counts it.
    pub(crate) fn add(&mut self, row: impl FnOnce() -> Markup) {
        if self.is_full() {
            self.left_out += 1;
            return;
        }
        row().render_to(&mut self.out);
        self.rows += 1;
    }

    /// Rows that were only counted, with `more` of which nobody asked.
    pub(crate) fn left_out(&self, more: u64) -> u64 {
        self.left_out.saturating_add(more)
    }

    /// Rows that are there.
    pub(crate) fn written(&self) -> u64 {
        self.rows
    }

    /// What was written.
    pub(crate) fn markup(&self) -> PreEscaped<&str> {
        PreEscaped(&self.out)
    }
}

/// `and 12 more files: counted, not listed`; nothing for none.
pub(crate) fn left_out(count: u64, what: &str) -> Markup {
    maud::html! {
        @if count > 0 {
            p.left-out { "… and " (counted(count, &format!("more {what}"))) ", counted but not listed here." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maud::html;

    #[test]
    fn rows_end_at_their_number_or_their_bytes_and_the_rest_is_counted() {
        let mut few = Rows::new(2, 1000);
        (0..5).for_each(|n| few.add(|| html! { li { (n) } }));
        assert_eq!((few.markup().0, few.left_out(0)), ("<li>0</li><li>1</li>", 3));
        let mut small = Rows::new(100, 15);
        (0..5).for_each(|n| small.add(|| html! { li { (n) } }));
        assert_eq!((small.written(), small.left_out(7)), (2, 10));
    }
}
