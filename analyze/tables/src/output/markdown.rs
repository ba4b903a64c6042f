//! Rows as a Markdown table.
//!
//! Whatever Markdown or HTML would read something into is escaped, so that evidence shows as it is.

use std::io::Write;

use polars::prelude::{DataFrame, Schema};

use super::Sink;
use super::table::{is_number, one_line};
use super::value::{at, columns, write};
use crate::error::Error;

/// Writes a header and one line a row.
#[derive(Debug)]
pub struct MarkdownSink<W> {
    out: W,
}

impl<W: Write> MarkdownSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

/// `text` without anything that Markdown or HTML would read something into.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}

impl<W: Write> Sink for MarkdownSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        let (mut names, mut line) = (String::from("|"), String::from("|"));
        for (name, ty) in schema.iter() {
            names.push_str(&format!(" {} |", escaped(name)));
            line.push_str(if is_number(ty) { " ---: |" } else { " --- |" });
        }
        Ok(writeln!(self.out, "{names}\n{line}")?)
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let (columns, mut text) = (columns(rows), String::new());
        for row in 0..rows.height() {
            self.out.write_all(b"|")?;
            for column in &columns {
                text.clear();
                write(&at(column, row)?, &mut text);
                write!(self.out, " {} |", escaped(&text))?;
            }
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
