//! Rows as comma-separated values (RFC 4180).
//!
//! Text that a spreadsheet would take for a formula begins with an apostrophe: whoever was recorded chose it.

use std::io::Write;

use polars::prelude::{DataFrame, Schema};
use scap_analyze::print::CsvWriter;

use super::Sink;
use super::value::{at, columns, is_text, write};
use crate::error::Error;

/// Writes a header and one record a row.
#[derive(Debug)]
pub struct CsvSink<W: Write> {
    out: CsvWriter<W>,
}

impl<W: Write> CsvSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: CsvWriter::new(out) }
    }
}

impl<W: Write> Sink for CsvSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        for name in schema.iter_names() {
            self.out.text(name)?;
        }
        Ok(self.out.end()?)
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let (columns, mut text) = (columns(rows), String::new());
        for row in 0..rows.height() {
            for column in &columns {
                let value = at(column, row)?;
                text.clear();
                write(&value, &mut text);
                if is_text(&value) { self.out.text(&text)? } else { self.out.cell(&text)? }
            }
            self.out.end()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
