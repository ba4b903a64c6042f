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
}

impl<W: Write> JsonSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

/// Keys in alphabetical order, as Falco writes them.
#[derive(Serialize)]
struct Line<'a> {
    hostname: &'a str,
    output: &'a str,
    output_fields: &'a BTreeMap<String, Json>,
    priority: &'static str,
    rule: &'a str,
    source: &'a str,
    tags: &'a [String],
    time: String,
}

impl<W: Write> Sink for JsonSink<W> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let line = Line {
            hostname: &alert.hostname,
            output: &alert.output,
            output_fields: &alert.output_fields,
            priority: alert.rule.priority.name(),
            rule: &alert.rule.name,
            source: &alert.rule.source,
            tags: &alert.rule.tags,
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
