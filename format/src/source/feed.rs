//! Bytes of a file on demand, with a view ahead: what every source reads from.
//!
//! Takes any [`Read`], gives a window whose start moves forward; memory is the longest view asked for.

use std::io::{self, Read, Seek, SeekFrom};

/// How much is read at once, bytes.
const STEP: usize = 64 << 10;

/// Bytes that can be moved about in.
pub trait Seekable: Read + Seek + Send {}

impl<T: Read + Seek + Send> Seekable for T {}

/// Where bytes come from.
enum Reader {
    Stream(Box<dyn Read + Send>),
    File(Box<dyn Seekable>),
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stream(reader) => reader.read(out),
            Self::File(reader) => reader.read(out),
        }
    }
}

/// A window on a file.
pub struct Feed {
    reader: Reader,
    bytes: Vec<u8>,
    at: usize,
    offset: u64,
    has_ended: bool,
}

impl Feed {
    pub(crate) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self::of(Reader::Stream(reader))
    }

    /// On a file that stands at its first byte.
    pub(crate) fn seekable(reader: Box<dyn Seekable>) -> Self {
        Self::of(Reader::File(reader))
    }

    fn of(reader: Reader) -> Self {
        Self { reader, bytes: Vec::new(), at: 0, offset: 0, has_ended: false }
    }

    /// Moves the start of the view to offset `to` of the file; `false` if it only comes once.
    pub(crate) fn jump(&mut self, to: u64) -> io::Result<bool> {
        let Reader::File(reader) = &mut self.reader else { return Ok(false) };
        reader.seek(SeekFrom::Start(to))?;
        self.bytes.clear();
        (self.at, self.offset, self.has_ended) = (0, to, false);
        Ok(true)
    }

    /// What is at hand.
    pub(crate) fn view(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Where the view starts in the file.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Extends the view to `len` bytes, if the file has so many.
    pub(crate) fn ensure(&mut self, len: usize) -> io::Result<&[u8]> {
        while self.view().len() < len && self.grow()? {}
        Ok(self.view())
    }

    /// Extends the view by some bytes; `false` at the end of the file.
    pub(crate) fn grow(&mut self) -> io::Result<bool> {
        if self.has_ended {
            return Ok(false);
        }
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        let before = self.bytes.len();
        self.bytes.resize(before + STEP, 0);
        // Once, not until the step is full: what a pipe has given can be worked on while it waits.
        let result = read_some(&mut self.reader, self.bytes.get_mut(before..).unwrap_or_default());
        let read = result.as_ref().map_or(0, |&read| read);
        self.bytes.truncate(before + read);
        self.has_ended = result? == 0;
        Ok(read > 0)
    }

    /// Moves the start of the view forward.
    pub(crate) fn pass(&mut self, len: usize) {
        let len = len.min(self.view().len());
        self.at += len;
        self.offset += len as u64;
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.view().len().min(out.len());
        if len == 0 {
            let len = read_some(&mut self.reader, out)?;
            self.offset += len as u64;
            return Ok(len);
        }
        let (Some(to), Some(from)) = (out.get_mut(..len), self.bytes.get(self.at..self.at + len)) else {
            return Ok(0);
        };
        to.copy_from_slice(from);
        self.pass(len);
        Ok(len)
    }
}

/// Reads once, again if a signal came in between.
fn read_some(reader: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(out) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
