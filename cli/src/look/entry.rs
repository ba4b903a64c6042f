//! The entries of a timeline: alerts and acts, each complete in itself; and how machines read them.

use super::text::safe;
use super::words::verb;
use super::{json, text};
use anyhow::Result;
use scap_account::{Account, Act, AlertMark, Moment, ProcessId};
use scap_analyze::print::CsvWriter;
use scap_rules::Priority;
use serde_json::{Value, json};
use std::io::Write;

/// One line of a timeline, complete in itself.
pub(crate) struct Entry {
    pub(crate) at: Moment,
    pub(crate) trace: usize,
    /// The process, and what to call it.
    pub(crate) process: Option<ProcessId>,
    pub(crate) who: String,
    pub(crate) pid: Option<i64>,
    pub(crate) name: String,
    pub(crate) cmdline: Value,
    pub(crate) user: String,
    pub(crate) container: String,
    pub(crate) what: What,
    /// What was done, and to what.
    pub(crate) kind: &'static str,
    pub(crate) object: String,
    pub(crate) error: i64,
}

pub(crate) enum What {
    Alert(AlertOf),
    Act { verb: &'static str },
}

/// What a rule said.
pub(crate) struct AlertOf {
    pub(crate) priority: Priority,
    pub(crate) rule: String,
    pub(crate) tags: Vec<String>,
    pub(crate) output: String,
}

/// A trace that entries come from.
pub(crate) struct Trace {
    pub(crate) name: String,
    pub(crate) host: String,
}

pub(crate) fn of_alert(account: &Account, mark: &AlertMark, trace: usize) -> Entry {
    let alert = &mark.alert;
    let rule = &alert.rule;
    // Time and priority stand elsewhere in the line.
    let said = alert.output.split_once(&format!(": {} ", rule.priority.name()));
    let output = said.map_or(alert.output.as_str(), |(_, said)| said);
    let what = What::Alert(AlertOf {
        priority: rule.priority,
        rule: safe(rule.name.as_bytes()),
        tags: rule.tags.clone(),
        output: output.to_owned(),
    });
    let at = Moment { event: alert.event, ts: alert.ts };
    entry(account, at, mark.process, trace, what, ("alert", output.as_bytes(), 0))
}

pub(crate) fn of_act(account: &Account, act: &Act, trace: usize) -> Entry {
    let what = What::Act { verb: verb(act.kind) };
    entry(account, act.at, act.process, trace, what, (act.kind.name(), &act.object, act.error))
}

fn entry(
    account: &Account,
    at: Moment,
    id: Option<ProcessId>,
    trace: usize,
    what: What,
    (kind, object, error): (&'static str, &[u8], i64),
) -> Entry {
    let process = id.and_then(|id| account.process(id));
    // As it was then: it may have become another program and another user since.
    let image = process.and_then(|process| process.image_at(at));
    let user = process.map(|process| process.user_at(at));
    let name = image.map(|image| safe(&image.name)).unwrap_or_default();
    let container = process.and_then(|process| account.container_of(process));
    Entry {
        at,
        trace,
        process: id,
        who: process.map_or_else(String::new, |process| format!("{name}({})", process.pid)),
        pid: process.map(|process| process.pid),
        name,
        cmdline: image.map_or(Value::Null, |image| json::text(&image.cmdline)),
        user: user.map(|(uid, name)| text::user(uid, name)).unwrap_or_default(),
        container: container.map(|one| one.id.clone()).unwrap_or_default(),
        what,
        kind,
        object: safe(object),
        error,
    }
}

impl Entry {
    /// What a rule said, if this is an alert.
    pub(crate) fn alert(&self) -> Option<&AlertOf> {
        match &self.what {
            What::Alert(alert) => Some(alert),
            What::Act { .. } => None,
        }
    }

    /// What the act failed with; `None` if it did not.
    fn error_name(&self) -> Option<String> {
        let error = u32::try_from(self.error).ok().filter(|&error| error > 0)?;
        Some(scap_schema::errno_name(error).map_or_else(|| error.to_string(), str::to_owned))
    }

    /// Whether `other` says the same of another file or of another process of the same name.
    pub(crate) fn is_like(&self, other: &Entry) -> bool {
        let same_sort = match (&self.what, &other.what) {
            (What::Alert(one), What::Alert(other)) => one.rule == other.rule,
            (What::Act { .. }, What::Act { .. }) => self.kind == other.kind,
            _ => false,
        };
        let same_process = self.process == other.process && self.process.is_some();
        let same_words = self.name == other.name && self.object == other.object;
        same_sort && self.trace == other.trace && (same_process || same_words)
    }
}

/// Reads a value of an entry, which may be one of its trace.
type Read = fn(&Entry, &[Trace]) -> Value;

/// The columns of both machine formats, in order: what each is called, and its value.
const COLUMNS: [(&str, Read); 15] = [
    ("time", |entry, _| json::time(entry.at.ts)),
    ("event", |entry, _| json!(entry.at.event)),
    ("host", |entry, traces| traces.get(entry.trace).map_or(Value::Null, |trace| some(&trace.host))),
    ("trace", |entry, traces| traces.get(entry.trace).map_or(Value::Null, |trace| some(&trace.name))),
    ("kind", |entry, _| json!(entry.kind)),
    ("priority", |entry, _| json!(entry.alert().map(|alert| alert.priority.name()))),
    ("rule", |entry, _| json!(entry.alert().map(|alert| &alert.rule))),
    ("what", |entry, _| json!(entry.object)),
    ("error", |entry, _| json!(entry.error_name())),
    ("pid", |entry, _| json!(entry.pid)),
    ("process", |entry, _| some(&entry.name)),
    ("cmdline", |entry, _| entry.cmdline.clone()),
    ("user", |entry, _| some(&entry.user)),
    ("container", |entry, _| some(&entry.container)),
    ("tags", |entry, _| json!(entry.alert().map(|alert| &alert.tags))),
];

/// A text; nothing if it is empty.
fn some(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::from(text) }
}

pub(crate) fn write_json(entries: &[Entry], traces: &[Trace], out: &mut impl Write) -> Result<()> {
    for entry in entries {
        let members = COLUMNS.iter().map(|(name, read)| ((*name).to_owned(), read(entry, traces)));
        serde_json::to_writer(&mut *out, &members.collect::<serde_json::Map<String, Value>>())?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// Writes a header, and one record an entry.
pub(crate) fn write_csv(entries: &[Entry], traces: &[Trace], out: impl Write) -> Result<()> {
    let mut csv = CsvWriter::new(out);
    csv.header(COLUMNS.iter().map(|(name, _)| *name))?;
    for entry in entries {
        for (_, read) in &COLUMNS {
            cell(&read(entry, traces), &mut csv)?;
        }
        csv.end()?;
    }
    Ok(csv.flush()?)
}

fn cell(value: &Value, csv: &mut CsvWriter<impl Write>) -> std::io::Result<()> {
    match value {
        Value::Null => csv.cell(""),
        Value::String(text) => csv.text(&safe(text.as_bytes())),
        Value::Array(list) => csv.text(&list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        other => csv.cell(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "time,event,host,trace,kind,priority,rule,what,error,pid,process,cmdline,user,container,tags\n";

    fn csv(entries: &[Entry]) -> String {
        let traces = [Trace { name: "t.zst".to_owned(), host: "web-1".to_owned() }];
        let mut out = Vec::new();
        write_csv(entries, &traces, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_header_stands_even_above_no_entries() {
        assert_eq!(csv(&[]), HEADER);
    }

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        let alert = AlertOf {
            priority: Priority::Error,
            rule: "=HYPERLINK(\"x\")".to_owned(),
            tags: vec!["@a".to_owned(), "b".to_owned()],
            output: String::new(),
        };
        let entry = Entry {
            at: Moment { event: 7, ts: 1_000_000_000 },
            trace: 0,
            process: None,
            who: String::new(),
            pid: Some(-5),
            name: String::new(),
            cmdline: json!("a,\"b\""),
            user: String::new(),
            container: String::new(),
            what: What::Alert(alert),
            kind: "alert",
            object: "-rf".to_owned(),
            error: 2,
        };
        let record = "1970-01-01T00:00:01.000000000Z,7,web-1,t.zst,alert,Error,\"'=HYPERLINK(\"\"x\"\")\",'-rf,ENOENT,-5,,\
                      \"a,\"\"b\"\"\",,,'@a b\n";
        assert_eq!(csv(&[entry]), format!("{HEADER}{record}"));
    }
}
