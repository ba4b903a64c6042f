//! A source that is read and decompressed on a thread of its own, some chunks ahead of whoever parses them.
//!
//! Takes any [`ChunkSource`], gives the same chunks in the same order, and what failed in its place. Memory is so many
//! chunks, whose buffers go back and forth. The thread ends with its source, or when nobody wants more chunks; one that waits
//! for a pipe at that moment ends when the pipe does.

use crate::chunk::{Chunk, ChunkSource};
use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

/// See the module.
pub(crate) struct Ahead {
    chunks: Receiver<io::Result<Chunk>>,
    spent: Sender<Vec<u8>>,
    is_exact: bool,
    reader: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Begins to read `source`, up to `most` chunks ahead. Gives it as it is if there is no thread to be had.
    pub(crate) fn boxed(source: Box<dyn ChunkSource + Send>, most: usize) -> Box<dyn ChunkSource + Send> {
        let is_exact = source.is_exact();
        let (give, chunks) = sync_channel(most);
        let (spent, take_back) = channel();
        // The source goes to the thread once there is one, so that it is not lost with it.
        let (hand, handed) = channel();
        let read = move || handed.recv().map_or((), |source| read(source, &give, &take_back));
        let Ok(reader) = Builder::new().name("read ahead".to_owned()).spawn(read) else { return source };
        match hand.send(source) {
            Ok(()) => Box::new(Self { chunks, spent, is_exact, reader: Some(reader) }),
            Err(returned) => returned.0,
        }
    }
}

/// Reads to the end of `source`, or until nobody wants more.
fn read(
    mut source: Box<dyn ChunkSource + Send>,
    give: &SyncSender<io::Result<Chunk>>,
    take_back: &Receiver<Vec<u8>>,
) {
    loop {
        // One buffer for one chunk: a source keeps no more.
        if let Ok(bytes) = take_back.try_recv() {
            source.recycle(bytes);
        }
        let Some(chunk) = source.next_chunk().transpose() else { return };
        let has_failed = chunk.is_err();
        if give.send(chunk).is_err() || has_failed {
            return;
        }
    }
}

impl ChunkSource for Ahead {
    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        if let Ok(chunk) = self.chunks.recv() {
            return chunk.map(Some);
        }
        // A thread that broke off must not pass for the end of the file.
        if let Some(Err(panic)) = self.reader.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
        Ok(None)
    }

    fn recycle(&mut self, bytes: Vec<u8>) {
        // Without a reader there is no use for it.
        let _ = self.spent.send(bytes);
    }

    fn home(&self) -> Option<Sender<Vec<u8>>> {
        Some(self.spent.clone())
    }

    fn is_exact(&self) -> bool {
        self.is_exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
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
    fn a_panic_is_not_the_end_of_the_file() {
        let mut source = ahead(77).0;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| source.next_chunk().map(drop)));
        assert!(result.is_err());
    }
}
