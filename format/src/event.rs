//! One event: header and parameters, borrowed from a block.
//!
//! Layout in a `.scap` event block (after cpu id and, in the flagged variants, flags), little-endian:
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 8 | time, ns since the epoch |
//! | 8 | 8 | tid |
//! | 16 | 4 | length of the event, header included |
//! | 20 | 2 | event code |
//! | 22 | 4 | number of parameters |
//! | 26 | 2 or 4 each | parameter lengths (4 bytes for types with `EventFlags::LARGE`) |
//! | … | … | parameter values, back to back |
//!
//! Source: `struct ppm_evt_hdr` of falcosecurity/libs. This file is on the hot path: no allocation to read.

use scap_schema::EventInfo;

/// One event, borrowed. Values are little-endian whatever the byte order of the file.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Ordinal of its block among the event blocks of the trace, from 1. Filters never change it.
    pub num: u64,
    /// Processor it happened on.
    pub cpu: u16,
    /// Flags of the block (0 in blocks without).
    pub flags: u32,
    /// Nanoseconds since the epoch.
    pub ts: u64,
    /// Thread that did it.
    pub tid: i64,
    /// Event code, see [`scap_schema::code`].
    pub code: u16,
    /// Parameters.
    pub params: Params<'a>,
}

/// Parameters of an event: a length table and the values back to back.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    lens: &'a [u8],
    wide: bool,
    data: &'a [u8],
}

impl<'a> Params<'a> {
    /// Parameters whose `lens` holds one little-endian u16 (u32 if `wide`) each, and `data` the values.
    ///
    /// Returns `None` if the lengths run past the end of `data`.
    #[must_use]
    #[inline]
    pub fn new(lens: &'a [u8], wide: bool, data: &'a [u8]) -> Option<Self> {
        let total = if wide { sum_wide(lens) } else { sum_narrow(lens) };
        (total <= data.len() as u64).then_some(Self { lens, wide, data })
    }

    /// What `parts` were taken from. With any others, parameters that run past the end of `data` are not there.
    #[must_use]
    #[inline]
    pub const fn of_parts(parts: (&'a [u8], bool, &'a [u8])) -> Self {
        let (lens, wide, data) = parts;
        Self { lens, wide, data }
    }

    /// What [`Self::new`] was given: lengths, whether they are wide, and values.
    #[must_use]
    #[inline]
    pub const fn parts(&self) -> (&'a [u8], bool, &'a [u8]) {
        (self.lens, self.wide, self.data)
    }

    /// How many there are in this event, which can be fewer than the schema lists.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.lens.len() / if self.wide { 4 } else { 2 }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn len_of(&self, i: usize) -> usize {
        if self.wide {
            let at = i * 4;
            let Some(b) = self.lens.get(at..at + 4) else { return 0 };
            u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize
        } else {
            let at = i * 2;
            let Some(b) = self.lens.get(at..at + 2) else { return 0 };
            usize::from(u16::from_le_bytes([b[0], b[1]]))
        }
    }

    /// Bytes of all values together.
    #[must_use]
    #[inline]
    pub fn size(&self) -> usize {
        let total = if self.wide { sum_wide(self.lens) } else { sum_narrow(self.lens) };
        usize::try_from(total).unwrap_or(usize::MAX).min(self.data.len())
    }

    /// Bytes of parameter `i`; `None` if the event has no such parameter, empty if it was not known.
    #[must_use]
    #[inline]
    pub fn at(&self, i: usize) -> Option<&'a [u8]> {
        if self.wide {
            return self.at_wide(i);
        }
        if let Some(lens) = self.lens.first_chunk::<8>()
            && i < 4
        {
            let lens = u64::from_le_bytes(*lens);
            let shift = 16 * i;
            let start = usize::try_from(sum_of_four(lens & ((1 << shift) - 1))).ok()?;
            let len = usize::try_from(lens >> shift & 0xffff).ok()?;
            return self.data.get(start..start + len);
        }
        let (before, own) = self.lens.get(..i.checked_add(1)?.checked_mul(2)?)?.split_at_checked(i * 2)?;
        let mut start = 0;
        for len in before.chunks_exact(2) {
            start += usize::from(u16::from_le_bytes([len[0], len[1]]));
        }
        let len = usize::from(u16::from_le_bytes(<[u8; 2]>::try_from(own).ok()?));
        self.data.get(start..start + len)
    }

    fn at_wide(&self, i: usize) -> Option<&'a [u8]> {
        if i >= self.len() {
            return None;
        }
        let start: usize = (0..i).map(|j| self.len_of(j)).sum();
        self.data.get(start..start + self.len_of(i))
    }

    /// The values back to back, if the first parameters have the lengths `lens` (each two bytes, little-endian): where most
    /// events of a type look alike, all of one is known after one look.
    #[must_use]
    #[inline(always)]
    pub fn laid_out<const N: usize>(&self, lens: &[u8; N]) -> Option<&'a [u8]> {
        (!self.wide && self.lens.first_chunk() == Some(lens)).then_some(self.data)
    }

    /// The first two parameters as numbers, if each is eight bytes long: result and fd of most calls.
    #[must_use]
    #[inline(always)]
    pub fn two_i64(&self) -> Option<(i64, i64)> {
        let (first, rest) = self.laid_out(&[8, 0, 8, 0])?.split_first_chunk()?;
        Some((i64::from_le_bytes(*first), i64::from_le_bytes(*rest.first_chunk()?)))
    }

    /// The first `N` parameters, as [`Self::at`] gives them, in one go over their lengths.
    #[must_use]
    #[inline]
    pub fn first<const N: usize>(&self) -> [Option<&'a [u8]>; N] {
        let (mut rest, count) = (self.data, self.len());
        std::array::from_fn(|i| {
            let (value, behind) = rest.split_at_checked(self.len_of(i)).filter(|_| i < count)?;
            rest = behind;
            Some(value)
        })
    }

    /// All parameters in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let this = *self;
        let mut start = 0;
        (0..this.len()).map(move |i| {
            let end = start + this.len_of(i);
            let value = this.data.get(start..end).unwrap_or(&[]);
            start = end;
            value
        })
    }
}

/// Sum of the four 16-bit numbers that `four` consists of.
#[inline]
pub(crate) const fn sum_of_four(four: u64) -> u64 {
    const EVEN: u64 = 0x0000_ffff_0000_ffff;
    let pairs = (four & EVEN) + (four >> 16 & EVEN);
    (pairs & 0xffff_ffff) + (pairs >> 32)
}

/// Sum of little-endian 32-bit numbers, which cannot overflow: a slice holds less than 2^61 of them.
fn sum_wide(lens: &[u8]) -> u64 {
    lens.chunks_exact(4).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))).sum()
}

/// Sum of little-endian 16-bit numbers.
#[inline(never)]
pub(crate) fn sum_narrow(lens: &[u8]) -> u64 {
    let (fours, rest) = lens.as_chunks::<8>();
    let mut total = 0;
    for four in fours {
        total += sum_of_four(u64::from_le_bytes(*four));
    }
    for one in rest.chunks_exact(2) {
        total += u64::from(u16::from_le_bytes([one[0], one[1]]));
    }
    total
}

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        #[inline]
        pub fn $name(&self, i: usize) -> Option<$ty> {
            self.params.at(i)?.try_into().ok().map(<$ty>::from_le_bytes)
        }
    )*};
}

impl<'a> Event<'a> {
    /// The event numbered `num` whose `block` was shown by [`Visitor::usual_in`](crate::Visitor::usual_in); `None`, or any
    /// event, for any other bytes.
    #[must_use]
    #[inline(always)]
    pub fn of_usual(block: &'a [u8], num: u64) -> Option<Self> {
        crate::scap::event::known(block, num)
    }

    /// Its row in the schema; `None` for a code the schema does not know.
    #[must_use]
    #[inline]
    pub fn info(&self) -> Option<&'static EventInfo> {
        scap_schema::event(self.code)
    }

    /// Bytes of parameter `i`; `None` if absent, empty if it was not known.
    #[must_use]
    #[inline]
    pub fn param(&self, i: usize) -> Option<&'a [u8]> {
        self.params.at(i)
    }

    /// Bytes of the parameter called `name` in the schema.
    #[must_use]
    pub fn param_named(&self, name: &str) -> Option<&'a [u8]> {
        self.param(self.info()?.param_index(name)?)
    }

    /// Parameter `i` as a string, without its closing NUL; `None` if absent or empty.
    #[must_use]
    pub fn text(&self, i: usize) -> Option<&'a [u8]> {
        let bytes = self.param(i)?;
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        if bytes.is_empty() { None } else { bytes.get(..end) }
    }

    number! {
        /// Parameter `i` as u8; `None` if absent or of another length.
        u8: u8;
        /// Parameter `i` as u16; `None` if absent or of another length.
        u16: u16;
        /// Parameter `i` as u32; `None` if absent or of another length.
        u32: u32;
        /// Parameter `i` as u64; `None` if absent or of another length.
        u64: u64;
        /// Parameter `i` as i32; `None` if absent or of another length.
        i32: i32;
        /// Parameter `i` as i64; `None` if absent or of another length.
        i64: i64;
    }
}

/// One event, owned: what a recorder or an upgrade builds parameter by parameter.
#[derive(Debug, Clone, Default)]
pub struct EventBuf {
    /// See [`Event::num`].
    pub num: u64,
    /// See [`Event::cpu`].
    pub cpu: u16,
    /// See [`Event::flags`].
    pub flags: u32,
    /// See [`Event::ts`].
    pub ts: u64,
    /// See [`Event::tid`].
    pub tid: i64,
    /// See [`Event::code`].
    pub code: u16,
    lens: Vec<u8>,
    data: Vec<u8>,
}

impl EventBuf {
    /// An event without parameters yet.
    #[must_use]
    pub fn new(code: u16, ts: u64, tid: i64) -> Self {
        Self { code, ts, tid, ..Self::default() }
    }

    /// Empties it for reuse, keeping its allocations.
    pub fn reset(&mut self, code: u16, ts: u64, tid: i64) {
        self.lens.clear();
        self.data.clear();
        (self.num, self.cpu, self.flags) = (0, 0, 0);
        (self.code, self.ts, self.tid) = (code, ts, tid);
    }

    /// A copy of `event`.
    #[must_use]
    pub fn copy_of(event: &Event<'_>) -> Self {
        let mut copy = Self::default();
        copy.copy_header(event);
        copy.push_all(&event.params);
        copy
    }

    /// Empties it for reuse and takes over everything from `event` but its parameters.
    pub fn copy_header(&mut self, event: &Event<'_>) {
        self.reset(event.code, event.ts, event.tid);
        (self.num, self.cpu, self.flags) = (event.num, event.cpu, event.flags);
    }

    /// Appends a parameter. Lengths are kept 32 bits wide here; the writer narrows them.
    pub fn push(&mut self, value: &[u8]) -> &mut Self {
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        let kept = value.get(..len as usize).unwrap_or(value);
        self.lens.extend_from_slice(&len.to_le_bytes());
        self.data.extend_from_slice(kept);
        self
    }

    /// Appends all of `params`.
    pub fn push_all(&mut self, params: &Params<'_>) -> &mut Self {
        if params.wide {
            self.lens.extend_from_slice(params.lens);
        } else {
            for len in params.lens.chunks_exact(2) {
                self.lens.extend_from_slice(&[len[0], len[1], 0, 0]);
            }
        }
        self.data.extend_from_slice(params.data.get(..params.size()).unwrap_or_default());
        self
    }

    /// Appends a NUL-terminated string.
    pub fn push_text(&mut self, value: &[u8]) -> &mut Self {
        let len = u32::try_from(value.len() + 1).unwrap_or(u32::MAX);
        self.lens.extend_from_slice(&len.to_le_bytes());
        self.data.extend_from_slice(value);
        self.data.push(0);
        self
    }

    /// The event as a borrowed one.
    #[must_use]
    pub fn as_event(&self) -> Event<'_> {
        Event {
            num: self.num,
            cpu: self.cpu,
            flags: self.flags,
            ts: self.ts,
            tid: self.tid,
            code: self.code,
            params: Params { lens: &self.lens, wide: true, data: &self.data },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::code;

    #[test]
    fn parameters_come_back_as_pushed() {
        let mut buf = EventBuf::new(code::SYSCALL_OPEN_X, 7, 42);
        buf.push(&3i64.to_le_bytes()).push_text(b"/etc/passwd").push(&[]);
        let ev = buf.as_event();
        assert_eq!(ev.i64(0), Some(3));
        assert_eq!(ev.text(1), Some(&b"/etc/passwd"[..]));
        assert_eq!(ev.param(2), Some(&[][..]));
        assert_eq!(ev.text(2), None);
        assert_eq!(ev.param(3), None);
        assert_eq!(ev.param_named("name"), Some(&b"/etc/passwd\0"[..]));
        assert_eq!(ev.params.iter().count(), 3);
    }

    #[test]
    fn any_number_of_lengths_is_added_up() {
        let lens: Vec<u8> = (0..11u16).flat_map(|i| (i * 6000).to_le_bytes()).collect();
        for count in 0..=11u64 {
            let sum = (0..count).map(|i| i * 6000).sum::<u64>();
            assert_eq!(sum_narrow(&lens[..usize::try_from(count * 2).unwrap()]), sum);
        }
    }

    #[test]
    fn the_first_parameters_are_what_each_is_alone() {
        let (lens, data) = ([3u16, 0, 5, 1, 7, 2], [1u8; 18]);
        for count in 0..=lens.len() {
            let narrow: Vec<u8> = lens[..count].iter().flat_map(|len| len.to_le_bytes()).collect();
            let wide: Vec<u8> = lens[..count].iter().flat_map(|len| u32::from(*len).to_le_bytes()).collect();
            let (narrow, wide) = (Params::new(&narrow, false, &data), Params::new(&wide, true, &data));
            for params in [narrow.unwrap(), wide.unwrap()] {
                let first = params.first::<8>();
                for (at, value) in first.iter().enumerate() {
                    assert_eq!(*value, params.at(at), "{at} of {count}");
                    assert_eq!(value.map(<[u8]>::len), lens[..count].get(at).map(|len| usize::from(*len)));
                    assert_eq!(*value, params.iter().nth(at));
                }
            }
        }
    }

    #[test]
    fn lengths_past_the_data_are_refused() {
        assert!(Params::new(&[3, 0], false, &[1, 2]).is_none());
        assert!(Params::new(&[2, 0], false, &[1, 2]).is_some());
    }
}
