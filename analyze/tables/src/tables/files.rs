//! Columns of `files`.

use scap_account::FileUse;

use super::record::{Read, Row};
use crate::cell::Cell;
use crate::schema::Type::{Bool, Int, Text, Time, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, FileUse>;

impl<'a> Row<'a, FileUse> {
    fn who(&self) -> Option<Row<'a, scap_account::Process>> {
        self.at(self.record.process)
    }

    fn image(&self) -> Option<&'a scap_account::Image> {
        self.who()?.image_at(self.record.first.event)
    }
}

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Read<FileUse>>] = &[
    column("trace", Text, |row: &Of| Cell::text(row.trace.as_bytes()), "Name of the trace, as it was given"),
    column("host", Text, |row: &Of| row.host(), "Host that was recorded"),
    column("path", Text, |row: &Of| Cell::text(&row.record.path), "Absolute path"),
    column("path_from", Text, |row: &Of| row.record.from.as_deref().map_or(Cell::Null, Cell::text), "Path that it was renamed or linked from"),
    column("pid", Int, |row: &Of| Cell::int(row.who().map(|who| who.record.pid)), "Id of the process"),
    column("proc_name", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.name)), "Name of the process at first use"),
    column("proc_exe", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.exe)), "Path of its program"),
    column("proc_cmdline", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.cmdline)), "Name and arguments of its program"),
    column("user_name", Text, |row: &Of| row.who().and_then(|who| who.user_at(row.record.first.event)).map_or(Cell::Null, |(_, name)| Cell::text(name)), "Its user at first use"),
    column("uid", Uint, |row: &Of| Cell::uint(row.who().and_then(|who| who.user_at(row.record.first.event)).map(|(uid, _)| uid.into())), "Id of that user"),
    column("container_id", Text, |row: &Of| row.who().and_then(|who| who.container()).map_or(Cell::text(b"host"), |one| Cell::text(one.id.as_bytes())), "First 12 characters of the container's id; host outside of containers"),
    column("first_time", Time, |row: &Of| Cell::Uint(row.record.first.ts), "First use"),
    column("first_event", Uint, |row: &Of| Cell::Uint(row.record.first.event), "Number of the event of first use"),
    column("last_time", Time, |row: &Of| Cell::Uint(row.record.last.ts), "Last use"),
    column("last_event", Uint, |row: &Of| Cell::Uint(row.record.last.event), "Number of the event of last use"),
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
