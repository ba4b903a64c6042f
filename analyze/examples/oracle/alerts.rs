//! Alerts of the upstream rules on the recorded intruder.

use std::path::Path;

use scap_analyze::alert::{AlertTime, SUGGESTED_OUTPUT};
use scap_analyze::catalogue::Scheme;
use scap_analyze::replay::{Cursor, Options, Replay};
use scap_analyze::sink::JsonSink;
use scap_format::TraceReader;
use scap_rules::{Loader, Matching, RuleSet};
use serde_json::Value as Json;

use super::Places;

type Error = Box<dyn std::error::Error>;

/// Loads rule files; prints what is wrong with them.
pub(crate) fn load(files: &[std::path::PathBuf]) -> Result<RuleSet, Error> {
    let mut loader = Loader::new(&Scheme).append_output(SUGGESTED_OUTPUT);
    for file in files {
        loader = loader.file(file.display().to_string(), std::fs::read_to_string(file)?);
    }
    let (report, rules) = loader.load();
    for problem in report.errors() {
        println!("{problem:?}");
    }
    println!(
        "{} of {} rules active, {} comparisons",
        rules.active().count(),
        rules.rules().len(),
        rules.comparisons()
    );
    Ok(rules)
}

/// Compares the alerts of both ways of matching and prints missing, additional and different ones.
pub(crate) fn compare(places: &Places) -> Result<(), Error> {
    let Ok(rules) = std::env::var("FALCO_RULES") else {
        println!("alerts are not compared: set FALCO_RULES to the directory of falco_rules.yaml and its kin");
        return Ok(());
    };
    let names = ["falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml"];
    let rules = load(&names.map(|name| Path::new(&rules).join(name)))?;
    // Falco tells the name of the analyst's host.
    println!("hostnames are not compared");
    for (matching, name) in [(Matching::First, "first"), (Matching::All, "all")] {
        let options = Options { matching, time: AlertTime::Iso8601, ..Options::default() };
        let mut out = Vec::new();
        let mut trace = TraceReader::open(&places.captures.join("intruder.scap"))?;
        let summary =
            Replay::new(&rules, options).run(&mut trace, &mut Cursor::new(), &mut JsonSink::new(&mut out))?;
        let ours = String::from_utf8(out)?;
        let theirs = std::fs::read_to_string(places.oracle.join(format!("alerts/intruder.{name}.jsonl")))?;
        println!("{name}: {} alerts, Falco {}", summary.tally.alerts(), theirs.lines().count());
        difference(&ours, &theirs)?;
    }
    Ok(())
}

fn difference(ours: &str, theirs: &str) -> Result<(), Error> {
    let mut ours: Vec<(Json, &str)> = parsed(ours)?;
    let (mut same_bytes, mut equal, mut different, mut missing) = (0, 0, 0, 0);
    for (want, line) in parsed(theirs)? {
        let at =
            ours.iter().position(|(have, _)| have["time"] == want["time"] && have["rule"] == want["rule"]);
        let Some((have, our_line)) = at.map(|at| ours.remove(at)) else {
            missing += 1;
            println!("  missing: {} {}", want["time"], want["rule"]);
            continue;
        };
        let line = line.replace(r#"{"hostname":"vm""#, &format!(r#"{{"hostname":{}"#, have["hostname"]));
        same_bytes += u32::from(our_line == line);
        if [&have, &want]
            .map(|alert| {
                ["output", "output_fields", "priority", "source", "tags"].map(|key| alert[key].clone())
            })
            .windows(2)
            .all(|pair| pair[0] == pair[1])
        {
            equal += 1;
            continue;
        }
        different += 1;
        println!("  different: {} {}", want["time"], want["rule"]);
        for (key, value) in want["output_fields"].as_object().into_iter().flatten() {
            if have["output_fields"].get(key) != Some(value) {
                println!("    {key}: ours {}, Falco {value}", have["output_fields"][key]);
            }
        }
        for key in ["output", "priority", "source", "tags"] {
            if have[key] != want[key] {
                println!("    {key}: ours {}\n    {key}:     {}", have[key], want[key]);
            }
        }
    }
    for (have, _) in &ours {
        println!("  additional: {} {} {}", have["time"], have["rule"], have["output"]);
    }
    println!(
        "  {equal} equal ({same_bytes} byte for byte), {different} different, {missing} missing, {} additional",
        ours.len()
    );
    Ok(())
}

fn parsed(lines: &str) -> Result<Vec<(Json, &str)>, Error> {
    lines.lines().map(|line| Ok((serde_json::from_str(line)?, line))).collect()
}
