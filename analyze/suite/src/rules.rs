//! Rule files named by suites and command lines, read and loaded.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use scap_analyze::catalogue::Scheme;
use scap_rules::{Blueprint, LoadReport, Loader, RuleSet, nearest};

/// Word for the built-in rules among rule files.
pub(crate) const BUILT_IN: &str = "builtin";

/// A rule file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleFile {
    /// The built-in rules.
    BuiltIn,
    /// A file.
    Path(PathBuf),
}

impl fmt::Display for RuleFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RuleFile::BuiltIn => f.write_str("(built-in rules)"),
            RuleFile::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

impl RuleFile {
    /// The rule files that `path` stands for: itself, or those in it (`*.yaml`, `*.yml`) by name.
    ///
    /// # Errors
    /// If it is a folder that cannot be read or holds no rule file.
    pub fn all(path: &Path) -> Result<Vec<RuleFile>, String> {
        if !path.is_dir() {
            return Ok(vec![RuleFile::Path(path.to_owned())]);
        }
        let entries =
            fs::read_dir(path).map_err(|error| format!("cannot read folder {}: {error}", path.display()))?;
        let is_rules = |path: &PathBuf| {
            path.is_file()
                && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
        };
        let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(is_rules).collect();
        found.sort();
        if found.is_empty() {
            return Err(format!("no rule file (*.yaml, *.yml) in {}", path.display()));
        }
        Ok(found.into_iter().map(RuleFile::Path).collect())
    }
}

/// A loader of `files`. Unreadable ones will be problems in its report.
#[must_use]
pub fn loader(files: &[RuleFile]) -> Loader<'static> {
    files.iter().fold(Loader::new(&Scheme), |loader, file| {
        let name = file.to_string();
        match file {
            RuleFile::BuiltIn => loader.file(name, scap_rules::builtin()),
            RuleFile::Path(path) => match fs::read(path).map(String::from_utf8) {
                Ok(Ok(text)) => loader.file(name, text),
                Ok(Err(_)) => loader.unreadable(name, "it is not UTF-8 text"),
                Err(error) => loader.unreadable(name, error.to_string()),
            },
        }
    })
}

/// Rules that were loaded from files.
pub struct Loaded {
    /// The rules.
    pub set: RuleSet,
    /// How they are written.
    pub blueprint: Blueprint,
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rules", self.set.rules().len())
    }
}

/// Loads `files`.
///
/// # Errors
/// The report, if it has errors.
pub fn load(files: &[RuleFile]) -> Result<Loaded, LoadReport> {
    let (report, set, blueprint) = loader(files).load_with_blueprint();
    if report.is_ok() { Ok(Loaded { set, blueprint }) } else { Err(report) }
}

/// The rule among `names` that was probably meant by `name`: a slip of the pen away, or sharing most of its words.
#[must_use]
pub fn near<'n>(name: &str, names: impl Iterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if let Some(near) = nearest(name, names.clone()) {
        return Some(near);
    }
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let shared = |other: &str| {
        let other = other.to_lowercase();
        words.iter().filter(|word| other.split_whitespace().any(|w| w == **word)).count()
    };
    let best = names.map(|other| (shared(other), std::cmp::Reverse(other.len()), other)).max()?;
    (best.0 * 2 > words.len()).then_some(best.2)
}
