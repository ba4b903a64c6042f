//! Columns of `files`.

use scap_account::{FileUse, Moment, ProcessId};

use super::record::{Read, Row};
use super::shared::{self, Use};
use crate::cell::Cell;
use crate::schema::Type::{Bool, Text, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, FileUse>;

impl Use for FileUse {
    fn by(&self) -> ProcessId {
        self.process
    }

    fn first(&self) -> Moment {
        self.first
    }

    fn last(&self) -> Moment {
        self.last
    }
}

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Read<FileUse>>] = &[
    shared::trace(),
    shared::host(),
    column("path", Text, |row: &Of| Cell::text(&row.record.path), "Absolute path"),
    column("path_from", Text, |row: &Of| row.record.from.as_deref().map_or(Cell::Null, Cell::text), "Path that it was renamed or linked from"),
    shared::pid(),
    shared::proc_name("Name of the process at first use"),
    shared::proc_exe(),
    shared::proc_cmdline(),
    shared::user_name("Its user at first use"),
    shared::uid("Id of that user"),
    shared::container_id(),
    shared::first_time(),
    shared::first_event(),
    shared::last_time(),
    shared::last_event(),
    column("opens", Uint, |row: &Of| Cell::Uint(row.record.opens), "Times it was opened"),
    column("failures", Uint, |row: &Of| Cell::Uint(row.record.failures), "Times that opening it, or another act on it, failed"),
    column("was_read", Bool, |row: &Of| Cell::Bool(row.record.read), "Whether it was opened for reading"),
    column("was_written", Bool, |row: &Of| Cell::Bool(row.record.written), "Whether it was opened for writing, or truncated"),
    column("was_created", Bool, |row: &Of| Cell::Bool(row.record.created), "Whether opening it created it"),
    column("was_executed", Bool, |row: &Of| Cell::Bool(row.record.executed), "Whether it was run as a program"),
    column("was_deleted", Bool, |row: &Of| Cell::Bool(row.record.deleted), "Whether it was removed"),
    column("was_moved", Bool, |row: &Of| Cell::Bool(row.record.moved), "Whether it is the target of a rename or link"),
    column("was_changed", Bool, |row: &Of| Cell::Bool(row.record.changed), "Whether its mode, owner or attributes were changed"),
    column("bytes_read", Uint, |row: &Of| Cell::Uint(row.record.bytes_read), "Bytes read from it"),
    column("bytes_written", Uint, |row: &Of| Cell::Uint(row.record.bytes_written), "Bytes written to it"),
];
