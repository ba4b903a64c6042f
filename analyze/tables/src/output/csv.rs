//! Rows as comma-separated values (RFC 4180).
//!
//! Text that a spreadsheet would take for a formula begins with an apostrophe: whoever was recorded chose it.

use std::io::Write;

use polars::prelude::{DataFrame, Schema};
use scap_analyze::print::defused;

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

fn failed(error: csv::Error) -> Error {
    Error::Output(error.into())
}

impl<W: Write> Sink for CsvSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        for name in schema.iter_names() {
            self.out.write_field(&*defused(name.as_str().into())).map_err(failed)?;
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
                let cell = if is_text(&value) { defused(text.as_str().into()) } else { text.as_str().into() };
                self.out.write_field(&*cell).map_err(failed)?;
            }
            self.out.write_record(None::<&[u8]>).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
