//! Rows that are made of the account of a trace.

use scap_account::{Account, Image, Process, ProcessId};

use crate::cell::Cell;

/// One record of an account, with what surrounds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a, R> {
    /// What the trace is called.
    pub(crate) trace: &'a str,
    /// The account.
    pub(crate) account: &'a Account,
    /// The record.
    pub(crate) record: &'a R,
}

/// Reads a value of a record.
pub(crate) type Read<R> = for<'a> fn(&Row<'a, R>) -> Cell<'a>;

impl<'a, R> Row<'a, R> {
    pub(crate) fn host(&self) -> Cell<'a> {
        Cell::text(&self.account.host.name)
    }

    /// The process at `id`.
    pub(crate) fn process(&self, id: ProcessId) -> Option<&'a Process> {
        self.account.processes.get(usize::try_from(id.0).ok()?)
    }

    /// The same process as a record.
    pub(crate) fn at(&self, id: ProcessId) -> Option<Row<'a, Process>> {
        Some(Row { trace: self.trace, account: self.account, record: self.process(id)? })
    }
}

/// Generations that are looked at: a forged trace may have any number.
const MOST_ANCESTORS: usize = 64;

impl<'a> Row<'a, Process> {
    /// The program that it ran as of event `event`.
    pub(crate) fn image_at(&self, event: u64) -> Option<&'a Image> {
        let images = &self.record.images;
        let after = images.partition_point(|image| image.since.event <= event);
        images.get(after.saturating_sub(1))
    }

    /// The program that it ran last.
    pub(crate) fn last_image(&self) -> Option<&'a Image> {
        self.record.images.last()
    }

    pub(crate) fn parent(&self) -> Option<Row<'a, Process>> {
        self.at(self.record.parent?)
    }

    /// Name of the process as its parents had it when it began, and theirs, the parent first.
    pub(crate) fn ancestors(&self) -> Vec<u8> {
        let mut line = Vec::new();
        let began = self.record.first.event;
        let above = std::iter::successors(self.parent(), Row::parent);
        for (n, process) in above.take(MOST_ANCESTORS).enumerate() {
            if n > 0 {
                line.extend_from_slice(b" < ");
            }
            line.extend_from_slice(process.image_at(began).map_or(b"?".as_slice(), |image| &image.name));
        }
        line
    }

    /// Name and id of its user as of event `event`.
    pub(crate) fn user_at(&self, event: u64) -> Option<(u32, &'a [u8])> {
        let users = &self.record.users;
        let after = users.partition_point(|(since, ..)| since.event <= event);
        users.get(after.saturating_sub(1)).map(|(_, uid, name)| (*uid, name.as_ref()))
    }

    /// Its container; `None` on the host.
    pub(crate) fn container(&self) -> Option<&'a scap_state::Container> {
        let at = usize::try_from(self.record.container?).ok()?;
        self.account.containers.get(at).map(AsRef::as_ref)
    }
}
