//! Which program of the fetch plan records which system call.
//!
//! Compiled once when a recording starts, from the schema's tables.

use crate::SyscallSet;
use crate::plan::{Flavor, Program, compile};
use scap_schema::{Arch, code, syscalls};

/// Numbers below this have a place of their own.
const NUMBERS: usize = 512;

/// See the module.
pub(super) struct Programs {
    by_number: Vec<Option<Program>>,
    unknown: Option<Program>,
    exec: Option<Program>,
    exit: Option<Program>,
    signal: Option<Program>,
}

/// The machine this was built for.
const ARCH: Arch = if cfg!(target_arch = "aarch64") { Arch::Aarch64 } else { Arch::X86_64 };

impl Programs {
    /// Programs for the calls in `wanted`.
    pub(super) fn new(wanted: &SyscallSet) -> Self {
        let mut by_number: Vec<Option<Program>> = std::iter::repeat_with(|| None).take(NUMBERS).collect();
        for call in syscalls().iter().filter(|call| wanted.contains(call.sc)) {
            let place = call.number(ARCH).and_then(|number| by_number.get_mut(usize::from(number)));
            if let Some(place) = place {
                *place = compile(call.exit, call.sc, flavor(call.name));
            }
        }
        let exec = scap_schema::syscall_by_name("execve").filter(|call| wanted.contains(call.sc));
        Self {
            by_number,
            unknown: compile(code::GENERIC_X, 0, Flavor::Ours),
            exec: exec.and_then(|call| compile(code::SYSCALL_EXECVE_19_X, call.sc, Flavor::Execed)),
            exit: compile(code::PROCEXIT_1_E, 0, Flavor::Ours),
            signal: compile(code::SIGNALDELIVER_E, 0, Flavor::Ours),
        }
    }

    /// For call `number`; `None` if it is not recorded.
    pub(super) fn call(&self, number: u64) -> Option<&Program> {
        let place = usize::try_from(number).ok().and_then(|number| self.by_number.get(number));
        place.map_or(self.unknown.as_ref(), Option::as_ref)
    }

    /// For calls of a 32-bit program, which have other numbers.
    pub(super) const fn foreign(&self) -> Option<&Program> {
        self.unknown.as_ref()
    }

    /// For an `execve` that worked.
    pub(super) const fn exec(&self) -> Option<&Program> {
        self.exec.as_ref()
    }

    /// For the end of a thread.
    pub(super) const fn exit(&self) -> Option<&Program> {
        self.exit.as_ref()
    }

    /// For a signal.
    pub(super) const fn signal(&self) -> Option<&Program> {
        self.signal.as_ref()
    }
}

fn flavor(name: &str) -> Flavor {
    match name {
        "execve" => Flavor::Refused { path: 0, argv: 1 },
        "execveat" => Flavor::Refused { path: 1, argv: 2 },
        _ => Flavor::Ours,
    }
}

/// Argument that points to the path of an exec call; `None` for every other call.
pub(super) fn exec_path(number: u64) -> Option<usize> {
    let is = |name| {
        let row = scap_schema::syscall_by_name(name);
        row.and_then(|row| row.number(ARCH)).is_some_and(|known| u64::from(known) == number)
    };
    if is("execve") {
        Some(0)
    } else if is("execveat") {
        Some(1)
    } else {
        None
    }
}
