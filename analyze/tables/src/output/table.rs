//! Rows as a table for people, fitted to a width.
//!
//! Widths come from the first rows; what does not fit is cut with `…`. Control characters and those that reorder text are
//! escaped, so that evidence cannot steer a terminal.

use std::io::Write;

use polars::prelude::{DataFrame, DataType, Schema};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Sink;
use super::value::{at, columns, write};
use crate::error::Error;

/// Rows that widths are made of.
const SEEN: usize = 1000;
/// A column is never narrower than this because of others, unless it needs less.
const NARROW: usize = 8;
/// A column is never wider, where nothing else limits it.
const WIDE: usize = 100;
/// Between columns.
const GAP: &str = "  ";

/// Writes a header and one line a row.
#[derive(Debug)]
pub struct TableSink<W> {
    out: W,
    /// Columns of the terminal; `None` where it does not matter.
    width: Option<usize>,
    names: Vec<String>,
    right: Vec<bool>,
    /// Rows that wait for widths.
    waiting: Vec<Vec<String>>,
    /// Once they are known.
    widths: Vec<usize>,
}

impl<W: Write> TableSink<W> {
    /// Writes to `out`, fitted to `width` columns.
    pub fn new(out: W, width: Option<usize>) -> Self {
        Self { out, width, names: Vec::new(), right: Vec::new(), waiting: Vec::new(), widths: Vec::new() }
    }

    fn settle(&mut self) -> Result<(), Error> {
        if !self.widths.is_empty() || self.names.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let needed: Vec<usize> = (0..self.names.len())
            .map(|n| {
                let cells = waiting.iter().chain([&self.names]).filter_map(|row| row.get(n));
                cells.map(|cell| cell.width()).max().unwrap_or(0).min(WIDE)
            })
            .collect();
        self.widths = match self.width {
            Some(width) => fit(&needed, width),
            None => needed,
        };
        let names = self.names.clone();
        self.line(&names)?;
        let rule: Vec<String> = self.widths.iter().map(|&width| "─".repeat(width)).collect();
        self.line(&rule)?;
        waiting.iter().try_for_each(|row| self.line(row))
    }

    fn line(&mut self, cells: &[String]) -> Result<(), Error> {
        let mut line = String::new();
        for ((cell, &width), &right) in cells.iter().zip(&self.widths).zip(&self.right) {
            let cell = cut(cell, width);
            let space = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = if right { (space.as_str(), "") } else { ("", space.as_str()) };
            line.push_str(before);
            line.push_str(&cell);
            line.push_str(after);
            line.push_str(GAP);
        }
        Ok(writeln!(self.out, "{}", line.trim_end())?)
    }
}

/// Widths that together are at most `width`: the widest columns give way.
fn fit(needed: &[usize], width: usize) -> Vec<usize> {
    let gaps = GAP.len() * needed.len().saturating_sub(1);
    let room = width.saturating_sub(gaps);
    let total = |most: usize| needed.iter().map(|&one| one.min(most)).sum::<usize>();
    let mut most = needed.iter().copied().max().unwrap_or(0);
    while most > NARROW && total(most) > room {
        most -= 1;
    }
    let mut widths: Vec<usize> = needed.iter().map(|&one| one.min(most)).collect();
    // What is left over goes to those that were cut.
    let mut left = room.saturating_sub(widths.iter().sum());
    for (width, &needed) in widths.iter_mut().zip(needed) {
        let more = left.min(needed - *width);
        *width += more;
        left -= more;
    }
    widths
}

/// The beginning of `text` that takes `width` columns at most.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken < width
    };
    let mut out: String = text.chars().take_while(fits).collect();
    out.push('…');
    out
}

/// `text` on one line, with nothing in it that steers a terminal.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_format(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// Characters that reorder or hide the text around them.
const fn is_format(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

/// Whether values stand better at the right.
pub(super) fn is_number(ty: &DataType) -> bool {
    ty.is_primitive_numeric()
}

impl<W: Write> Sink for TableSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        self.names = schema.iter_names().map(|name| one_line(name)).collect();
        self.right = schema.iter_values().map(is_number).collect();
        Ok(())
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let columns = columns(rows);
        for row in 0..rows.height() {
            let mut cells = Vec::with_capacity(columns.len());
            for column in &columns {
                let mut text = String::new();
                write(&at(column, row)?, &mut text);
                // Of a megabyte no more is shown than of this.
                let shown: String = text.chars().take(2 * WIDE).collect();
                cells.push(one_line(&shown));
            }
            if self.widths.is_empty() {
                self.waiting.push(cells);
                if self.waiting.len() >= SEEN {
                    self.settle()?;
                }
            } else {
                self.line(&cells)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.settle()?;
        Ok(self.out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_give_way() {
        assert_eq!(fit(&[3, 50, 20], 100), [3, 50, 20]);
        let widths = fit(&[3, 50, 20], 54);
        assert_eq!(widths.iter().sum::<usize>() + 2 * GAP.len(), 54);
        assert_eq!(widths[0], 3);
        assert_eq!(fit(&[9, 9], 0), [NARROW, NARROW]);
    }

    #[test]
    fn cells_are_cut_by_what_they_take_on_a_terminal() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
    }

    #[test]
    fn nothing_in_a_cell_steers_the_terminal() {
        assert_eq!(one_line("a\x1b[2J\u{202e}b\nc"), "a\\u{1b}[2J\\u{202e}b\\nc");
    }
}
