//! Addresses, tuples and socket options as libscap encodes them.
//!
//! Address: 1 byte family, then IPv4 4 + port 2, or IPv6 16 + port 2, or a path. Tuple: 1 byte family, then
//! source and destination likewise; for Unix sockets the two kernel addresses (destination, source) and a path. Ports are little-endian.

use super::finish::Raw;
use scap_schema::fetch::Direction;
use scap_schema::flags;

const UNIX: u16 = 1;
const INET: u16 = 2;
const INET6: u16 = 10;
const SOL_SOCKET: u64 = 1;

/// Schema's number of a socket family: the kernel's, or 0 where the schema names none.
pub(crate) fn family(value: u64) -> u32 {
    let value = u32::try_from(value & 0xff).unwrap_or(0);
    if flags::SOCKET_FAMILIES.values.iter().any(|v| v.1 == value) { value } else { 0 }
}

/// Appends the address in `raw`, a `sockaddr` as given to the kernel. Appends nothing for other families
/// or if it is too short.
pub(crate) fn address(raw: &[u8], out: &mut Vec<u8>) {
    let Some(family) = raw.get(..2).map(|b| u16::from_le_bytes([b[0], b[1]])) else { return };
    let port = raw.get(2..4).map(|b| u16::from_be_bytes([b[0], b[1]]).to_le_bytes());
    match (family, port) {
        (INET, Some(port)) => {
            let Some(ip) = raw.get(4..8) else { return };
            out.push(INET.to_le_bytes()[0]);
            out.extend_from_slice(ip);
            out.extend_from_slice(&port);
        }
        (INET6, Some(port)) => {
            let Some(ip) = raw.get(8..24) else { return };
            out.push(INET6.to_le_bytes()[0]);
            out.extend_from_slice(ip);
            out.extend_from_slice(&port);
        }
        (UNIX, _) => {
            out.push(UNIX.to_le_bytes()[0]);
            out.extend_from_slice(unix_name(raw.get(2..).unwrap_or(&[])));
            out.push(0);
        }
        _ => {}
    }
}

/// Path of a Unix address up to its NUL; an abstract name without the NUL it begins with.
fn unix_name(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(&[0]).unwrap_or(path);
    let end = path.iter().position(|&b| b == 0).unwrap_or(path.len()).min(108);
    path.get(..end).unwrap_or(path)
}

/// Both ends of a socket as captured, see `struct tuple_info` in `bpf/plan.h`:
///
/// | offset | size | what |
/// |---|---|---|
/// | 0 | 16 | local address |
/// | 16 | 16 | remote address |
/// | 32 | 8 | kernel's address of the socket |
/// | 40 | 8 | and of its peer (Unix) |
/// | 48 | 2 | family |
/// | 50 | 2 + 2 | local and remote port, big-endian |
/// | 56 | … | path (Unix), NUL-terminated |
pub(crate) fn tuple(raw: &[u8], direction: Direction, out: &mut Vec<u8>) {
    let Some((info, path)) = raw.split_at_checked(56) else { return };
    let family = u16::from_le_bytes([info[48], info[49]]);
    let ends = |len: usize| {
        let local = (&info[..len], [info[51], info[50]]);
        let remote = (&info[16..16 + len], [info[53], info[52]]);
        if direction == Direction::Out { [local, remote] } else { [remote, local] }
    };
    match family {
        INET | INET6 => {
            out.push(family.to_le_bytes()[0]);
            for (ip, port) in ends(if family == INET { 4 } else { 16 }) {
                out.extend_from_slice(ip);
                out.extend_from_slice(&port);
            }
        }
        UNIX => {
            let (own, peer) = (&info[32..40], &info[40..48]);
            let order = if direction == Direction::Out { [peer, own] } else { [own, peer] };
            out.push(1);
            out.extend_from_slice(order[0]);
            out.extend_from_slice(order[1]);
            out.extend_from_slice(if path.is_empty() { &[0] } else { path });
        }
        _ => {}
    }
}

/// Schema's number of the socket option in arguments 1 and 2; 0 if it has none.
pub(crate) fn option_name(raw: &Raw<'_>) -> u64 {
    if raw.arg(1) & 0xffff_ffff != SOL_SOCKET {
        return 0;
    }
    // The kernel's numbers up to 50 are the schema's; the rest differ.
    match raw.arg(2) & 0xffff_ffff {
        n @ 1..=50 => n,
        66 => 20,
        67 => 21,
        55 => 52,
        57 => 53,
        59 => 51,
        _ => 0,
    }
}

/// Value of that option: variant, then the value. Of level `SOL_SOCKET` many are numbers; the rest is bytes.
pub(crate) fn option_value(raw: &Raw<'_>, capture: usize, out: &mut Vec<u8>) {
    let bytes = raw.captures.bytes(capture);
    let number = |at: usize, width: usize| raw.captures.number(capture, at, width).unwrap_or(0);
    let level_socket = raw.arg(1) & 0xffff_ffff == SOL_SOCKET;
    match raw.arg(2) & 0xffff_ffff {
        // SO_ERROR: the errno, negated.
        4 if level_socket => {
            let errno = i64::from(i32::from_le_bytes(low4(number(0, 4))));
            out.push(1);
            out.extend_from_slice(&errno.wrapping_neg().to_le_bytes());
        }
        // SO_RCVTIMEO, SO_SNDTIMEO and their new twins: a timeval, as ns.
        20 | 21 | 66 | 67 if level_socket => {
            let ns = number(0, 8).wrapping_mul(1_000_000_000).wrapping_add(number(8, 8).wrapping_mul(1000));
            out.push(4);
            out.extend_from_slice(&ns.to_le_bytes());
        }
        // SO_COOKIE.
        57 if level_socket => {
            out.push(3);
            out.extend_from_slice(&number(0, 8).to_le_bytes());
        }
        // Those that are an int; not SO_LINGER, SO_PEERCRED, SO_ATTACH_FILTER, SO_PEERNAME.
        1..=49 if level_socket && !matches!(raw.arg(2), 13 | 17 | 26 | 28) => {
            out.push(2);
            out.extend_from_slice(&low4(number(0, 4)));
        }
        _ => {
            out.push(0);
            out.extend_from_slice(bytes);
        }
    }
}

const fn low4(value: u64) -> [u8; 4] {
    let b = value.to_le_bytes();
    [b[0], b[1], b[2], b[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(raw: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        address(raw, &mut out);
        out
    }

    #[test]
    fn addresses_have_family_ip_and_little_endian_port() {
        assert_eq!(encoded(&[2, 0, 0x1f, 0x90, 127, 0, 0, 1]), [2, 127, 0, 0, 1, 0x90, 0x1f]);
        assert_eq!(encoded(b"\x01\0/run/x\0junk"), b"\x01/run/x\0");
        assert_eq!(encoded(b"\x01\0\0abstract"), b"\x01abstract\0");
        assert_eq!(encoded(&[2, 0, 1]), [0u8; 0]);
        assert_eq!(encoded(&[16, 0, 0, 0]), [0u8; 0]);
    }

    #[test]
    fn the_source_of_an_incoming_tuple_is_the_remote_end() {
        let mut info = [0u8; 56];
        info[..4].copy_from_slice(&[10, 0, 0, 1]);
        info[16..20].copy_from_slice(&[10, 0, 0, 2]);
        info[48] = 2;
        info[50..54].copy_from_slice(&[0, 80, 0x12, 0x34]);
        let mut out = Vec::new();
        tuple(&info, Direction::In, &mut out);
        assert_eq!(out, [2, 10, 0, 0, 2, 0x34, 0x12, 10, 0, 0, 1, 80, 0]);
    }
}
