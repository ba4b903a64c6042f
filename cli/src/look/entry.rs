//! The entries of a timeline: alerts and acts, each complete in itself; and how machines read them.

use super::text::safe;
use super::words::verb;
use super::{json, text};
use anyhow::Result;
use scap_account::{Account, Act, AlertMark, Moment, ProcessId};
use scap_analyze::print::defused;
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
    Alert { priority: Priority, rule: String, tags: Vec<String>, output: String },
    Act { verb: &'static str },
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
    let what = What::Alert {
        priority: rule.priority,
        rule: safe(rule.name.as_bytes()),
        tags: rule.tags.clone(),
        output: output.to_owned(),
    };
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
    pub(crate) fn is_alert(&self) -> bool {
        matches!(self.what, What::Alert { .. })
    }

    /// Whether `other` says the same of another file or of another process of the same name.
    pub(crate) fn is_like(&self, other: &Entry) -> bool {
        let same_sort = match (&self.what, &other.what) {
            (What::Alert { rule, .. }, What::Alert { rule: other, .. }) => rule == other,
            (What::Act { .. }, What::Act { .. }) => self.kind == other.kind,
            _ => false,
        };
        let same_process = self.process == other.process && self.process.is_some();
        let same_words = self.name == other.name && self.object == other.object;
        same_sort && self.trace == other.trace && (same_process || same_words)
    }
}

/// The columns of both machine formats, in order.
fn record(entry: &Entry, traces: &[Trace]) -> Vec<(&'static str, Value)> {
    let trace = traces.get(entry.trace);
    let some = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let (priority, rule, tags) = match &entry.what {
        What::Alert { priority, rule, tags, .. } => (json!(priority.name()), json!(rule), json!(tags)),
        What::Act { .. } => (Value::Null, Value::Null, Value::Null),
    };
    let error = u32::try_from(entry.error).ok().filter(|&error| error > 0);
    let error =
        error.map(|error| scap_schema::errno_name(error).map_or_else(|| error.to_string(), str::to_owned));
    vec![
        ("time", json::time(entry.at.ts)),
        ("event", json!(entry.at.event)),
        ("host", trace.map_or(Value::Null, |trace| some(&trace.host))),
        ("trace", trace.map_or(Value::Null, |trace| some(&trace.name))),
        ("kind", json!(entry.kind)),
        ("priority", priority),
        ("rule", rule),
        ("what", json!(entry.object)),
        ("error", json!(error)),
        ("pid", json!(entry.pid)),
        ("process", some(&entry.name)),
        ("cmdline", entry.cmdline.clone()),
        ("user", some(&entry.user)),
        ("container", some(&entry.container)),
        ("tags", tags),
    ]
}

pub(crate) fn write_json(entries: &[Entry], traces: &[Trace]) -> Result<()> {
    let mut out = super::output();
    for entry in entries {
        let object: serde_json::Map<String, Value> =
            record(entry, traces).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        serde_json::to_writer(&mut out, &object)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

pub(crate) fn write_csv(entries: &[Entry], traces: &[Trace]) -> Result<()> {
    let mut out = super::output();
    for (n, entry) in entries.iter().enumerate() {
        let record = record(entry, traces);
        if n == 0 {
            let names: Vec<&str> = record.iter().map(|(name, _)| *name).collect();
            writeln!(out, "{}", names.join(","))?;
        }
        let cells: Vec<String> = record.iter().map(|(_, value)| cell(value)).collect();
        writeln!(out, "{}", cells.join(","))?;
    }
    Ok(out.flush()?)
}

/// A value as a cell. What a spreadsheet would take for a formula gets a quote in front.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => defused(safe(text.as_bytes()).into()),
        Value::Array(list) => {
            defused(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ").into())
        }
        other => other.to_string().into(),
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        assert_eq!(cell(&json!("a,\"b\"")), "\"a,\"\"b\"\"\"");
        assert_eq!(cell(&json!("=HYPERLINK(\"x\")")), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(cell(&json!("@a")), "'@a");
        assert_eq!(
            (cell(&Value::Null), cell(&json!(-5)), cell(&json!(["a", "b"]))),
            (String::new(), "-5".into(), "a b".into())
        );
    }
}
