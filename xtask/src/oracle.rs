//! Compares every field that `scap analyze` prints with what Falco printed of the same captures.
//!
//! `cargo xtask oracle [FOLDER [PREFIX]]` prints the share of equal values per capture, and per field with
//! examples where it is not all of them; PREFIX (`evt.`) restricts the fields. The folder (else `SCAP_ORACLE`,
//! else `../shared/oracle`) holds `all_fields.yaml`, the rule that prints all fields of every event, and
//! `fields/CAPTURE.jsonl.zst`, one JSON object of fields per event. Captures are looked for in `SCAP_CAPTURES`,
//! else in `captures` beside the folder. Events are joined by time, thread and type, in file order.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::witness::scap;

/// Share of equal values below which the comparison fails.
const LEAST: f64 = 0.995;

/// Examples shown per field.
const EXAMPLES: usize = 3;

type Fields = Map<String, Value>;

/// Runs the comparison over every capture that the folder knows.
///
/// # Errors
/// Fails if a program cannot be run, an event is missing, or too many values differ.
pub(crate) fn compare(folder: Option<String>, prefix: Option<String>) -> Result<String> {
    let folder = folder
        .or_else(|| std::env::var("SCAP_ORACLE").ok())
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oracle"), PathBuf::from);
    let captures = std::env::var("SCAP_CAPTURES").map_or_else(|_| folder.join("../captures"), PathBuf::from);
    let rule = folder.join("all_fields.yaml");
    let prefix = prefix.unwrap_or_default();
    let mut total = Tally::default();
    println!("{:<32} {:>8} {:>8} {:>10} {:>9}", "capture", "events", "missing", "values", "equal");
    for file in expectations(&folder.join("fields"))? {
        let name = capture_of(&file);
        let expected = objects("zstd", &["-dc", &file.to_string_lossy()])?;
        let capture = captures.join(format!("{name}.scap"));
        let (capture, rule) = (capture.to_string_lossy(), rule.to_string_lossy());
        let printed = objects(&scap()?, &["analyze", &capture, "--rules", &rule, "--format", "json"])?;
        let tally = Tally::of(&name, expected, printed, &prefix);
        println!(
            "{name:<32} {:>8} {:>8} {:>10} {:>8.3}%",
            tally.events,
            tally.missing,
            tally.values(),
            100.0 * tally.share()
        );
        total.add(tally);
    }
    total.report()
}

fn expectations(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".jsonl.zst"))
        .collect();
    files.sort();
    Ok(files)
}

fn capture_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".jsonl.zst").to_owned()
}

/// The JSON objects, one a line, that a program prints; of alerts, their `output_fields`.
fn objects(program: &str, args: &[&str]) -> Result<Vec<Fields>> {
    let output = Command::new(program).args(args).output().with_context(|| format!("running {program}"))?;
    if !output.status.success() && output.stdout.is_empty() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let lines = output.stdout.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| match serde_json::from_slice::<Value>(line)? {
            Value::Object(mut object) => match object.remove("output_fields") {
                Some(Value::Object(fields)) => Ok(fields),
                _ => Ok(object),
            },
            other => bail!("{program} printed {other}"),
        })
        .collect()
}

/// What tells an event: time, thread and type.
fn key(fields: &Fields) -> String {
    ["evt.rawtime", "thread.tid", "evt.type"]
        .map(|name| fields.get(name).unwrap_or(&Value::Null).to_string())
        .join(" ")
}

#[derive(Default)]
struct Tally {
    events: usize,
    missing: usize,
    fields: BTreeMap<String, FieldTally>,
}

#[derive(Default)]
struct FieldTally {
    values: usize,
    equal: usize,
    /// Capture, event type, Falco's value, ours; one for each pair of capture and type.
    examples: Vec<[String; 4]>,
}

impl Tally {
    fn of(capture: &str, expected: Vec<Fields>, printed: Vec<Fields>, prefix: &str) -> Self {
        let mut ours: HashMap<String, VecDeque<Fields>> = HashMap::new();
        for fields in printed {
            ours.entry(key(&fields)).or_default().push_back(fields);
        }
        let mut tally = Self { events: expected.len(), ..Self::default() };
        for theirs in expected {
            let Some(found) = ours.get_mut(&key(&theirs)).and_then(VecDeque::pop_front) else {
                tally.missing += 1;
                continue;
            };
            let event_type = theirs.get("evt.type").and_then(Value::as_str).unwrap_or_default();
            for (name, value) in theirs.iter().filter(|(name, _)| name.starts_with(prefix)) {
                let field = tally.fields.entry(name.clone()).or_default();
                field.values += 1;
                let got = found.get(name);
                if got == Some(value) {
                    field.equal += 1;
                } else {
                    field.note(capture, event_type, value, got);
                }
            }
        }
        tally
    }

    fn values(&self) -> usize {
        self.fields.values().map(|f| f.values).sum()
    }

    /// Share of equal values; 1 where there are none.
    fn share(&self) -> f64 {
        share(self.fields.values().map(|f| f.equal).sum(), self.values())
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.missing += other.missing;
        for (name, field) in other.fields {
            let into = self.fields.entry(name).or_default();
            into.values += field.values;
            into.equal += field.equal;
            into.examples.extend(field.examples);
        }
    }

    fn report(&self) -> Result<String> {
        let mut differing: Vec<_> = self.fields.iter().filter(|(_, f)| f.equal < f.values).collect();
        differing.sort_by(|a, b| share(a.1.equal, a.1.values).total_cmp(&share(b.1.equal, b.1.values)));
        println!("\nfields differing: {} of {}", differing.len(), self.fields.len());
        for (name, field) in differing {
            let percent = 100.0 * share(field.equal, field.values);
            println!("  {name:<40} {:>8} of {:>8} {percent:>8.3}%", field.equal, field.values);
            for [capture, event_type, theirs, ours] in field.examples.iter().take(EXAMPLES) {
                println!("      {capture} {event_type}: Falco {theirs}, scap {ours}");
            }
        }
        let said = format!(
            "oracle: {} events, {} missing, {} values, {:.3} % equal",
            self.events,
            self.missing,
            self.values(),
            100.0 * self.share()
        );
        if self.missing > 0 || self.share() < LEAST {
            bail!("{said}");
        }
        Ok(said)
    }
}

impl FieldTally {
    fn note(&mut self, capture: &str, event_type: &str, theirs: &Value, ours: Option<&Value>) {
        let known = |e: &[String; 4]| e[0] == capture && e[1] == event_type;
        if self.examples.len() < EXAMPLES && !self.examples.iter().any(known) {
            let ours = ours.map_or_else(|| "nothing".to_owned(), |value| shortened(&value.to_string()));
            self.examples.push([
                capture.to_owned(),
                event_type.to_owned(),
                shortened(&theirs.to_string()),
                ours,
            ]);
        }
    }
}

fn shortened(text: &str) -> String {
    const MAX: usize = 100;
    if text.chars().count() <= MAX {
        text.to_owned()
    } else {
        text.chars().take(MAX).chain("…".chars()).collect()
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of values stay far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
