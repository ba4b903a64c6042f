//! Writes records in a schema and a format.

use std::io::{self, Write};

use scap_analyze::alert::Alert;
use scap_analyze::print::CsvWriter;

use crate::facts::Facts;
use crate::{flat, json, ocsf};

/// What fields are called and how they are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Schema {
    /// A flat table of our own.
    Scap,
    /// The Elastic Common Schema.
    Ecs,
    /// The Open Cybersecurity Schema Framework.
    Ocsf,
    /// What Timesketch imports.
    Timesketch,
}

/// How a record becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// Comma-separated values, with a header.
    Csv,
}

impl Format {
    /// How names of its files end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// What the records are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// Events.
    Events,
    /// Alerts, with the events that they are of.
    Alerts,
}

/// A schema that a format cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("OCSF is made of objects in objects, which CSV cannot hold: choose JSON lines")]
pub struct Unfit;

/// What is written: an event, and the alert that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    /// What the event tells.
    pub facts: &'r Facts<'r>,
    /// The alert; `None` if the record is of the event alone.
    pub alert: Option<&'r Alert>,
}

/// Writes records.
pub struct Exporter<W: Write> {
    out: Out<W>,
    what: What,
}

enum Out<W: Write> {
    Flat(&'static [flat::Column], W),
    Nested(&'static [flat::Column], W),
    Csv { columns: &'static [flat::Column], out: Box<CsvWriter<W>>, begun: bool },
    Ocsf(W),
}

impl<W: Write> Exporter<W> {
    /// Writes records of `what` in `schema` and `format` to `out`.
    ///
    /// # Errors
    /// If the format cannot hold the schema.
    pub fn new(schema: Schema, format: Format, what: What, out: W) -> Result<Self, Unfit> {
        let out = match (flat::table(schema), format) {
            (Some(columns), Format::Csv) => {
                Out::Csv { columns, out: Box::new(CsvWriter::new(out)), begun: false }
            }
            (Some(columns), Format::JsonLines) if schema == Schema::Ecs => Out::Nested(columns, out),
            (Some(columns), Format::JsonLines) => Out::Flat(columns, out),
            (None, Format::JsonLines) => Out::Ocsf(out),
            (None, Format::Csv) => return Err(Unfit),
        };
        Ok(Self { out, what })
    }

    /// Writes one record.
    ///
    /// # Errors
    /// If its writer fails.
    pub fn write(&mut self, record: Record<'_>) -> io::Result<()> {
        match &mut self.out {
            Out::Flat(columns, out) => {
                json::write(out, &flat::Object::new(columns, &record))?;
                out.write_all(b"\n")
            }
            Out::Nested(columns, out) => {
                json::write(out, &flat::nested(columns, &record))?;
                out.write_all(b"\n")
            }
            Out::Csv { columns, out, begun } => {
                if !std::mem::replace(begun, true) {
                    flat::header(columns, self.what, out)?;
                }
                flat::cells(columns, self.what, &record, out)
            }
            Out::Ocsf(out) => {
                json::write(out, &ocsf::object(&record))?;
                out.write_all(b"\n")
            }
        }
    }

    /// Writes what is still to be written: a header at least, where there is one.
    ///
    /// # Errors
    /// If its writer fails.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Flat(_, out) | Out::Nested(_, out) | Out::Ocsf(out) => out.flush(),
            Out::Csv { columns, out, begun } => {
                if !std::mem::replace(begun, true) {
                    flat::header(columns, self.what, out)?;
                }
                out.flush()
            }
        }
    }
}
