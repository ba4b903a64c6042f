//! Containers: which one a process is in.
