//! What of a capture filter the kernel can do.
//!
//! Takes a condition, gives the system calls that it can ever hold for and the processes that it is about. Events that
//! change the state are recorded whatever the filter says, so their calls are always among them. What this
//! leaves out of the kernel's work, the filter would leave out; what it cannot tell stays in.

use scap_analyze::catalogue::Scheme;
use scap_analyze::convert::changes_state;
use scap_capture::SyscallSet;
use scap_rules::{Check, Expr, Filter, Op, Operand, Right};
use scap_schema::code;

/// The calls of `among` that can pass `filter` or change the state.
pub(crate) fn syscalls(filter: &Filter, among: &SyscallSet) -> SyscallSet {
    let types = filter.event_types(&Scheme);
    // Several calls share the generic type, and a condition that names one as unwanted excludes none of the others.
    let generic = types.contains(code::GENERIC_X) || excludes(filter.expr(), false);
    let mut wanted = SyscallSet::none();
    for call in scap_schema::syscalls() {
        let passes = if call.exit == code::GENERIC_X { generic } else { types.contains(call.exit) };
        if among.contains(call.sc) && (passes || changes_state(call.exit)) {
            wanted.insert(call.sc);
        }
    }
    wanted
}

/// The calls of `set` that exist.
pub(crate) fn existing(set: &SyscallSet) -> SyscallSet {
    let mut existing = SyscallSet::none();
    scap_schema::syscalls()
        .iter()
        .filter(|call| set.contains(call.sc))
        .for_each(|call| existing.insert(call.sc));
    existing
}

/// Whether some comparison of the event's type is for other types than those named.
fn excludes(expr: &Expr, negated: bool) -> bool {
    match expr {
        Expr::And(children) | Expr::Or(children) => children.iter().any(|child| excludes(child, negated)),
        Expr::Not(child) => excludes(child, !negated),
        Expr::Macro { .. } => true,
        Expr::Check(check) => {
            let of_type = field(&check.left).is_some_and(|name| name == "evt.type" || name == "syscall.type");
            of_type && (negated || check.op == Op::Ne)
        }
    }
}

/// The threads or processes that the condition is about, as ids of threads, if it can hold for no other: `proc.pid = 7`,
/// `thread.tid in (7, 8)`, alone or together with more by `and`.
pub(crate) fn threads(filter: &Filter) -> Option<Vec<u32>> {
    match filter.expr() {
        Expr::And(children) => children.iter().find_map(|child| match child {
            Expr::Check(check) => named(check),
            _ => None,
        }),
        Expr::Check(check) => named(check),
        _ => None,
    }
}

fn named(check: &Check) -> Option<Vec<u32>> {
    if check.modifier.is_some() || !matches!(field(&check.left)?, "proc.pid" | "thread.tid") {
        return None;
    }
    let literals = match (&check.right, check.op) {
        (Right::Literal(literal), Op::Eq) => std::slice::from_ref(literal),
        (Right::List(literals), Op::In) => literals,
        _ => return None,
    };
    literals.iter().map(|literal| literal.text().parse().ok()).collect()
}

fn field(operand: &Operand) -> Option<&str> {
    match operand {
        Operand::Field { name, arg: None, .. } => Some(name),
        _ => None,
    }
}

/// The process of thread `tid`; `None` if there is none now.
pub(crate) fn process_of(tid: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range;

    fn calls(filter: &str) -> SyscallSet {
        syscalls(&range::filter(filter).unwrap(), &SyscallSet::all())
    }

    fn sc(name: &str) -> u16 {
        scap_schema::syscall_by_name(name).unwrap().sc
    }

    #[test]
    fn only_calls_that_can_pass_or_change_the_state_are_recorded() {
        let set = calls("evt.type = write and fd.name startswith /etc");
        for name in ["write", "openat", "close", "clone", "execve", "connect", "chdir", "setuid"] {
            assert!(set.contains(sc(name)), "{name}");
        }
        for name in ["read", "fstat", "futex", "getppid", "mmap"] {
            assert!(!set.contains(sc(name)), "{name}");
        }
        assert_eq!(calls("fd.name startswith /etc"), calls("evt.num > 0"));
    }

    #[test]
    fn calls_that_share_a_type_stand_and_fall_together() {
        for filter in ["evt.type = getpriority", "evt.type != getpriority", "not evt.type in (read, sync)"] {
            let set = calls(filter);
            assert!(set.contains(sc("getpriority")) && set.contains(sc("getitimer")), "{filter}");
        }
    }

    #[test]
    fn a_filter_about_processes_names_them() {
        let named = |filter: &str| threads(&range::filter(filter).unwrap());
        assert_eq!(named("proc.pid = 7"), Some(vec![7]));
        assert_eq!(named("evt.type = open and thread.tid in (7, 8)"), Some(vec![7, 8]));
        for other in ["proc.pid = 7 or evt.type = open", "proc.pid != 7", "not proc.pid = 7", "proc.pid > 7"]
        {
            assert_eq!(named(other), None, "{other}");
        }
    }
}
