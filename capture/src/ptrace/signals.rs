//! What a signal will do to a traced process that did not know of its tracer.
//!
//! The kernel does not deliver an ignored signal to an untraced process, and turns one that ends it into a SIGKILL from nobody
//! for each of its threads; a tracer sees the signal itself. So that both backends' events are the same, the tracer
//! has to do as the kernel would. Source: `complete_signal` and `sig_ignored` in the kernel's `kernel/signal.c`, signal(7).

use super::sys::Tid;
use super::task::TaskReader;
use nix::libc;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing happens.
    Ignored,
    /// The process ends, without a core dump.
    Ends,
    /// A handler runs, or the process stops, or dumps core.
    Delivered,
}

/// What `signal` does to the stopped thread `tid`.
pub(super) fn fate(tid: Tid, signal: i32) -> Fate {
    let status = TaskReader::text(tid, "status", 8192);
    let set = |name: &str| {
        let line = status.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
        u64::from_str_radix(std::str::from_utf8(line).ok()?.trim(), 16).ok()
    };
    let bit = 1u64.checked_shl(u32::try_from(signal - 1).unwrap_or(64)).unwrap_or(0);
    let is_in = |name| set(name).is_some_and(|set| set & bit != 0);
    by_disposition(signal, is_in("SigCgt:"), is_in("SigIgn:"))
}

fn by_disposition(signal: i32, caught: bool, ignored: bool) -> Fate {
    let dumps = [
        libc::SIGQUIT,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGFPE,
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGSYS,
        libc::SIGXCPU,
        libc::SIGXFSZ,
    ];
    match signal {
        _ if caught => Fate::Delivered,
        _ if ignored => Fate::Ignored,
        libc::SIGCONT | libc::SIGCHLD | libc::SIGWINCH | libc::SIGURG => Fate::Ignored,
        libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => Fate::Delivered,
        other if dumps.contains(&other) => Fate::Delivered,
        _ => Fate::Ends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_signal_does_depends_on_handler_and_kind() {
        assert_eq!(by_disposition(libc::SIGTERM, false, false), Fate::Ends);
        assert_eq!(by_disposition(40, false, false), Fate::Ends);
        assert_eq!(by_disposition(libc::SIGTERM, true, false), Fate::Delivered);
        assert_eq!(by_disposition(libc::SIGTERM, false, true), Fate::Ignored);
        assert_eq!(by_disposition(libc::SIGCHLD, false, false), Fate::Ignored);
        assert_eq!(by_disposition(libc::SIGCHLD, true, false), Fate::Delivered);
        assert_eq!(by_disposition(libc::SIGSEGV, false, false), Fate::Delivered);
        assert_eq!(by_disposition(libc::SIGTSTP, false, false), Fate::Delivered);
    }

    #[test]
    fn own_signals_are_read_from_proc() {
        // Rust programs ignore SIGPIPE.
        assert_eq!(fate(nix::unistd::gettid().as_raw(), libc::SIGPIPE), Fate::Ignored);
        assert_eq!(fate(nix::unistd::gettid().as_raw(), libc::SIGUSR2), Fate::Ends);
    }
}
