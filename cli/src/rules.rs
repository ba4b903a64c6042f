//! Rule files given on the command line, loaded; and the options that choose among their rules.

use crate::exit::say_styled;
use anyhow::{Result, bail};
use scap_analyze::alert::SUGGESTED_OUTPUT;
use scap_rules::{Color, LoadReport, Priority, RuleSet, Selection};
use scap_suite::RuleFile;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Which rules to load and which of them to use.
#[derive(clap::Args)]
pub(crate) struct RuleArgs {
    /// Rule file, or folder of rule files; repeat for several, later ones override. Without it: the built-in set.
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// Only rules at least this grave (emergency, alert, critical, error, warning, notice, info, debug).
    #[arg(long, value_name = "PRIORITY", value_parser = priority)]
    min_priority: Option<Priority>,
    /// Only rules with one of these tags.
    #[arg(long, value_delimiter = ',', value_name = "TAG,…")]
    tags: Vec<String>,
    /// No rules with one of these tags.
    #[arg(long, value_delimiter = ',', value_name = "TAG,…")]
    exclude_tags: Vec<String>,
    /// Only rules whose name matches (`*` stands for anything).
    #[arg(long, value_name = "GLOB")]
    only_rules: Vec<String>,
    /// No rules whose name matches.
    #[arg(long, value_name = "GLOB")]
    exclude_rules: Vec<String>,
    /// Add this to every output, as Falco's append_output does.
    #[arg(long, value_name = "TEXT")]
    append_output: Vec<String>,
    /// Do not add the container and pod to outputs, which Falco does by default.
    #[arg(long)]
    no_suggested_output: bool,
}

/// Reads a priority by its Falco name.
///
/// # Errors
/// Names the priorities there are.
pub(crate) fn priority(text: &str) -> Result<Priority, String> {
    Priority::named(text).ok_or_else(|| {
        let names: Vec<String> = Priority::ALL.iter().map(|p| p.name().to_lowercase()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

impl RuleArgs {
    /// The chosen rules; prints warnings of their files to stderr.
    ///
    /// # Errors
    /// If a file cannot be read or does not load, after printing every problem.
    pub(crate) fn load(&self) -> Result<RuleSet> {
        self.load_with((!self.no_suggested_output).then_some(SUGGESTED_OUTPUT))
    }

    /// The same without what Falco adds to the outputs, for alerts among other things that tell their place.
    ///
    /// # Errors
    /// As [`RuleArgs::load`].
    pub(crate) fn load_bare(&self) -> Result<RuleSet> {
        self.load_with(None)
    }

    fn load_with(&self, suggested: Option<&str>) -> Result<RuleSet> {
        let chooses = !self.tags.is_empty() || !self.only_rules.is_empty();
        let leaves_out = !self.exclude_tags.is_empty() || !self.exclude_rules.is_empty();
        if chooses && leaves_out {
            bail!(
                "rules are either chosen (--tags, --only-rules) or left out (--exclude-tags, --exclude-rules), not both"
            );
        }
        let added: Vec<&str> = self.append_output.iter().map(String::as_str).chain(suggested).collect();
        let set = load_or_tell(&self.rules, &added)?;
        let set = set.select(&Selection {
            tags: self.tags.clone(),
            exclude_tags: self.exclude_tags.clone(),
            only_rules: self.only_rules.clone(),
            exclude_rules: self.exclude_rules.clone(),
            min_priority: self.min_priority,
        });
        Ok(set)
    }
}

/// The rules in `paths`, or the built-in ones, that are at least as grave as `least`, for a recording.
///
/// # Errors
/// As [`RuleArgs::load`].
pub(crate) fn trigger(paths: &[PathBuf], least: Option<Priority>) -> Result<RuleSet> {
    let selection = Selection { min_priority: least, ..Selection::default() };
    Ok(load_or_tell(paths, &[])?.select(&selection))
}

/// As [`load`], with every problem printed to stderr.
fn load_or_tell(paths: &[PathBuf], added: &[&str]) -> Result<RuleSet> {
    let (report, set) = load(paths, added)?;
    if report.errors().next().is_some() || report.warnings().next().is_some() {
        say_styled(report.render(color(&std::io::stderr())).trim_end());
    }
    if !report.is_ok() {
        bail!("rules did not load; `scap rules check` shows the same with nothing else around");
    }
    Ok(set)
}

/// Loads `paths`, or the built-in rules if there are none, with `added` behind every output.
///
/// # Errors
/// If a folder cannot be read or holds no rule file. Unreadable files are problems in the report.
pub(crate) fn load(paths: &[PathBuf], added: &[&str]) -> Result<(LoadReport, RuleSet)> {
    let files = if paths.is_empty() { vec![RuleFile::BuiltIn] } else { files(paths)? };
    let loader = added.iter().fold(scap_suite::loader(&files), |loader, text| loader.append_output(text));
    Ok(loader.load())
}

/// Folders become the rule files in them, in the order of their names.
///
/// # Errors
/// If a folder cannot be read or holds no rule file.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<RuleFile>> {
    let each = paths.iter().map(|path| RuleFile::all(path).map_err(anyhow::Error::msg));
    Ok(each.collect::<Result<Vec<_>>>()?.concat())
}

/// Colours only on a terminal, and not if `NO_COLOR` is set to something.
pub(crate) fn color(out: &impl IsTerminal) -> Color {
    let wanted = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted { Color::Always } else { Color::Never }
}
