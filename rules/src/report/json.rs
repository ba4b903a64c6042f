//! Load results as the JSON that Falco prints with `-V … -o json_output=true`.
//!
//! Keys and nesting are Falco's `load_result::as_json`; lines and columns count from 0 there, as its YAML
//! library does. Messages are this project's own.

use serde_json::{Value, json};

use super::{FileReport, Frame, LoadReport, Problem};
use crate::source::Location;

impl LoadReport {
    /// The object with the one key `falco_load_results`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "falco_load_results": self.files.iter().map(file).collect::<Vec<_>>() })
    }
}

fn file(report: &FileReport) -> Value {
    let of = |errors: bool| -> Vec<Value> {
        report.problems.iter().filter(|p| p.is_error() == errors).map(problem).collect()
    };
    json!({ "name": report.name, "successful": report.is_ok(), "errors": of(true), "warnings": of(false) })
}

fn problem(problem: &Problem) -> Value {
    let mut message = problem.message.clone();
    if let Some(suggestion) = &problem.suggestion {
        message.push_str(&format!(" (did you mean `{suggestion}`?)"));
    }
    let mut object = json!({
        "code": problem.code.name(),
        "codedesc": problem.code.title(),
        "message": message,
        "context": {
            "locations": problem.context.iter().map(frame).collect::<Vec<_>>(),
            "snippet": snippet(problem.location.as_ref()),
        },
    });
    if let (Some(field), Some(object)) = (&problem.deprecated_field, object.as_object_mut()) {
        object.insert("deprecated_field".to_owned(), json!(field));
    }
    object
}

fn frame(frame: &Frame) -> Value {
    let (name, line, column, offset) = match &frame.location {
        Some(at) => (at.file.as_str(), at.line - 1, at.column - 1, at.offset),
        None => ("", 0, 0, 0),
    };
    json!({
        "item_type": frame.item_type,
        "item_name": frame.item_name,
        "position": { "name": name, "line": line, "column": column, "offset": offset },
    })
}

fn snippet(location: Option<&Location>) -> String {
    location.map_or_else(String::new, |at| format!("{}\n{}^\n", at.text, " ".repeat(at.column - 1)))
}
