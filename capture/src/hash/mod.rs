//! SHA-256 of every executed file, computed beside the recording.
//!
//! Takes events of programs that start, gives notes for the trace (see docs/FORMAT.md, "Hashes of executed files"), one for
//! each file: files are told apart by device, inode, times of change and size. A thread of its own opens and reads the
//! files, at the lowest priority, so that a slow or hanging file system holds up hashes and nothing else. At most
//! [`QUEUE`] files wait, and each is read up to a size; what is left out is noted too. Deliberately knows nothing of
//! paths' meaning: a file is the right one if the kernel's own facts of it, which came with the event, fit.

mod file;
mod worker;

use crate::Capability;
use scap_format::snapshot::ThreadEntry;
use scap_format::{Event, EventBuf};
use scap_schema::code;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use worker::{Note, Worker};

/// Most files that wait to be hashed.
const QUEUE: usize = 4096;

/// Largest file that is hashed, bytes.
pub const SIZE_LIMIT: u64 = 1 << 30;

/// How long the end of a recording waits for hashes.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a note is called.
const NAME: &[u8] = b"scap.exe";

/// A program that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Started {
    tid: i64,
    parent: i64,
    path: Vec<u8>,
    /// Inode, time of change and of modification; zeros where they are not known.
    facts: [u64; 3],
}

/// Hashes as they come.
#[derive(Debug)]
pub(crate) struct Hashes {
    started: Option<SyncSender<Started>>,
    notes: Receiver<Note>,
    thread: JoinHandle<()>,
    /// Programs whose files were not looked at, because too many waited.
    passed_over: u64,
    told: u64,
}

impl Hashes {
    /// Starts the thread; with `gives_up` it keeps only the right to look into processes and files.
    ///
    /// # Errors
    /// If there can be no thread.
    pub(crate) fn start(
        gives_up: impl FnOnce(&[Capability]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (started, received) = sync_channel(QUEUE);
        let (tell, notes) = sync_channel(QUEUE);
        let work = move || {
            // Without the privileges there will be fewer hashes; with all of them more could go wrong.
            if gives_up(&[Capability::SysPtrace, Capability::DacReadSearch]).is_ok() {
                Worker::new(tell).run(&received);
            }
        };
        let thread = std::thread::Builder::new().name("scap-hash".to_owned()).spawn(work)?;
        Ok(Self { started: Some(started), notes, thread, passed_over: 0, told: 0 })
    }

    /// Takes in the programs that run already.
    pub(crate) fn of_snapshot(&mut self, threads: &[ThreadEntry]) {
        for thread in threads.iter().filter(|thread| thread.tid == thread.pid && !thread.exepath.is_empty()) {
            self.add(Started {
                tid: thread.tid,
                parent: thread.ptid,
                path: thread.exepath.clone(),
                facts: [thread.exe_ino, thread.exe_ino_ctime, thread.exe_ino_mtime],
            });
        }
    }

    /// Takes in an event. Only of programs that start does it do more than look at the code.
    #[inline]
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        if matches!(event.code, code::SYSCALL_EXECVE_19_X | code::SYSCALL_EXECVEAT_X)
            && event.i64(0) == Some(0)
        {
            self.add(Started::of(event));
        }
    }

    /// Notes for the hashes that are there, as of `ts`.
    pub(crate) fn due(&mut self, ts: u64) -> Vec<EventBuf> {
        let mut events = Vec::new();
        while let Ok(note) = self.notes.try_recv() {
            events.push(event(note.tid, &note.text, ts));
        }
        if self.passed_over > self.told {
            let text = format!("status=passed-over count={}", self.passed_over - self.told);
            events.push(event(-1, text.as_bytes(), ts));
            self.told = self.passed_over;
        }
        events
    }

    /// Notes for what is hashed within a few seconds, and how much is not.
    pub(crate) fn finish(mut self, ts: u64) -> Vec<EventBuf> {
        self.started = None;
        let begun = Instant::now();
        let mut events = self.due(ts);
        while !self.thread.is_finished() && begun.elapsed() < PATIENCE {
            if let Ok(note) = self.notes.recv_timeout(Duration::from_millis(20)) {
                events.push(event(note.tid, &note.text, ts));
            }
        }
        events.extend(self.due(ts));
        if !self.thread.is_finished() {
            events.push(event(-1, b"status=unfinished", ts));
        }
        events
    }

    fn add(&mut self, started: Started) {
        let Some(sender) = &self.started else { return };
        match sender.try_send(started) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.passed_over += 1,
        }
    }
}

impl Started {
    fn of(event: &Event<'_>) -> Self {
        let number = |name| {
            let bytes = event.param_named(name).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u64::from_le_bytes).unwrap_or_default()
        };
        let path = event.param_named("trusted_exepath").unwrap_or_default();
        Self {
            tid: event.tid,
            parent: i64::from_ne_bytes(number("ptid").to_ne_bytes()),
            path: path.strip_suffix(b"\0").unwrap_or(path).to_vec(),
            facts: [number("exe_ino"), number("exe_ino_ctime"), number("exe_ino_mtime")],
        }
    }
}

fn event(tid: i64, text: &[u8], ts: u64) -> EventBuf {
    let mut event = EventBuf::new(code::NOTIFICATION_E, ts, tid);
    event.push_text(NAME).push_text(text);
    event
}

#[cfg(test)]
mod tests;
