//! When the machine booted, on the clock that traces use.
//!
//! Gives nanoseconds since the epoch. /proc tells times as ticks since boot; a trace tells them since the
//! epoch. One reading of both clocks ties them together, so that all start times of a snapshot agree with each
//! other and with the machine block even if the wall clock is stepped while it is taken.

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

const NANOS: u64 = 1_000_000_000;

/// Ties ticks since boot to nanoseconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct BootClock {
    boot: u64,
    tick: u64,
}

impl BootClock {
    /// Reads both clocks now.
    #[must_use]
    pub fn now() -> Self {
        let boot = clock(ClockId::CLOCK_REALTIME).saturating_sub(clock(ClockId::CLOCK_BOOTTIME));
        let hz = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|hz| u64::try_from(hz).ok());
        Self { boot, tick: NANOS / hz.filter(|&hz| hz > 0).unwrap_or(100) }
    }

    /// Boot time, ns since the epoch.
    #[must_use]
    pub const fn boot(&self) -> u64 {
        self.boot
    }

    /// Ticks since boot as ns since the epoch.
    #[must_use]
    pub const fn at_ticks(&self, ticks: u64) -> u64 {
        self.boot.saturating_add(ticks.saturating_mul(self.tick))
    }
}

/// The wall clock, ns since the epoch.
#[must_use]
pub fn wall_clock() -> u64 {
    clock(ClockId::CLOCK_REALTIME)
}

/// 0 if the clock cannot be read, which the kernels that run this never do.
fn clock(id: ClockId) -> u64 {
    let Ok(time) = clock_gettime(id) else { return 0 };
    let (secs, nanos) = (u64::try_from(time.tv_sec()), u64::try_from(time.tv_nsec()));
    secs.unwrap_or(0).saturating_mul(NANOS).saturating_add(nanos.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_lies_in_the_past_and_agrees_with_the_kernels_own_figure() {
        let clock = BootClock::now();
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let btime: u64 = stat.lines().find_map(|l| l.strip_prefix("btime ")).unwrap().parse().unwrap();
        assert!(clock.boot() < wall_clock());
        assert!(clock.boot().abs_diff(btime * NANOS) < 3 * NANOS);
    }
}
