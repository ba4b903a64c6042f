//! Files to `.scap` bytes, told apart by content and never by name.
//!
//! Takes anything readable, gives a [`ChunkSource`] in bounded memory: plain, gzip, zstd or native. Damaged
//! first bytes don't hide a trace: what looks like one further on is taken for one.

mod ahead;
mod feed;
mod gzip;
mod inputs;
mod plain;
mod zstd;

use crate::chunk::ChunkSource;
use crate::error::Error;
use crate::native::{Frames, Info, NativeSource};
use crate::read::TraceReader;
use crate::scap::kind::{MAGIC, SECTION};
use crate::scap::looks_like_blocks;
use std::io::{self, Read};

pub(crate) use ahead::Ahead;
pub use feed::{Feed, Seekable};
pub use inputs::{Input, inputs};

/// How far a file is looked at to tell what it is, bytes.
const HEAD: usize = 64 << 10;

/// Enough to recognise an undamaged start, bytes.
const FIRST_LOOK: usize = 12;
/// Enough to tell a native trace from foreign zstd, bytes.
const SECOND_LOOK: usize = 4 << 10;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// `.scap` as it is.
    Plain,
    /// `.scap` in gzip.
    Gzip,
    /// `.scap` in zstd frames of foreign make.
    Zstd,
    /// The native trace.
    Native,
}

/// What a file that starts with `head` is; `None` if it is no trace. Some 64 KiB are enough.
#[must_use]
pub fn container(head: &[u8]) -> Option<Container> {
    /// How many of the first bytes are as they should be.
    fn matches(head: &[u8], expected: &[u8]) -> usize {
        head.iter().zip(expected).filter(|(a, b)| a == b).count()
    }
    let section = SECTION.to_le_bytes();
    let has_mark =
        head.get(8..12).is_some_and(|mark| mark == MAGIC.to_le_bytes() || mark == MAGIC.to_be_bytes());
    if crate::native::is_native(head) {
        Some(Container::Native)
    } else if head.starts_with(&section) || has_mark {
        Some(Container::Plain)
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Some(Container::Gzip)
    } else if head.starts_with(&zstd::FRAME) || is_skippable(head) {
        Some(Container::Zstd)
    } else if looks_like_blocks(head) {
        Some(Container::Plain)
    } else if matches(head, &[0x1f, 0x8b, 8]) == 2 {
        Some(Container::Gzip)
    } else if matches(head, &zstd::FRAME) == 3 {
        Some(Container::Zstd)
    } else {
        None
    }
}

/// Whether a skippable zstd frame starts here.
fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Opens whatever `reader` holds. `name` is for messages.
///
/// # Errors
/// If it cannot be read, is empty, or no trace.
pub fn open(
    reader: Box<dyn Read + Send>,
    name: &str,
) -> Result<(Container, Box<dyn ChunkSource + Send>), Error> {
    let mut feed = Feed::new(reader);
    let container = recognize(&mut feed, name)?;
    Ok((container, chunks(container, feed, name)?))
}

/// A trace for replay: in parts where it has them.
pub enum Parts {
    /// A native trace.
    Native {
        /// Its frames and checkpoints.
        frames: Box<Frames<Feed>>,
        /// What is in it, where its footer tells; then parts of it can be left out.
        about: Option<Box<Info>>,
    },
    /// Any other.
    Other(Box<TraceReader>),
}

/// Opens whatever `reader` holds, for replay. `name` is for messages.
///
/// # Errors
/// If it cannot be read, is empty, or no trace.
pub fn parts(reader: Box<dyn Read + Send>, name: &str) -> Result<Parts, Error> {
    parts_of(Feed::new(reader), None, name)
}

/// The same for a file that can be moved about in, of which parts can be left out.
///
/// # Errors
/// If it cannot be read, is empty, or no trace.
pub fn seekable_parts(mut file: Box<dyn Seekable>, name: &str) -> Result<Parts, Error> {
    let failed = |source| Error::Read { name: name.to_owned(), offset: 0, source };
    let about = Info::of_footer(&mut file).map_err(failed)?;
    file.rewind().map_err(failed)?;
    parts_of(Feed::seekable(file), about.map(Box::new), name)
}

fn parts_of(mut feed: Feed, about: Option<Box<Info>>, name: &str) -> Result<Parts, Error> {
    let failed = |source| Error::Read { name: name.to_owned(), offset: 0, source };
    Ok(match recognize(&mut feed, name)? {
        Container::Native => {
            Parts::Native { frames: Box::new(Frames::new(feed, true).map_err(failed)?), about }
        }
        container => {
            let source = chunks(container, feed, name)?;
            Parts::Other(Box::new(TraceReader::of_container(container, source, name)))
        }
    })
}

fn recognize(feed: &mut Feed, name: &str) -> Result<Container, Error> {
    let failed = |source| Error::Read { name: name.to_owned(), offset: 0, source };
    look(feed).map_err(failed)?.ok_or_else(|| {
        let name = name.to_owned();
        let head = feed.view();
        let start = start_of(head);
        if head.is_empty() { Error::Empty { name } } else { Error::NotATrace { name, start } }
    })
}

fn chunks(container: Container, feed: Feed, name: &str) -> Result<Box<dyn ChunkSource + Send>, Error> {
    let failed = |source| Error::Read { name: name.to_owned(), offset: 0, source };
    let source: Box<dyn ChunkSource + Send> = match container {
        Container::Plain => Box::new(plain::Plain::new(feed)),
        Container::Gzip => Box::new(gzip::Gzip::new(feed)),
        Container::Native => Box::new(NativeSource::new(feed).map_err(failed)?),
        Container::Zstd => Box::new(zstd::Zstd::new(feed).map_err(failed)?),
    };
    Ok(source)
}

/// What a file is, from as few bytes as will do: a pipe may be slow to give more.
fn look(feed: &mut Feed) -> io::Result<Option<Container>> {
    for len in [FIRST_LOOK, SECOND_LOOK, HEAD] {
        let head = feed.ensure(len)?;
        let container = container(head);
        let is_final = matches!(container, Some(Container::Plain | Container::Gzip | Container::Native));
        // Whether zstd is native shows a little later.
        if is_final || (len >= SECOND_LOOK && container.is_some()) {
            return Ok(container);
        }
    }
    Ok(None)
}

/// The first bytes of a file, for a message.
fn start_of(head: &[u8]) -> String {
    let head = head.get(..16).unwrap_or(head);
    if head.iter().all(|byte| byte.is_ascii_graphic() || b" \t\r\n".contains(byte)) {
        return format!("\"{}\"", head.escape_ascii());
    }
    head.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
