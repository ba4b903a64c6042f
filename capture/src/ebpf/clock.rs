//! Time of events.
//!
//! The kernel side stamps records with ns since boot, suspend included (`CLOCK_BOOTTIME`), which never jumps.
//! Events carry ns since the epoch: that plus the difference between `CLOCK_REALTIME` and `CLOCK_BOOTTIME`,
//! measured once at the start, as libscap does. A clock set during the recording so does not
//! disturb the order of events; their times go on by the old setting.

use nix::time::{ClockId, clock_gettime};

fn now(clock: ClockId) -> u64 {
    // Only fails for clocks that do not exist.
    let Ok(t) = clock_gettime(clock) else { return 0 };
    let sec = u64::try_from(t.tv_sec()).unwrap_or(0);
    sec.wrapping_mul(1_000_000_000).wrapping_add(u64::try_from(t.tv_nsec()).unwrap_or(0))
}

/// Ns since boot.
pub(crate) fn since_boot() -> u64 {
    now(ClockId::CLOCK_BOOTTIME)
}

/// What to add to ns since boot to get ns since the epoch.
pub(crate) fn boot_to_epoch() -> u64 {
    // The reading that took the shortest is the one least disturbed by preemption.
    let sample = || {
        let before = since_boot();
        let epoch = now(ClockId::CLOCK_REALTIME);
        let took = since_boot().wrapping_sub(before);
        (took, epoch.wrapping_sub(before.wrapping_add(took / 2)))
    };
    (0..16).map(|_| sample()).min_by_key(|s| s.0).map_or(0, |s| s.1)
}
