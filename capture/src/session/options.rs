//! What a session records, for how long, and what the trace says of it.

use super::keeping::Keeping;
use crate::snapshot::{Root, SnapshotScope};
use scap_format::native::{Follower, SigningKey};
use std::ffi::OsString;
use std::time::Duration;

/// How to record.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Command to run and record, its name first; empty for none.
    pub command: Vec<OsString>,
    /// Processes to record with their descendants, beside the command.
    pub pids: Vec<u32>,
    /// Container to record, beside the command and `pids`: the start of its id, or its name. [`crate::Scope::Everything`]
    /// is the scope to record it with, because its later processes do not descend from those that run now.
    pub container: Option<String>,
    /// Whether the files of all programs are hashed.
    pub hash_exes: bool,
    /// What the snapshot holds. The command and `pids` are added to [`SnapshotScope::Trees`].
    pub snapshot: SnapshotScope,
    /// Where /proc and /sys are.
    pub root: Root,
    /// Where `/etc/passwd` and `/etc/group` are, if elsewhere.
    pub users: Option<Root>,
    /// Ends the session after this time; the command, if it still runs, is left running.
    pub duration: Option<Duration>,
    /// Ends the session before its traces together grow beyond this, bytes; the command, if it still runs, is left running.
    pub max_size: Option<u64>,
    /// Whether there is one trace or several.
    pub keeping: Keeping,
    /// Whether the session's threads give up all privileges that they do not need any more once recording has begun; the
    /// calling thread does not get them back.
    pub gives_up: bool,
    /// Compression level of zstd.
    pub level: i32,
    /// Makes what the checkpoints of traces are had from; `None` for traces without.
    pub follower: Option<fn() -> Box<dyn Follower>>,
    /// Signs the traces.
    pub sign: Option<SigningKey>,
    /// Name and version of the tool, for the manifest.
    pub tool: String,
    /// The recorder's own command line, for the manifest.
    pub command_line: Vec<String>,
    /// Capture filter, for the manifest.
    pub filter: Option<String>,
    /// Other options, for the manifest.
    pub noted: Vec<(String, String)>,
    /// Bytes kept of data buffers, for the manifest.
    pub snaplen: u32,
    /// The operator's case number.
    pub case: Option<String>,
    /// The operator's note.
    pub note: Option<String>,
    /// Minutes east of UTC of the host's local time. The session reads no time zone files.
    pub utc_offset_minutes: i32,
}

impl Default for SessionOptions {
    /// Everything on the machine, until a signal.
    fn default() -> Self {
        Self {
            command: Vec::new(),
            pids: Vec::new(),
            container: None,
            hash_exes: false,
            snapshot: SnapshotScope::All,
            root: Root::default(),
            users: None,
            duration: None,
            max_size: None,
            keeping: Keeping::One,
            gives_up: false,
            level: 3,
            follower: None,
            sign: None,
            tool: concat!("scap ", env!("CARGO_PKG_VERSION")).to_owned(),
            command_line: std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            filter: None,
            noted: Vec::new(),
            snaplen: 80,
            case: None,
            note: None,
            utc_offset_minutes: 0,
        }
    }
}
