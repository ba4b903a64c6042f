//! Rows as Parquet, compressed by zstd.
//!
//! A row group is written as soon as there are enough rows for one, so that no more is held.

use std::io::Write;

use polars::prelude::{CompatLevel, DataFrame, PolarsError, PolarsResult, Schema, SchemaExt as _};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding, FileWriter, StatisticsOptions,
    Version, WriteOptions, array_to_columns, get_dtype_encoding,
};

use super::Sink;
use crate::error::Error;

/// Rows of a row group, unless they are large.
const ROWS: usize = 1 << 17;
/// Bytes of a row group in memory.
const BYTES: usize = 64 << 20;

/// Writes one file.
pub struct ParquetSink<W: Write> {
    /// Until there are columns.
    out: Option<W>,
    file: Option<FileWriter<W>>,
    encodings: Vec<Vec<Encoding>>,
    waiting: Option<DataFrame>,
}

const OPTIONS: WriteOptions = WriteOptions {
    statistics: StatisticsOptions {
        min_value: true,
        max_value: true,
        distinct_count: false,
        null_count: true,
    },
    version: Version::V1,
    compression: CompressionOptions::Zstd(None),
    data_page_size: None,
};

fn failed(error: PolarsError) -> Error {
    match error {
        PolarsError::IO { error, .. } => Error::Output(std::io::Error::new(error.kind(), error.to_string())),
        other => Error::Engine(other.to_string()),
    }
}

impl<W: Write> ParquetSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: Some(out), file: None, encodings: Vec::new(), waiting: None }
    }

    fn write(&mut self) -> Result<(), Error> {
        let (Some(mut rows), Some(file)) = (self.waiting.take(), &mut self.file) else { return Ok(()) };
        rows.rechunk_mut();
        row_group(file, &self.encodings, &rows).map_err(failed)
    }
}

/// Writes `rows` as one row group.
fn row_group<W: Write>(
    file: &mut FileWriter<W>,
    encodings: &[Vec<Encoding>],
    rows: &DataFrame,
) -> PolarsResult<()> {
    for chunk in rows.iter_chunks(CompatLevel::newest(), false).filter(|chunk| !chunk.is_empty()) {
        let mut columns = Vec::new();
        let fields = file.parquet_schema().fields().to_vec();
        for ((array, field), encoding) in chunk.columns().iter().zip(fields).zip(encodings) {
            for pages in array_to_columns(array, field, OPTIONS, encoding)? {
                let pages = pages
                    .map(|page| page.map_err(|error| ParquetError::FeatureNotSupported(error.to_string())));
                let packed = Compressor::new_from_vec(pages, OPTIONS.compression, Vec::new());
                columns.push(Ok(DynStreamingIterator::new(
                    polars_parquet::write::FallibleStreamingIterator::map_err(packed, PolarsError::from),
                )));
            }
        }
        let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        file.write(count, DynIter::new(columns.into_iter()))?;
    }
    Ok(())
}

impl<W: Write> Sink for ParquetSink<W> {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let arrow = schema.to_arrow(CompatLevel::newest());
        self.encodings = arrow.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
        self.file = Some(FileWriter::try_new(out, arrow, OPTIONS).map_err(failed)?);
        Ok(())
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        match &mut self.waiting {
            Some(waiting) => {
                waiting.vstack_mut(rows).map_err(failed)?;
            }
            None => self.waiting = Some(rows.clone()),
        }
        let full = |rows: &DataFrame| rows.height() >= ROWS || rows.estimated_size() >= BYTES;
        if self.waiting.as_ref().is_some_and(full) {
            self.write()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.write()?;
        if let Some(mut file) = self.file.take() {
            file.end(None).map_err(failed)?;
            file.into_inner().flush()?;
        }
        Ok(())
    }
}
