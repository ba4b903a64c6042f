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
//! 5. The session's threads give up their privileges, if [`SessionOptions::gives_up`] says so.
//! 6. The command is let go; events are written as they come, until something ends the session.
//!
//! Two threads: the caller's empties the kernel's buffers and fills frames, one of the session's own compresses and writes
//! them. A frame leaves at least once a second, so that a killed recorder costs at most that. Reads /proc, /sys,
//! `/etc/passwd`, `/etc/group`, and nothing else. Deliberately knows nothing of how events are had, of rules and of state (that is the [`Watch`]'s), nor of the terminal.

mod aside;
mod held;
mod keeping;
mod manifest;
mod names;
mod options;
mod output;
mod privileges;
mod recording;
mod ring;
mod scribe;
mod signals;
mod spool;
mod summary;
mod traces;
mod watch;

pub use keeping::{Keeping, Ring, Rotation};
pub use options::SessionOptions;
pub use output::Output;
pub use spool::SPOOL_LIMIT;
pub use summary::{CommandEnd, EndReason, Progress, Summary};
pub use watch::{Moment, Prelude, Seen, Unwatched, Watch};

use crate::snapshot::{Root, Snapshot, SnapshotOptions, SnapshotScope};
use crate::{Backend, Capability, CaptureError};
use aside::Aside;
use held::HeldCommand;
use output::Place;
use recording::Recording;
use scap_format::native::WriteError;
use scribe::{Desk, Scribe};
use signals::StopSignals;
use spool::Spool;
use std::io;
use std::time::{Duration, Instant};
use traces::Terms;

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
    /// A container to be recorded does not run.
    #[error("there is no running container {wanted:?} to record; running: {running}")]
    NoContainer {
        /// What it was called.
        wanted: String,
        /// Those that run.
        running: String,
    },
    /// Files could not be hashed.
    #[error("cannot start the thread that hashes executed files: {0}")]
    Hashes(io::Error),
    /// /proc could not be read.
    #[error("cannot read /proc: {0}; mount it, or record with --snapshot none")]
    Snapshot(io::Error),
    /// Signals could not be caught.
    #[error("cannot catch signals: {0}")]
    Signals(io::Error),
    /// Privileges could not be given up.
    #[error("cannot give up privileges: {0}")]
    Privileges(io::Error),
    /// A series of traces was asked for, and one output was given, or the other way round.
    #[error("a series of traces needs names for its files, and one trace a single output")]
    Keeping,
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] CaptureError),
    /// The trace could not be written, for another reason than a full disk or a closed output.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Records until the session ends; see the module. `watch` sees everything; `progress` is called several times a second.
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
    watch: &mut dyn Watch,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Summary, SessionError> {
    if matches!(output.place, Place::Series(_)) == (options.keeping == Keeping::One) {
        output.discard();
        return Err(SessionError::Keeping);
    }
    let begun = match begin(options, backend, output.is_stdout()) {
        Ok(begun) => begun,
        Err(error) => {
            // An empty trace would only stand in the next one's way.
            output.discard();
            return Err(error);
        }
    };
    let Begun { signals, mut command, began, spool, snapshot, mut aside } = begun;
    let (passed, start) = (snapshot.passed, snapshot.begun);
    let terms = Terms::of(options, manifest::of_session(options, &*backend, &snapshot));
    let events = aside.of_snapshot(&snapshot, spool.first());
    let prelude = Prelude { blocks: snapshot.blocks().collect(), events };
    prelude.all().for_each(|block| watch.load(&block));
    let first = (!matches!(options.keeping, Keeping::Ring(_))).then_some(prelude);
    let scribe = Scribe::start(Desk::new(&options.keeping), output, terms, first, options.gives_up)?;
    if options.gives_up {
        privileges::give_up(&kept(backend)).map_err(SessionError::Privileges)?;
    }
    let held = command.as_ref().map(HeldCommand::pid);
    let mut recording = Recording::new(scribe, watch, options, &signals, (began, start), (held, aside));
    recording.spooled(&spool);
    drop(spool);
    if let Some(command) = &mut command {
        command.release();
    }
    let reason = match recording.until_end(backend, command.as_mut(), progress) {
        Ok(reason) => reason,
        Err(error) => {
            recording.abandon();
            return Err(error);
        }
    };
    let command = match command.map(HeldCommand::end).transpose() {
        Ok(end) => end,
        Err(error) => {
            // Nothing ran, so nothing was recorded.
            recording.discard();
            return Err(error);
        }
    };
    Ok(Summary { command, ..recording.finish(backend, passed, reason)? })
}

/// What the session needs after its beginning: to read what runtimes say of containers that are made meanwhile, in
/// directories of whatever users run them.
fn kept(backend: &dyn Backend) -> Vec<Capability> {
    let mut kept = backend.keeps();
    kept.push(Capability::DacReadSearch);
    kept
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
    let command = HeldCommand::fork(&options.command, trace_on_stdout, backend.filter())?;
    // Behind the fork, so that the command inherits nothing of it.
    let (mut aside, inside) = Aside::new(options)?;
    let began = Instant::now();
    watch(options, backend, command.as_ref(), &inside)?;
    backend.start()?;
    aside.begun(followed(options, command.as_ref())?.into_iter())?;
    let mut spool = Spool::default();
    let snapshot = snapshot_while_polling(options, (command.as_ref(), &inside), backend, &mut spool)?;
    Ok(Begun { signals, command, began, spool, snapshot, aside })
}

/// Tells the backend which processes to watch, with all their descendants of this moment.
fn watch(
    options: &SessionOptions,
    backend: &mut dyn Backend,
    command: Option<&HeldCommand>,
    inside: &[u32],
) -> Result<(), SessionError> {
    for pid in command.map(HeldCommand::pid).iter().chain(inside) {
        backend.follow(*pid)?;
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

/// The command and the processes to be recorded beside a container, with their descendants.
fn followed(options: &SessionOptions, command: Option<&HeldCommand>) -> Result<Vec<u32>, SessionError> {
    let mut all: Vec<u32> = command.map(HeldCommand::pid).into_iter().collect();
    if options.container.is_some() {
        for &pid in &options.pids {
            all.extend(crate::snapshot::descendants(&options.root, pid).map_err(SessionError::Snapshot)?);
        }
    }
    Ok(all)
}

/// Takes the snapshot in a thread of its own, so that the kernel's buffers are emptied meanwhile.
fn snapshot_while_polling(
    options: &SessionOptions,
    (command, inside): (Option<&HeldCommand>, &[u32]),
    backend: &mut dyn Backend,
    spool: &mut Spool,
) -> Result<Snapshot, SessionError> {
    let tops = command.map(HeldCommand::pid).into_iter().chain(options.pids.iter().chain(inside).copied());
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
                backend.poll(Duration::from_millis(5), &mut |event| spool.push(event))?;
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
