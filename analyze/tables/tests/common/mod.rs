//! What tests of tables share: samples, and rows as JSON values.
#![allow(dead_code, reason = "each test uses a part of it")]

use polars::prelude::{DataFrame, Schema};
use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Range, walk_parts};
use scap_format::TraceReader;
use scap_format::source::Parts;
use scap_rules::{Filter, RuleSet, Template};
use scap_tables::output::{JsonLinesSink, Sink};
use scap_tables::{Error, Open, Question, Statement, Trace, Type, Unreadable};
use serde_json::Value as Json;
use std::convert::Infallible;
use std::io::Cursor;
use std::path::Path;

/// Bytes of a sample.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/traces").join(name);
    std::fs::read(path).expect("a sample")
}

/// A trace in memory, opened.
pub(crate) fn parts(bytes: &[u8]) -> Parts {
    scap_format::source::parts(Box::new(Cursor::new(bytes.to_vec())), "memory").expect("a trace")
}

struct InMemory(Vec<u8>);

impl Open for InMemory {
    fn parts(&self) -> Result<Parts, Unreadable> {
        Ok(scap_format::source::parts(Box::new(Cursor::new(self.0.clone())), "memory")?)
    }

    fn whole(&self) -> Result<TraceReader, Unreadable> {
        Ok(TraceReader::from_reader(Box::new(Cursor::new(self.0.clone())), "memory")?)
    }
}

pub(crate) fn trace_of_bytes(name: &str, bytes: Vec<u8>) -> Trace<'static> {
    Trace { name: name.to_owned(), range: Range::default(), open: Box::new(InMemory(bytes)) }
}

pub(crate) fn trace_of(name: &str) -> Trace<'static> {
    trace_of_bytes(name, sample(name))
}

/// The built-in rules.
pub(crate) fn rules() -> RuleSet {
    scap_rules::Loader::new(&Scheme).file("built-in", scap_rules::builtin()).load().1
}

/// Rows of an answer.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// Names and types.
    pub(crate) columns: Vec<(String, String)>,
    /// Values.
    pub(crate) lines: Vec<Vec<Json>>,
}

impl Sink for Rows {
    fn begin(&mut self, schema: &Schema) -> Result<(), Error> {
        self.columns = schema.iter().map(|(name, ty)| (name.to_string(), ty.to_string())).collect();
        Ok(())
    }

    fn rows(&mut self, rows: &DataFrame) -> Result<(), Error> {
        let mut text = Vec::new();
        let mut sink = JsonLinesSink::new(&mut text);
        sink.begin(rows.schema())?;
        sink.rows(rows)?;
        drop(sink);
        let names: Vec<String> = rows.schema().iter_names().map(ToString::to_string).collect();
        for line in String::from_utf8(text).expect("JSON is UTF-8").lines() {
            let object: serde_json::Map<String, Json> = serde_json::from_str(line).expect("an object");
            self.lines.push(names.iter().map(|name| object[name].clone()).collect());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// What the engine calls a type.
pub(crate) fn engine_type(ty: Type) -> String {
    match ty {
        Type::Text => "str",
        Type::Int => "i64",
        Type::Uint => "u64",
        Type::Bool => "bool",
        Type::Time => "datetime[ns, UTC]",
    }
    .to_owned()
}

/// The answer to `sql` on samples.
pub(crate) fn ask(samples: &[&str], sql: &str) -> Result<Rows, Error> {
    let traces: Vec<Trace<'static>> = samples.iter().map(|name| trace_of(name)).collect();
    ask_of(&traces, sql, 1 << 30)
}

/// The answer to `sql` on `traces`, holding `memory` bytes at most.
pub(crate) fn ask_of(traces: &[Trace<'_>], sql: &str, memory: usize) -> Result<Rows, Error> {
    let statement = Statement::parse(sql).map_err(Error::Statement)?;
    let (mut rows, rules) = (Rows::default(), rules());
    let question = Question { traces, rules: Some(&rules), memory };
    question.answer(&statement, &mut |name, note| panic!("{name}: {note:?}"), &mut rows)?;
    Ok(rows)
}

/// The one number of an answer.
pub(crate) fn count_of(rows: &Rows) -> usize {
    usize::try_from(rows.lines[0][0].as_u64().expect("a number")).expect("a count")
}

/// What `what` makes of each event of a sample that fulfils `condition`.
pub(crate) fn events_that<T>(name: &str, condition: &str, mut what: impl FnMut(&Fields<'_>) -> T) -> Vec<T> {
    let filter = Filter::compile(condition, &Scheme).expect(condition);
    let mut found = Vec::new();
    let everything = Range::default().wanted(|_| true);
    let walked = walk_parts(
        parts(&sample(name)),
        name,
        &everything,
        |damage| panic!("{damage:?}"),
        |fields| {
            if filter.matches(fields) {
                found.push(what(fields));
            }
            Ok::<_, Infallible>(())
        },
    );
    walked.expect("a sample can be read");
    found
}

/// A field as text.
pub(crate) fn text_of(fields: &Fields<'_>, name: &str) -> String {
    let template = Template::parse(&format!("*%{name}"), &Scheme).expect("a field");
    let mut out = Vec::new();
    scap_analyze::print::fill(&template, fields, &mut out);
    let text = String::from_utf8(out).expect("printed text is UTF-8");
    if text == "<NA>" { String::new() } else { text }
}
