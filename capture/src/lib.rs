//! From a live kernel to events.
//!
//! Takes a running Linux kernel, gives [`scap_format::Event`]s in the current schema. *How* events are
//! had is the business of a [`Backend`]; *what* is recorded is the business of the session that drives
//! one. Deliberately knows nothing of rules or of replaying state.

pub mod backend;
pub mod container;
pub mod ebpf;
pub mod error;
pub mod hash;
pub mod plan;
pub mod ptrace;
pub mod session;
pub mod snapshot;
mod uring;

pub use backend::{Attach, Backend, Capability, CpuCounters, Options, Scope, SyscallSet, WaitsFor};
pub use ebpf::EbpfBackend;
pub use error::CaptureError;
pub use ptrace::{PtraceBackend, SyscallFilter};
