//! Alerts as comma-separated values (RFC 4180), for spreadsheets and databases.
//!
//! Columns: `time,priority,rule,source,hostname,tags,output,output_fields`; tags are separated by blanks,
//! fields are one JSON object. No cell is a formula.

use std::io::{self, Write};

use super::Sink;
use crate::alert::Alert;
use crate::print::{CsvWriter, iso8601_utc};

const HEADER: [&str; 8] =
    ["time", "priority", "rule", "source", "hostname", "tags", "output", "output_fields"];

/// Writes a header and one record an alert.
#[derive(Debug)]
pub struct CsvSink<W: Write> {
    out: CsvWriter<W>,
    begun: bool,
}

impl<W: Write> CsvSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: CsvWriter::new(out), begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.out.header(HEADER)?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for CsvSink<W> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        self.begin()?;
        let out = &mut self.out;
        out.cell(&iso8601_utc(alert.ts))?;
        out.cell(alert.rule.priority.name())?;
        out.text(&alert.rule.name)?;
        out.text(&alert.rule.source)?;
        out.text(&alert.hostname)?;
        out.text(&alert.rule.tags.join(" "))?;
        out.text(&alert.output)?;
        out.cell(&serde_json::to_string(&alert.output_fields)?)?;
        out.end()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_quoted_and_the_header_comes_even_without_alerts() {
        let mut out = Vec::new();
        CsvSink::new(&mut out).finish().expect("a vector takes everything");
        assert_eq!(out, format!("{}\n", HEADER.join(",")).as_bytes());

        let mut out = Vec::new();
        let mut sink = CsvSink::new(&mut out);
        sink.alert(&crate::sink::samples::alert()).expect("a vector takes everything");
        sink.finish().expect("a vector takes everything");
        drop(sink);
        let mut reader = csv::Reader::from_reader(out.as_slice());
        let record = reader.records().next().expect("one record").expect("well formed");
        assert_eq!(record.get(2), Some("Shadow read, \"quoted\""));
        assert_eq!(record.get(5), Some("T1555 host"));
    }

    #[test]
    fn a_host_that_is_called_like_a_formula_is_a_text() {
        let mut out = Vec::new();
        let mut sink = CsvSink::new(&mut out);
        let alert = Alert { hostname: "=1+1".into(), ..crate::sink::samples::alert() };
        sink.alert(&alert).and_then(|()| sink.finish()).expect("a vector takes everything");
        drop(sink);
        let mut reader = csv::Reader::from_reader(out.as_slice());
        let record = reader.records().next().expect("one record").expect("well formed");
        assert_eq!(record.get(4), Some("'=1+1"));
    }
}
