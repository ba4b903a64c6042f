//! A suite file as it is written: serde types, from which the JSON schema comes.
//!
//! What the texts in it mean (counts, windows, conditions) is [`read`](crate::read())'s to say.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

/// A regression suite of rules for `scap test`: recorded traces, and what must and must not fire on them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "scap rule regression suite")]
pub struct SuiteFile {
    /// Name of the suite in reports; without it, that of the folder it is in.
    pub suite: Option<String>,
    /// What the suite is for; for readers only.
    #[serde(rename = "description")]
    pub _description: Option<String>,
    /// What holds for every test that does not say otherwise.
    #[serde(default)]
    pub defaults: Defaults,
    /// The tests.
    pub tests: Vec<TestSpec>,
}

/// What holds for every test that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// Rule files or folders of them, in loading order, relative to the suite file; `builtin` is the built-in set.
    /// Without it: the built-in set.
    pub rules: Option<OneOrMany>,
    /// Whether the first matching rule of an event hides the others (`first`, as Falco does) or all count (`all`).
    pub matching: Option<Matching>,
    /// Condition that an event must fulfil for its alerts to count.
    pub filter: Option<String>,
    /// Whether nothing may fire but what is expected.
    pub only: Option<bool>,
    /// Names of rules that must not fire; `*` stands for anything.
    #[serde(default)]
    pub forbid: Vec<String>,
}

/// One test: a trace or several, and what must and must not fire on each of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// Name of the test in reports; without it, that of its trace.
    pub name: Option<String>,
    /// What the test is for; for readers only.
    #[serde(rename = "description")]
    pub _description: Option<String>,
    /// The trace, relative to the suite file, or several; the expectations hold for each of them.
    pub trace: OneOrMany,
    /// Rule files or folders of them, in loading order, relative to the suite file; `builtin` is the built-in set.
    pub rules: Option<OneOrMany>,
    /// Whether the first matching rule of an event hides the others (`first`, as Falco does) or all count (`all`).
    pub matching: Option<Matching>,
    /// Condition that an event must fulfil for its alerts to count.
    pub filter: Option<String>,
    /// What must fire, and how often.
    #[serde(default)]
    pub expect: Vec<ExpectSpec>,
    /// Names of rules that must not fire; `*` stands for anything.
    #[serde(default)]
    pub forbid: Vec<String>,
    /// Whether nothing may fire but what is expected.
    pub only: Option<bool>,
    /// Why the test is not run.
    pub skip: Option<String>,
}

/// One text or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it, and a description would only repeat in editors")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Which of the rules that match an event count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it, and a description would only repeat in editors")]
pub enum Matching {
    First,
    All,
}

/// A rule that must fire: its name alone, or with how often and how.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it, and a description would only repeat in editors")]
pub enum ExpectSpec {
    Name(String),
    Full(Box<RuleSpec>),
}

/// A rule that must fire, how often, and what its alerts must be like to be counted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Name of the rule.
    pub rule: String,
    /// How many alerts: a number (exactly), `none`, `">= N"`, `"<= N"` or `N..M`. Without it: at least one.
    pub count: Option<CountSpec>,
    /// Count only alerts in which these fields have these values; null is a missing value. Any field will do, the
    /// output need not have it.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, FieldSpec>")]
    pub fields: BTreeMap<String, Json>,
    /// Count only alerts of events that fulfil this condition.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Count only alerts whose output (without time and priority) matches; `*` stands for anything.
    pub output: Option<String>,
    /// Count only the alert of this event, or of events `N..M`; either end may be left out.
    pub event: Option<CountSpec>,
    /// Count only alerts in this window: `+1s..+2.5s` after the first event, or `2026-01-31T12:00:00Z..`; either end
    /// may be left out.
    pub time: Option<String>,
    /// Priority that the rule must have.
    pub priority: Option<String>,
    /// Tags that the rule must have, perhaps among others.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A number, or a text about numbers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(missing_docs, reason = "the names say it, and a description would only repeat in editors")]
pub enum CountSpec {
    Number(u64),
    Text(String),
}

/// A value of a field; only for the schema.
#[derive(JsonSchema)]
#[schemars(extend("type" = ["string", "number", "boolean", "null", "array"]), transform = only_type)]
#[allow(dead_code, reason = "only its schema is used")]
struct FieldSpec(Json);

fn only_type(schema: &mut schemars::Schema) {
    schema.remove("$ref");
}
