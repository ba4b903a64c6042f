//! The native trace: a `.scap` stream in independent zstd frames, with records in skippable frames.
//!
//! `zstd -dc` of a trace gives a plain `.scap` stream. The records around it (manifest, index, checkpoints,
//! footer) are what makes it searchable, checkable and robust. `docs/FORMAT.md` specifies every byte.
//! Bytes ⇄ whole blocks; deliberately does not know what an event means.
//!
//! Writing: [`Writer`]. Reading in order from any `Read`: [`NativeSource`]. What is in it: [`Info`]. Frames in any
//! order: [`Trace`]. Is it whole: [`verify()`].

mod batch;
mod chain;
mod codec;
mod early;
mod emit;
mod envelope;
mod follow;
mod frame;
mod frames;
mod info;
mod quick;
mod record;
mod seek_table;
mod series;
mod shelf;
mod sign;
mod source;
mod survey;
mod totals;
mod trace;
mod types;
mod verdict;
mod verify;
mod walk;
mod window;
mod writer;

pub use batch::{Batch, BatchPacker, PackedBatch};
pub use chain::Hash;
pub use codec::Unpacker;
pub use early::Early;
pub use envelope::TraceId;
pub use follow::Follower;
pub use frames::{Frame, Frames, Part, Stored};
pub use info::{Checkpoint, Info, manifest};
pub use record::{ClockInfo, Footer, IndexRecord, Later, Manifest, SignatureRecord};
pub use series::SeriesPart;
pub use shelf::Shelf;
pub use sign::{KeyError, PublicKey, SigningKey};
pub use source::{NativeSource, PartsSource};
pub use totals::{Drops, Totals};
pub use trace::{PackedFrame, Trace};
pub use types::EventTypes;
pub use verdict::{Signature, Verdict, VerdictState};
pub use verify::verify;
pub use writer::{WriteError, Writer, WriterOptions};

/// Whether a file that starts with `prefix` is a native trace.
///
/// The first record stands within the first few hundred bytes; with 4 KiB of prefix the answer is right even
/// if a record there is damaged. A prefix that starts like another container is answered with `false` whatever
/// follows: it may be a capture of somebody writing a trace.
#[must_use]
pub fn is_native(prefix: &[u8]) -> bool {
    let starts_otherwise =
        [&[0x1f, 0x8b][..], &[0x0a, 0x0d, 0x0d, 0x0a]].iter().any(|m| prefix.starts_with(m));
    !starts_otherwise && memchr::memmem::find(prefix, envelope::TAG).is_some()
}
