//! Matches of random conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::io::BufRead as _;

use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk};
use scap_format::TraceReader;
use scap_rules::Matching;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::Places;
use super::fields::parse;

type Error = Box<dyn std::error::Error>;

/// Compares the match sets and prints those that differ.
pub(crate) fn compare(places: &Places) -> Result<(), Error> {
    let rules = super::alerts::load(&[places.oracle.join("conditions.yaml")])?;
    let evt_type = parse("evt.type").ok_or("no field evt.type")?;
    let mut wanted: BTreeMap<String, BTreeMap<String, Json>> = BTreeMap::new();
    for line in std::fs::read(places.oracle.join("conditions.matches.jsonl"))?.lines() {
        let answer: Json = serde_json::from_str(&line?)?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        wanted.entry(text("capture")).or_default().insert(text("rule"), answer);
    }
    let (mut equal, mut all) = (0, 0);
    for (capture, answers) in &wanted {
        if places.only.as_ref().is_some_and(|only| format!("{only}.scap") != *capture) {
            continue;
        }
        let mut matches: BTreeMap<&str, Vec<(String, u64, i64, String)>> = BTreeMap::new();
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let (mut scratch, mut disagreements) = (rules.scratch(), 0u64);
        let mut trace = TraceReader::open(&places.captures.join(capture))?;
        let visit = |fields: &Fields<'_>| -> Result<(), Infallible> {
            let kind = fields.json(&evt_type);
            let kind = kind.as_str().unwrap_or_default();
            // Falco makes these of its process table in some runs and not in others.
            if kind == "procinfo" {
                return Ok(());
            }
            *kinds.entry(format!("{kind} {}", fields.event().flags)).or_default() += 1;
            let found = rules.evaluate(&mut scratch, fields, Matching::All).to_vec();
            if std::env::var_os("ORACLE_NAIVE").is_some()
                && found != rules.evaluate_naively(fields, Matching::All)
            {
                disagreements += 1;
            }
            for rule in found.iter().filter_map(|&id| rules.rule(id)) {
                let (ts, tid) = (fields.event().ts, fields.event().tid);
                let line = format!("{ts} {tid} {kind}");
                matches.entry(&rule.name).or_default().push((line, ts, tid, kind.to_owned()));
            }
            Ok(())
        };
        walk(&mut trace, &mut Cursor::new(), |_| {}, visit)?;
        let mut wrong = BTreeSet::new();
        for (rule, answer) in answers {
            let mut lines: Vec<&str> =
                matches.get(rule.as_str()).into_iter().flatten().map(|(line, ..)| line.as_str()).collect();
            lines.sort_unstable();
            let digest: String =
                Sha256::digest(lines.join("\n")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            all += 1;
            if answer["sha256_16"] == digest.as_str() {
                equal += 1;
                continue;
            }
            wrong.insert(format!(
                "{rule}: {} matches, Falco {} {}",
                lines.len(),
                answer["matches"],
                answer["first"]
            ));
        }
        println!(
            "{capture}: {} of {} conditions differ, {disagreements} disagreements",
            wrong.len(),
            answers.len()
        );
        if std::env::var_os("ORACLE_KINDS").is_some() {
            println!("    {kinds:?}");
        }
        for line in wrong {
            println!("    {line}");
        }
    }
    println!("{equal} of {all} equal");
    Ok(())
}
