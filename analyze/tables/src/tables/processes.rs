//! Columns of `processes`.

use scap_account::Process;

use super::record::{Read, Row};
use super::shared;
use crate::cell::Cell;
use crate::schema::Type::{Bool, Int, Text, Time, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, Process>;

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Read<Process>>] = &[
    shared::trace(),
    shared::host(),
    column("pid", Int, |row: &Of| Cell::Int(row.record.pid), "Its id on the host; one that was used again is another row"),
    column("vpid", Int, |row: &Of| Cell::Int(row.record.vpid), "Its id in its own pid namespace"),
    column("ppid", Int, |row: &Of| Cell::Int(row.record.ppid), "Id of the process that started it"),
    column("name", Text, |row: &Of| row.record.image().map_or(Cell::Null, |image| Cell::text(&image.name)), "Its name, at most 15 bytes, of the program that it ran last"),
    column("exe", Text, |row: &Of| row.record.image().map_or(Cell::Null, |image| Cell::text(&image.exe)), "Path of that program"),
    column("cmdline", Text, |row: &Of| row.record.image().map_or(Cell::Null, |image| Cell::text(&image.cmdline)), "Name and arguments of that program"),
    column("cwd", Text, |row: &Of| row.record.image().map_or(Cell::Null, |image| Cell::text(&image.cwd)), "Working directory when that program started"),
    column("exe_hash", Text, |row: &Of| row.record.image().and_then(|image| image.hash.as_deref()).map_or(Cell::Null, Cell::text), "Hash of that program's file, if it was recorded, such as sha256:…"),
    column("exe_fresh", Bool, |row: &Of| row.record.image().map_or(Cell::Null, |image| Cell::Bool(image.fresh)), "Whether that file was made or changed in the trace, came from memory, or lies in the upper layer of an overlay"),
    column("execs", Uint, |row: &Of| Cell::uint(u64::try_from(row.record.images.len()).ok()), "Programs that it ran, its parent's among them if it began as that"),
    column("parent_name", Text, |row: &Of| row.parent().and_then(|parent| parent.record.image_at(row.record.first)).map_or(Cell::Null, |image| Cell::text(&image.name)), "Name of its parent when it began"),
    column("ancestors", Text, |row: &Of| Cell::owned(row.ancestors()), "Names of the processes above, the parent first, as in sh < sshd < systemd"),
    column("user_name", Text, |row: &Of| Cell::text(row.record.user().1), "Its last user"),
    column("uid", Uint, |row: &Of| Cell::Uint(row.record.user().0.into()), "Id of its last user"),
    column("first_uid", Uint, |row: &Of| Cell::uint(row.record.users.first().map(|(_, uid, _)| u64::from(*uid))), "Id of its user at first sight"),
    column("loginuid", Int, |row: &Of| Cell::Int(if row.record.loginuid == u32::MAX { -1 } else { row.record.loginuid.into() }), "Id of who logged in; -1 for nobody"),
    column("tty", Uint, |row: &Of| Cell::Uint(row.record.tty.into()), "Its terminal, as a device number; 0 for none"),
    shared::container_id(),
    column("container_name", Text, |row: &Of| row.container().map_or(Cell::text(b"host"), |one| Cell::text(one.name.as_bytes())), "Name of the container; host outside of containers"),
    column("image", Text, |row: &Of| row.container().map_or(Cell::Null, |one| Cell::text(one.image.as_bytes())), "Image of the container"),
    column("start_time", Time, |row: &Of| Cell::uint(row.record.start.map(|at| at.ts)), "When it was started; none if it ran before the trace began"),
    column("start_event", Uint, |row: &Of| Cell::uint(row.record.start.map(|at| at.event)), "Number of the event that started it"),
    column("first_time", Time, |row: &Of| Cell::Uint(row.record.first.ts), "When it was first seen"),
    column("last_time", Time, |row: &Of| Cell::Uint(row.record.last.ts), "When it was last seen"),
    column("end_time", Time, |row: &Of| Cell::uint(row.record.end.map(|end| end.at.ts)), "When it ended; none if it still ran when the trace ended"),
    column("duration_ns", Uint, |row: &Of| Cell::uint(Some(row.record.last.ts.saturating_sub(row.record.first.ts))), "From when it was first seen to when it was last seen, in nanoseconds"),
    column("exit_code", Int, |row: &Of| Cell::int(row.record.end.and_then(|end| end.code).map(i64::from)), "What it left with, if by itself"),
    column("exit_signal", Int, |row: &Of| Cell::int(row.record.end.and_then(|end| end.signal).map(i64::from)), "The signal that killed it"),
    column("threads", Uint, |row: &Of| Cell::Uint(row.record.threads.into()), "Most threads seen at once"),
    column("events", Uint, |row: &Of| Cell::Uint(row.record.events), "Events that it did"),
    column("alerts", Uint, |row: &Of| Cell::uint(u64::try_from(row.record.alerts.len()).ok()), "Alerts about it"),
];
