//! The two contracts between rules and whatever they are asked of.
//!
//! [`FieldScheme`] answers at load time which fields exist; [`FieldSource`] answers per event what they are.

use crate::{FieldType, Value};

/// Row of a field in its scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// Argument of a field: `proc.aname[2]`, `proc.env[HOME]`, `evt.arg.flags`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FieldArg {
    /// None given.
    None,
    /// A number in brackets.
    Index(u64),
    /// A word in brackets or after a dot.
    Key(String),
}

/// A field with its argument, as a rule uses it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Field {
    /// Which row.
    pub id: FieldId,
    /// With which argument.
    pub arg: FieldArg,
}

/// Which arguments a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names say it")]
pub enum ArgKind {
    None,
    OptionalIndex,
    RequiredIndex,
    OptionalKey,
    RequiredKey,
    /// Index or key, required.
    RequiredIndexOrKey,
}

/// What the value of a field depends on: how long it may be cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The event.
    Event,
    /// Only the process as of its last change (see [`FieldSource::process_version`]).
    Process,
}

/// What a rule must know of a field.
#[derive(Debug, Clone)]
pub struct FieldDef {
    /// Its row.
    pub id: FieldId,
    /// Its type.
    pub ty: FieldType,
    /// Whether it has any number of values.
    pub list: bool,
    /// Which arguments it takes.
    pub arg: ArgKind,
    /// What it depends on.
    pub scope: Scope,
    /// What to use instead, for a deprecated field.
    pub deprecated: Option<&'static str>,
}

/// The catalogue of fields that rules may use.
pub trait FieldScheme {
    /// The field called `name` (without argument).
    fn field(&self, name: &str) -> Option<FieldDef>;

    /// Type of `field` given its argument, or why the argument does not fit.
    ///
    /// # Errors
    /// A message for people, e.g. that no event has an argument of that name.
    fn check(&self, field: &Field) -> Result<FieldType, String>;

    /// All names, for suggestions.
    fn names(&self) -> Vec<&'static str>;

    /// Number of event types; types are numbered from 0.
    fn event_type_count(&self) -> usize;

    /// Event types whose `evt.type` is `name`; empty if there is no such event.
    fn event_types_named(&self, name: &str) -> Vec<u16>;
}

/// What one event and the state as of it say about fields.
pub trait FieldSource {
    /// Type of the event, below [`FieldScheme::event_type_count`].
    fn event_type(&self) -> u16;

    /// Appends the values of `field` to `out`: none if it is missing, one unless it is a list.
    fn values<'s>(&'s self, field: &Field, out: &mut Vec<Value<'s>>);

    /// A number that changes whenever a field of [`Scope::Process`] of this event's process may have
    /// changed; `None` where there is no process.
    fn process_version(&self) -> Option<u64>;
}
