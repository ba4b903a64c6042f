//! Schemas that are a table: one row a column, from which JSON, CSV and the documentation are made.

mod cell;
mod ecs;
mod scap;
mod timesketch;

use std::io::{self, Write};

use scap_analyze::print::CsvWriter;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value as Json};

use crate::exporter::{Record, Schema, What};

pub(crate) use cell::Cell;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A time in RFC 3339, UTC, with nanoseconds.
    Time,
    /// An IP address.
    Ip,
    /// Texts; in CSV a JSON array.
    List,
    /// Whatever fields there are; in CSV a JSON object.
    Object,
}

/// A column of a schema.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    name: &'static str,
    kind: Kind,
    /// Whether only alerts have it.
    of_alerts: bool,
    about: &'static str,
    read: for<'r> fn(&'r Record<'r>) -> Cell<'r>,
}

/// What is known of a column, for documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether only alerts have it.
    pub of_alerts: bool,
    /// What it says.
    pub about: &'static str,
}

/// A column of every record.
pub(crate) const fn column(
    name: &'static str,
    kind: Kind,
    read: for<'r> fn(&'r Record<'r>) -> Cell<'r>,
    about: &'static str,
) -> Column {
    Column { name, kind, of_alerts: false, about, read }
}

/// A column that only alerts have.
pub(crate) const fn of_alerts(
    name: &'static str,
    kind: Kind,
    read: for<'r> fn(&'r Record<'r>) -> Cell<'r>,
    about: &'static str,
) -> Column {
    Column { name, kind, of_alerts: true, about, read }
}

/// The columns of `schema`; `None` if it is no table.
pub(crate) fn table(schema: Schema) -> Option<&'static [Column]> {
    match schema {
        Schema::Scap => Some(scap::COLUMNS),
        Schema::Ecs => Some(ecs::COLUMNS),
        Schema::Timesketch => Some(timesketch::COLUMNS),
        Schema::Ocsf => None,
    }
}

/// The columns of `schema`, in order; none if it is no table.
pub fn columns(schema: Schema) -> impl Iterator<Item = ColumnInfo> {
    let rows = table(schema).unwrap_or_default().iter();
    rows.map(|&Column { name, kind, of_alerts, about, .. }| ColumnInfo { name, kind, of_alerts, about })
}

/// A record as a flat object: its columns in order, without those that are missing.
pub(crate) struct Object<'r> {
    columns: &'static [Column],
    record: &'r Record<'r>,
}

impl<'r> Object<'r> {
    pub(crate) fn new(columns: &'static [Column], record: &'r Record<'r>) -> Self {
        Self { columns, record }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for column in self.columns {
            match (column.read)(self.record) {
                Cell::Missing => {}
                cell => map.serialize_entry(column.name, &cell)?,
            }
        }
        map.end()
    }
}

/// A record whose columns are paths: `process.name` is member `name` of `process`.
pub(crate) fn nested(columns: &'static [Column], record: &Record<'_>) -> Map<String, Json> {
    let mut root = Map::new();
    for column in columns {
        let value = match (column.read)(record) {
            Cell::Missing => continue,
            cell => cell.json(),
        };
        let mut at = &mut root;
        let mut parts = column.name.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                at.insert(part.to_owned(), value);
                break;
            }
            let inner = at.entry(part).or_insert_with(|| Json::Object(Map::new()));
            let Json::Object(inner) = inner else { break };
            at = inner;
        }
    }
    root
}

/// The columns that records of `what` have in a table that has them all.
fn of(columns: &'static [Column], what: What) -> impl Iterator<Item = &'static Column> {
    columns.iter().filter(move |column| what == What::Alerts || !column.of_alerts)
}

/// Writes the names of the columns.
pub(crate) fn header<W: Write>(
    columns: &'static [Column],
    what: What,
    out: &mut CsvWriter<W>,
) -> io::Result<()> {
    out.header(of(columns, what).map(|column| column.name))
}

/// Writes the cells of a record.
pub(crate) fn cells<W: Write>(
    columns: &'static [Column],
    what: What,
    record: &Record<'_>,
    out: &mut CsvWriter<W>,
) -> io::Result<()> {
    for column in of(columns, what) {
        out.cell(&(column.read)(record).csv())?;
    }
    out.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_column_stands_twice_or_inside_another() {
        for schema in [Schema::Scap, Schema::Ecs, Schema::Timesketch] {
            let names: Vec<&str> = columns(schema).map(|column| column.name).collect();
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{name}");
                let below = format!("{name}.");
                assert!(
                    schema != Schema::Ecs || names.iter().all(|other| !other.starts_with(&below)),
                    "{name}"
                );
            }
        }
    }
}
