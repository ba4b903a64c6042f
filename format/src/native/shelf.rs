//! Parts of a trace that one thread goes through, and that others, who have nothing better to do, decompress ahead of it.
//!
//! Takes parts, gives the same in the same order. Whether somebody helped does not show but in time: a frame that does not
//! decompress stays as it was, for whoever goes through the parts to tell. Memory is that of so many bytes ahead.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::codec::Unpacker;
use super::frames::{Frame, Part};
use crate::chunk::Buffers;

/// Decompressed bytes that may wait; a frame that is longer may wait alone.
const AHEAD: usize = 16 << 20;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    inner: Mutex<Inner>,
    /// A frame is back.
    news: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    /// Those not taken yet; `None` for a frame that is being decompressed.
    parts: VecDeque<Option<Part>>,
    /// How many were taken.
    taken: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is half done under the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A frame on its way, which comes back whatever happens.
struct Lent<'s> {
    shelf: &'s Shared,
    /// Its place, counted from the first part of all.
    place: usize,
    frame: Option<Frame>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut inner = self.shelf.lock();
        let at = self.place.saturating_sub(inner.taken);
        if let Some(slot) = inner.parts.get_mut(at) {
            *slot = self.frame.take().map(Part::Frame);
        }
        self.shelf.news.notify_all();
    }
}

impl Shelf {
    /// `parts`, in order.
    #[must_use]
    pub fn new(parts: Vec<Part>) -> Self {
        let parts = parts.into_iter().map(Some).collect();
        Self(Arc::new(Shared { inner: Mutex::new(Inner { parts, taken: 0 }), news: Condvar::new() }))
    }

    /// Whether both are the same, not only alike.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The next part, as soon as nobody else has it; `None` at the end.
    pub(super) fn next(&self) -> Option<Part> {
        let mut inner = self.0.lock();
        while inner.parts.front().is_some_and(Option::is_none) {
            inner = self.0.news.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.taken += 1;
        inner.parts.pop_front().flatten()
    }

    /// Decompresses the first frame that waits for it, into memory from `buffers`; `false` if there is none, or enough are
    /// ready.
    pub fn help(&self, buffers: &Buffers) -> bool {
        let Some(mut lent) = self.lend() else { return false };
        if let (Ok(mut unpacker), Some(frame)) = (Unpacker::new(), &mut lent.frame) {
            return frame.unpack_ahead(&mut unpacker, buffers);
        }
        false
    }

    /// The first frame that is still packed.
    fn lend(&self) -> Option<Lent<'_>> {
        let mut inner = self.0.lock();
        let (taken, mut ahead) = (inner.taken, 0);
        for (at, slot) in inner.parts.iter_mut().enumerate() {
            match slot {
                Some(Part::Frame(frame)) if frame.is_packed() => {
                    if ahead > 0 && ahead + frame.raw_len > AHEAD {
                        return None;
                    }
                    let Some(Part::Frame(frame)) = slot.take() else { return None };
                    return Some(Lent { shelf: &self.0, place: taken + at, frame: Some(frame) });
                }
                Some(Part::Frame(frame)) => ahead += frame.raw_len,
                // As long as any other, if it is known how long those are.
                None => ahead += AHEAD / 4,
                Some(_) => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::damage::{Damage, DamageKind};
    use crate::native::{Frames, Manifest, Writer, WriterOptions};
    use crate::{EventBuf, block::Block};

    /// A trace of several frames, the third of which does not decompress.
    fn parts() -> Vec<Part> {
        let (mut bytes, options) =
            (Vec::new(), WriterOptions { frame_bytes: 4096, ..WriterOptions::default() });
        let mut writer = Writer::new(&mut bytes, options, &Manifest::default(), &[]).unwrap();
        for num in 0..2000 {
            let mut event = EventBuf::new(3, num, 7);
            event.push(&num.to_le_bytes()).push(b"abcdefgh");
            writer.block(&Block::Event(event.as_event())).unwrap();
        }
        writer.finish().unwrap();
        let mut frames = Frames::new(&bytes[..], true).unwrap();
        let mut parts = Vec::new();
        while let Some(part) = frames.step().unwrap() {
            parts.push(part);
        }
        assert!(parts.len() > 10);
        if let Part::Frame(frame) = &mut parts[2] {
            frame.raw_len += 1;
        }
        let detail = "a test".to_owned();
        let damage = Damage { kind: DamageKind::Index, start: 0, end: None, events_lost: None, detail };
        parts.insert(5, Part::Damage(damage));
        parts
    }

    /// What goes through them meets.
    fn met(shelf: &Shelf) -> Vec<std::result::Result<Vec<u8>, String>> {
        let mut unpacker = Unpacker::new().unwrap();
        let mut all = Vec::new();
        while let Some(part) = shelf.next() {
            all.push(match part {
                Part::Frame(frame) => frame.unpack(&mut unpacker, Vec::new()).map_err(|damage| damage.detail),
                Part::Damage(damage) => Err(damage.detail),
                Part::Checkpoint(_) => continue,
            });
        }
        all
    }

    #[test]
    fn who_goes_through_meets_the_same_whoever_helps() {
        let alone = met(&Shelf::new(parts()));
        assert_eq!(alone.iter().filter(|one| one.is_err()).count(), 2);
        let buffers = Buffers::default();
        let before = Shelf::new(parts());
        // Up to the frame that does not decompress.
        assert!(before.help(&buffers) && before.help(&buffers) && !before.help(&buffers));
        assert_eq!(met(&before), alone);
        for _ in 0..20 {
            let shelf = Shelf::new(parts());
            let helped = std::thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| (0..50).filter(|_| shelf.help(&buffers)).count());
                }
                met(&shelf)
            });
            assert_eq!(helped, alone);
        }
        assert!(!Shelf::default().help(&buffers));
    }
}
