//! Alerts as Falco's JSON objects, one a line.
//!
//! Keys, their order and their types are Falco's, so that its consumers take them unchanged.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value as Json;

use super::Sink;
use crate::alert::Alert;
use crate::print::iso8601_utc;

/// Writes one JSON object a line.
#[derive(Debug)]
pub struct JsonSink<W> {
    out: W,
    omit: Omit,
}

/// Keys that are left out of every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Omit {
    /// `output` (Falco's `json_include_output_property`, turned off).
    pub output: bool,
    /// `output_fields` (Falco's `json_include_output_fields_property`, turned off).
    pub output_fields: bool,
    /// `tags` (Falco's `json_include_tags_property`, turned off).
    pub tags: bool,
}

impl<W: Write> JsonSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, omit: Omit::default() }
    }

    /// The same without some of the keys.
    #[must_use]
    pub fn without(self, omit: Omit) -> Self {
        Self { omit, ..self }
    }
}

/// Keys in alphabetical order, as Falco writes them.
#[derive(Serialize)]
struct Line<'a> {
    hostname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_fields: Option<&'a BTreeMap<String, Json>>,
    priority: &'static str,
    rule: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a [String]>,
    time: String,
}

impl<W: Write> Sink for JsonSink<W> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let line = Line {
            hostname: &alert.hostname,
            output: (!self.omit.output).then_some(&alert.output),
            output_fields: (!self.omit.output_fields).then_some(&alert.output_fields),
            priority: alert.rule.priority.name(),
            rule: &alert.rule.name,
            source: &alert.rule.source,
            tags: (!self.omit.tags).then_some(&alert.rule.tags),
            time: iso8601_utc(alert.ts),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_falcos_order_and_missing_values_are_null() {
        let mut out = Vec::new();
        let mut sink = JsonSink::new(&mut out);
        sink.alert(&crate::sink::samples::alert()).expect("a vector takes everything");
        let line = String::from_utf8(out).expect("JSON is UTF-8");
        assert_eq!(
            line,
            concat!(
                r#"{"hostname":"vm","output":"20:42:14.015538433: Warning read file=/etc/shadow\nnext","#,
                r#""output_fields":{"container.name":null,"fd.name":"/etc/shadow","proc.pid":42},"#,
                r#""priority":"Warning","rule":"Shadow read, \"quoted\"","source":"syscall","#,
                r#""tags":["T1555","host"],"time":"2026-11-21T20:42:14.015538433Z"}"#,
                "\n"
            )
        );
    }
}
