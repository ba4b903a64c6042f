//! A source that is read and decompressed on a thread of its own, some chunks ahead of whoever parses them.
//!
//! Takes any [`ChunkSource`], gives the same chunks in the same order, and what failed in its place. Memory is so many
//! chunks, whose buffers go back and forth. The thread ends with its source, or when nobody wants more chunks; one that waits
//! for a pipe at that moment ends when the pipe does. Once it has read as far ahead as it may, it sleeps until half of that
//! is used up, because waking it costs as much as a tenth of a chunk.

use crate::chunk::{Buffers, Chunk, ChunkSource};
use std::collections::VecDeque;
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// See the module.
pub(crate) struct Ahead {
    queue: Arc<Queue>,
    buffers: Buffers,
    is_exact: bool,
    reader: Option<JoinHandle<()>>,
}

/// Chunks that were read and not taken yet.
struct Queue {
    inner: Mutex<Inner>,
    /// There is a chunk, or no more will come.
    news: Condvar,
    /// There is room again, or no more are wanted.
    room: Condvar,
    most: usize,
}

#[derive(Default)]
struct Inner {
    chunks: VecDeque<io::Result<Chunk>>,
    /// Whether the reader waits for room.
    is_full: bool,
    /// Whether no more will come.
    has_ended: bool,
    /// Whether no more are wanted.
    is_left: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing is half done under the lock.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a chunk, once there is room; `false` if no more are wanted.
    fn put(&self, chunk: io::Result<Chunk>) -> bool {
        let mut inner = self.lock();
        inner.is_full = inner.chunks.len() >= self.most;
        while inner.is_full && !inner.is_left {
            inner = self.room.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.chunks.push_back(chunk);
        self.news.notify_one();
        !inner.is_left
    }

    /// The oldest chunk, as soon as there is one; `None` if none will come.
    fn take(&self) -> Option<io::Result<Chunk>> {
        let mut inner = self.lock();
        while inner.chunks.is_empty() && !inner.has_ended {
            inner = self.news.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let chunk = inner.chunks.pop_front();
        if inner.is_full && inner.chunks.len() <= self.most / 2 {
            inner.is_full = false;
            self.room.notify_one();
        }
        chunk
    }
}

/// Tells that the reader is gone, however it went.
struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.news.notify_one();
    }
}

impl Ahead {
    /// Begins to read `source`, up to `most` chunks ahead. Gives it as it is if there is no thread to be had.
    pub(crate) fn boxed(source: Box<dyn ChunkSource + Send>, most: usize) -> Box<dyn ChunkSource + Send> {
        let (is_exact, buffers) = (source.is_exact(), source.home().unwrap_or_default());
        let (inner, news, room) = (Mutex::default(), Condvar::new(), Condvar::new());
        let queue = Arc::new(Queue { inner, news, room, most: most.max(1) });
        // The source goes to the thread once there is one, so that it is not lost with it.
        let (hand, handed) = channel();
        let (its_queue, its_buffers) = (Arc::clone(&queue), buffers.clone());
        let run = move || read(&handed, its_queue, &its_buffers);
        let Ok(reader) = Builder::new().name("read ahead".to_owned()).spawn(run) else { return source };
        match hand.send(source) {
            Ok(()) => Box::new(Self { queue, buffers, is_exact, reader: Some(reader) }),
            Err(returned) => returned.0,
        }
    }
}

/// Reads to the end of the source that is handed over, or until nobody wants more.
fn read(handed: &Receiver<Box<dyn ChunkSource + Send>>, queue: Arc<Queue>, buffers: &Buffers) {
    let ending = Ending(queue);
    let Ok(mut source) = handed.recv() else { return };
    loop {
        // One buffer for one chunk: a source keeps no more.
        source.recycle(buffers.take());
        let Some(chunk) = source.next_chunk().transpose() else { return };
        let has_failed = chunk.is_err();
        if !ending.0.put(chunk) || has_failed {
            return;
        }
    }
}

impl ChunkSource for Ahead {
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        if let Some(chunk) = self.queue.take() {
            return chunk.map(Some);
        }
        // A thread that broke off must not pass for the end of the file.
        if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
        Ok(None)
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        self.buffers.give(bytes);
    }

    fn home(&self) -> Option<Buffers> {
        Some(self.buffers.clone())
    }

    fn is_exact(&self) -> bool {
        self.is_exact
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.queue.lock().is_left = true;
        self.queue.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Counts chunks; fails at one of them.
    struct Numbers {
        next: u64,
        fails_at: u64,
        given: Arc<AtomicU64>,
    }

    impl ChunkSource for Numbers {
        fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
            let offset = self.next;
            self.next += 1;
            self.given.store(self.next, Ordering::Relaxed);
            assert_ne!(self.fails_at, 77, "a test");
            if offset == self.fails_at {
                return Err(io::Error::other("a test"));
            }
            Ok((offset < 1000).then(|| Chunk { offset, ..Chunk::default() }))
        }
    }

    fn ahead(fails_at: u64) -> (Box<dyn ChunkSource + Send>, Arc<AtomicU64>) {
        let given = Arc::new(AtomicU64::new(0));
        (Ahead::boxed(Box::new(Numbers { next: 0, fails_at, given: Arc::clone(&given) }), 5), given)
    }

    #[test]
    fn chunks_come_in_order_and_end() {
        let mut source = ahead(u64::MAX).0;
        for offset in 0..1000 {
            let chunk = source.next_chunk().unwrap().unwrap();
            assert_eq!(chunk.offset, offset);
            source.recycle(chunk.bytes);
        }
        assert!(source.next_chunk().unwrap().is_none());
        assert!(source.next_chunk().unwrap().is_none());
    }

    #[test]
    fn what_fails_comes_in_its_place() {
        let mut source = ahead(40).0;
        (0..40).for_each(|_| assert!(source.next_chunk().unwrap().is_some()));
        assert!(source.next_chunk().is_err());
    }

    #[test]
    fn it_does_not_read_further_ahead_than_it_may() {
        let (mut source, given) = ahead(u64::MAX);
        source.next_chunk().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert!(given.load(Ordering::Relaxed) <= 5 + 2);
    }

    #[test]
    fn who_leaves_ends_the_reading_and_what_was_read_is_still_given_after_an_end() {
        let (source, given) = ahead(u64::MAX);
        drop(source);
        let before = loop {
            std::thread::sleep(std::time::Duration::from_millis(20));
            let now = given.load(Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(20));
            if now > 0 && now == given.load(Ordering::Relaxed) {
                break now;
            }
        };
        assert!(before <= 5 + 2);
        let mut source = ahead(3).0;
        std::thread::sleep(std::time::Duration::from_millis(20));
        (0..3).for_each(|_| assert!(source.next_chunk().unwrap().is_some()));
        assert!(source.next_chunk().is_err() && source.next_chunk().unwrap().is_none());
    }

    #[test]
    fn a_panic_is_not_the_end_of_the_file() {
        let mut source = ahead(77).0;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| source.next_chunk().map(drop)));
        assert!(result.is_err());
    }
}
