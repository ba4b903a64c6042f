//! Event blocks, versions 1, 2 and 2-large, with and without flags. Hot path: reading neither allocates nor
//! copies.
//!
//! Body: cpu (2), flags (4, only in the flagged types), then the event as [`crate::Event`] describes it;
//! in version 1 its header lacks the number of parameters.
//!
//! Source: `scap_dump` and `next_event_from_file` of falcosecurity/libs.

use super::{
    frame,
    kind::{EVENT_FLAGS_V2, EVENT_FLAGS_V2_LARGE, EVENT_V2, EVENT_V2_LARGE, EventKind},
};
use crate::event::{sum_narrow, sum_of_four};
use crate::{Event, Params};
use scap_schema::{EVENT_COUNT, EventFlags};

/// Length of an event's header, bytes.
pub(crate) const HEADER: usize = 26;
/// Largest block body that readers of the types without "large" accept, bytes.
const MAX_SMALL_BODY: usize = (1 << 16) - 4;

pub(crate) const TOO_SHORT: &str = "event block is shorter than an event's header";
pub(crate) const LENGTH: &str = "event's length does not fit its block";
pub(crate) const PARAMS: &str = "lengths of the event's parameters exceed the event";
pub(crate) const NO_COUNT: &str = "no number of parameters fits the event's length";

/// Per code, whether parameter lengths are 32 bits wide in a file.
static WIDE: [bool; EVENT_COUNT] = {
    let (mut wide, mut code) = ([false; EVENT_COUNT], 0);
    while code < EVENT_COUNT {
        wide[code] = scap_schema::events()[code].flags.has(EventFlags::LARGE);
        code += 1;
    }
    wide
};

/// Whether parameter lengths of events of type `code` are 32 bits wide in a file.
#[inline]
pub(crate) fn is_wide(code: u16) -> bool {
    WIDE.get(usize::from(code)).is_some_and(|wide| *wide)
}

/// Appends the block of one event.
///
/// Gives the number of bytes that had to be cut off: only parameters over 65535 bytes of event types whose
/// lengths are 16 bits wide in the file, which no recorder makes.
pub fn encode(out: &mut Vec<u8>, event: &Event<'_>) -> usize {
    let wide = is_wide(event.code);
    let max = if wide { u32::MAX as usize } else { usize::from(u16::MAX) };
    let size = if wide { 4 } else { 2 };
    let kept: usize = event.params.iter().map(|value| value.len().min(max)).sum();
    let whole: usize = event.params.iter().map(<[u8]>::len).sum();
    let len = HEADER + event.params.len() * size + kept;
    let flagged = event.flags != 0;
    let large = wide || len + 6 > MAX_SMALL_BODY;
    let block_type = match (large, flagged) {
        (false, false) => EVENT_V2,
        (false, true) => EVENT_FLAGS_V2,
        (true, false) => EVENT_V2_LARGE,
        (true, true) => EVENT_FLAGS_V2_LARGE,
    };
    frame::put(out, block_type, |out| {
        out.extend_from_slice(&event.cpu.to_le_bytes());
        if flagged {
            out.extend_from_slice(&event.flags.to_le_bytes());
        }
        out.extend_from_slice(&event.ts.to_le_bytes());
        out.extend_from_slice(&event.tid.to_le_bytes());
        out.extend_from_slice(&saturate(len));
        out.extend_from_slice(&event.code.to_le_bytes());
        out.extend_from_slice(&saturate(event.params.len()));
        for value in event.params.iter() {
            let kept = saturate(value.len().min(max));
            out.extend_from_slice(kept.get(..size).unwrap_or(&kept));
        }
        for value in event.params.iter() {
            out.extend_from_slice(value.get(..max).unwrap_or(value));
        }
    });
    whole - kept
}

/// Reads the body of a little-endian event block; the event's number is 0.
///
/// # Errors
/// What contradicts itself.
#[inline]
pub(crate) fn decode(body: &[u8], layout: EventKind) -> Result<Event<'_>, &'static str> {
    /// Cpu and header of an event whose header counts the parameters.
    const WHOLE: usize = 2 + HEADER;
    let usual = !layout.flags && layout.counted;
    let Some((head, rest)) = body.split_first_chunk::<WHOLE>().filter(|_| usual) else {
        return decode_unusual(body, layout);
    };
    // One look at the length for all fields: every event of a native trace is read here.
    let field =
        |at: usize| head.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()).unwrap_or_default();
    let [l0, l1, l2, l3, c0, c1, n0, n1] = field(18);
    let code = u16::from_le_bytes([c0, c1]);
    let count = u32::from_le_bytes([n0, n1, head[26], head[27]]) as usize;
    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let rest = len.checked_sub(HEADER).and_then(|len| rest.get(..len)).ok_or(LENGTH)?;
    Ok(Event {
        num: 0,
        cpu: u16::from_le_bytes([head[0], head[1]]),
        flags: 0,
        ts: u64::from_le_bytes(field(2)),
        tid: i64::from_le_bytes(field(10)),
        code,
        params: params(rest, count, code)?,
    })
}

/// Type, length, cpu, and header of a block of the usual type.
const USUAL_HEAD: usize = 8 + 2 + HEADER;

/// The event in the block that `bytes` starts with, and the block's length, if that is the usual case: a whole,
/// little-endian block of the usual type in which everything fits, with narrow lengths of parameters, and not the last
/// few bytes. The event's number is 0.
///
/// `None` says nothing: [`decode`] has to look again. Kept to the fewest steps, because nearly every event of a native
/// trace is read here.
#[inline(always)]
pub(crate) fn usual(bytes: &[u8]) -> Option<(usize, Event<'_>)> {
    /// With room for eight lengths, which are looked at together whether they are there or not.
    const LOOK: usize = USUAL_HEAD + 16;
    let head = bytes.first_chunk::<LOOK>()?;
    let [t0, t1, t2, t3, len @ ..] = field(head, 0);
    let size = u32::from_le_bytes(len) as usize;
    let block = bytes.get(..size)?;
    let is_framed = u32::from_le_bytes([t0, t1, t2, t3]) == EVENT_V2
        && size >= USUAL_HEAD + 4
        && size.is_multiple_of(4)
        && block.last_chunk::<4>() == Some(&len);
    if !is_framed {
        return None;
    }
    let event = laid_out(head.first_chunk()?, block, 0)?;
    let (lens, _, data) = event.params.parts();
    let count = lens.len() / 2;
    let total = match count {
        // Masks drop what is none of the lengths: most events have no more.
        0..=4 => sum_of_four(u64::from_le_bytes(field(head, USUAL_HEAD)) & FIRST[count & 7]),
        5..=8 => {
            let second = u64::from_le_bytes(field(head, USUAL_HEAD + 8)) & FIRST[(count - 4) & 7];
            sum_of_four(u64::from_le_bytes(field(head, USUAL_HEAD))) + sum_of_four(second)
        }
        _ => sum_narrow(lens),
    };
    (total <= data.len() as u64 && !is_wide(event.code)).then_some((size, event))
}

/// What keeps the first so many of four 16-bit numbers.
const FIRST: [u64; 8] = {
    const ALL: u64 = u64::MAX;
    [0, 0xffff, 0xffff_ffff, 0xffff_ffff_ffff, ALL, ALL, ALL, ALL]
};

/// The event in `block`, which [`usual`] has seen: that all of it fits is not looked at again. Its number is `num`.
#[inline(always)]
pub(crate) fn known(block: &[u8], num: u64) -> Option<Event<'_>> {
    laid_out(block.first_chunk()?, block, num)
}

/// The event in a block of the usual type that begins with `head`, if it ends within.
#[inline(always)]
fn laid_out<'a>(head: &[u8; USUAL_HEAD], block: &'a [u8], num: u64) -> Option<Event<'a>> {
    let [l0, l1, l2, l3, c0, c1, n0, n1] = field(head, 26);
    let end = u32::from_le_bytes([l0, l1, l2, l3]) as usize + 10;
    let count = u32::from_le_bytes([n0, n1, head[34], head[35]]) as usize;
    let (lens, data) = block
        .get(..block.len().checked_sub(4)?)?
        .get(USUAL_HEAD..end)?
        .split_at_checked(count.checked_mul(2)?)?;
    Some(Event {
        num,
        cpu: u16::from_le_bytes([head[8], head[9]]),
        flags: 0,
        ts: u64::from_le_bytes(field(head, 10)),
        tid: i64::from_le_bytes(field(head, 18)),
        code: u16::from_le_bytes([c0, c1]),
        params: Params::of_parts((lens, false, data)),
    })
}

/// Eight bytes of `head` from `at` on, which has them.
#[inline(always)]
fn field<const N: usize>(head: &[u8; N], at: usize) -> [u8; 8] {
    head.get(at..at + 8).and_then(|b| <[u8; 8]>::try_from(b).ok()).unwrap_or_default()
}

/// The `count` parameters of an event of type `code`, whose lengths and values are `bytes`.
#[inline]
fn params(bytes: &[u8], count: usize, code: u16) -> Result<Params<'_>, &'static str> {
    let wide = is_wide(code);
    let size = if wide { 4 } else { 2 };
    let (lens, data) = count.checked_mul(size).and_then(|n| bytes.split_at_checked(n)).ok_or(PARAMS)?;
    Params::new(lens, wide, data).ok_or(PARAMS)
}

fn decode_unusual(body: &[u8], layout: EventKind) -> Result<Event<'_>, &'static str> {
    let (cpu, rest) = body.split_first_chunk().ok_or(TOO_SHORT)?;
    let (flags, rest) = if layout.flags {
        let (flags, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
        (u32::from_le_bytes(*flags), rest)
    } else {
        (0, rest)
    };
    let (ts, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
    let (tid, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
    let (len, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
    let (code, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
    let (len, code) = (u32::from_le_bytes(*len), u16::from_le_bytes(*code));
    let (count, rest) = if layout.counted {
        let (count, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
        let kept = (len as usize).checked_sub(HEADER).and_then(|len| rest.get(..len)).ok_or(LENGTH)?;
        (u32::from_le_bytes(*count) as usize, kept)
    } else {
        count(rest, len, code, false).ok_or(NO_COUNT)?
    };
    Ok(Event {
        num: 0,
        cpu: u16::from_le_bytes(*cpu),
        flags,
        ts: u64::from_le_bytes(*ts),
        tid: i64::from_le_bytes(*tid),
        code,
        params: params(rest, count, code)?,
    })
}

/// Number of parameters of an event of version 1, whose header does not say, and the bytes they take.
///
/// Each parameter adds its length and that length's own bytes, so at most one number fits. `rest` starts
/// behind the header; `len` is the event's length by its header.
#[cold]
pub(crate) fn count(rest: &[u8], len: u32, code: u16, big_endian: bool) -> Option<(usize, &[u8])> {
    let len = (len as usize).checked_sub(HEADER - 4)?;
    let fits = |len: usize| {
        let kept = rest.get(..len)?;
        let size = if is_wide(code) { 4 } else { 2 };
        let mut lens = kept.chunks_exact(size);
        let (mut count, mut total) = (0, 0);
        while total < len {
            let one = lens.next()?.iter();
            let fold = |sum, &byte| sum << 8 | usize::from(byte);
            total += size + if big_endian { one.fold(0, fold) } else { one.rev().fold(0, fold) };
            count += 1;
        }
        (total == len).then_some((count, kept))
    };
    // Old writers counted three bytes too many for notifications and infrastructure events.
    fits(len).or_else(|| fits(len.checked_sub(3)?))
}

/// Whether the first bytes of a block of `len` bytes can start an event: its own length must fit.
/// True as long as too few bytes are there to tell.
pub(crate) fn may_start(bytes: &[u8], layout: EventKind, len: u32, big_endian: bool) -> bool {
    let start = if layout.flags { 14 } else { 10 };
    let header = if layout.counted { HEADER } else { HEADER - 4 };
    let Some(event_len) = super::parse::word(bytes, start + 16, big_endian) else { return true };
    let (event_len, room) = (event_len as usize, (len as usize).saturating_sub(start + 4));
    event_len >= header && event_len <= room.saturating_add(3)
}

fn saturate(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventBuf;
    use scap_schema::code;

    #[test]
    fn an_event_is_read_at_a_glance_as_with_care_whatever_its_lengths_say() {
        for count in 0..=12u8 {
            let mut event = EventBuf::new(code::SYSCALL_OPENAT_2_X, 5, 7);
            for len in 0..count {
                event.push(&vec![len; usize::from(len)]);
            }
            let mut block = Vec::new();
            encode(&mut block, &event.as_event());
            let size = block.len();
            // Only what more bytes stand behind is read at a glance.
            block.resize(size + 64, 0xff);
            for (at, longer) in (0..usize::from(count)).flat_map(|at| [(at, 0), (at, 1), (at, 0x100)]) {
                let mut block = block.clone();
                let low = USUAL_HEAD + 2 * at;
                let len = u16::from_le_bytes([block[low], block[low + 1]]) + longer;
                block[low..low + 2].copy_from_slice(&len.to_le_bytes());
                let layout = EventKind { flags: false, counted: true, large: false };
                let careful = decode(&block[8..size - 4], layout);
                let glance = usual(&block);
                assert_eq!(careful.is_ok(), longer == 0);
                assert_eq!(
                    glance.map(|(size, _)| size),
                    careful.is_ok().then_some(size),
                    "{count} {at} {longer}"
                );
                if let (Ok(careful), Some((_, glance))) = (careful, glance) {
                    let again = known(&block[..size], 0).unwrap();
                    let all = |event: Event<'_>| format!("{event:?}");
                    assert_eq!((all(glance), all(again)), (all(careful), all(careful)));
                }
            }
        }
    }
}
