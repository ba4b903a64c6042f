//! Compares `scap read` with a second witness: Debian's `sysdig -r` over the same captures.
//!
//! `cargo xtask witness [FOLDER]` prints, per capture: the events sysdig shows, how many of them `scap`
//! shows with the same time, processor, thread and type, and how many of their arguments are equal; then
//! every kind of difference with its count and an example. Captures are looked for in FOLDER, else in
//! `SCAP_CAPTURES`, else in `../shared/captures`.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What both programs are asked to print per event. The bar never occurs in the first five values.
const FORMAT: &str = "%evt.rawtime|%evt.cpu|%thread.tid|%evt.type|%evt.dir|%evt.args";

/// Share of equal arguments below which the comparison fails.
const LEAST_ARGUMENTS: f64 = 0.98;

/// Runs the comparison over every capture of the folder.
///
/// # Errors
/// Fails if a witness cannot be run or an event is missing or too many arguments differ.
pub(crate) fn compare(folder: Option<String>) -> Result<String> {
    let folder = folder
        .or_else(|| std::env::var("SCAP_CAPTURES").ok())
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures"), PathBuf::from);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "scap"))
        .collect();
    files.sort();
    let mut total = Tally::default();
    println!("{:<36} {:>8} {:>8} {:>8} {:>8}", "capture", "events", "equal", "args", "equal");
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match lines("sysdig", &["-r", &file.to_string_lossy(), "-p", FORMAT]) {
            Ok(theirs) => {
                let ours = lines(&scap()?, &["read", &file.to_string_lossy(), "-p", FORMAT])?;
                let tally = Tally::of(&theirs, &ours);
                println!(
                    "{name:<36} {:>8} {:>8} {:>8} {:>8}",
                    tally.events, tally.events_equal, tally.args, tally.args_equal
                );
                total.add(tally);
            }
            Err(error) => println!("{name:<36} sysdig cannot read it: {}", first_line(&error.to_string())),
        }
    }
    total.report()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The `scap` built beside this program.
pub(crate) fn scap() -> Result<String> {
    let path = std::env::current_exe()?.with_file_name("scap");
    if !path.exists() {
        bail!("{} is not there: build it with `cargo build -p scap`", path.display());
    }
    Ok(path.to_string_lossy().into_owned())
}

fn lines(program: &str, args: &[&str]) -> Result<Vec<Line>> {
    let output = Command::new(program).args(args).output().with_context(|| format!("running {program}"))?;
    if !output.status.success() && output.stdout.is_empty() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout.split(|&b| b == b'\n').filter_map(Line::parse).collect())
}

/// One printed event.
#[derive(Debug, Clone)]
struct Line {
    /// Time, processor, thread, type.
    key: String,
    enter: bool,
    args: String,
}

impl Line {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = String::from_utf8_lossy(line);
        let mut parts = line.splitn(6, '|');
        let key = [parts.next()?, parts.next()?, parts.next()?, parts.next()?].join("|");
        Some(Self { key, enter: parts.next()? == ">", args: parts.next()?.to_owned() })
    }

    fn event_type(&self) -> &str {
        self.key.rsplit('|').next().unwrap_or_default()
    }

    /// `name=value` pairs. Values hold spaces, so names are those that the schema gives the type.
    fn pairs(&self) -> Vec<(&str, &str)> {
        let names: Vec<&str> = scap_schema::events()
            .iter()
            .filter(|row| row.name == self.event_type())
            .flat_map(|row| row.params.iter().map(|p| p.name))
            .collect();
        let mut starts: Vec<usize> = names
            .iter()
            .flat_map(|name| {
                let needle = format!("{name}=");
                self.args.match_indices(&needle).map(|(at, _)| at).collect::<Vec<_>>()
            })
            .filter(|&at| at == 0 || self.args.as_bytes()[at - 1] == b' ')
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([self.args.len()]);
        starts
            .iter()
            .zip(ends)
            .filter_map(|(&start, end)| self.args.get(start..end)?.trim_end().split_once('='))
            .collect()
    }
}

#[derive(Default)]
struct Tally {
    events: usize,
    events_equal: usize,
    args: usize,
    args_equal: usize,
    args_explained: usize,
    missing: BTreeMap<String, (usize, String)>,
    differing: BTreeMap<String, (usize, String)>,
}

impl Tally {
    /// Compares what sysdig printed with what `scap` printed. Enter events that have an exit are folded
    /// into it by `scap`, so only those sysdig events count that current captures hold too.
    fn of(theirs: &[Line], ours: &[Line]) -> Self {
        let mut by_key: HashMap<&str, VecDeque<&Line>> = HashMap::new();
        for line in ours {
            by_key.entry(&line.key).or_default().push_back(line);
        }
        let mut tally = Self::default();
        for line in theirs.iter().filter(|line| !line.enter || is_single(line.event_type())) {
            tally.events += 1;
            let mut take = |key: &str| by_key.get_mut(key).and_then(VecDeque::pop_front);
            match take(&line.key).or_else(|| take(&today(&line.key))) {
                Some(found) => {
                    tally.events_equal += 1;
                    tally.compare_args(line, found);
                }
                // sysdig lacks the name of a newer call that `scap` can tell.
                None if line.event_type() == "<unknown>" && is_there(ours, line) => tally.events_equal += 1,
                None => note(&mut tally.missing, line.event_type(), || line.key.clone()),
            }
        }
        tally
    }

    fn compare_args(&mut self, theirs: &Line, ours: &Line) {
        let ours: HashMap<&str, &str> = ours.pairs().into_iter().collect();
        for (name, value) in theirs.pairs() {
            self.args += 1;
            let got = ours.get(name).copied();
            if got == Some(value) {
                self.args_equal += 1;
            } else {
                let reason = explanation(name, value, got.unwrap_or_default());
                self.args_explained += usize::from(reason.is_some());
                let reason = reason.unwrap_or("NOT EXPLAINED");
                let kind = format!("{}.{name} ({reason})", theirs.event_type());
                note(&mut self.differing, &kind, || {
                    format!("sysdig {value:?}, scap {got:?} at {}", theirs.key)
                });
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.events_equal += other.events_equal;
        self.args += other.args;
        self.args_equal += other.args_equal;
        self.args_explained += other.args_explained;
        for (into, from) in [(&mut self.missing, other.missing), (&mut self.differing, other.differing)] {
            for (kind, (count, example)) in from {
                into.entry(kind).or_insert((0, example)).0 += count;
            }
        }
    }

    fn report(&self) -> Result<String> {
        for (title, kinds) in [("events missing", &self.missing), ("arguments differing", &self.differing)] {
            println!("\n{title}: {}", kinds.values().map(|(count, _)| count).sum::<usize>());
            for (kind, (count, example)) in kinds {
                println!("  {kind:<60} {count:>6}  e.g. {}", example.chars().take(240).collect::<String>());
            }
        }
        let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let (events, args) = (share(self.events_equal, self.events), share(self.args_equal, self.args));
        let said = format!(
            "witness: {} of {} events ({:.2} %), {} of {} arguments ({:.2} %), {} more differ for a known reason",
            self.events_equal,
            self.events,
            events * 100.0,
            self.args_equal,
            self.args,
            args * 100.0,
            self.args_explained
        );
        if self.events_equal < self.events || args < LEAST_ARGUMENTS {
            bail!("{said}");
        }
        Ok(said)
    }
}

/// Whether an event with the same time, processor and thread is among `lines`.
fn is_there(lines: &[Line], wanted: &Line) -> bool {
    let place = |line: &Line| line.key.rsplit_once('|').map(|(place, _)| place.to_owned());
    lines.iter().any(|line| place(line) == place(wanted))
}

/// The key with the name that its event type has in the current schema: `accept` with flags became `accept4`.
fn today(key: &str) -> String {
    match key.strip_suffix("|accept") {
        Some(rest) => format!("{rest}|accept4"),
        None => key.to_owned(),
    }
}

/// Whether events of this type have no exit side, so that their enter event stands for itself. Names of system
/// calls without an event type of their own have both sides, under the generic type.
fn is_single(event_type: &str) -> bool {
    event_type != "<unknown>"
        && scap_schema::syscall_by_name(event_type).is_none()
        && !scap_schema::events().iter().any(|row| row.name == event_type && !row.is_enter())
}

/// Why an argument is printed otherwise than sysdig 0.29.3 does, where that is known. In each of these `scap`
/// prints what Falco 0.44 does, or what the capture holds.
fn explanation(name: &str, theirs: &str, ours: &str) -> Option<&'static str> {
    let cut = theirs.strip_suffix("...").is_some_and(|start| ours.starts_with(start));
    let decimal = u64::from_str_radix(theirs, 16).is_ok_and(|number| number.to_string() == ours);
    let renamed = ours.split_once('(').is_some_and(|(number, _)| theirs.split('(').next() == Some(number));
    Some(match name {
        _ if theirs.is_empty() && ours == "NULL" => "empty buffers are NULL today",
        _ if cut => "sysdig cuts lists at 80 characters",
        "res" if decimal => "addresses are decimal today",
        "json" if ours.trim_end_matches('\u{fffd}') == theirs => "closing NUL of the text is kept",
        "uid" | "gid" | "euid" | "egid" if renamed => "users are looked up in the capture, not on this host",
        "loginuid" | "flags" if renamed => "names that sysdig does not know yet",
        "pgid" if ours == "<NA>" => "added in later versions; sysdig makes one up",
        "cwd" => "a parameter that is not a path",
        _ => return None,
    })
}

fn note(kinds: &mut BTreeMap<String, (usize, String)>, kind: &str, example: impl FnOnce() -> String) {
    kinds.entry(kind.to_owned()).or_insert_with(|| (0, example())).0 += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_spaces_end_at_the_next_parameter_name() {
        let line = Line::parse(b"1|0|7|open|<|fd=3(<f>/a b=c) name=/a b=c flags=1(O_RDONLY) mode=0")
            .expect("a line");
        assert_eq!(
            line.pairs(),
            [("fd", "3(<f>/a b=c)"), ("name", "/a b=c"), ("flags", "1(O_RDONLY)"), ("mode", "0")]
        );
    }

    #[test]
    fn a_differing_argument_is_counted_with_its_kind() {
        let line = |args: &str| Line::parse(format!("1|0|7|close|<|{args}").as_bytes()).expect("a line");
        let tally = Tally::of(&[line("res=0")], &[line("res=1 fd=3")]);
        assert_eq!((tally.events_equal, tally.args, tally.args_equal), (1, 1, 0));
        assert!(tally.differing.keys().any(|kind| kind.starts_with("close.res")));
    }
}
