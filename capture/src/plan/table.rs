//! Which program records which system call, and everything that is none.
//!
//! Compiled once when a recording starts, from the schema's tables. The indices are those of `bpf/plan.h`, below
//! [`EXEC`] the numbers of the system calls.

use super::compile::{Flavor, Program, compile};
use crate::SyscallSet;
use scap_schema::{Arch, code, syscall_by_number};

/// A successful `execve` or `execveat`.
pub const EXEC: usize = 512;
/// A thread ended.
pub const EXIT: usize = 513;
/// A signal was delivered.
pub const SIGNAL: usize = 514;
/// A system call of a 32-bit program.
pub const COMPAT: usize = 515;
/// A system call with a number past the table.
pub const UNKNOWN: usize = 516;
/// How many programs there are.
pub const PROGRAMS: usize = 517;

/// Programs by index, for the calls in `wanted` and always for everything that is no call. Calls newer than the schema count
/// as `ppm_sc` code 0.
#[must_use]
pub fn programs(wanted: &SyscallSet, arch: Arch) -> Vec<Option<Program>> {
    let call = |nr: usize| {
        let Some(call) = syscall_by_number(arch, u16::try_from(nr).ok()?) else {
            return wanted.contains(0).then(|| compile(code::GENERIC_X, 0, Flavor::Ours)).flatten();
        };
        let flavor = match call.exit {
            code::SYSCALL_EXECVE_19_X => Flavor::Refused { path: 0, argv: 1 },
            code::SYSCALL_EXECVEAT_X => Flavor::Refused { path: 1, argv: 2 },
            _ => Flavor::Ours,
        };
        wanted.contains(call.sc).then(|| compile(call.exit, call.sc, flavor)).flatten()
    };
    let other = |index: usize| match index {
        EXEC => compile(code::SYSCALL_EXECVE_19_X, 0, Flavor::Execed),
        EXIT => compile(code::PROCEXIT_1_E, 0, Flavor::Ours),
        SIGNAL => compile(code::SIGNALDELIVER_E, 0, Flavor::Ours),
        COMPAT | UNKNOWN => compile(code::GENERIC_X, 0, Flavor::Ours),
        _ => None,
    };
    (0..PROGRAMS).map(|n| if n < EXEC { call(n) } else { other(n) }).collect()
}
