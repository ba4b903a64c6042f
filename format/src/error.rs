//! Why a trace could not be read at all.
//!
//! Damage inside a trace is no error: it is reported as [`crate::damage::Damage`] and read past.

use std::io;

/// What failed, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("cannot open {name}: {source}")]
    Open {
        /// Which.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The operating system failed in the middle of reading.
    #[error("cannot read {name} on, {offset} bytes of blocks into it: {source}")]
    Read {
        /// What.
        name: String,
        /// How far reading came, in bytes of blocks (decompressed).
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// There is not one byte.
    #[error("{name} is empty: nothing was recorded, or it was not copied whole")]
    Empty {
        /// Which.
        name: String,
    },
    /// Neither a trace nor the remains of one.
    #[error("{name} is not a trace: it starts with {start}; expected .scap, plain or in gzip or zstd")]
    NotATrace {
        /// Which.
        name: String,
        /// Its first bytes, in words or hexadecimal.
        start: String,
    },
    /// A directory without traces.
    #[error("no trace among the {files} files in {name}")]
    NoTraces {
        /// Which.
        name: String,
        /// How many files were looked at.
        files: usize,
    },
}
