//! Rows as JSON objects, one a line, with their keys in the order of the columns.

use std::io::Write;

use polars::prelude::{DataFrame, Schema};

use super::Sink;
use super::value::{at, columns, json};
use crate::error::Error;

/// Writes one JSON object a line.
#[derive(Debug)]
pub struct JsonLinesSink<W> {
    out: W,
    /// Names of the columns as JSON strings.
    keys: Vec<String>,
}

impl<W: Write> JsonLinesSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, keys: Vec::new() }
    }
}

impl<W: Write> Sink for JsonLinesSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        self.keys =
            schema.iter_names().map(|name| serde_json::Value::from(name.as_str()).to_string()).collect();
        Ok(())
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let columns = columns(rows);
        for row in 0..rows.height() {
            let mut before = '{';
            for (key, column) in self.keys.iter().zip(&columns) {
                write!(self.out, "{before}{key}:")?;
                serde_json::to_writer(&mut self.out, &json(&at(column, row)?))
                    .map_err(std::io::Error::from)?;
                before = ',';
            }
            self.out.write_all(b"}\n")?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
