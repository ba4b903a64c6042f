//! The first frames of a trace, decompressed before anybody knows what will be asked of it.
//!
//! Takes the trace a second time, on a thread that has nothing better to do yet, and gives what a frame holds to whoever
//! comes to that frame, if it is the same to the byte. Whether that happens does not show but in time. Memory is so many
//! bytes ahead, and given up as the frames go by.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::codec::Unpacker;
use super::frames::Part;
use super::record::IndexRecord;
use crate::chunk::Buffers;
use crate::source::{self, Parts};

/// Decompressed bytes that are enough.
const ENOUGH: usize = 24 << 20;
/// Bytes of the file that are read for them at most, so that damage is not searched through to its end.
const MOST: u64 = 32 << 20;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Early(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
    /// A frame is ready, or no more will come.
    news: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Frames with their index records, as they stand in the trace.
    ready: VecDeque<(IndexRecord, Vec<u8>)>,
    /// The index record of the one that is being decompressed.
    busy: Option<IndexRecord>,
    /// Whether no more are to be decompressed.
    is_left: bool,
}

impl Inner {
    fn has(&self, index: &IndexRecord) -> bool {
        self.busy.as_ref() == Some(index) || self.ready.iter().any(|(other, _)| other == index)
    }

    fn may_have(&self, index: &IndexRecord) -> bool {
        !self.is_left || self.has(index)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is half done under the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that nothing is being decompressed any more, however that went.
struct Ending<'s>(&'s Shared);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.lock().busy = None;
        self.0.news.notify_all();
    }
}

impl Early {
    /// Decompresses the first frames of what `reader` holds, if it is a native trace, up to the first thing that is wrong
    /// with it, until somebody wants to have one of them or there are enough.
    pub fn read(&self, reader: Box<dyn Read + Send>) {
        // What cannot be read is told when reading comes there.
        let Ok(Parts::Native { mut frames, .. }) = source::parts(Box::new(reader.take(MOST)), "") else {
            return;
        };
        let Ok(mut unpacker) = Unpacker::new() else { return };
        let (buffers, mut read, _ending) = (Buffers::default(), 0, Ending(&self.0));
        while let Ok(Some(part)) = frames.step() {
            let mut frame = match part {
                Part::Frame(frame) => frame,
                Part::Checkpoint(_) => continue,
                Part::Damage(_) => return,
            };
            let Some(index) = frame.index.as_deref() else { return };
            if !self.begin(index) || !frame.unpack_ahead(&mut unpacker, &buffers) {
                return;
            }
            read += frame.raw_len;
            if !self.done(frame.into_raw()) || read >= ENOUGH {
                return;
            }
        }
    }

    /// From here on, no more frames are begun: there are better things to do.
    pub(super) fn end(&self) {
        self.0.lock().is_left = true;
    }

    /// Whether the frame that `index` describes may be here when somebody comes to it.
    pub(super) fn may_have(&self, index: &IndexRecord) -> bool {
        self.0.lock().may_have(index)
    }

    fn begin(&self, index: &IndexRecord) -> bool {
        let mut inner = self.0.lock();
        inner.busy = (!inner.is_left).then(|| index.clone());
        inner.busy.is_some()
    }

    fn done(&self, raw: Option<Vec<u8>>) -> bool {
        let mut inner = self.0.lock();
        let (Some(index), Some(raw)) = (inner.busy.take(), raw) else { return false };
        inner.ready.push_back((index, raw));
        self.0.news.notify_all();
        true
    }

    /// Whether the frame that `index` describes is ready or will be soon.
    pub(super) fn has(&self, index: &IndexRecord) -> bool {
        self.0.lock().has(index)
    }

    /// What the frame that `index` describes holds, and waits for it should it just be decompressed; `None` if it is not there.
    /// No more are begun.
    pub(super) fn take(&self, index: &IndexRecord) -> Option<Vec<u8>> {
        let mut inner = self.0.lock();
        inner.is_left = true;
        while inner.busy.as_ref() == Some(index) {
            inner = self.0.news.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let at = inner.ready.iter().position(|(other, _)| other == index)?;
        inner.ready.remove(at).map(|(_, raw)| raw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::chain::digest;
    use crate::native::{Frames, Hash, Manifest, Writer, WriterOptions};
    use crate::source::Feed;
    use crate::{EventBuf, block::Block};

    /// A trace of several frames, with events from `first` on.
    fn trace(first: u64) -> Vec<u8> {
        let (mut bytes, options) =
            (Vec::new(), WriterOptions { frame_bytes: 4096, ..WriterOptions::default() });
        let mut writer = Writer::new(&mut bytes, options, &Manifest::default(), &[]).unwrap();
        for num in first..first + 2000 {
            let mut event = EventBuf::new(3, num, 7);
            event.push(&num.to_le_bytes()).push(b"abcdefgh");
            writer.block(&Block::Event(event.as_event())).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    fn read(early: &Early, trace: &[u8]) {
        early.read(Box::new(std::io::Cursor::new(trace.to_vec())));
    }

    /// Digests of what the frames of a trace hold to who comes after `early`, how many were waiting, and damage.
    fn met(trace: &[u8], early: Early) -> (Vec<Hash>, usize, Vec<String>) {
        let feed = Feed::new(Box::new(std::io::Cursor::new(trace.to_vec())));
        let (mut frames, mut unpacker) = (Frames::new(feed, true).unwrap(), Unpacker::new().unwrap());
        frames.after(early);
        let (mut all, mut waiting, mut damage) = (Vec::new(), 0, Vec::new());
        while let Some(part) = frames.step().unwrap() {
            match part {
                Part::Frame(frame) => {
                    waiting += usize::from(!frame.is_packed());
                    match frame.unpack(&mut unpacker, Vec::new()) {
                        Ok(raw) => all.push(digest(&raw)),
                        Err(wrong) => damage.push(wrong.detail),
                    }
                }
                Part::Damage(wrong) => damage.push(wrong.detail),
                Part::Checkpoint(_) => {}
            }
        }
        (all, waiting, damage)
    }

    #[test]
    fn frames_hold_the_same_whether_they_were_decompressed_early_or_not() {
        let bytes = trace(0);
        let (all, waiting, _) = met(&bytes, Early::default());
        assert!(all.len() > 10 && waiting == 0);
        let early = Early::default();
        read(&early, &bytes);
        let (same, waiting, damage) = met(&bytes, early.clone());
        assert_eq!((same, waiting, damage.len()), (all.clone(), all.len(), 0));
        assert!(early.0.lock().ready.is_empty());
        // Who comes last finds it ended.
        read(&early, &bytes);
        assert!(early.0.lock().ready.is_empty());
        for _ in 0..20 {
            let early = Early::default();
            let same = std::thread::scope(|scope| {
                scope.spawn(|| read(&early, &bytes));
                std::thread::sleep(std::time::Duration::from_micros(300));
                met(&bytes, early.clone()).0
            });
            assert_eq!(same, all);
        }
    }

    #[test]
    fn what_another_file_held_is_not_taken_for_this_one() {
        let early = Early::default();
        read(&early, &trace(1));
        let (all, waiting, _) = met(&trace(0), early);
        // Of both, the first frame holds no events.
        assert_eq!((all, waiting), (met(&trace(0), Early::default()).0, 1));
        let early = Early::default();
        read(&early, b"no trace");
        assert!(early.0.lock().ready.is_empty());
    }

    #[test]
    fn damage_is_told_as_if_nobody_had_been_there_before() {
        let mut bytes = trace(0);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let (all, _, damage) = met(&bytes, Early::default());
        assert!(!damage.is_empty());
        let early = Early::default();
        read(&early, &bytes);
        let (same, waiting, same_damage) = met(&bytes, early);
        assert_eq!((same, same_damage), (all, damage));
        assert!(waiting > 2);
    }
}
