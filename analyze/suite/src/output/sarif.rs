//! A report as SARIF 2.1.0: each failure a result at its place in the suite.

use std::fmt::Write as _;

use scap_rules::Location;
use serde_json::{Value as Json, json};

use super::{headline, pretty, title};
use crate::judge::{Failure, FailureKind};
use crate::report::{Report, TestReport};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The document, with a line end.
pub(super) fn document(report: &Report) -> String {
    let results =
        report.tests.iter().flat_map(|test| test.failures.iter().map(move |failure| result(test, failure)));
    let notifications = report.tests.iter().filter_map(notification);
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "scap test",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": FailureKind::ALL.map(kind),
            }},
            "invocations": [{
                "executionSuccessful": report.broken().next().is_none(),
                "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    });
    format!("{document:#}\n")
}

fn kind(kind: FailureKind) -> Json {
    json!({ "id": kind.name(), "shortDescription": { "text": format!("A rule {}", pretty::in_words(kind)) } })
}

fn result(test: &TestReport, failure: &Failure) -> Json {
    let mut body = String::new();
    pretty::failure_lines(&mut body, failure);
    let mut result = json!({
        "ruleId": failure.kind.name(),
        "level": "error",
        "message": { "text": format!("{}\n{}\n{}", title(test), headline(failure), body.trim_end()) },
        "locations": [{ "physicalLocation": physical(&failure.location) }],
    });
    // The built-in rules are no file that a viewer could open.
    let rule = failure.rule_location.as_ref().filter(|at| !at.file.starts_with('('));
    if let (Some(at), Some(result)) = (rule, result.as_object_mut()) {
        let related =
            json!([{ "id": 0, "physicalLocation": physical(at), "message": { "text": "the rule" } }]);
        result.insert("relatedLocations".to_owned(), related);
    }
    result
}

fn notification(test: &TestReport) -> Option<Json> {
    Some(json!({
        "level": "error",
        "message": { "text": format!("{}: {}", title(test), test.error.as_ref()?) },
        "locations": [{ "physicalLocation": physical(&test.location) }],
    }))
}

fn physical(at: &Location) -> Json {
    json!({
        "artifactLocation": { "uri": uri(&at.file) },
        "region": { "startLine": at.line, "startColumn": at.column },
    })
}

/// A path as a URI reference.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_path_is_escaped_in_a_uri() {
        assert_eq!(super::uri("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
    }
}
