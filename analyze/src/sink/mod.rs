//! Where alerts go: one writer for each format.
//!
//! A [`Sink`] takes finished alerts in event order and writes them to anything that takes bytes. Summaries and
//! progress are no business of sinks.

mod csv;
mod json;
mod terminal;
mod text;

use std::io::{self, Write};

pub use csv::CsvSink;
pub use json::{JsonSink, Omit};
pub use terminal::TerminalSafe;
pub use text::TextSink;

use crate::alert::Alert;

/// Takes alerts.
pub trait Sink {
    /// Writes one alert.
    ///
    /// # Errors
    /// If its writer fails.
    fn alert(&mut self, alert: &Alert) -> io::Result<()>;

    /// Writes what is still buffered. Called after the last alert, and perhaps between alerts.
    ///
    /// # Errors
    /// If its writer fails.
    fn finish(&mut self) -> io::Result<()>;
}

/// Keeps alerts, to be written later.
#[derive(Debug, Default)]
pub struct Kept {
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// How many are kept at most; one more is an error.
    pub limit: usize,
}

impl Sink for Kept {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        if self.alerts.len() >= self.limit {
            return Err(io::Error::other("more alerts than are kept"));
        }
        self.alerts.push(alert.clone());
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Formats of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Falco's text line.
    Text,
    /// Falco's JSON object, one a line.
    Json,
    /// Comma-separated values with a header.
    Csv,
}

impl Format {
    /// A sink that writes this format to `out`.
    pub fn sink<'w>(self, out: impl Write + 'w) -> Box<dyn Sink + 'w> {
        match self {
            Format::Text => Box::new(TextSink::new(out)),
            Format::Json => Box::new(JsonSink::new(out)),
            Format::Csv => Box::new(CsvSink::new(out)),
        }
    }
}

#[cfg(test)]
pub(crate) mod samples {
    use std::sync::Arc;

    use crate::alert::{Alert, AlertRule};

    /// An alert with everything that makes formats differ.
    pub(crate) fn alert() -> Alert {
        let rule = AlertRule {
            id: scap_rules::RuleId(0),
            name: "Shadow read, \"quoted\"".to_owned(),
            priority: scap_rules::Priority::Warning,
            source: "syscall".to_owned(),
            tags: vec!["T1555".to_owned(), "host".to_owned()],
        };
        Alert {
            event: 7,
            ts: 1_795_293_734_015_538_433,
            rule: Arc::new(rule),
            hostname: "vm".into(),
            output: "20:42:14.015538433: Warning read file=/etc/shadow\nnext".to_owned(),
            output_fields: [
                ("proc.pid".to_owned(), 42.into()),
                ("container.name".to_owned(), serde_json::Value::Null),
                ("fd.name".to_owned(), "/etc/shadow".into()),
            ]
            .into(),
        }
    }
}
