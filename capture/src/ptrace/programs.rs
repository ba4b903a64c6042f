//! The programs of the fetch plan, as this backend asks for them.

use super::filter::SyscallFilter;
use crate::SyscallSet;
use crate::plan::{COMPAT, EXEC, EXIT, Program, SIGNAL, UNKNOWN, programs};
use nix::libc;
use scap_schema::Arch;

/// See the module.
pub(super) struct Programs(Vec<Option<Program>>);

/// The machine this was built for.
const ARCH: Arch = if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 };

impl Programs {
    /// Programs for the calls in `wanted`.
    pub(super) fn new(wanted: &SyscallSet) -> Self {
        Self(programs(wanted, ARCH))
    }

    fn at(&self, index: usize) -> Option<&Program> {
        self.0.get(index).and_then(Option::as_ref)
    }

    /// For call `number`; `None` if it is not recorded.
    pub(super) fn call(&self, number: u64) -> Option<&Program> {
        self.at(usize::try_from(number).ok().filter(|number| *number < EXEC).unwrap_or(UNKNOWN))
    }

    /// A filter for those calls that are recorded or tell of others; `None` where all are, and it would save nothing.
    pub(super) fn filter(&self) -> Option<SyscallFilter> {
        let all = (0..EXEC).all(|number| self.at(number).is_some());
        (!all).then(|| {
            SyscallFilter::stopping(|nr| {
                let number = u64::from(nr);
                self.call(number).is_some() || exec_path(number).is_some() || is_exit(number)
            })
        })
    }

    /// For calls of a 32-bit program, which have other numbers.
    pub(super) fn foreign(&self) -> Option<&Program> {
        self.at(COMPAT)
    }

    /// For an `execve` that worked.
    pub(super) fn exec(&self) -> Option<&Program> {
        self.at(EXEC)
    }

    /// For the end of a thread.
    pub(super) fn exit(&self) -> Option<&Program> {
        self.at(EXIT)
    }

    /// For a signal.
    pub(super) fn signal(&self) -> Option<&Program> {
        self.at(SIGNAL)
    }
}

/// Argument that points to the path of an exec call; `None` for every other call.
pub(super) fn exec_path(nr: u64) -> Option<usize> {
    if is(nr, libc::SYS_execve) {
        Some(0)
    } else if is(nr, libc::SYS_execveat) {
        Some(1)
    } else {
        None
    }
}

/// Whether call `nr` ends its thread.
pub(super) fn is_exit(nr: u64) -> bool {
    is(nr, libc::SYS_exit) || is(nr, libc::SYS_exit_group)
}

fn is(nr: u64, known: libc::c_long) -> bool {
    u64::try_from(known) == Ok(nr)
}
