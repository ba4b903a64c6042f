//! Containers: which one a process is in.
//!
//! Takes what the kernel says of a process, gives the container's runtime and id.

pub mod cgroup;
