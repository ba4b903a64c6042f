//! `cargo xtask bench`: `scap` from end to end beside its yardsticks, in one run on one machine.
//!
//! Every comparison runs its programs in turn, several rounds, and takes the least of each: absolute times of a shared
//! machine mean little, ratios of neighbours do. What a comparison needs and is not there is skipped by name. Results
//! go to `benches/results/`, as a table and as JSON, with processor, kernel and commit, and nothing else of the machine.

mod compare;
mod foreign;
pub(crate) mod measure;
mod report;
mod rules;

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// Repetitions of the sample that make about five million events.
const REPEAT: u32 = 214;

const HELP: &str = "\
cargo xtask bench [--trace FILE] [--rules FILE|DIR]… [--rounds N] [--repeat N] [--only WORD]… [--dry]

  --trace FILE   native trace to replay; default: the recorded intrusion, over and over
  --repeat N     how often that is (default 214: five million events)
  --rules PATH   rules to load (repeat for several); default: the shipped ones
  --rounds N     times that everything runs (default 5)
  --only WORD    only comparisons with this word in their name: zstd, sysdig, naive, threads, doubled, rare,
                 start-up, memory, size
  --dry          do not write to benches/results/";

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    trace: Option<PathBuf>,
    repeat: u32,
    rules: Vec<PathBuf>,
    rounds: usize,
    only: Vec<String>,
    dry: bool,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options =
            Self { trace: None, repeat: REPEAT, rules: Vec::new(), rounds: 5, only: Vec::new(), dry: false };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} takes a value\n\n{HELP}"));
            match arg.as_str() {
                "--trace" => options.trace = Some(PathBuf::from(value()?).canonicalize()?),
                "--repeat" => options.repeat = value()?.parse().context("--repeat takes a number")?,
                "--rules" => options.rules.push(PathBuf::from(value()?).canonicalize()?),
                "--rounds" => options.rounds = value()?.parse().context("--rounds takes a number")?,
                "--only" => options.only.push(value()?.clone()),
                "--dry" => options.dry = true,
                other => bail!("{other} is no option\n\n{HELP}"),
            }
        }
        Ok(options)
    }

    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }
}

/// Measures, prints, stores.
///
/// # Errors
/// If something cannot be built or run.
pub(crate) fn run(args: &[String]) -> Result<String> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(HELP.to_owned());
    }
    let options = Options::parse(args)?;
    let root = crate::tools::workspace()?;
    let bench = compare::Bench::prepare(&root, &options)?;
    let results = bench.all(&options)?;
    let report = report::Report::new(bench.about(), results);
    println!("{}", report.markdown());
    if options.dry {
        return Ok("bench: not stored".into());
    }
    report.store(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let options = Options::parse(&words("--rounds 3 --only zstd --dry")).expect("options");
        assert!(
            options.dry && options.rounds == 3 && options.wants("analyze / zstd") && !options.wants("rare")
        );
        assert!(Options::parse(&words("--rounds")).is_err());
        assert!(Options::parse(&words("--fast")).is_err());
    }
}
