//! Values of fields, event by event.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::path::Path;

use scap_analyze::catalogue::{self, Scheme};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk};
use scap_format::TraceReader;
use scap_rules::{Field, FieldArg, FieldScheme as _};
use serde_json::{Map, Value as Json};

use super::Places;

type Error = Box<dyn std::error::Error>;

/// One event as Falco sees it.
type Answer = Map<String, Json>;

/// Equal and all values of one field or capture.
#[derive(Default, Clone)]
struct Share {
    equal: u64,
    all: u64,
    /// The first differences.
    shown: Vec<String>,
}

impl Share {
    fn count(&mut self, equal: bool, show: impl FnOnce() -> String) {
        self.all += 1;
        self.equal += u64::from(equal);
        if !equal && self.shown.len() < 3 {
            self.shown.push(show());
        }
    }
}

/// Compares all captures and prints the shares.
pub(crate) fn compare(places: &Places) -> Result<(), Error> {
    let mut by_field: BTreeMap<String, Share> = BTreeMap::new();
    let (mut equal, mut all) = (0, 0);
    let show = std::env::var("ORACLE_SHOW").ok();
    let mut files: Vec<_> = std::fs::read_dir(places.oracle.join("fields"))?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    for file in files {
        let path = file.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().replace(".jsonl.zst", "");
        if places.only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        let mut waiting = answers(&path)?;
        let answers = waiting.values().map(VecDeque::len).sum::<usize>();
        let mut share = Share::default();
        let mut trace = TraceReader::open(&places.captures.join(format!("{name}.scap")))?;
        let visit = |fields: &Fields<'_>| -> Result<(), Infallible> {
            let key = key_of(fields);
            let Some(answer) = waiting.get_mut(&key).and_then(VecDeque::pop_front) else { return Ok(()) };
            for (field, theirs) in &answer {
                let ours = parse(field).map_or(Json::Null, |field| fields.json(&field));
                let same = equal_values(field, &ours, theirs);
                let text = || format!("{name} {} {}: ours {ours}, Falco {theirs}", key.0, key.2);
                if !same && show.as_ref() == Some(field) {
                    println!("{}", text());
                }
                by_field.entry(field.clone()).or_default().count(same, text);
                share.count(same, String::new);
            }
            Ok(())
        };
        walk(&mut trace, &mut Cursor::new(), |damage| println!("{name}: {damage:?}"), visit)?;
        let missed = waiting.values().map(VecDeque::len).sum::<usize>();
        println!("{:>9.4} %  {name} ({answers} events, {missed} not found)", percent(&share));
        equal += share.equal;
        all += share.all;
    }
    println!();
    for (field, share) in &by_field {
        if share.equal < share.all {
            println!("{:>9.4} %  {field}", percent(share));
            for shown in &share.shown {
                println!("             {shown}");
            }
        }
    }
    println!("{:>9.4} %  overall ({} values)", percent(&Share { equal, all, shown: Vec::new() }), all);
    Ok(())
}

fn percent(share: &Share) -> f64 {
    let (equal, all) =
        (u32::try_from(share.equal).unwrap_or(u32::MAX), u32::try_from(share.all).unwrap_or(u32::MAX));
    if all == 0 { 100.0 } else { f64::from(equal) * 100.0 / f64::from(all) }
}

/// Lists without order are compared as sets.
fn equal_values(field: &str, ours: &Json, theirs: &Json) -> bool {
    if field == "fd.types" {
        let sorted = |list: &Json| {
            let mut all: Vec<String> = list.as_array().into_iter().flatten().map(Json::to_string).collect();
            all.sort();
            all
        };
        return sorted(ours) == sorted(theirs);
    }
    ours == theirs
}

/// Time, thread and type of an event.
type Key = (u64, i64, String);

fn key_of(fields: &Fields<'_>) -> Key {
    let kind = parse("evt.type").map_or(Json::Null, |field| fields.json(&field));
    (fields.event().ts, fields.event().tid, kind.as_str().unwrap_or_default().to_owned())
}

fn answers(path: &Path) -> Result<HashMap<Key, VecDeque<Answer>>, Error> {
    let mut answers: HashMap<Key, VecDeque<Answer>> = HashMap::new();
    for line in BufReader::new(zstd::Decoder::new(std::fs::File::open(path)?)?).lines() {
        let answer: Answer = serde_json::from_str(&line?)?;
        let key = (
            answer.get("evt.rawtime").and_then(Json::as_u64).unwrap_or_default(),
            answer.get("thread.tid").and_then(Json::as_i64).unwrap_or_default(),
            answer.get("evt.type").and_then(Json::as_str).unwrap_or_default().to_owned(),
        );
        answers.entry(key).or_default().push_back(answer);
    }
    Ok(answers)
}

/// `text` as a field, with its argument in brackets or after the last dot that leaves a field.
pub(crate) fn parse(text: &str) -> Option<Field> {
    if let Some(def) = Scheme.field(text) {
        return Some(Field { id: def.id, arg: FieldArg::None });
    }
    let (name, arg) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        Some((name, arg)) => (name, arg),
        None => {
            let mut dots = text.rmatch_indices('.').map(|(at, _)| (text.get(..at), text.get(at + 1..)));
            dots.find_map(|(name, arg)| {
                Some((name.filter(|name| catalogue::by_name(name).is_some())?, arg?))
            })?
        }
    };
    let (id, _) = catalogue::by_name(name)?;
    let arg = arg.parse().map_or_else(|_| FieldArg::Key(arg.to_owned()), FieldArg::Index);
    Some(Field { id, arg })
}
