//! The two contracts between rules and whatever they are asked of.
//!
//! [`FieldScheme`] answers at load time which fields exist; [`FieldSource`] answers per event what they are.
//! Names, arguments and ways of comparing are libsinsp's (its `sinsp_filtercheck_*` sources).

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
///
/// An index is written in brackets (`proc.aname[2]`), a key in brackets or, where the whole dotted name
/// is no field of its own, after a dot (`proc.env[HOME]`, `evt.arg.flags`, `thread.cgroup.cpu`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names say it")]
pub enum ArgKind {
    None,
    OptionalIndex,
    RequiredIndex,
    OptionalKey,
    RequiredKey,
    /// Index or key, or neither; digits are an index.
    OptionalIndexOrKey,
    /// Index or key, required; digits are an index.
    RequiredIndexOrKey,
}

/// How a condition compares a field that may stand for several things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// The one value (or, for a list, the list as a whole).
    #[default]
    Whole,
    /// True if it is true of any value, whatever the operator: `proc.aname` without an index asks every
    /// ancestor, and `proc.aname != x` asks whether any is not `x`.
    Any,
    /// Like `Any`, except that `!=` must hold for all values: `fd.ip`, `fd.port`, `fd.net`.
    AnyOrNone,
    /// The value is a distance, and every operator asks whether it is at most the literal: `evt.around`.
    AtMost,
}

/// What the value of a field depends on: how long it may be cached.
///
/// Ordered from what lasts longest; what is made of several parts lasts as long as the greatest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Only the process as of its last change (see [`FieldSource::process_version`]).
    Process,
    /// The process and what surrounds it: ancestors, users, containers (see [`FieldSource::epoch`]).
    Surroundings,
    /// The event.
    Event,
}

/// What an event is about, in short: enough to know again what rules said of the like.
///
/// For two events of one type with equal subjects every field that is [`DecidedBy::Subject`] has equal values, for two
/// with equal `kind` every field that is [`DecidedBy::Kind`], and those that are [`DecidedBy::Failure`] if both failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'s> {
    /// What sort of thing it is and what is done with it; of few different values.
    pub kind: u64,
    /// Whether it came to nothing. Part of the kind.
    pub failed: bool,
    /// How to read the names.
    pub reading: u64,
    /// Names: of the thing, and of what that name starts from.
    pub names: [&'s [u8]; 2],
}

/// Which part of an event's [`Subject`] decides the value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecidedBy {
    /// None does: it depends on more.
    #[default]
    More,
    /// Its kind.
    Kind,
    /// Its kind, if the event failed.
    Failure,
    /// All of it.
    Subject,
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
    /// Which part of the subject of an event decides its value, if it has no more than one.
    pub decided_by: DecidedBy,
    /// How conditions compare it.
    pub compare: Compare,
    /// Whether it may stand in conditions only, not in outputs.
    pub filter_only: bool,
    /// Whether transformers (`tolower(…)`) may be applied to it.
    pub transformable: bool,
    /// Whether it may take part in a comparison of two fields, on either side.
    pub comparable_to_field: bool,
    /// What to use instead, for a deprecated field.
    pub deprecated: Option<&'static str>,
}

impl FieldDef {
    /// A plain field: one value of type `ty`, no argument, of the event, free to be used everywhere.
    #[must_use]
    pub const fn plain(id: FieldId, ty: FieldType) -> FieldDef {
        FieldDef {
            id,
            ty,
            list: false,
            arg: ArgKind::None,
            scope: Scope::Event,
            decided_by: DecidedBy::More,
            compare: Compare::Whole,
            filter_only: false,
            transformable: true,
            comparable_to_field: true,
            deprecated: None,
        }
    }
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

    /// The value of `evt.type` for every event of type `ty`; `None` if it differs from event to event.
    /// Lets conditions on `evt.type` be decided when rules are loaded.
    fn event_type_name(&self, ty: u16) -> Option<&str> {
        let _ = ty;
        None
    }

    /// Event types that every rule is run for, whatever types its condition names.
    fn unfiltered_event_types(&self) -> Vec<u16> {
        Vec::new()
    }
}

/// What one event and the state as of it say about fields.
///
/// Asked on the hot path: answers borrow from the event or the state wherever they can.
pub trait FieldSource {
    /// Type of the event, below [`FieldScheme::event_type_count`].
    fn event_type(&self) -> u16;

    /// The value of `field`; `None` if the event has none (a *missing* field, printed `<NA>`).
    ///
    /// For a field of several values ([`FieldDef::list`], [`Compare::Any`], [`Compare::AnyOrNone`]) this is
    /// what an output prints if it prints a single one; conditions ask [`FieldSource::values`].
    fn value<'s>(&'s self, field: &Field) -> Option<Value<'s>>;

    /// Appends all values of `field` to `out` and tells whether the field is there at all: a list can be
    /// there and empty, which is not the same as missing.
    fn values<'s>(&'s self, field: &Field, out: &mut Vec<Value<'s>>) -> bool {
        match self.value(field) {
            Some(value) => {
                out.push(value);
                true
            }
            None => false,
        }
    }

    /// What `field exists` says. Differs from having a value only for fields that exist more widely than
    /// they have values (`fd.ip exists` holds for every known descriptor).
    fn exists(&self, field: &Field) -> bool {
        self.value(field).is_some() || self.values(field, &mut Vec::new())
    }

    /// A number for this event's process as it is now: equal numbers, equal answers to every field of
    /// [`Scope::Process`]. No two processes share one, and it changes whenever such a field may have changed.
    /// `None` where there is no process; then nothing is cached.
    fn process_version(&self) -> Option<u64>;

    /// A number for the machine as it is now: with equal numbers and equal [`FieldSource::process_version`], equal
    /// answers to every field of [`Scope::Surroundings`]. `None` where that cannot be promised of this event; then
    /// those are not cached.
    fn epoch(&self) -> Option<u64> {
        None
    }

    /// What this event is about. Asked of every event that rules of its type are asked about, so it should cost less
    /// than the fields it decides. `None` where that cannot be said in short; then nothing is remembered of it.
    fn subject(&self) -> Option<Subject<'_>> {
        None
    }
}
