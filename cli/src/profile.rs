//! `scap analyze --profile`: where the time of a replay goes, as a table or as JSON.
//!
//! Replays the trace again, on one thread: a few times stage by stage for the times, once for the counts.

use anyhow::{Context, Result, bail};
use scap_analyze::replay::{Options, Profiler, Stage, Stages};
use scap_analyze::sink::Sink;
use scap_format::TraceReader;
use scap_format::source::{self, Input};
use scap_rules::{Profile, RuleCost, RuleSet};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// Times that each stage is measured.
const PASSES: u32 = 3;

/// How the profile is shown.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Shown {
    /// A table.
    Table,
    /// One JSON object a line for each trace.
    Json,
}

/// Whether `inputs` can be read more than once.
///
/// # Errors
/// If one cannot.
pub(crate) fn check(inputs: &[Input]) -> Result<()> {
    if inputs.iter().flat_map(|input| &input.files).any(|file| file.as_os_str() == "-") {
        bail!("--profile reads the trace several times, which standard input cannot be: use a file");
    }
    Ok(())
}

/// What replaying a trace takes.
pub(crate) struct Measured<'r> {
    name: String,
    stages: Stages,
    /// Names and costs, the dearest first.
    rules: Vec<(&'r str, RuleCost)>,
    shared: RuleCost,
    total: RuleCost,
}

impl<'r> Measured<'r> {
    /// Measures replaying `input` against `rules`, with alerts written to a sink as `sink` makes it.
    ///
    /// # Errors
    /// If the trace cannot be read.
    pub(crate) fn new(
        input: &Input,
        rules: &'r RuleSet,
        options: &Options,
        sink: &dyn Fn() -> Box<dyn Sink>,
    ) -> Result<Self> {
        let name = crate::open::name(input);
        let profiler = Profiler {
            open: &|| TraceReader::open_series(&input.files),
            chunks: &|| {
                let open = |file: &std::path::PathBuf| {
                    let name = file.display().to_string();
                    let failed = |source| scap_format::Error::Open { name: name.clone(), source };
                    let bytes = std::fs::File::open(file).map_err(failed)?;
                    source::open(Box::new(bytes), &name).map(|(_, chunks)| chunks)
                };
                input.files.iter().map(open).collect()
            },
            clock: &processor_time,
            sink,
        };
        let failed = || format!("cannot profile {name}");
        let stages = profiler.stages(rules, options, PASSES).with_context(failed)?;
        let profile = profiler.rules(rules, options).with_context(failed)?;
        let (shared, total) = (profile.shared(), profile.total());
        Ok(Self { stages, rules: by_cost(rules, &profile), shared, total, name })
    }

    /// As `shown` says.
    pub(crate) fn text(&self, shown: Shown) -> String {
        match shown {
            Shown::Json => self.json().to_string(),
            Shown::Table => {
                let mut out = String::new();
                // Writing to a string cannot fail.
                let _ = self.table(&mut out);
                out.trim_end().to_owned()
            }
        }
    }

    fn table(&self, out: &mut String) -> std::fmt::Result {
        let Stages { times, events } = self.stages;
        writeln!(out, "profile of {}, {events} events, one thread, processor time:", self.name)?;
        writeln!(out, "  {:<12} {:>10} {:>10} {:>7}", "stage", "ms", "ns/event", "share")?;
        let total = self.stages.total();
        let rows = Stage::ALL.iter().map(|stage| stage.name()).zip(times);
        for (stage, time) in rows.chain([("all", total)]) {
            let ms = time.as_secs_f64() * 1e3;
            let share = percent(time.as_secs_f64(), total.as_secs_f64());
            writeln!(out, "  {stage:<12} {ms:>10.1} {:>10.1} {share:>6.1}%", per_event(time, events))?;
        }
        writeln!(
            out,
            "  {:>12} {:>12} {:>10} {:>7}  rule (cost is estimated from the comparisons worked out)",
            "tried", "comparisons", "matches", "cost"
        )?;
        let cost = self.total.cost;
        let shared = ("(what several rules have in common)", self.shared);
        for (rule, RuleCost { tried, compared, matched, cost: own }) in self.rules.iter().chain([&shared]) {
            let share = percent(*own, cost);
            writeln!(out, "  {tried:>12} {compared:>12} {matched:>10} {share:>6.1}%  {rule}")?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let Stages { times, events } = self.stages;
        let total = self.stages.total().as_secs_f64();
        let stages = Stage::ALL.iter().zip(times).map(|(stage, time)| {
            json!({
                "stage": stage.name(),
                "seconds": time.as_secs_f64(),
                "ns_per_event": per_event(time, events),
                "share": percent(time.as_secs_f64(), total) / 100.0,
            })
        });
        let counts = |own: &RuleCost| {
            json!({
                "tried": own.tried,
                "comparisons": own.compared,
                "matches": own.matched,
                "cost_share": percent(own.cost, self.total.cost) / 100.0,
            })
        };
        let rules = self.rules.iter().map(|(rule, own)| {
            let mut row = counts(own);
            row["rule"] = (*rule).into();
            row
        });
        json!({
            "trace": self.name,
            "events": events,
            "stages": stages.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
            "shared": counts(&self.shared),
        })
    }
}

/// The active rules, the dearest first; of equals, the first in the order of the rules.
fn by_cost<'r>(rules: &'r RuleSet, profile: &Profile) -> Vec<(&'r str, RuleCost)> {
    let mut all: Vec<_> = rules.active().map(|rule| (rule.name.as_str(), profile.rule(rule.id))).collect();
    all.sort_by(|(_, one), (_, other)| other.cost.total_cmp(&one.cost));
    all
}

/// Of this process, all its threads together.
fn processor_time() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    // A kernel without this clock shows all times as 0.
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

fn per_event(time: Duration, events: u64) -> f64 {
    if events == 0 { 0.0 } else { time.as_secs_f64() * 1e9 / float(events) }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "shares for people")]
fn float(count: u64) -> f64 {
    count as f64
}
