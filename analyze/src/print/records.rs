//! Records as comma-separated values (RFC 4180), whatever they are of.
//!
//! Takes cells; writes lines. What strangers chose is written as [`text`](CsvWriter::text), which no spreadsheet takes for a formula.

use std::io::{self, Write};

use super::defused;

/// Writes records, cell by cell. Errors are those of the writer below, so that a reader who went away can be told from a full disk.
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out) }
    }

    /// Writes a record of cells that are our own words, such as the names of the columns.
    ///
    /// # Errors
    /// If what is written to fails.
    pub fn header<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> io::Result<()> {
        cells.into_iter().try_for_each(|cell| self.cell(cell))?;
        self.end()
    }

    /// Writes a cell that holds nothing of strangers.
    ///
    /// # Errors
    /// If what is written to fails.
    pub fn cell(&mut self, cell: &str) -> io::Result<()> {
        self.out.write_field(cell).map_err(cause)
    }

    /// Writes a cell of the evidence; a formula becomes text.
    ///
    /// # Errors
    /// If what is written to fails.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.cell(&defused(text.into()))
    }

    /// Ends the record.
    ///
    /// # Errors
    /// If what is written to fails.
    pub fn end(&mut self) -> io::Result<()> {
        self.out.write_record(None::<&[u8]>).map_err(cause)
    }

    /// Hands on what is still held.
    ///
    /// # Errors
    /// If what is written to fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What failed below; the library's own error keeps it to itself.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        let mut out = Vec::new();
        let mut csv = CsvWriter::new(&mut out);
        csv.header(["a", "b,c"]).unwrap();
        csv.text("=HYPERLINK(\"x\")").and_then(|()| csv.cell("-5")).and_then(|()| csv.end()).unwrap();
        csv.flush().unwrap();
        drop(csv);
        assert_eq!(String::from_utf8(out).unwrap(), "a,\"b,c\"\n\"'=HYPERLINK(\"\"x\"\")\",-5\n");
    }

    #[test]
    fn a_reader_that_went_away_is_told_as_such() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut csv = CsvWriter::new(Gone);
        let long = "x".repeat(1 << 20);
        let failed = csv.cell(&long).and_then(|()| csv.end()).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::BrokenPipe);
    }
}
