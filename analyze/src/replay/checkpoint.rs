//! A point in a replay as bytes: what the checkpoints of native traces hold.
//!
//! [`Cursor::freeze`] gives bytes, [`Cursor::thaw`] takes them; `docs/FORMAT.md` has the layout. Checkpoints are only
//! believed if the same version of the tool wrote them: another one may follow events differently, and its state
//! would bring its answers into ours. [`Keeper`] makes them while a trace is written.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{BorrowDecode, Encode};
use scap_format::native::Follower;
use scap_format::upgrade::Upgrader;
use scap_format::{Item, TraceReader};
use scap_state::State;
use std::ops::ControlFlow;

use super::cursor::{Cursor, Passed};

/// Version of the layout. Counted up when it changes, and when the state means something else by the same bytes.
const LAYOUT: u16 = 2;

/// Start of the SHA-256 of what stands behind the head of a checkpoint after a sample of this layout.
#[cfg(test)]
const SHAPE: &str = "cda80c30f6101d66";

/// Who wrote a checkpoint; others are not believed.
const TOOL: &str = concat!("scap ", env!("CARGO_PKG_VERSION"));

const CONFIG: Configuration<LittleEndian, Varint, Limit<{ 256 << 20 }>> =
    bincode::config::standard().with_limit::<{ 256 << 20 }>();

/// Why a checkpoint is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is of another version of the tool: nothing is wrong with it.
    #[error("it was written by another version")]
    Foreign,
    /// It is damaged or forged.
    #[error("{0}")]
    Broken(String),
}

#[derive(Encode, BorrowDecode)]
struct Head<'a> {
    layout: u16,
    tool: &'a str,
}

#[derive(Encode, BorrowDecode)]
struct Body<'a> {
    events: u64,
    shown: u64,
    unconverted: u64,
    dropped: u64,
    begun: bool,
    upgrader: &'a [u8],
    state: &'a [u8],
}

impl Cursor {
    /// Everything that replay needs to go on from here.
    #[must_use]
    pub fn freeze(&self) -> Vec<u8> {
        let (upgrader, state) = (self.upgrader.freeze(), self.state.freeze());
        let Passed { events, shown, unconverted, dropped } = self.passed;
        let body = Body {
            events,
            shown,
            unconverted,
            dropped,
            begun: self.begun,
            upgrader: &upgrader,
            state: &state,
        };
        // Encoding into memory has nothing to fail at.
        bincode::encode_to_vec((Head { layout: LAYOUT, tool: TOOL }, body), CONFIG).unwrap_or_default()
    }

    /// The cursor that [`Cursor::freeze`] made `bytes` of.
    ///
    /// # Errors
    /// If another version made them, or nobody did.
    pub fn thaw(bytes: &[u8]) -> Result<Self, Unfit> {
        let broken = |what: &str| Unfit::Broken(what.to_owned());
        let (head, used): (Head<'_>, usize) = bincode::borrow_decode_from_slice(bytes, CONFIG)
            .map_err(|_| broken("it does not say who wrote it"))?;
        if head.layout != LAYOUT || head.tool != TOOL {
            return Err(Unfit::Foreign);
        }
        let rest = bytes.get(used..).unwrap_or_default();
        let (body, used): (Body<'_>, usize) =
            bincode::borrow_decode_from_slice(rest, CONFIG).map_err(|_| broken("its parts do not decode"))?;
        if used != rest.len() {
            return Err(broken("something stands behind the state"));
        }
        let upgrader =
            Upgrader::thaw(body.upgrader).ok_or_else(|| broken("the waiting events do not decode"))?;
        let state = State::thaw(body.state).map_err(|error| Unfit::Broken(error.to_string()))?;
        let passed = Passed {
            events: body.events,
            shown: body.shown,
            unconverted: body.unconverted,
            dropped: body.dropped,
        };
        Ok(Self { upgrader, state, passed, begun: body.begun })
    }
}

/// Follows a trace that is being written, for its checkpoints.
#[derive(Debug, Default)]
pub struct Keeper {
    cursor: Cursor,
}

impl Keeper {
    /// One at the beginning of a trace, for [`scap_format::native::WriterOptions`].
    #[must_use]
    pub fn boxed() -> Box<dyn Follower> {
        Box::<Self>::default()
    }
}

impl Follower for Keeper {
    fn frame(&mut self, blocks: &[u8], first_event: u64) {
        let mut trace = TraceReader::of_blocks(blocks.to_vec(), first_event);
        // Blocks in memory can always be read.
        let _ = trace.for_each(|item| {
            if let Item::Block(block) = item {
                self.cursor.follow(&block);
            }
            ControlFlow::Continue(())
        });
    }

    fn state(&mut self) -> Option<Vec<u8>> {
        Some(self.cursor.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::path::Path;

    #[test]
    fn what_is_frozen_changes_with_the_layout_only() {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/traces/credential-access.zst");
        let mut cursor = Cursor::new();
        let mut trace = TraceReader::open(&sample).unwrap();
        while let Some(item) = trace.next().unwrap() {
            if let Item::Block(block) = item {
                cursor.follow(&block);
            }
        }
        let frozen = cursor.freeze();
        let (_, used): (Head<'_>, usize) = bincode::borrow_decode_from_slice(&frozen, CONFIG).unwrap();
        let shape: String = Sha256::digest(&frozen[used..])[..8].iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            shape, SHAPE,
            "checkpoints hold something else than before: count LAYOUT up unless older ones still say the same, and set SHAPE"
        );
    }
}
