//! A recording from beginning to end.
//!
//! Takes [`SessionOptions`], a [`Backend`] and an [`Output`], gives a trace and a [`Summary`]. The order of things, so that
//! nothing falls between snapshot and events:
//!
//! 1. The command, if there is one, is forked and held before its `execve`.
//! 2. The backend starts at time T0 and keeps events from then on.
//! 3. The snapshot is taken, while events gather in memory (at most [`SPOOL_LIMIT`] bytes; then the kernel's buffers
//!    fill, and what they lose is counted like any other drop).
//! 4. Snapshot, then all events since T0 are written. Events older than the snapshot's end are kept: what they
//!    change may stand in the snapshot already, but as every later change is there too, replay arrives at the truth.
//! 5. The command is let go; events are written as they come, until something ends the session.
//!
//! A frame leaves at least once a second, so that a killed recorder costs at most that. Reads /proc, /sys,
//! `/etc/passwd`, `/etc/group`, and nothing else. Deliberately knows nothing of how events are had, nor of the terminal.

mod aside;
mod held;
mod manifest;
mod options;
mod output;
mod recording;
mod signals;
mod spool;
mod summary;

pub use options::SessionOptions;
pub use output::Output;
pub use spool::SPOOL_LIMIT;
pub use summary::{CommandEnd, EndReason, Progress, Summary};

use crate::snapshot::{Root, Snapshot, SnapshotOptions, SnapshotScope};
use crate::{Backend, CaptureError};
use aside::Aside;
use held::HeldCommand;
use recording::Recording;
use scap_format::block::Block;
use scap_format::native::{WriteError, Writer, WriterOptions};
use signals::StopSignals;
use spool::Spool;
use std::io;
use std::time::{Duration, Instant};

/// Why a session could not begin, or broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The output could not be made.
    #[error("cannot write to {path}: {source}{hint}")]
    Output {
        /// What was to be written.
        path: String,
        /// What the operating system said.
        source: io::Error,
        /// What to do about it, with a leading separator; may be empty.
        hint: &'static str,
    },
    /// The command could not be started.
    #[error("cannot run {command}: {source}")]
    Command {
        /// Its first word.
        command: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A process to be recorded does not exist.
    #[error("there is no process {pid} to record")]
    NoProcess {
        /// Its id.
        pid: u32,
    },
    /// /proc could not be read.
    #[error("cannot read /proc: {0}; mount it, or record with --snapshot none")]
    Snapshot(io::Error),
    /// Signals could not be caught.
    #[error("cannot catch signals: {0}")]
    Signals(io::Error),
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] CaptureError),
    /// The trace could not be written, for another reason than a full disk or a closed output.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Records until the session ends; see the module. `progress` is called several times a second.
///
/// With a command or pids in `options`, make `backend` with [`crate::Scope::Trees`].
///
/// # Errors
/// If it could not begin, or the backend failed in the middle; what was written until then is a readable trace.
/// A full disk, a closed output and signals are no errors but the [`EndReason`].
pub fn run(
    options: &SessionOptions,
    backend: &mut dyn Backend,
    output: Output,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Summary, SessionError> {
    let begun = match begin(options, backend, output.is_stdout()) {
        Ok(begun) => begun,
        Err(error) => {
            // An empty trace would only stand in the next one's way.
            output.discard();
            return Err(error);
        }
    };
    let Begun { signals, mut command, began, spool, snapshot, mut aside } = begun;
    let passed = snapshot.passed;
    let manifest = manifest::of_session(options, &*backend, &snapshot);
    let containers = aside.of_snapshot(&snapshot, spool.first());
    let prelude: Vec<Block<'_>> = snapshot.blocks().collect();
    let writer_options =
        WriterOptions { level: options.level, sign: options.sign.clone(), ..WriterOptions::default() };
    let mut output = output;
    let (reason, (mut summary, whole_to)) = {
        let writer = Writer::new(&mut output, writer_options, &manifest, &prelude)?;
        drop(prelude);
        let mut recording =
            Recording::new(writer, options, began, command.as_ref().map(HeldCommand::pid), aside);
        recording.told(&containers);
        recording.spooled(&spool);
        drop(spool);
        if let Some(command) = &mut command {
            command.release();
        }
        match recording.until_end(backend, &signals, command.as_mut(), progress) {
            Ok(reason) => (reason, recording.finish(backend, passed)?),
            Err(error) => {
                recording.abandon();
                return Err(error);
            }
        }
    };
    summary.bytes = output.close(whole_to);
    summary.reason = reason;
    match command.map(HeldCommand::end).transpose() {
        Ok(end) => summary.command = end,
        Err(error) => {
            // Nothing ran, so nothing was recorded.
            output.discard();
            return Err(error);
        }
    }
    Ok(summary)
}

/// A session whose backend runs and whose snapshot is taken.
struct Begun {
    signals: StopSignals,
    command: Option<HeldCommand>,
    began: Instant,
    spool: Spool,
    snapshot: Snapshot,
    aside: Aside,
}

/// Steps 1 to 3 of the module's order.
fn begin(
    options: &SessionOptions,
    backend: &mut dyn Backend,
    trace_on_stdout: bool,
) -> Result<Begun, SessionError> {
    let signals = StopSignals::catch().map_err(SessionError::Signals)?;
    let command = HeldCommand::fork(&options.command, trace_on_stdout)?;
    let began = Instant::now();
    watch(options, backend, command.as_ref())?;
    backend.start()?;
    let mut spool = Spool::default();
    let mut aside = Aside::new(options);
    let snapshot = snapshot_while_polling(options, command.as_ref(), backend, &mut spool, &mut aside)?;
    Ok(Begun { signals, command, began, spool, snapshot, aside })
}

/// Tells the backend which processes to watch, with all their descendants of this moment.
fn watch(
    options: &SessionOptions,
    backend: &mut dyn Backend,
    command: Option<&HeldCommand>,
) -> Result<(), SessionError> {
    if let Some(command) = command {
        backend.follow(command.pid())?;
    }
    for &pid in &options.pids {
        let mut known = std::collections::BTreeSet::new();
        // Children made while looking are found by looking again.
        loop {
            let now = crate::snapshot::descendants(&options.root, pid).map_err(SessionError::Snapshot)?;
            if now.is_empty() {
                return Err(SessionError::NoProcess { pid });
            }
            let new: Vec<u32> = now.into_iter().filter(|pid| known.insert(*pid)).collect();
            if new.is_empty() {
                break;
            }
            for pid in new {
                backend.follow(pid)?;
            }
        }
    }
    Ok(())
}

/// Takes the snapshot in a thread of its own, so that the kernel's buffers are emptied meanwhile.
fn snapshot_while_polling(
    options: &SessionOptions,
    command: Option<&HeldCommand>,
    backend: &mut dyn Backend,
    spool: &mut Spool,
    aside: &mut Aside,
) -> Result<Snapshot, SessionError> {
    let tops = command.map(HeldCommand::pid).into_iter().chain(options.pids.iter().copied());
    let scope = match &options.snapshot {
        SnapshotScope::Trees(more) => {
            SnapshotScope::Trees(tops.map(i64::from).chain(more.iter().copied()).collect())
        }
        scope => scope.clone(),
    };
    let wanted = SnapshotOptions { scope, root: options.root.clone(), users: options.users.clone() };
    let none = wanted.scope == SnapshotScope::None;
    std::thread::scope(|threads| {
        let taking = threads.spawn(move || Snapshot::take(&wanted));
        while !taking.is_finished() {
            if spool.is_full() {
                std::thread::sleep(Duration::from_millis(1));
            } else {
                backend.poll(Duration::from_millis(5), &mut |event| aside.spool(event, spool))?;
            }
        }
        match taking.join() {
            Ok(Ok(snapshot)) => Ok(snapshot),
            Ok(Err(_)) if none => Ok(Snapshot::default()),
            Ok(Err(error)) => Err(SessionError::Snapshot(error)),
            Err(_) => Err(SessionError::Snapshot(io::Error::other("the reader of /proc panicked"))),
        }
    })
}

/// Whether `root` is the running system's own.
fn is_live(root: &Root) -> bool {
    root.path() == std::path::Path::new("/")
}

#[cfg(test)]
mod tests;
