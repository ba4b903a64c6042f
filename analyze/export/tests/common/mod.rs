//! Exports what tests are about: the intruder sample, and events made by hand.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::convert::Infallible;
use std::sync::Arc;

use scap_analyze::alert::{Alert, AlertRule};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk};
use scap_export::facts::{Collector, Facts};
use scap_export::{Exporter, Format, Record, Schema, What};
use scap_format::{EventBuf, TraceReader};
use scap_state::State;
use serde_json::Value as Json;

/// Shows the facts of every event of the intruder sample.
pub(crate) fn intruder(mut visit: impl FnMut(&Facts<'_>)) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/traces/intruder.zst");
    let mut trace = TraceReader::open(std::path::Path::new(path)).unwrap();
    let collector = Collector::new();
    let walked = walk::<Infallible>(
        &mut trace,
        &mut Cursor::new(),
        |_| {},
        |fields| {
            visit(&collector.facts(fields));
            Ok(())
        },
    );
    walked.unwrap();
}

/// Shows the facts of `events`, one after the other on one state.
pub(crate) fn played(events: &[EventBuf], mut visit: impl FnMut(&Facts<'_>)) {
    let (mut state, collector) = (State::new(), Collector::new());
    for event in events {
        let event = event.as_event();
        state.apply(&event);
        visit(&collector.facts(&Fields::new(event, &state)));
    }
}

/// An alert that says `output`.
pub(crate) fn alert(output: &str) -> Alert {
    let rule = AlertRule {
        id: scap_rules::RuleId(0),
        name: "Shadow read".to_owned(),
        priority: scap_rules::Priority::Warning,
        source: "syscall".to_owned(),
        tags: vec!["T1003.008".to_owned(), "host".to_owned(), "mitre_credential_access".to_owned()],
    };
    Alert {
        event: 7,
        ts: 1_795_293_734_015_538_433,
        rule: Arc::new(rule),
        hostname: "vm".into(),
        output: output.to_owned(),
        output_fields: [("proc.pid".to_owned(), 42.into()), ("fd.name".to_owned(), Json::Null)].into(),
    }
}

/// What is written of `facts` and `alert`.
pub(crate) fn written(schema: Schema, format: Format, facts: &Facts<'_>, alert: Option<&Alert>) -> String {
    let what = if alert.is_some() { What::Alerts } else { What::Events };
    let mut out = Vec::new();
    let mut exporter = Exporter::new(schema, format, what, &mut out).unwrap();
    exporter.write(Record { facts, alert }).unwrap();
    exporter.finish().unwrap();
    drop(exporter);
    String::from_utf8(out).unwrap()
}

/// The same as a JSON object.
pub(crate) fn object(schema: Schema, facts: &Facts<'_>, alert: Option<&Alert>) -> Json {
    let line = written(schema, Format::JsonLines, facts, alert);
    assert_eq!(line.matches('\n').count(), 1, "{line}");
    serde_json::from_str(&line).unwrap()
}

/// The cells of the record by the names of their columns.
pub(crate) fn cells(schema: Schema, facts: &Facts<'_>, alert: Option<&Alert>) -> Vec<(String, String)> {
    let text = written(schema, Format::Csv, facts, alert);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let record = reader.records().next().unwrap().unwrap();
    assert_eq!(header.len(), record.len());
    header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect()
}
