//! What can go wrong while recording, each with what to do about it.

/// Why a recording could not begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// Not enough privileges to load eBPF programs.
    #[error(
        "eBPF needs root (or CAP_BPF and CAP_PERFMON): {detail}; run with sudo, or record a command with --backend ptrace"
    )]
    Privileges {
        /// What is missing.
        detail: String,
    },
    /// The kernel has no BTF.
    #[error(
        "the kernel gives no type information (BTF) at {path}; it is there when the kernel was built with CONFIG_DEBUG_INFO_BTF=y; record a command with --backend ptrace instead"
    )]
    NoBtf {
        /// Where it was looked for.
        path: &'static str,
    },
    /// The kernel is too old.
    #[error(
        "kernel {release} is too old for the eBPF recorder, which needs {needs} or later; record a command with --backend ptrace instead"
    )]
    KernelTooOld {
        /// Release of the running kernel.
        release: String,
        /// First release that can.
        needs: &'static str,
    },
    /// Kernel lockdown forbids what is needed.
    #[error(
        "kernel lockdown (confidentiality) forbids eBPF programs to read memory; boot without lockdown=confidentiality, or record a command with --backend ptrace"
    )]
    Lockdown,
    /// The recorder's process numbers are not those of the kernel.
    #[error(
        "the recorder runs in a pid namespace of its own, where processes have other numbers ({inside} here, {outside} outside), and cannot follow any; run it in the host's namespace (docker run --pid=host, nsenter -t 1 -p -m)"
    )]
    PidNamespace {
        /// The recorder's pid as it sees it.
        inside: u32,
        /// Its pid in the initial namespace.
        outside: u32,
    },
    /// The kernel refused a program, a map or an attachment.
    #[error("eBPF: {what}: {detail}")]
    Ebpf {
        /// What was tried.
        what: String,
        /// What the kernel said.
        detail: String,
    },
    /// The operating system refused something else.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl CaptureError {
    /// An operating system error while doing `what`.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }
}
