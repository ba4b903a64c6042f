//! The rule set that comes with the program: every file of `rules/sets`, in the order of their names.

/// One text of several rules files: top-level YAML lists, so that one continues the other.
macro_rules! sets {
    ($($name:literal),* $(,)?) => {
        const NAMES: &[&str] = &[$($name),*];
        const TEXT: &str = concat!($(include_str!(concat!("../sets/", $name)), "\n"),*);
    };
}

sets![
    "00-common.yaml",
    "10-execution.yaml",
    "20-persistence.yaml",
    "30-privilege-escalation.yaml",
    "40-defense-evasion.yaml",
    "50-credential-access.yaml",
    "60-discovery.yaml",
    "65-lateral-movement.yaml",
    "70-collection.yaml",
    "75-command-and-control.yaml",
    "80-exfiltration.yaml",
    "85-impact.yaml",
    "90-container-escape.yaml",
];

/// Text of the built-in rules, a rules file like any other.
#[must_use]
pub const fn builtin() -> &'static str {
    TEXT
}

/// Names of the files in `rules/sets` that [`builtin`] consists of.
#[must_use]
pub const fn builtin_files() -> &'static [&'static str] {
    NAMES
}
