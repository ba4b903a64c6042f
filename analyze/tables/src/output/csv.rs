//! Rows as comma-separated values (RFC 4180).
//!
//! Text that a spreadsheet would take for a formula begins with an apostrophe: whoever was recorded chose it.

use std::io::Write;

use polars::prelude::{DataFrame, Schema};

use super::Sink;
use super::value::{at, columns, is_text, write};
use crate::error::Error;

/// Writes a header and one record a row.
#[derive(Debug)]
pub struct CsvSink<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> CsvSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out) }
    }
}

/// Puts an apostrophe before what a spreadsheet would take for a formula.
fn defuse(text: &mut String) {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        text.insert(0, '\'');
    }
}

fn failed(error: csv::Error) -> Error {
    Error::Output(error.into())
}

impl<W: Write> Sink for CsvSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        for name in schema.iter_names() {
            let mut name = name.to_string();
            defuse(&mut name);
            self.out.write_field(&name).map_err(failed)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(failed)
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let (columns, mut text) = (columns(rows), String::new());
        for row in 0..rows.height() {
            for column in &columns {
                let value = at(column, row)?;
                text.clear();
                write(&value, &mut text);
                if is_text(&value) {
                    defuse(&mut text);
                }
                self.out.write_field(&text).map_err(failed)?;
            }
            self.out.write_record(None::<&[u8]>).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
