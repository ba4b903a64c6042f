//! One row of the field catalogue: what the type checker, the evaluator, the printer and the docs know of a field.
//!
//! A row starts as [`field`] (or one of its kin) and is refined by the methods below it, so that the tables
//! stay one line a field. Rows are plain `const` data. Source of names, types, arguments and print formats:
//! libsinsp's `sinsp_filtercheck_*` tables and Falco's container plugin.

use scap_rules::{ArgKind, Compare, DecidedBy, FieldArg, FieldDef, FieldId, FieldType, Scope, Value};

use crate::fields::Fields;

/// What a field belongs to, as Falco groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named as the prefixes of the fields")]
pub enum Class {
    Evt,
    Process,
    User,
    Group,
    Fd,
    FsPath,
    FdList,
    Container,
    K8s,
}

impl Class {
    /// All classes, in the order in which they are listed.
    pub const ALL: [Class; 9] = [
        Class::Evt,
        Class::Process,
        Class::User,
        Class::Group,
        Class::Fd,
        Class::FsPath,
        Class::FdList,
        Class::Container,
        Class::K8s,
    ];

    /// Its name in listings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Class::Evt => "evt",
            Class::Process => "process",
            Class::User => "user",
            Class::Group => "group",
            Class::Fd => "fd",
            Class::FsPath => "fs.path",
            Class::FdList => "fdlist",
            Class::Container => "container",
            Class::K8s => "k8s",
        }
    }
}

/// How a number is written in text, and whether JSON gets a number or that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Print {
    /// Decimal; a JSON number. Strings, addresses and booleans ignore it.
    Plain,
    /// Decimal padded with zeros to nine digits in text; a JSON number.
    Nanos,
    /// Upper-case hexadecimal without prefix; a JSON string.
    Hex,
    /// A time printed for people; in JSON the event's time in ns since the epoch.
    Clock,
    /// Decimal in text; 0 in JSON, where Falco measures from the event itself.
    Delta,
    /// As [`Print::Delta`], padded with zeros to nine digits in text.
    DeltaNanos,
    /// Usable in conditions only: prints as missing.
    Never,
}

/// Reads the value that a field has for an event.
pub type Read = for<'s> fn(&'s Fields<'_>, &FieldArg) -> Option<Value<'s>>;

/// Reads all values of a field that has several; tells whether the field is there at all.
pub type ReadAll = for<'s> fn(&'s Fields<'_>, &FieldArg, &mut Vec<Value<'s>>) -> bool;

/// Tells whether a field exists where that is not the same as having a value.
pub type Exists = fn(&Fields<'_>, &FieldArg) -> bool;

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Name without argument.
    pub name: &'static str,
    /// Type of its values; for [`Row::dynamic`] fields only a stand-in.
    pub ty: FieldType,
    /// Whether the type depends on the argument (`evt.rawarg`).
    pub dynamic: bool,
    /// Whether it has any number of values.
    pub list: bool,
    /// Which arguments it takes.
    pub arg: ArgKind,
    /// How long its value may be cached.
    pub scope: Scope,
    /// Which part of an event's subject decides its value.
    pub decided_by: DecidedBy,
    /// How conditions compare it.
    pub compare: Compare,
    /// Whether transformers and field-to-field comparisons accept it.
    pub restricted: Restricted,
    /// How it prints.
    pub print: Print,
    /// What to use instead, for a deprecated field.
    pub deprecated: Option<&'static str>,
    /// Whether a trace can tell it at all.
    pub available: bool,
    /// What to know about its availability, e.g. why no trace can tell it.
    pub note: Option<&'static str>,
    /// What it says, for people.
    pub description: &'static str,
    /// Reads its value.
    pub read: Read,
    /// Reads all its values.
    pub read_all: Option<ReadAll>,
    /// Tells whether it exists.
    pub exists: Option<Exists>,
}

/// What may not be done with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restricted {
    /// Everything may.
    No,
    /// It cannot stand in a comparison of two fields.
    NoFieldComparison,
    /// Nor can it be transformed.
    NoFieldComparisonNorTransformer,
}

/// A field of the event with one value of type `ty` and no argument.
pub(super) const fn field(name: &'static str, ty: FieldType, read: Read, description: &'static str) -> Row {
    Row {
        name,
        ty,
        dynamic: false,
        list: false,
        arg: ArgKind::None,
        scope: Scope::Event,
        decided_by: DecidedBy::More,
        compare: Compare::Whole,
        restricted: Restricted::No,
        print: Print::Plain,
        deprecated: None,
        available: true,
        note: None,
        description,
        read,
        read_all: None,
        exists: None,
    }
}

/// A field that no trace can answer, and why.
pub(super) const fn never(
    name: &'static str,
    ty: FieldType,
    reason: &'static str,
    description: &'static str,
) -> Row {
    let mut row = field(name, ty, nothing, description);
    row.available = false;
    row.noted(reason)
}

fn nothing<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    None
}

impl Row {
    /// Takes arguments of `kind`.
    pub(super) const fn arg(mut self, kind: ArgKind) -> Row {
        self.arg = kind;
        self
    }

    /// Depends on nothing but the process as of its last change.
    pub(super) const fn process(mut self) -> Row {
        self.scope = Scope::Process;
        self
    }

    /// Depends on the process and what surrounds it: ancestors, users, containers.
    pub(super) const fn around(mut self) -> Row {
        self.scope = Scope::Surroundings;
        self
    }

    /// Is decided by the kind of an event's subject.
    pub(super) const fn by_kind(mut self) -> Row {
        self.decided_by = DecidedBy::Kind;
        self
    }

    /// Is decided by the kind of an event's subject if the event failed.
    pub(super) const fn by_failure(mut self) -> Row {
        self.decided_by = DecidedBy::Failure;
        self
    }

    /// Is decided by an event's subject.
    pub(super) const fn by_subject(mut self) -> Row {
        self.decided_by = DecidedBy::Subject;
        self
    }

    /// Prints in another way than plainly.
    pub(super) const fn print(mut self, print: Print) -> Row {
        self.print = print;
        self
    }

    /// Has any number of values, read by `read_all`.
    pub(super) const fn list(mut self, read_all: ReadAll) -> Row {
        self.list = true;
        self.read_all = Some(read_all);
        self.restricted = Restricted::NoFieldComparison;
        self
    }

    /// Conditions ask all the values that `read_all` reads, combined as `compare` says.
    pub(super) const fn several(mut self, compare: Compare, read_all: ReadAll) -> Row {
        self.compare = compare;
        self.read_all = Some(read_all);
        self.restricted = Restricted::NoFieldComparisonNorTransformer;
        self
    }

    /// Exists more widely than it has values.
    pub(super) const fn exists_if(mut self, exists: Exists) -> Row {
        self.exists = Some(exists);
        self
    }

    /// Accepts neither transformers nor another field to compare with.
    pub(super) const fn restricted(mut self) -> Row {
        self.restricted = Restricted::NoFieldComparisonNorTransformer;
        self
    }

    /// Has the type of the event parameter that its argument names.
    pub(super) const fn dynamic(mut self) -> Row {
        self.dynamic = true;
        self
    }

    /// Is a distance that conditions ask to be at most the literal.
    pub(super) const fn at_most(mut self) -> Row {
        self.compare = Compare::AtMost;
        self
    }

    /// Carries a remark on its availability.
    pub(super) const fn noted(mut self, note: &'static str) -> Row {
        self.note = Some(note);
        self
    }

    /// Only old rule files use it.
    pub(super) const fn old(mut self, instead: &'static str) -> Row {
        self.deprecated = Some(instead);
        self
    }

    /// What rules must know of it.
    #[must_use]
    pub fn def(&self, id: FieldId) -> FieldDef {
        FieldDef {
            id,
            ty: self.ty,
            list: self.list,
            arg: self.arg,
            scope: self.scope,
            decided_by: self.decided_by,
            compare: self.compare,
            // Falco declares some fields to be of no use in outputs, but accepts them there and prints
            // them as missing.
            filter_only: false,
            transformable: !matches!(self.restricted, Restricted::NoFieldComparisonNorTransformer),
            comparable_to_field: matches!(self.restricted, Restricted::No),
            deprecated: self.deprecated,
        }
    }
}
