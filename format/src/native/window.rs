//! A look-ahead window over any `Read`: bytes stay until they are passed, and their file offset is known.
//!
//! Memory is what has been asked for and not yet passed. A claimed length costs nothing until the bytes
//! really arrive, so that a hostile length field cannot make it grow.

use std::io::{ErrorKind, Read, Result};

use crate::source::Feed;

/// Least number of bytes read at once, after some reads.
const STEP: usize = 256 << 10;
/// The same of the first read, which is doubled from read to read: most traces are small.
const FIRST_STEP: usize = 32 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Window<R> {
    source: R,
    buf: Vec<u8>,
    /// Bytes of `buf` that are already passed.
    passed: usize,
    /// File offset of the first byte not passed.
    at: u64,
    ended: bool,
    step: usize,
}

impl<R: Read> Window<R> {
    /// A window at offset 0.
    pub(super) fn new(source: R) -> Self {
        Self { source, buf: Vec::new(), passed: 0, at: 0, ended: false, step: FIRST_STEP }
    }

    /// File offset of the first byte in the window.
    pub(super) const fn at(&self) -> u64 {
        self.at
    }

    /// The bytes at hand, without reading.
    pub(super) fn held(&self) -> &[u8] {
        self.buf.get(self.passed..).unwrap_or_default()
    }

    /// Reads until `n` bytes are at hand or the source ends; gives all that are at hand.
    ///
    /// # Errors
    /// Only what the source returns.
    pub(super) fn fill(&mut self, n: usize) -> Result<&[u8]> {
        while !self.ended && self.buf.len() - self.passed < n {
            self.read_some(n)?;
        }
        Ok(self.held())
    }

    fn read_some(&mut self, wanted: usize) -> Result<()> {
        // Moving what is held costs; passing at least as much before pays for it.
        if self.passed * 2 >= self.buf.len() {
            self.buf.drain(..self.passed);
            self.passed = 0;
        }
        let len = self.buf.len();
        let missing = wanted.saturating_sub(len - self.passed);
        // Grow with what really comes: at most double, so that a lying length stays cheap.
        let room = missing.min(len.max(self.step)).max(self.step);
        self.step = (self.step * 2).min(STEP);
        self.buf.resize(len + room, 0);
        let Some(space) = self.buf.get_mut(len..) else { return Ok(()) };
        let got = loop {
            match self.source.read(space) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buf.truncate(len + *got.as_ref().unwrap_or(&0));
        self.ended = got? == 0;
        Ok(())
    }

    /// Passes `n` bytes that are at hand.
    pub(super) fn pass(&mut self, n: usize) {
        let n = n.min(self.buf.len() - self.passed);
        self.passed += n;
        self.at += n as u64;
    }
}

impl Window<Feed> {
    /// Goes on at offset `to` of the source; `false` if it cannot be moved about in.
    pub(super) fn jump(&mut self, to: u64) -> Result<bool> {
        if !self.source.jump(to)? {
            return Ok(false);
        }
        self.buf.clear();
        (self.passed, self.at, self.ended) = (0, to, false);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drip(Vec<u8>);

    impl Read for Drip {
        fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
            if self.0.is_empty() || buf.is_empty() {
                return Ok(0);
            }
            buf[0] = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn bytes_come_in_order_however_small_the_reads() {
        let mut window = Window::new(Drip((0..100).collect()));
        assert_eq!(window.fill(10).unwrap().get(..10), Some(&(0..10).collect::<Vec<u8>>()[..]));
        window.pass(5);
        assert_eq!(window.at(), 5);
        assert_eq!(window.fill(3).unwrap()[0], 5);
        window.pass(5);
        assert_eq!(window.fill(1000).unwrap(), (10..100).collect::<Vec<u8>>());
        window.pass(1000);
        assert_eq!((window.at(), window.held().len()), (100, 0));
    }
}
