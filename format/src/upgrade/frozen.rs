//! An upgrader as bytes and back: what a checkpoint keeps of it.
//!
//! The bytes hold the enter events that wait for their exit, in the order in which they came, and the counts.
//! Reading them is total, and keeps to the limits of the store.

use std::collections::BTreeMap;

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::{Decode, Encode};

use super::{UpgradeCounts, Upgrader};
use crate::EventBuf;

const CONFIG: Configuration<LittleEndian, Varint, Limit<{ 256 << 20 }>> =
    bincode::config::standard().with_limit::<{ 256 << 20 }>();

#[derive(Encode, Decode)]
struct Frozen {
    enters: Vec<FrozenEnter>,
    converted: u64,
    stored: u64,
    dropped: u64,
    exits_without_enter: u64,
    enters_evicted: u64,
    kept: BTreeMap<u16, u64>,
}

#[derive(Encode, Decode)]
struct FrozenEnter {
    code: u16,
    ts: u64,
    tid: i64,
    params: Vec<Vec<u8>>,
}

impl Upgrader {
    /// Everything that later events depend on, and the counts. The same for the same history.
    #[must_use]
    pub fn freeze(&self) -> Vec<u8> {
        let enters = self.enters.by_age().into_iter().map(|enter| FrozenEnter {
            code: enter.code,
            ts: enter.ts,
            tid: enter.tid,
            params: enter.as_event().params.iter().map(<[u8]>::to_vec).collect(),
        });
        let counts = &self.counts;
        let frozen = Frozen {
            enters: enters.collect(),
            converted: counts.converted,
            stored: counts.stored,
            dropped: counts.dropped,
            exits_without_enter: counts.exits_without_enter,
            enters_evicted: counts.enters_evicted,
            kept: counts.kept.clone(),
        };
        // Encoding plain lists into memory has nothing to fail at.
        bincode::encode_to_vec(&frozen, CONFIG).unwrap_or_default()
    }

    /// The upgrader that [`Upgrader::freeze`] made `bytes` of; `None` if they are not such bytes.
    #[must_use]
    pub fn thaw(bytes: &[u8]) -> Option<Self> {
        let (frozen, used): (Frozen, usize) = bincode::decode_from_slice(bytes, CONFIG).ok()?;
        if used != bytes.len() {
            return None;
        }
        let mut upgrader = Self::new();
        let mut buf = EventBuf::default();
        for enter in &frozen.enters {
            buf.reset(enter.code, enter.ts, enter.tid);
            for param in &enter.params {
                buf.push(param);
            }
            upgrader.enters.store(&buf.as_event());
        }
        upgrader.counts = UpgradeCounts {
            converted: frozen.converted,
            stored: frozen.stored,
            dropped: frozen.dropped,
            exits_without_enter: frozen.exits_without_enter,
            enters_evicted: frozen.enters_evicted,
            kept: frozen.kept,
        };
        Some(upgrader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::Upgraded;
    use scap_schema::code;

    fn enter(tid: i64, name: &[u8]) -> EventBuf {
        let mut event = EventBuf::new(code::SYSCALL_UNLINK_E, 7, tid);
        event.push_text(name);
        event
    }

    #[test]
    fn a_thawed_upgrader_gives_exits_their_enter_events() {
        let mut before = Upgrader::new();
        for tid in [9, 3, 7] {
            let name = format!("/file/{tid}");
            assert!(matches!(before.push(&enter(tid, name.as_bytes()).as_event()), Upgraded::Stored));
        }
        let bytes = before.freeze();
        let mut after = Upgrader::thaw(&bytes).unwrap();
        assert_eq!(after.freeze(), bytes);
        assert_eq!(after.counts(), before.counts());
        let mut exit = EventBuf::new(code::SYSCALL_UNLINK_X, 8, 3);
        exit.push(&0i64.to_le_bytes());
        let Upgraded::Event(event) = after.push(&exit.as_event()) else { panic!("it is converted") };
        assert_eq!(event.text(1), Some(&b"/file/3"[..]));
    }

    #[test]
    fn other_bytes_are_refused_or_harmless() {
        let mut upgrader = Upgrader::new();
        upgrader.push(&enter(1, b"x").as_event());
        let bytes = upgrader.freeze();
        for at in 0..bytes.len() {
            assert!(Upgrader::thaw(&bytes[..at]).is_none());
            let mut altered = bytes.clone();
            altered[at] = altered[at].wrapping_add(1);
            let _ = Upgrader::thaw(&altered);
        }
    }
}
