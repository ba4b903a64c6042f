//! Names of signals.
//!
//! The numbers are those of x86-64 and 64-bit Arm. Real-time signals have no names. Source: `signal(7)`.

/// Name of signal `number`, e.g. `SIGKILL` for 9; `None` for 0 and real-time signals.
#[must_use]
pub fn signal_name(number: u8) -> Option<&'static str> {
    SIGNALS.iter().find(|s| s.0 == number).map(|s| s.1)
}

/// All signals with their names, sorted.
#[must_use]
pub fn signals() -> &'static [(u8, &'static str)] {
    SIGNALS
}

#[rustfmt::skip]
static SIGNALS: &[(u8, &str)] = &[
    (1, "SIGHUP"), (2, "SIGINT"), (3, "SIGQUIT"), (4, "SIGILL"), (5, "SIGTRAP"), (6, "SIGABRT"),
    (7, "SIGBUS"), (8, "SIGFPE"), (9, "SIGKILL"), (10, "SIGUSR1"), (11, "SIGSEGV"), (12, "SIGUSR2"),
    (13, "SIGPIPE"), (14, "SIGALRM"), (15, "SIGTERM"), (16, "SIGSTKFLT"), (17, "SIGCHLD"), (18, "SIGCONT"),
    (19, "SIGSTOP"), (20, "SIGTSTP"), (21, "SIGTTIN"), (22, "SIGTTOU"), (23, "SIGURG"), (24, "SIGXCPU"),
    (25, "SIGXFSZ"), (26, "SIGVTALRM"), (27, "SIGPROF"), (28, "SIGWINCH"), (29, "SIGIO"), (30, "SIGPWR"),
    (31, "SIGSYS"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_31_classic_signals_have_names() {
        assert!((1..=31).all(|n| signal_name(n).is_some()));
        assert_eq!((signal_name(9), signal_name(0), signal_name(34)), (Some("SIGKILL"), None, None));
    }
}
