//! Where in damaged bytes a block really starts.
//!
//! Takes bytes behind a damaged place, gives the first offset at which a believable run of blocks begins. A
//! block is believed if its type is known, its length possible and repeated behind it, and its event
//! consistent. Three such blocks in a row are believed; fewer, if the time of their events is near that of the
//! last good one. One block alone is not enough: event data can hold bytes of another trace.

use super::{
    event,
    kind::{EventKind, Kind},
    parse::{Frame, frame, word},
    swap,
};

/// How many blocks in a row are believed whatever follows.
const RUN: usize = 3;
/// Longest block believed while searching, bytes; bounds what has to be buffered to check it.
pub(crate) const MAX_LEN: usize = 16 << 20;
/// How far from the last good event another one is believed to lie, ns: two days.
const MAX_JUMP: u64 = 2 * 86_400 * 1_000_000_000;

/// What is known of the stream up to the damage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Byte order, if a section header has been read.
    pub(crate) big_endian: Option<bool>,
    /// Time of the last good event; 0 if there was none.
    pub(crate) last_ts: u64,
    /// Whether nothing follows the bytes.
    pub(crate) at_end: bool,
}

/// What stands at an offset, or was found by a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A run of blocks, in this byte order.
    Run {
        /// Whether it is big-endian.
        big_endian: bool,
    },
    /// More bytes are needed to tell.
    Unsure,
    /// No block.
    Nothing,
}

/// Searches `bytes` from offset `from` on. Gives the offset of the first run, or of the first place that
/// needs more bytes to tell, or the end.
pub(crate) fn find(bytes: &[u8], from: usize, known: &Known) -> (usize, Verdict) {
    for at in from..bytes.len() {
        match run(bytes, at, known) {
            Verdict::Nothing => {}
            verdict => return (at, verdict),
        }
    }
    (bytes.len(), Verdict::Nothing)
}

/// Whether a believable run of blocks starts at `at`.
pub(crate) fn run(bytes: &[u8], at: usize, known: &Known) -> Verdict {
    let little =
        if known.big_endian == Some(true) { Verdict::Nothing } else { run_in(bytes, at, false, known) };
    match (little, known.big_endian) {
        (Verdict::Nothing, None | Some(true)) => run_in(bytes, at, true, known),
        (verdict, _) => verdict,
    }
}

fn run_in(bytes: &[u8], start: usize, big_endian: bool, known: &Known) -> Verdict {
    let (mut at, mut order, mut count) = (start, big_endian, 0);
    let (mut certain, mut doubtful) = (false, false);
    while count < RUN {
        let rest = bytes.get(at..).unwrap_or_default();
        match frame(rest, order) {
            Frame::Whole(block) if block.len as usize <= MAX_LEN => match block.kind {
                Kind::Unknown => break,
                Kind::Event(layout) => match time(block.body, layout, order) {
                    Some(ts) => {
                        let is_near = known.last_ts != 0 && ts.abs_diff(known.last_ts) <= MAX_JUMP;
                        certain |= is_near;
                        doubtful |= known.last_ts != 0 && !is_near;
                    }
                    None => break,
                },
                kind => {
                    if kind == Kind::Section {
                        order = super::section::byte_order(block.body).unwrap_or(order);
                    }
                }
            },
            Frame::Needs(len) if len <= MAX_LEN && has_known_type(rest, order) => {
                return match (known.at_end, count) {
                    (false, _) => Verdict::Unsure,
                    (true, 0) => Verdict::Nothing,
                    (true, _) => Verdict::Run { big_endian },
                };
            }
            _ => break,
        }
        at += match frame(rest, order) {
            Frame::Whole(block) => block.len as usize,
            _ => break,
        };
        count += 1;
    }
    let enough = if doubtful { RUN } else { 2 };
    if count >= enough || (count == 1 && certain) { Verdict::Run { big_endian } } else { Verdict::Nothing }
}

/// Whether the bytes start with a known block type, or are too few to tell.
fn has_known_type(bytes: &[u8], big_endian: bool) -> bool {
    word(bytes, 0, big_endian).is_none_or(|word| Kind::of(word) != Kind::Unknown)
}

/// Most parameters that an event is believed to have; the schema knows half of it.
const MAX_PARAMS: u32 = 64;

/// Time of the event in an event block's body; `None` if the event contradicts itself.
fn time(body: &[u8], layout: EventKind, big_endian: bool) -> Option<u64> {
    let count = if layout.flags { 28 } else { 24 };
    if layout.counted && word(body, count, big_endian)? > MAX_PARAMS {
        return None;
    }
    if big_endian {
        let mut scratch = Vec::new();
        swap::event(body, layout, &mut scratch).ok()?;
        event::decode(&scratch, EventKind { counted: true, ..layout }).ok().map(|event| event.ts)
    } else {
        event::decode(body, layout).ok().map(|event| event.ts)
    }
}
