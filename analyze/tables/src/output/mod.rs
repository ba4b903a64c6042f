//! Where the rows of an answer go.

mod csv;
mod jsonl;
mod markdown;
mod parquet;
mod table;
mod value;

use polars::prelude::{DataFrame, Schema};

use crate::error::Error;

pub use csv::CsvSink;
pub use jsonl::JsonLinesSink;
pub use markdown::MarkdownSink;
pub use parquet::ParquetSink;
pub use table::TableSink;

/// Takes the rows of an answer.
pub trait Sink {
    /// The columns, before any row.
    ///
    /// # Errors
    /// If they cannot be written.
    fn begin(&mut self, schema: &Schema) -> Result<(), Error>;

    /// Some rows.
    ///
    /// # Errors
    /// If they cannot be written.
    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error>;

    /// There are no more.
    ///
    /// # Errors
    /// If what is left cannot be written.
    fn finish(&mut self) -> Result<(), Error>;
}
