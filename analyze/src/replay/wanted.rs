//! What of a trace is asked about, told from its index alone.
//!
//! Frames of which nobody asks anything need not be evaluated, and where a checkpoint stands behind them not even
//! decompressed. In doubt, a frame is asked about.

use scap_format::native::IndexRecord;
use scap_format::upgrade::shown_as;

/// Which frames may hold events that somebody asks about.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// By the code that an event was recorded with.
    codes: Vec<bool>,
    from: u64,
    to: u64,
}

impl Wanted {
    /// Events of the types for which `asks` is true, from time `from` to time `to` (ns since the epoch).
    #[must_use]
    pub fn new(asks: impl Fn(u16) -> bool, from: Option<u64>, to: Option<u64>) -> Self {
        let count = u16::try_from(scap_schema::events().len()).unwrap_or(u16::MAX);
        let codes = (0..count).map(|code| shown_as(code).into_iter().any(&asks)).collect();
        Self { codes, from: from.unwrap_or(0), to: to.unwrap_or(u64::MAX) }
    }

    /// Whether `frame` may hold such an event.
    #[must_use]
    pub fn is_in(&self, frame: &IndexRecord) -> bool {
        // Events without a time of their own carry all ones; the index then says nothing of when the frame ends.
        let in_time = frame.last_ts == u64::MAX || (frame.first_ts <= self.to && frame.last_ts >= self.from);
        frame.events > 0 && in_time && frame.types.iter().any(|code| self.has(code))
    }

    /// Whether an event recorded with `code` may be one.
    #[must_use]
    pub fn has(&self, code: u16) -> bool {
        self.codes.get(usize::from(code)).copied().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::code;

    fn frame(codes: &[u16], first_ts: u64, last_ts: u64) -> IndexRecord {
        let mut frame = IndexRecord { events: 1, first_ts, last_ts, ..IndexRecord::default() };
        codes.iter().for_each(|&code| frame.types.insert(code));
        frame
    }

    #[test]
    fn a_frame_is_wanted_for_its_types_and_times() {
        let wanted = Wanted::new(|code| code == code::SYSCALL_EXECVE_19_X, Some(10), Some(20));
        let exec = code::SYSCALL_EXECVE_19_X;
        assert!(wanted.is_in(&frame(&[exec], 5, 10)));
        assert!(wanted.is_in(&frame(&[code::SYSCALL_READ_X, exec], 20, 30)));
        assert!(!wanted.is_in(&frame(&[exec], 5, 9)));
        assert!(!wanted.is_in(&frame(&[exec], 21, 22)));
        assert!(!wanted.is_in(&frame(&[code::SYSCALL_READ_X], 10, 20)));
        // Of old versions, and such as only a later schema knows.
        assert!(wanted.is_in(&frame(&[code::SYSCALL_EXECVE_8_X], 10, 20)));
        assert!(wanted.is_in(&frame(&[9000], 10, 20)));
        assert!(wanted.is_in(&frame(&[exec], 0, u64::MAX)));
    }
}
