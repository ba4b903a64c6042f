//! `thread.cap_*`: capabilities by name.
//!
//! Bits and names: `include/uapi/linux/capability.h`. Bits without a name are not printed.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, owned};

/// Names by bit.
#[rustfmt::skip]
const NAMES: [&str; 41] = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
];

fn named(set: u64) -> String {
    let names = NAMES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
    names.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

pub(crate) fn permitted<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(named(f.thread?.cap_permitted))
}

pub(crate) fn inheritable<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(named(f.thread?.cap_inheritable))
}

pub(crate) fn effective<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(named(f.thread?.cap_effective))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_named_in_order_and_unknown_ones_left_out() {
        assert_eq!(named(1 << 63 | 1 << 21 | 1), "CAP_CHOWN CAP_SYS_ADMIN");
        assert_eq!(named(0), "");
        assert_eq!(named(1 << 40), "CAP_CHECKPOINT_RESTORE");
    }
}
