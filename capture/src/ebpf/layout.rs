//! What passes through maps, laid out as in `bpf/plan.h`.

use crate::plan::{MAX_OPS, Op, Program};

/// A chunk's next record starts below this.
pub(crate) const CHUNK: usize = 1 << 18;
/// `struct chunk`: its last record may run over.
pub(crate) const CHUNK_BYTES: usize = CHUNK + (1 << 16) + 64;
/// `struct lane`.
pub(crate) const LANE_BYTES: usize = 128;
/// Offset of `done` in it.
pub(crate) const LANE_DONE: usize = 64;

/// `struct plan`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Plan {
    enabled: u8,
    ops: u8,
    args: u8,
    unused: [u8; 5],
    op: [Op; MAX_OPS],
}

impl Plan {
    pub(crate) fn new(program: &Program) -> Self {
        let mut plan = Self { enabled: 1, args: program.args, ..Self::default() };
        for (slot, op) in plan.op.iter_mut().zip(&program.ops) {
            *slot = *op;
            plan.ops += 1;
        }
        plan
    }
}

/// Not recording.
pub(crate) const OFF: u32 = 0;
/// Finding out the recorder's number in the initial pid namespace.
pub(crate) const LEARNING: u32 = 1;
/// Recording.
pub(crate) const RECORDING: u32 = 2;

/// `struct settings`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Settings {
    pub(crate) state: u32,
    pub(crate) own: u32,
    pub(crate) trees: u32,
    pub(crate) skips: u32,
    pub(crate) snaplen: u32,
    pub(crate) nonce: u32,
    pub(crate) wake: u64,
}

/// `struct counters`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Counters {
    pub(crate) events: u64,
    pub(crate) full: u64,
    pub(crate) other: u64,
    pub(crate) compat: u64,
}

// SAFETY: repr(C), made of integers only, without padding (8 bytes, then 24-byte ops): any bytes are a valid
// value and every byte is initialized.
unsafe impl aya::Pod for Plan {}
// SAFETY: as above; six u32 and a u64 at offset 24.
unsafe impl aya::Pod for Settings {}
// SAFETY: as above; four u64.
unsafe impl aya::Pod for Counters {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_no_padding() {
        assert_eq!(size_of::<Op>(), 24);
        assert_eq!(size_of::<Plan>(), 8 + MAX_OPS * 24);
        assert_eq!(size_of::<Settings>(), 32);
        assert_eq!(size_of::<Counters>(), 32);
    }
}
