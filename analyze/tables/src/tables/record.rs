//! Rows that are made of the account of a trace.

use scap_account::{Account, Process, ProcessId};

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
    /// The process at `id`, in the same account.
    pub(crate) fn at(&self, id: ProcessId) -> Option<Row<'a, Process>> {
        Some(Row { trace: self.trace, account: self.account, record: self.account.process(id)? })
    }
}

/// Generations that are looked at: a forged trace may have any number.
const MOST_ANCESTORS: usize = 64;

impl<'a> Row<'a, Process> {
    pub(crate) fn parent(&self) -> Option<Row<'a, Process>> {
        self.at(self.record.parent?)
    }

    /// Name of the process as its parents had it when it began, and theirs, the parent first.
    pub(crate) fn ancestors(&self) -> Vec<u8> {
        let mut line = Vec::new();
        let began = self.record.first;
        let above = std::iter::successors(self.parent(), Row::parent);
        for (n, process) in above.take(MOST_ANCESTORS).enumerate() {
            if n > 0 {
                line.extend_from_slice(b" < ");
            }
            line.extend_from_slice(
                process.record.image_at(began).map_or(b"?".as_slice(), |image| &image.name),
            );
        }
        line
    }
}
