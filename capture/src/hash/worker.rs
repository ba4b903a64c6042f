//! The thread that reads files.
//!
//! Takes started programs, gives a note for each file that was not noted before.

use super::file::{Identity, Roots, readable};
use super::{SIZE_LIMIT, Started};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::hash::Hash;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender};

/// Most files that are remembered as noted.
const REMEMBERED: usize = 1 << 16;

/// What is to be noted of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The thread that ran it first.
    pub(super) tid: i64,
    /// `name=value` pairs, the path last.
    pub(super) text: Vec<u8>,
}

/// See the module.
pub(super) struct Worker {
    notes: SyncSender<Note>,
    roots: Roots,
    noted: HashSet<Identity>,
    /// Files that could not be found, as the kernel told of them.
    missed: HashSet<([u64; 3], Vec<u8>)>,
    buffer: Vec<u8>,
}

impl Worker {
    pub(super) fn new(notes: SyncSender<Note>) -> Self {
        Self {
            notes,
            roots: Roots::default(),
            noted: HashSet::new(),
            missed: HashSet::new(),
            buffer: vec![0; 256 << 10],
        }
    }

    /// Works until nobody sends or listens any more.
    pub(super) fn run(mut self, started: &Receiver<Started>) {
        lowest_priority();
        for started in started {
            if let Some(text) = self.note(&started)
                && self.notes.send(Note { tid: started.tid, text }).is_err()
            {
                return;
            }
        }
    }

    /// The note for the file of `started`; `None` if it was noted before.
    pub(super) fn note(&mut self, started: &Started) -> Option<Vec<u8>> {
        let Some((file, identity)) = self.roots.find(started) else {
            let [ino, ctime, mtime] = started.facts;
            return insert(&mut self.missed, (started.facts, started.path.clone()))
                .then(|| text(&format!("status=gone ino={ino} ctime={ctime} mtime={mtime}"), &started.path));
        };
        if !insert(&mut self.noted, identity) {
            return None;
        }
        let status = match self.sha256(&file, identity) {
            Ok(digest) => {
                let mut hex = "sha256=".to_owned();
                for byte in digest {
                    // Writing to a string does not fail.
                    let _ = write!(hex, "{byte:02x}");
                }
                hex
            }
            Err(Unhashed::Large) => "status=too-large".to_owned(),
            Err(Unhashed::Changed) => "status=changed".to_owned(),
            Err(Unhashed::Refused(error)) => {
                format!("status=refused errno={}", error.raw_os_error().unwrap_or(0))
            }
        };
        let Identity { dev, ino, ctime, mtime, size } = identity;
        let facts = format!("{status} size={size} dev={dev} ino={ino} ctime={ctime} mtime={mtime}");
        Some(text(&facts, &started.path))
    }

    fn sha256(&mut self, found: &File, identity: Identity) -> Result<[u8; 32], Unhashed> {
        if identity.size > SIZE_LIMIT {
            return Err(Unhashed::Large);
        }
        let mut file = readable(found)?;
        let mut hasher = Sha256::new();
        let mut left = SIZE_LIMIT;
        loop {
            let count = match file.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            left = left.checked_sub(count as u64).ok_or(Unhashed::Large)?;
            hasher.update(self.buffer.get(..count).unwrap_or_default());
        }
        // Written to while it was read: what was hashed may be no version of it.
        if Identity::of(&file)? != identity {
            return Err(Unhashed::Changed);
        }
        Ok(hasher.finalize().into())
    }
}

/// Why there is no hash.
enum Unhashed {
    Large,
    Changed,
    Refused(io::Error),
}

impl From<io::Error> for Unhashed {
    fn from(error: io::Error) -> Self {
        Self::Refused(error)
    }
}

fn text(facts: &str, path: &[u8]) -> Vec<u8> {
    [facts.as_bytes(), b" path=", path].concat()
}

/// Adds to a set of limited size, which forgets everything once it is full; gives whether it is new.
fn insert<T: Eq + Hash>(set: &mut HashSet<T>, value: T) -> bool {
    if set.len() >= REMEMBERED {
        set.clear();
    }
    set.insert(value)
}

/// Lets every other thread of the machine go first.
#[allow(unsafe_code, reason = "there is no safe interface")]
fn lowest_priority() {
    // SAFETY: takes numbers only. 0 is the calling thread; if the kernel refuses, the priority stays as it is.
    unsafe { nix::libc::setpriority(nix::libc::PRIO_PROCESS, 0, 19) };
}
