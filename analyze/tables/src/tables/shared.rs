//! Columns that several tables have: where a row comes from, who did it, when it was used first and last.
//!
//! Takes records that know a process and a moment ([`Deed`]); gives columns. Knows nothing of what the records are.

use scap_account::{Image, Moment, Process, ProcessId};
use scap_state::Container;

use super::record::{Read, Row};
use crate::cell::Cell;
use crate::schema::Type::{Int, Text, Time, Uint};
use crate::schema::{Column, column};

/// What a process did, or what was said of it.
pub(crate) trait Deed {
    /// Who; `None` if the trace does not know the process.
    fn process(&self) -> Option<ProcessId>;

    /// As of when the process is told of.
    fn at(&self) -> Moment;
}

impl Deed for Process {
    fn process(&self) -> Option<ProcessId> {
        Some(self.id)
    }

    fn at(&self) -> Moment {
        self.last
    }
}

/// What a process used from one moment to another.
pub(crate) trait Use {
    /// Who.
    fn by(&self) -> ProcessId;

    /// First use.
    fn first(&self) -> Moment;

    /// Last use.
    fn last(&self) -> Moment;
}

/// The process is told of as of its first use.
impl<R: Use> Deed for R {
    fn process(&self) -> Option<ProcessId> {
        Some(self.by())
    }

    fn at(&self) -> Moment {
        self.first()
    }
}

impl<'a, R: Deed> Row<'a, R> {
    /// Who did it.
    pub(crate) fn who(&self) -> Option<Row<'a, Process>> {
        self.at(self.record.process()?)
    }

    /// What the process says of itself then.
    fn told(&self, tell: impl FnOnce(&'a Process, Moment) -> Cell<'a>) -> Cell<'a> {
        self.who().map_or(Cell::Null, |who| tell(who.record, self.record.at()))
    }

    /// What its program says then.
    fn image(&self, tell: impl FnOnce(&'a Image) -> Cell<'a>) -> Cell<'a> {
        self.told(|process, at| process.image_at(at).map_or(Cell::Null, tell))
    }

    /// The container of the process; `None` on the host.
    pub(crate) fn container(&self) -> Option<&'a Container> {
        self.account.container_of(self.who()?.record).map(AsRef::as_ref)
    }
}

/// What the trace is called.
pub(crate) const fn trace<R>() -> Column<Read<R>> {
    column("trace", Text, |row| Cell::text(row.trace.as_bytes()), "Name of the trace, as it was given")
}

/// The host.
pub(crate) const fn host<R>() -> Column<Read<R>> {
    column("host", Text, |row| Cell::text(&row.account.host.name), "Host that was recorded")
}

/// Id of the process.
pub(crate) const fn pid<R: Deed>() -> Column<Read<R>> {
    column("pid", Int, |row| row.told(|process, _| Cell::Int(process.pid)), "Id of the process")
}

/// Its name.
pub(crate) const fn proc_name<R: Deed>(about: &'static str) -> Column<Read<R>> {
    column("proc_name", Text, |row| row.image(|image| Cell::text(&image.name)), about)
}

/// Path of its program.
pub(crate) const fn proc_exe<R: Deed>() -> Column<Read<R>> {
    column("proc_exe", Text, |row| row.image(|image| Cell::text(&image.exe)), "Path of its program")
}

/// Command line of its program.
pub(crate) const fn proc_cmdline<R: Deed>() -> Column<Read<R>> {
    let about = "Name and arguments of its program";
    column("proc_cmdline", Text, |row| row.image(|image| Cell::text(&image.cmdline)), about)
}

/// Name of its user.
pub(crate) const fn user_name<R: Deed>(about: &'static str) -> Column<Read<R>> {
    column("user_name", Text, |row| row.told(|process, at| Cell::text(process.user_at(at).1)), about)
}

/// Id of its user.
pub(crate) const fn uid<R: Deed>(about: &'static str) -> Column<Read<R>> {
    column("uid", Uint, |row| row.told(|process, at| Cell::Uint(process.user_at(at).0.into())), about)
}

/// Its container.
pub(crate) const fn container_id<R: Deed>() -> Column<Read<R>> {
    let about = "First 12 characters of the container's id; host outside of containers";
    column(
        "container_id",
        Text,
        |row| row.container().map_or(Cell::text(b"host"), |one| Cell::text(one.id.as_bytes())),
        about,
    )
}

/// When it was used first.
pub(crate) const fn first_time<R: Use>() -> Column<Read<R>> {
    column("first_time", Time, |row| Cell::Uint(row.record.first().ts), "First use")
}

/// The event of that.
pub(crate) const fn first_event<R: Use>() -> Column<Read<R>> {
    column(
        "first_event",
        Uint,
        |row| Cell::Uint(row.record.first().event),
        "Number of the event of first use",
    )
}

/// When it was used last.
pub(crate) const fn last_time<R: Use>() -> Column<Read<R>> {
    column("last_time", Time, |row| Cell::Uint(row.record.last().ts), "Last use")
}

/// The event of that.
pub(crate) const fn last_event<R: Use>() -> Column<Read<R>> {
    column("last_event", Uint, |row| Cell::Uint(row.record.last().event), "Number of the event of last use")
}
