//! The hash chain that runs through a native trace.
//!
//! `link(0) = BLAKE3("scap native chain 1")`; every frame of the file, data and skippable alike, moves it
//! on: `link(i+1) = BLAKE3(link(i) ‖ BLAKE3(frame i))`. Index records and footers carry the link as of
//! their own start, so that a reader can pick the chain up again behind damage.

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// Hash of one frame's bytes as they stand in the file.
#[must_use]
pub(super) fn digest(frame: &[u8]) -> Hash {
    *blake3::hash(frame).as_bytes()
}

/// The chain as of some place between two frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain(Hash);

impl Chain {
    /// The chain before the first frame.
    #[must_use]
    pub(super) fn start() -> Self {
        Self(digest(b"scap native chain 1"))
    }

    /// Picks the chain up at a link read from a record.
    #[must_use]
    pub(super) const fn resume(link: Hash) -> Self {
        Self(link)
    }

    /// Moves on over a frame with this digest.
    pub(super) fn advance(&mut self, frame: &Hash) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0).update(frame);
        self.0 = *hasher.finalize().as_bytes();
    }

    /// The current link.
    #[must_use]
    pub(super) const fn link(&self) -> &Hash {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_content_of_frames_matter() {
        let run = |frames: &[&[u8]]| {
            let mut chain = Chain::start();
            frames.iter().for_each(|f| chain.advance(&digest(f)));
            *chain.link()
        };
        assert_eq!(run(&[b"a", b"b"]), run(&[b"a", b"b"]));
        assert_ne!(run(&[b"a", b"b"]), run(&[b"b", b"a"]));
        assert_ne!(run(&[b"a"]), run(&[b"a", b""]));
    }
}
