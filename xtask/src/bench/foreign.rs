//! The same events as the `sysdig` at hand would have recorded them: a `.scap` that it can read.
//!
//! It follows system calls from an enter event to an exit event and does little with one that has no other half; so
//! each call gets an enter event, with those parameters of the exit event that its row in the schema names. It refuses
//! a whole capture for one fd of a type that it does not know, and misreads such events and system
//! calls: those fds are left out, those events and calls become plain system calls, which is less work to read. All
//! that is counted.

use anyhow::{Context, Result};
use scap_format::block::Block;
use scap_format::save::{BlockSink, ScapSink};
use scap_format::snapshot::{FdEntry, FdKind};
use scap_format::{Event, EventBuf, Item, TraceReader};
use scap_schema::{Origin, code};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// First fd type that Debian's sysdig 0.29.3 does not know.
const FIRST_NEW_FD: u8 = 17;
/// First event type that it does not know.
const FIRST_NEW_EVENT: u16 = 370;
/// First system call that it does not know, as events number them.
const FIRST_NEW_CALL: u16 = 340;

/// What had to change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Fds left out.
    pub(super) fds: u64,
    /// Events made plain system calls.
    pub(super) events: u64,
    /// Events written, those added included.
    pub(super) written: u64,
}

/// Writes `trace` to `to`, plain.
pub(super) fn write(trace: &Path, to: &Path) -> Result<Changed> {
    let mut reader = TraceReader::open(trace)?;
    let file = File::create(to).with_context(|| to.display().to_string())?;
    let mut sink: Box<dyn BlockSink> = Box::new(ScapSink::plain(BufWriter::new(file)));
    let (mut changed, mut plain, mut enter) = (Changed::default(), EventBuf::default(), EventBuf::default());
    while let Some(item) = reader.next()? {
        match item {
            Item::Block(Block::Event(event)) => {
                let mut exit = event;
                if !is_known(&event) {
                    plain.copy_header(&event);
                    plain.code = code::GENERIC_X;
                    plain.push(&0u16.to_le_bytes()).push(&0u16.to_le_bytes());
                    exit = plain.as_event();
                    changed.events += 1;
                }
                if write_enter(&exit, &mut enter) {
                    sink.block(&Block::Event(enter.as_event()))?;
                }
                sink.block(&Block::Event(exit))?;
            }
            Item::Block(Block::Fds { tid, fds }) => {
                let before = fds.len();
                let fds: Vec<FdEntry> = fds.into_iter().filter(is_known_fd).collect();
                changed.fds += (before - fds.len()) as u64;
                sink.block(&Block::Fds { tid, fds })?;
            }
            Item::Block(block) => sink.block(&block)?,
            Item::Damage(_) => {}
        }
    }
    changed.written = sink.finish()?.events;
    Ok(changed)
}

/// Builds in `out` the enter event of `exit`; whether it has one.
fn write_enter(exit: &Event<'_>, out: &mut EventBuf) -> bool {
    let Some(row) = exit.info().filter(|row| !row.is_enter() && row.origin == Origin::Syscall) else {
        return false;
    };
    // A child's first event is the end of a call that it never began.
    if matches!(row.name, "clone" | "clone3" | "fork" | "vfork") && exit.i64(0) == Some(0) {
        return false;
    }
    let Some(enter) = scap_schema::event(row.code - 1).filter(|enter| enter.origin == Origin::Syscall) else {
        return false;
    };
    out.copy_header(exit);
    out.code = enter.code;
    for param in enter.params {
        out.push(exit.param_named(param.name).unwrap_or_default());
    }
    true
}

fn is_known(event: &Event<'_>) -> bool {
    let call = event.param(0).and_then(|id| id.try_into().ok()).map(u16::from_le_bytes);
    let known_call = event.code != code::GENERIC_X || call.is_some_and(|call| call < FIRST_NEW_CALL);
    event.code < FIRST_NEW_EVENT && known_call
}

fn is_known_fd(fd: &FdEntry) -> bool {
    !matches!(fd.kind, FdKind::Other { code, .. } if code >= FIRST_NEW_FD)
}
