//! Rules as they are once loaded.

use std::collections::BTreeSet;

use crate::condition::Expr;
use crate::event_types::EventTypes;
use crate::source::Location;
use crate::template::Template;

/// Number of a rule in its set: Falco's order, in which the first match wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(pub u32);

impl RuleId {
    /// As an index into [`RuleSet::rules`](crate::RuleSet::rules).
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// How grave a match is; the gravest is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "Falco's own names")]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

impl Priority {
    /// Every priority, gravest first.
    pub const ALL: [Priority; 8] = [
        Priority::Emergency,
        Priority::Alert,
        Priority::Critical,
        Priority::Error,
        Priority::Warning,
        Priority::Notice,
        Priority::Informational,
        Priority::Debug,
    ];

    /// As Falco prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Priority::Emergency => "Emergency",
            Priority::Alert => "Alert",
            Priority::Critical => "Critical",
            Priority::Error => "Error",
            Priority::Warning => "Warning",
            Priority::Notice => "Notice",
            Priority::Informational => "Informational",
            Priority::Debug => "Debug",
        }
    }

    /// The priority written `name` in any case; `info` is short for `informational`.
    #[must_use]
    pub fn named(name: &str) -> Option<Priority> {
        if name.eq_ignore_ascii_case("info") {
            return Some(Priority::Informational);
        }
        Priority::ALL.into_iter().find(|priority| priority.name().eq_ignore_ascii_case(name))
    }
}

/// A loaded rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its number in its set.
    pub id: RuleId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What an alert says.
    pub output: Template,
    /// The text of `output` as loaded, appended texts included.
    pub output_text: String,
    /// How grave a match is.
    pub priority: Priority,
    /// Its tags, sorted.
    pub tags: BTreeSet<String>,
    /// Its event source.
    pub source: String,
    /// Whether the files say that it is on.
    pub enabled: bool,
    /// Whether the files ask for a capture when it matches, and for how many milliseconds (0: default).
    pub capture: Option<u32>,
    /// Names of its exceptions.
    pub exceptions: Vec<String>,
    /// Where it was defined last.
    pub location: Option<Location>,
    /// Its condition as written, appended texts included, exceptions not.
    pub condition_text: String,
    /// Its condition with lists, macros and exceptions spelled out.
    pub condition: Expr,
    /// The event types it can match.
    pub event_types: EventTypes,
    /// The condition ready to be evaluated.
    pub(crate) test: crate::check::Cond,
}
