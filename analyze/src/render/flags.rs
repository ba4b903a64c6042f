//! Flag bits, enumerated values and file modes as names joined by `|`.
//!
//! Sets list combined values (`O_RDWR`) before their parts, so that a bit once named is not named again.

use scap_schema::FlagSet;

/// Names of the bits of `value`. Zero has a name only where the set lists one.
pub(super) fn bits(value: u32, set: &FlagSet, out: &mut Vec<u8>) {
    let mut left = value;
    for &(name, flag) in set.values {
        if holds(left, flag, value) {
            left &= !flag;
            join(name, out);
            if flag == value {
                break;
            }
        }
    }
}

/// Every name of exactly `value`; some values have two (`AF_LOCAL|AF_UNIX`).
pub(super) fn exact(value: u32, set: &FlagSet, out: &mut Vec<u8>) {
    for (name, _) in set.values.iter().filter(|v| v.1 == value) {
        join(name, out);
    }
}

/// Names of the bits of a file mode: as [`bits`], but the search ends at a name for the whole of it.
pub(super) fn mode(value: u32, set: &FlagSet, out: &mut Vec<u8>) {
    let mut left = value;
    for &(name, flag) in set.values {
        if flag == value {
            join(name, out);
            return;
        }
        if holds(left, flag, value) {
            left &= !flag;
            join(name, out);
        }
    }
}

fn holds(left: u32, flag: u32, value: u32) -> bool {
    if flag == 0 { value == 0 } else { left & flag == flag }
}

fn join(name: &str, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b'|');
    }
    out.extend_from_slice(name.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::flags::{CHMOD_MODE, FILE_FLAGS, SOCKET_FAMILIES};

    fn shown(write: fn(u32, &FlagSet, &mut Vec<u8>), value: u32, set: &FlagSet) -> String {
        let mut out = Vec::new();
        write(value, set, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn combined_flags_hide_their_parts() {
        assert_eq!(shown(bits, 3, &FILE_FLAGS), "O_RDWR");
        assert_eq!(shown(bits, 4097, &FILE_FLAGS), "O_RDONLY|O_CLOEXEC");
        assert_eq!(shown(bits, 0, &FILE_FLAGS), "O_NONE");
        assert_eq!(shown(bits, 0x8000_0000, &FILE_FLAGS), "");
    }

    #[test]
    fn an_enumerated_value_gets_all_its_names_and_no_other() {
        assert_eq!(shown(exact, 1, &SOCKET_FAMILIES), "AF_LOCAL|AF_UNIX");
        assert_eq!(shown(exact, 0, &SOCKET_FAMILIES), "AF_UNSPEC");
        assert_eq!(shown(exact, 999, &SOCKET_FAMILIES), "");
    }

    #[test]
    fn modes_name_their_bits() {
        assert_eq!(shown(mode, 0o600, &CHMOD_MODE), "S_IWUSR|S_IRUSR");
        assert_eq!(shown(mode, 0o100, &CHMOD_MODE), "S_IXUSR");
        assert_eq!(shown(mode, 0, &CHMOD_MODE), "");
    }
}
