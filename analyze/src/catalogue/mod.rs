//! The catalogue of fields: every field that rules, filters and outputs may name, in one table.
//!
//! Takes nothing, gives rows: name, type, argument, list, scope, description, availability, accessor. The type
//! checker, the evaluator, the printer, `scap fields` and the docs all derive from it. Reading a value is the
//! business of [`crate::fields`]; here stands only which accessor does it.

mod container;
mod evt;
mod fd;
mod identity;
mod listing;
mod paths;
mod process;
mod row;
mod scheme;

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use scap_rules::FieldId;

pub use listing::{Listed, listing, markdown};
pub use row::{Class, Exists, Print, Read, ReadAll, Restricted, Row};
pub use scheme::Scheme;
pub(crate) use scheme::raw_type_of;

/// The parts of the table, in the order in which fields are listed and numbered.
const PARTS: [(Class, &[Row]); 9] = [
    (Class::Evt, evt::ROWS),
    (Class::Process, process::ROWS),
    (Class::User, identity::USER),
    (Class::Group, identity::GROUP),
    (Class::Fd, fd::ROWS),
    (Class::FsPath, paths::FSPATH),
    (Class::FdList, paths::FDLIST),
    (Class::Container, container::CONTAINER),
    (Class::K8s, container::K8S),
];

/// Number of fields.
pub const FIELD_COUNT: usize = {
    let mut count = 0;
    let mut part = 0;
    while part < PARTS.len() {
        count += PARTS[part].1.len();
        part += 1;
    }
    count
};

/// All rows; a [`FieldId`] is an index into it.
static TABLE: [Row; FIELD_COUNT] = {
    let mut table = [PARTS[0].1[0]; FIELD_COUNT];
    let (mut part, mut at) = (0, 0);
    while part < PARTS.len() {
        let mut i = 0;
        while i < PARTS[part].1.len() {
            table[at] = PARTS[part].1[i];
            at += 1;
            i += 1;
        }
        part += 1;
    }
    table
};

static BY_NAME: LazyLock<FxHashMap<&'static str, u16>> =
    LazyLock::new(|| (0u16..).zip(&TABLE).map(|(id, row)| (row.name, id)).collect());

/// All rows, by id.
#[must_use]
pub fn rows() -> &'static [Row] {
    &TABLE
}

/// The row of `id`; `None` if the catalogue did not give that id.
#[must_use]
pub fn row(id: FieldId) -> Option<&'static Row> {
    TABLE.get(usize::from(id.0))
}

/// Id and row of the field called `name`, without argument.
#[must_use]
pub fn by_name(name: &str) -> Option<(FieldId, &'static Row)> {
    let id = *BY_NAME.get(name)?;
    Some((FieldId(id), TABLE.get(usize::from(id))?))
}

/// What the field of `row` belongs to.
#[must_use]
pub fn class_of(id: FieldId) -> Class {
    let mut first = 0;
    for (class, rows) in PARTS {
        first += rows.len();
        if usize::from(id.0) < first {
            return class;
        }
    }
    Class::Evt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        assert_eq!(BY_NAME.len(), FIELD_COUNT);
    }

    #[test]
    fn every_field_has_the_class_of_its_name() {
        for (i, row) in (0u16..).zip(rows()) {
            let class = class_of(FieldId(i));
            let prefix = row.name.split('.').next().unwrap_or_default();
            let fits = match class {
                Class::Evt => matches!(prefix, "evt" | "syscall" | "syslog"),
                Class::Process => matches!(prefix, "proc" | "thread"),
                Class::FsPath => prefix == "fs",
                Class::Container => matches!(prefix, "container" | "proc"),
                other => prefix == other.name(),
            };
            assert!(fits, "{} in class {}", row.name, class.name());
        }
    }

    #[test]
    fn descriptions_are_sentences() {
        for row in rows() {
            assert!(row.description.ends_with('.'), "{}: {}", row.name, row.description);
            assert!(row.available || row.note.is_some(), "{} is unavailable without a reason", row.name);
        }
    }
}
