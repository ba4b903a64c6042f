//! A seccomp filter that stops a traced command only at the calls that are recorded.
//!
//! Takes a set of call numbers, gives a filter that the command puts on itself before its first program, and that all its
//! descendants keep: listed calls stop for the tracer, and so do those of other interfaces than the native one; all others
//! run as fast as ever. It cannot be taken off again: without a tracer the listed calls would fail, which is why
//! filtered processes end with their tracer. Source: seccomp(2).
#![allow(unsafe_code, reason = "there is no safe interface to seccomp")]

use nix::libc::{self, sock_filter};
use std::io;

/// What the filter says with a stop, so that it is told from stops by filters of the command's own.
pub(super) const MARK: u16 = 0x5ca9;

/// Numbers from here on always stop.
const NUMBERS: u32 = 512;

#[cfg(target_arch = "aarch64")]
const NATIVE: u32 = 0xc000_00b7;
#[cfg(not(target_arch = "aarch64"))]
const NATIVE: u32 = 0xc000_003e;

/// See the module.
#[derive(Debug, Clone)]
pub struct SyscallFilter(Vec<sock_filter>);

impl SyscallFilter {
    /// Stops the calls with these numbers, and those with numbers from 512 on.
    pub(super) fn stopping(numbers: impl Fn(u32) -> bool) -> Self {
        const TRACE: u32 = libc::SECCOMP_RET_TRACE | MARK as u32;
        const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
        let mut code = vec![
            load(4),
            jump(libc::BPF_JEQ, NATIVE, 1, 0),
            answer(TRACE),
            load(0),
            jump(libc::BPF_JGE, NUMBERS, 0, 1),
            answer(TRACE),
        ];
        // Runs of listed numbers, upwards.
        let mut number = 0;
        while let Some(from) = (number..NUMBERS).find(|n| numbers(*n)) {
            let behind = (from..NUMBERS).find(|n| !numbers(*n)).unwrap_or(NUMBERS);
            code.push(jump(libc::BPF_JGE, from, 1, 0));
            code.push(answer(ALLOW));
            code.push(jump(libc::BPF_JGE, behind, 1, 0));
            code.push(answer(TRACE));
            number = behind;
        }
        code.push(answer(ALLOW));
        Self(code)
    }

    /// Puts the filter on the calling thread, which must be the only one of its process. Allocates nothing and takes no lock.
    ///
    /// Without privileges this also forbids to gain any (`no_new_privs`), as the kernel demands; a process traced without
    /// privileges could not gain any as it is.
    ///
    /// # Errors
    /// What the kernel said, e.g. that it was built without seccomp.
    pub(crate) fn install(&self) -> io::Result<()> {
        // The filter is no reason to slow the command down by guarding it against speculation.
        const SPEC_ALLOW: libc::c_ulong = 4;
        let len = libc::c_ushort::try_from(self.0.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let program = libc::sock_fprog { len, filter: self.0.as_ptr().cast_mut() };
        let set = |flags: libc::c_ulong| {
            let (call, mode) = (libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER);
            // SAFETY: `program` describes the filter's own code, which lives during the call; the kernel only reads it.
            if unsafe { libc::syscall(call, mode, flags, &raw const program) } == 0 {
                Ok(())
            } else {
                Err(io::Error::last_os_error())
            }
        };
        let attempt = |flags| match set(flags) {
            Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
                // SAFETY: the call takes numbers only.
                unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
                set(flags)
            }
            result => result,
        };
        match attempt(SPEC_ALLOW) {
            // A kernel before 4.17 does not know the flag.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => attempt(0),
            result => result,
        }
    }
}

/// Loads the word at `offset` of `struct seccomp_data`: 0 the number, 4 the interface.
fn load(offset: u32) -> sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset, 0, 0)
}

/// Skips `yes` or `no` instructions.
fn jump(test: u32, value: u32, yes: u8, no: u8) -> sock_filter {
    instruction(libc::BPF_JMP | test | libc::BPF_K, value, yes, no)
}

fn answer(value: u32) -> sock_filter {
    instruction(libc::BPF_RET | libc::BPF_K, value, 0, 0)
}

fn instruction(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code: u16::try_from(code).unwrap_or(0), jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter answers, as the kernel would run it.
    fn answered(filter: &SyscallFilter, nr: u32, arch: u32) -> u32 {
        let (mut at, mut word) = (0, 0);
        loop {
            let now = filter.0[at];
            let code = u32::from(now.code);
            at += 1;
            match code & 7 {
                libc::BPF_LD => word = if now.k == 0 { nr } else { arch },
                libc::BPF_RET => return now.k,
                _ => {
                    let holds = if code & 0xf0 == libc::BPF_JEQ { word == now.k } else { word >= now.k };
                    at += usize::from(if holds { now.jt } else { now.jf });
                }
            }
        }
    }

    #[test]
    fn listed_calls_stop_and_others_do_not() {
        let listed = [0, 3, 4, 5, 59, 257, 511];
        let filter = SyscallFilter::stopping(|n| listed.contains(&n));
        let trace = libc::SECCOMP_RET_TRACE | u32::from(MARK);
        for nr in 0..NUMBERS {
            let wanted = if listed.contains(&nr) { trace } else { libc::SECCOMP_RET_ALLOW };
            assert_eq!(answered(&filter, nr, NATIVE), wanted, "{nr}");
            assert_eq!(answered(&filter, nr, 0x4000_0003), trace);
        }
        assert_eq!(answered(&filter, 0x4000_0001, NATIVE), trace);
        assert!(filter.0.len() < 4096);
    }

    #[test]
    fn no_calls_and_all_calls_are_lists_too() {
        let (none, all) = (SyscallFilter::stopping(|_| false), SyscallFilter::stopping(|_| true));
        assert_eq!(answered(&none, 1, NATIVE), libc::SECCOMP_RET_ALLOW);
        assert_ne!(answered(&all, 1, NATIVE), libc::SECCOMP_RET_ALLOW);
        let every_other = SyscallFilter::stopping(|n| n % 2 == 0);
        assert!(every_other.0.len() < 4096);
    }
}
