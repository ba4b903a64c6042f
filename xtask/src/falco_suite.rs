//! Runs Falco's own regression cases (its former Python suite) against `scap`.
//!
//! `cargo xtask falco-suite FOLDER` takes the `test` folder of a Falco checkout that still has
//! `falco_tests.yaml` and `falco_tests_exceptions.yaml`, translates each case into `scap` command lines,
//! and prints a verdict per case with its reason. A case decides what is found and how bad it is: severity, code, kind
//! and name of the item. The sentences are this project's own, so other words are a remark and no failure. What else may
//! differ, and why, is in [`verdict`]; any other difference is a failure.

mod alerts;
mod verdict;

use anyhow::{Context, Result, bail};
use regex::RegexBuilder;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Command;
use verdict::{Remark, Tally, Verdict};
use yaml_serde::Value as Yaml;

/// Keys that only a daemon can answer, with what they are.
const DAEMON: &[(&str, &str)] = &[("grpc", "gRPC server"), ("run_duration", "runs for a time")];
/// Configuration files that turn on something of the daemon's.
const DAEMON_CONFIG: &[(&str, &str)] = &[
    ("program_output", "pipes alerts to a program"),
    ("drops_", "reacts to simulated drops of a live driver"),
];

/// What the suite looks for in Falco's log where times are to be ISO 8601.
const LOG_TIME: &str = r"^\d\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0000";

/// Runs every case below `folder`.
///
/// # Errors
/// Fails if the suite cannot be read or a case differs in a way that is not accounted for.
pub(crate) fn run(folder: Option<String>) -> Result<String> {
    let Some(folder) = folder.map(PathBuf::from) else { bail!("which folder holds falco_tests.yaml?") };
    let mut tally = Tally::default();
    for file in ["falco_tests.yaml", "falco_tests_exceptions.yaml"] {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let suite: Yaml = yaml_serde::from_str(&text).with_context(|| path.display().to_string())?;
        let cases =
            suite.get("trace_files").map(untag).and_then(Yaml::as_mapping).context("no trace_files")?;
        for (name, case) in cases {
            let verdict = Case { folder: &folder, params: untag(case) }.verdict();
            println!("{}", tally.line(name.as_str().unwrap_or("?"), &verdict));
        }
    }
    if tally.failed() {
        bail!("{tally}");
    }
    Ok(tally.to_string())
}

struct Case<'a> {
    folder: &'a Path,
    params: &'a Yaml,
}

/// What one run of `scap` gave.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Case<'_> {
    fn verdict(&self) -> Verdict {
        if let Some(why) = self.daemon() {
            return Verdict::Daemon(why);
        }
        for file in self.strings("trace_file").iter().chain(&self.strings("rules_file")) {
            if !self.folder.join(file).exists() {
                return Verdict::NoFixture(format!("{file} is not in the folder"));
            }
        }
        let mut remarks = Vec::new();
        let validates = self.has("validate_rules_file");
        let checked = if validates { self.validate(&mut remarks) } else { self.analyze(&mut remarks) };
        match checked {
            Ok(()) => Verdict::Agrees(remarks),
            Err(why) => Verdict::Fail(format!("{why:#}")),
        }
    }

    fn daemon(&self) -> Option<&'static str> {
        let config = self.strings("conf_file").pop().unwrap_or_default();
        let by_key = DAEMON.iter().find(|(key, _)| self.has(key));
        by_key.or_else(|| DAEMON_CONFIG.iter().find(|(part, _)| config.contains(part))).map(|(_, why)| *why)
    }

    /// `scap rules check --format json` and what the case expects of the document.
    fn validate(&self, remarks: &mut Vec<Remark>) -> Result<()> {
        let mut args = vec!["rules".to_owned(), "check".into(), "--format".into(), "json".into()];
        args.extend(self.files("validate_rules_file"));
        let ran = scap(&args)?;
        self.check_exit(ran.code)?;
        let document: Json = serde_json::from_str(ran.stdout.trim()).context("the document is not JSON")?;
        let results = document["falco_load_results"].as_array().context("no falco_load_results")?;
        for expected in self.strings("validate_ok") {
            let found = results.iter().any(|r| {
                r["successful"] == true && r["name"].as_str().is_some_and(|n| n.ends_with(&expected))
            });
            if !found {
                bail!("{expected} should be valid");
            }
        }
        self.check_problems(results, "errors", "validate_errors", remarks)?;
        self.check_problems(results, "warnings", "validate_warnings", remarks)
    }

    /// Each expected problem is there: severity, code, kind and name of the item.
    fn check_problems(
        &self,
        results: &[Json],
        kind: &str,
        key: &str,
        remarks: &mut Vec<Remark>,
    ) -> Result<()> {
        let Some(expected) = self.params.get(key).and_then(Yaml::as_sequence) else { return Ok(()) };
        let problems: Vec<&Json> =
            results.iter().flat_map(|r| r[kind].as_array().into_iter().flatten()).collect();
        for want in expected {
            let text = |key: &str| want.get(key).and_then(Yaml::as_str).unwrap_or_default();
            let same: Vec<&str> = problems
                .iter()
                .filter(|p| p["code"].as_str() == Some(todays_code(text("code"))))
                .filter(|p| is_in_item(p, text("item_type"), text("item_name")))
                .map(|p| p["message"].as_str().unwrap_or_default())
                .collect();
            let (message, part) = (text("message"), text("message_contains"));
            let Some(ours) = same.first() else {
                let got: Vec<String> =
                    problems.iter().map(|p| format!("{} {}", p["code"], p["message"])).collect();
                bail!("expected {kind} {want:?}, got {got:?}");
            };
            if !same.iter().any(|m| *m == message || (!part.is_empty() && m.contains(part))) {
                let theirs = if part.is_empty() { message } else { part };
                remarks.push(Remark::wording(theirs, ours));
            }
        }
        Ok(())
    }

    /// `scap analyze` over the trace, as JSON for counts and as text for patterns.
    fn analyze(&self, remarks: &mut Vec<Remark>) -> Result<()> {
        let json = scap(&self.analyze_args("json"))?;
        self.check_exit(json.code)?;
        let text = scap(&self.analyze_args("text"))?;
        let shown = if self.flag("json_output") { &json } else { &text };
        self.check_patterns("stdout", &format!("{}{}", shown.stdout, shown.stderr), json.code, remarks)?;
        self.check_patterns("stderr", &shown.stderr, json.code, remarks)?;
        if json.code == 0 {
            self.check_detections(&json.stdout, remarks)?;
            self.check_strict(&shown.stdout, remarks)?;
        }
        Ok(())
    }

    fn analyze_args(&self, format: &str) -> Vec<String> {
        let mut args = vec!["analyze".to_owned()];
        args.extend(self.files("trace_file"));
        let rules = if self.has("rules_file") { self.files("rules_file") } else { Vec::new() };
        args.extend(rules.into_iter().flat_map(|file| ["--rules".to_owned(), file]));
        args.extend(["--format".to_owned(), format.into(), "--no-suggested-output".into()]);
        for rule in self.strings("disabled_rules") {
            args.extend(["--exclude-rules".to_owned(), format!("*{rule}*")]);
        }
        for (key, flag) in
            [("disable_tags", "--exclude-tags"), ("run_tags", "--tags"), ("priority", "--min-priority")]
        {
            args.extend(self.strings(key).into_iter().flat_map(|value| [flag.to_owned(), value]));
        }
        if self.flag("time_iso_8601") || self.has("output_strictly_contains") {
            args.extend(["--time-format".to_owned(), "iso8601".into()]);
        }
        for (key, part) in
            [("json_include_output_property", "output"), ("json_include_tags_property", "tags")]
        {
            if self.has(key) && !self.flag(key) {
                args.extend(["--json-omit".to_owned(), part.into()]);
            }
        }
        args
    }

    /// Falco ends with 1 where `scap` says 2: it could not do what it was asked.
    fn check_exit(&self, code: i32) -> Result<()> {
        let wanted = self.params.get("exit_status").and_then(Yaml::as_i64).unwrap_or(0);
        if (wanted == 0) != (code == 0) {
            bail!("exit code {code}, Falco's {wanted}");
        }
        Ok(())
    }

    fn check_patterns(&self, stream: &str, got: &str, code: i32, remarks: &mut Vec<Remark>) -> Result<()> {
        for (suffix, should) in [("contains", true), ("not_contains", false)] {
            for pattern in self.strings(&format!("{stream}_{suffix}")) {
                // The pattern's look-ahead says "nowhere": the same as not finding what it names.
                let (pattern, should) = match pattern.strip_prefix("^(?!.*").and_then(|p| p.strip_suffix(')'))
                {
                    Some(inner) => (inner.trim_end_matches(".*").to_owned(), !should),
                    None => (pattern, should),
                };
                let regex = RegexBuilder::new(&pattern).dot_matches_new_line(true).build()?;
                if regex.is_match(got) == should {
                    continue;
                }
                // What ends in an error says so in its own words; that it ends so is checked by its exit code.
                if code != 0 && should && !got.trim().is_empty() {
                    remarks.push(Remark::wording(&pattern, got.lines().next().unwrap_or_default()));
                } else if stream == "stderr" && pattern == LOG_TIME && self.flag("time_iso_8601") {
                    remarks.push(Remark::no_log());
                } else {
                    bail!("{stream} should {}match {pattern:?}", if should { "" } else { "not " });
                }
            }
        }
        Ok(())
    }

    fn check_detections(&self, stdout: &str, remarks: &mut Vec<Remark>) -> Result<()> {
        let alerts: Vec<Json> = stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        if alerts.is_empty() == self.flag("detect") {
            bail!("{} alerts, detect is {}", alerts.len(), self.flag("detect"));
        }
        if self.flag("detect") {
            for level in self.strings("detect_level") {
                let with = |a: &&Json| a["priority"].as_str().is_some_and(|p| same_level(p, &level));
                if alerts.iter().find(with).is_none() {
                    bail!("no alert of priority {level}");
                }
            }
        }
        let counts = self.params.get("detect_counts").and_then(Yaml::as_sequence);
        for (rule, wanted) in counts.into_iter().flatten().filter_map(|c| untag(c).as_mapping()).flatten() {
            let rule = rule.as_str().unwrap_or_default();
            let got = alerts.iter().filter(|a| a["rule"] == rule).count() as u64;
            match wanted.as_u64() {
                Some(wanted) if wanted == got => {}
                Some(wanted) if got > 0 && wanted == 2 * got => {
                    remarks
                        .push(Remark::enter_events(format!("{rule}: {wanted} alerts where {got} are today")));
                }
                _ => bail!("{rule}: {got} alerts, Falco's {wanted:?}"),
            }
        }
        Ok(())
    }

    /// Each expected line occurs in the output, in order.
    fn check_strict(&self, stdout: &str, remarks: &mut Vec<Remark>) -> Result<()> {
        let pairs = self.params.get("output_strictly_contains").and_then(Yaml::as_sequence);
        for (_, expected) in pairs.into_iter().flatten().filter_map(|c| untag(c).as_mapping()).flatten() {
            let path = self.folder.join(expected.as_str().unwrap_or_default());
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            remarks.extend(alerts::compare(&text, stdout)?);
        }
        Ok(())
    }

    fn has(&self, key: &str) -> bool {
        self.params.get(key).is_some()
    }

    fn flag(&self, key: &str) -> bool {
        self.params.get(key).and_then(Yaml::as_bool).unwrap_or(false)
    }

    fn strings(&self, key: &str) -> Vec<String> {
        match self.params.get(key).map(untag) {
            Some(Yaml::String(one)) => vec![one.clone()],
            Some(Yaml::Sequence(many)) => many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }

    fn files(&self, key: &str) -> Vec<String> {
        self.strings(key).iter().map(|f| self.folder.join(f).to_string_lossy().into_owned()).collect()
    }
}

/// The suite's name of a code → today's.
fn todays_code(code: &str) -> &str {
    if code == "LOAD_UNKNOWN_FIELD" { "LOAD_UNKNOWN_FILTER" } else { code }
}

fn is_in_item(problem: &Json, kind: &str, name: &str) -> bool {
    let locations = problem["context"]["locations"].as_array();
    locations.into_iter().flatten().any(|at| at["item_type"] == kind && at["item_name"] == name)
}

/// Falco writes `INFO` in the suite and `Informational` in the alert.
fn same_level(got: &str, wanted: &str) -> bool {
    got.to_lowercase().starts_with(&wanted.to_lowercase())
}

fn untag(value: &Yaml) -> &Yaml {
    match value {
        Yaml::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

fn scap(args: &[String]) -> Result<Ran> {
    let program = std::env::current_exe()?.with_file_name("scap");
    let output = Command::new(&program)
        .args(args)
        .output()
        .with_context(|| format!("{}: build it with `cargo build -p scap`", program.display()))?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
