//! Records as the kernel side writes them into its rings.
//!
//! | offset | size | what |
//! |---|---|---|
//! | 0 | 8 | time, ns since boot |
//! | 8 | 4 + 4 | thread, process |
//! | 16 | 2 | index of its plan |
//! | 18 | 1 | number of arguments |
//! | 19 | 1 | unused |
//! | 20 | 2 | number of the system call |
//! | 22 | 2 | CPU |
//! | 24 | 8 | return value |
//! | 32 | 8 each | arguments |
//! | … | … | captures, see [`crate::plan::Captures::parse`] |

/// Fixed part of a record, and the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) time: u64,
    pub(crate) tid: u32,
    pub(crate) pid: u32,
    pub(crate) plan: u16,
    pub(crate) nr: u16,
    pub(crate) cpu: u16,
    pub(crate) ret: i64,
    pub(crate) args: [u64; 6],
    pub(crate) captures: &'a [u8],
}

const HEAD: usize = 32;

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// Time of a record; `None` if it is too short to be one.
pub(crate) fn time(bytes: &[u8]) -> Option<u64> {
    u64_at(bytes, 0)
}

impl<'a> Record<'a> {
    /// `None` if `bytes` are too short for what they say.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::from(*bytes.get(18)?);
        let end = HEAD + count * 8;
        let mut args = [0; 6];
        for (slot, chunk) in args.iter_mut().zip(bytes.get(HEAD..end)?.chunks_exact(8)) {
            *slot = u64_at(chunk, 0)?;
        }
        Some(Self {
            time: time(bytes)?,
            tid: u32_at(bytes, 8)?,
            pid: u32_at(bytes, 12)?,
            plan: u16_at(bytes, 16)?,
            nr: u16_at(bytes, 20)?,
            cpu: u16_at(bytes, 22)?,
            ret: u64_at(bytes, 24)?.cast_signed(),
            args,
            captures: bytes.get(end..)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cut_anywhere_is_refused_or_read_without_its_end() {
        let mut bytes = vec![0u8; 32];
        bytes[0] = 9;
        bytes[8] = 7;
        bytes[18] = 2;
        bytes.extend_from_slice(&5u64.to_le_bytes());
        bytes.extend_from_slice(&6u64.to_le_bytes());
        let record = Record::parse(&bytes).unwrap();
        assert_eq!((record.time, record.tid, record.args[1], record.captures.len()), (9, 7, 6, 0));
        for len in 0..bytes.len() {
            assert_eq!(Record::parse(&bytes[..len]), None, "{len}");
        }
    }
}
