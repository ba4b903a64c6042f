//! `scap convert --repeat`: every repetition is replayed like the recording, and none meets another.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use scap_format::block::Block;
use scap_format::{Item, TraceReader};
use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output};

const TIMES: usize = 3;

fn sample() -> String {
    format!("{}/../samples/traces/intruder.zst", env!("CARGO_MANIFEST_DIR"))
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scap")).args(args).output().unwrap()
}

/// What `scap analyze` alerts of, without what tells repetitions apart.
fn alerts(trace: &str) -> Vec<serde_json::Value> {
    let output = run(&["analyze", trace, "--format", "json", "--no-suggested-output"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| {
            let mut alert: serde_json::Value = serde_json::from_str(line).unwrap();
            let keys = alert.as_object_mut().unwrap();
            keys.remove("time");
            let text = keys.remove("output").unwrap().as_str().unwrap().to_owned();
            let words = text.split(' ').filter(|word| !word.starts_with("pid=")).skip(1);
            keys.insert("words".into(), words.collect::<Vec<_>>().into());
            let fields = keys.get_mut("output_fields").unwrap().as_object_mut().unwrap();
            fields.retain(|name, _| !name.starts_with("evt.time") && !name.ends_with("pid"));
            alert
        })
        .collect()
}

/// Times of the events and ids that the recording itself gave out, by repetition.
fn times_and_ids(trace: &str) -> Vec<(Vec<u64>, HashSet<i64>)> {
    let mut trace = TraceReader::open(Path::new(trace)).unwrap();
    let mut sections: Vec<(Vec<u64>, HashSet<i64>)> = Vec::new();
    let mut number = 0;
    while let Some(item) = trace.next().unwrap() {
        match item {
            Item::Block(Block::Section(_)) => sections.push(Default::default()),
            Item::Block(Block::Event(event)) => {
                number += 1;
                assert_eq!(event.num, number);
                let (times, ids) = sections.last_mut().unwrap();
                times.push(event.ts);
                ids.extend((event.tid > 2).then_some(event.tid));
            }
            Item::Block(_) => {}
            Item::Damage(damage) => panic!("{damage:?}"),
        }
    }
    sections
}

#[test]
fn each_repetition_alerts_like_the_recording_and_has_times_and_ids_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let once = alerts(&sample());
    assert!(once.len() > 10);
    let recorded = times_and_ids(&sample());
    for name in ["many.zst", "many.scap", "many.scap.gz"] {
        let many = folder.path().join(name).display().to_string();
        let converted = run(&["convert", &sample(), &many, "--repeat", &TIMES.to_string()]);
        assert!(converted.status.success(), "{}", String::from_utf8_lossy(&converted.stderr));

        let found = alerts(&many);
        assert_eq!(found.len(), once.len() * TIMES);
        found.chunks(once.len()).for_each(|repetition| assert_eq!(repetition, once));

        let sections = times_and_ids(&many);
        assert_eq!(sections.len(), TIMES);
        assert_eq!(sections[0], recorded[0]);
        for pair in sections.windows(2) {
            let ((before, old_ids), (after, new_ids)) = (&pair[0], &pair[1]);
            assert_eq!(before.len(), after.len());
            assert!(before.iter().max() < after.iter().min());
            assert_eq!(old_ids.len(), new_ids.len());
            assert!(old_ids.is_disjoint(new_ids));
        }
    }
}

#[test]
fn what_cannot_be_repeated_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.zst").display().to_string();
    for (args, why) in [
        (vec!["convert", "-", &out, "--repeat", "2"], "standard input can be read only once"),
        (vec!["convert", &sample(), &sample(), &out, "--repeat", "2"], "takes one trace"),
        (vec!["convert", &sample(), &out, "--repeat", "4000000000"], "ids would grow past"),
        (vec!["convert", &sample(), &out, "--repeat", "2", "--from", "+1s"], "cannot be used with"),
        (vec!["convert", &sample(), &out, "--repeat", "0"], "invalid value"),
    ] {
        let output = run(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
        assert!(!Path::new(&out).exists());
    }
}
