//! How much an account holds at most, so that no trace, however long or hostile, takes all memory.

/// Most records of each sort. What is beyond is counted in [`LeftOut`](crate::LeftOut).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processes.
    pub processes: usize,
    /// Programs that one process ran, and users that it ran as.
    pub images: usize,
    /// Uses of files.
    pub files: usize,
    /// Connections and listening sockets.
    pub connections: usize,
    /// Acts. Ordinary ones ([`ActKind::is_common`](crate::ActKind::is_common)) may take half of them, so that there is
    /// room for the others.
    pub acts: usize,
    /// Alerts.
    pub alerts: usize,
    /// Bytes of names, paths and command lines of all of them.
    pub text: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 200_000,
            images: 64,
            files: 1_000_000,
            connections: 200_000,
            acts: 100_000,
            alerts: 100_000,
            text: 512 << 20,
        }
    }
}
