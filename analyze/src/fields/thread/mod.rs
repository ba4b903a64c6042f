//! `thread.*` and what else the kernel keeps of a thread.

pub(crate) mod caps;
pub(crate) mod cgroup;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod threads;
