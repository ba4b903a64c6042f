//! A clock that wakes a blocking wait.
//!
//! wait(2) has no time limit. While a [`Tick`] lives, a signal of its own interrupts the thread that made it every few
//! milliseconds; its handler does nothing.
#![allow(unsafe_code, reason = "timers that signal one thread have no safe interface")]

use nix::libc::{self, c_int};
use std::io;
use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub(super) struct Tick(libc::timer_t);

extern "C" fn nothing(_: c_int) {}

impl Tick {
    /// Interrupts the calling thread every `period` from now on.
    pub(super) fn every(period: Duration) -> io::Result<Self> {
        let signal = libc::SIGRTMIN() + 6;
        // SAFETY: an all-zero `sigaction` is a valid one without flags: in particular without SA_RESTART.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = nothing as *const () as usize;
        // SAFETY: `action` is valid, and its handler does nothing, which any handler may.
        if unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) } == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: an all-zero `sigevent` is valid; the fields that count are set below.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = signal;
        event.sigev_notify_thread_id = nix::unistd::gettid().as_raw();
        let mut timer = std::ptr::null_mut();
        // SAFETY: both pointers are valid during the call.
        if unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) } == -1 {
            return Err(io::Error::last_os_error());
        }
        let tick = Self(timer);
        let nanos = libc::c_long::from(period.subsec_nanos());
        let seconds = libc::time_t::try_from(period.as_secs()).unwrap_or(1);
        let period = libc::timespec { tv_sec: seconds, tv_nsec: nanos };
        let times = libc::itimerspec { it_interval: period, it_value: period };
        // SAFETY: the timer exists and `times` is valid during the call.
        if unsafe { libc::timer_settime(tick.0, 0, &raw const times, std::ptr::null_mut()) } == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(tick)
    }
}

impl Drop for Tick {
    fn drop(&mut self) {
        // SAFETY: the timer was made by `every` and is deleted only here.
        unsafe { libc::timer_delete(self.0) };
    }
}
