//! Every system call without an event type of its own: what is recorded of it is which it was.
//!
//! Each is made with arguments that no call takes, by a child of its own, since some end or stop whoever makes them.

use super::{Script, call, h, raw};
use scap_schema::{code, syscalls};

/// Calls that never come back, and so leave only the end of their process, or nothing.
pub(crate) const NEVER_RETURN: [&str; 3] = ["exit", "exit_group", "rt_sigreturn"];

pub(crate) fn exercise(s: &mut Script) {
    // After this time a child that waits is interrupted, and so returns: 0 s and 20 ms, once.
    let soon = [0i64, 0, 0, 20_000];
    let calls = syscalls().iter().filter(|call| call.exit == code::GENERIC_X);
    for (call, number) in calls.filter_map(|call| Some((call, call.x86_64?))) {
        if NEVER_RETURN.contains(&call.name) {
            continue;
        }
        let pid = call!(SYS_fork);
        if pid == 0 {
            call!(SYS_setsid);
            call!(SYS_setitimer, 0, soon.as_ptr(), 0);
            raw(number.into(), &[-1; 6]);
            call!(SYS_exit_group, 0);
        }
        call!(SYS_wait4, pid, 0, 0, 0);
        s.expect("syscall", &[("ID", h(call.sc)), ("nativeID", h(number))]);
    }
    // A number that no kernel knows.
    raw(500, &[]);
    s.expect("syscall", &[("ID", h(0)), ("nativeID", h(500))]);
    raw(0x7fff, &[]);
    s.expect("syscall", &[("ID", h(0)), ("nativeID", h(0x7fff))]);
}
