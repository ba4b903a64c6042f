//! Socket addresses and tuples.
//!
//! | kind | layout (one byte of family first; ports little-endian, addresses in network order) |
//! |---|---|
//! | address, v4 / v6 | ip (4 / 16), port (2) |
//! | address, unix | path, NUL |
//! | tuple, v4 / v6 | source ip, source port, destination ip, destination port |
//! | tuple, unix | source pointer (8), destination pointer (8), path, NUL |

use std::net::{Ipv4Addr, Ipv6Addr};

use super::number::put as show;

const UNIX: u8 = 1;
const INET: u8 = 2;
const INET6: u8 = 10;

/// Appends the text of a socket address.
pub(super) fn sockaddr(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((&family, rest)) = bytes.split_first() else { return };
    let text = match family {
        UNIX => unix_path(rest).map(|path| out.extend_from_slice(path)),
        INET => v4(rest).map(|(ip, port, _)| show(format_args!("{ip}:{port}"), out)),
        INET6 => v6(rest).map(|(ip, port, _)| {
            show_v6(ip, out);
            show(format_args!(":{port}"), out);
        }),
        other => other_family(other, out),
    };
    if text.is_none() {
        out.extend_from_slice(invalid(family));
    }
}

/// Appends the text of a socket tuple. IPv4 in IPv6 is shown as IPv4.
pub(super) fn tuple(bytes: &[u8], out: &mut Vec<u8>) {
    let Some((&family, rest)) = bytes.split_first() else { return };
    let text = match family {
        UNIX => unix_tuple(rest, out),
        INET => v4_tuple(rest, out),
        INET6 => v6_tuple(rest, out),
        other => other_family(other, out),
    };
    if text.is_none() {
        out.extend_from_slice(invalid(family));
    }
}

/// Appends a bare address, told by its length; `None` for other lengths.
pub(super) fn plain(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if let Ok(ip) = <[u8; 4]>::try_from(bytes) {
        show(format_args!("{}", Ipv4Addr::from(ip)), out);
        Some(())
    } else {
        let ip = <[u8; 16]>::try_from(bytes).ok()?;
        show_v6(Ipv6Addr::from(ip), out);
        Some(())
    }
}

fn other_family(family: u8, out: &mut Vec<u8>) -> Option<()> {
    show(format_args!("family {family}"), out);
    Some(())
}

fn invalid(family: u8) -> &'static [u8] {
    match family {
        UNIX => b"INVALID PATH",
        INET => b"INVALID IPv4",
        _ => b"INVALID IPv6",
    }
}

fn unix_path(rest: &[u8]) -> Option<&[u8]> {
    if rest.last() == Some(&0) { rest.split(|&b| b == 0).next() } else { None }
}

fn v4(rest: &[u8]) -> Option<(Ipv4Addr, u16, &[u8])> {
    let (ip, rest) = rest.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some((Ipv4Addr::from(*ip), u16::from_le_bytes(*port), rest))
}

fn v6(rest: &[u8]) -> Option<(Ipv6Addr, u16, &[u8])> {
    let (ip, rest) = rest.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some((Ipv6Addr::from(*ip), u16::from_le_bytes(*port), rest))
}

fn unix_tuple(rest: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (source, rest) = rest.split_first_chunk::<8>()?;
    let (dest, rest) = rest.split_first_chunk::<8>()?;
    let path = unix_path(rest)?;
    show(format_args!("{:x}->{:x} ", u64::from_le_bytes(*source), u64::from_le_bytes(*dest)), out);
    out.extend_from_slice(path);
    Some(())
}

fn v4_tuple(rest: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (sip, sport, rest) = v4(rest)?;
    let (dip, dport, _) = v4(rest)?;
    show(format_args!("{sip}:{sport}->{dip}:{dport}"), out);
    Some(())
}

fn v6_tuple(rest: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (sip, sport, rest) = v6(rest)?;
    let (dip, dport, _) = v6(rest)?;
    if let (Some(sip), Some(dip)) = (as_v4(sip), as_v4(dip)) {
        show(format_args!("{sip}:{sport}->{dip}:{dport}"), out);
        return Some(());
    }
    show_v6(sip, out);
    show(format_args!(":{sport}->"), out);
    show_v6(dip, out);
    show(format_args!(":{dport}"), out);
    Some(())
}

/// The IPv4 address in an IPv6 one; the all-zero address counts as one.
fn as_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    if ip.is_unspecified() { Some(Ipv4Addr::UNSPECIFIED) } else { ip.to_ipv4_mapped() }
}

/// As `inet_ntop` does, which writes addresses of the form `::a.b.c.d` in the old way.
fn show_v6(ip: Ipv6Addr, out: &mut Vec<u8>) {
    let words = ip.segments();
    if words[..6].iter().all(|&w| w == 0) && words[6] != 0 {
        let [.., a, b, c, d] = ip.octets();
        show(format_args!("::{}", Ipv4Addr::new(a, b, c, d)), out);
    } else {
        show(format_args!("{ip}"), out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(write: fn(&[u8], &mut Vec<u8>), bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write(bytes, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn v6_bytes(text: &str, port: u16) -> Vec<u8> {
        let ip: Ipv6Addr = text.parse().unwrap();
        [&ip.octets()[..], &port.to_le_bytes()[..]].concat()
    }

    fn v6_pair(source: &str, dest: &str) -> Vec<u8> {
        [&[INET6][..], &v6_bytes(source, 1000), &v6_bytes(dest, 53)].concat()
    }

    #[test]
    fn addresses_have_ip_and_port() {
        assert_eq!(shown(sockaddr, &[INET, 127, 0, 0, 1, 80, 0]), "127.0.0.1:80");
        assert_eq!(shown(sockaddr, &[&[INET6][..], &v6_bytes("fe80::1", 443)].concat()), "fe80::1:443");
        assert_eq!(shown(sockaddr, b"\x01/run/x\0"), "/run/x");
        assert_eq!(shown(sockaddr, &[16, 0, 0]), "family 16");
    }

    #[test]
    fn tuples_have_both_ends() {
        assert_eq!(shown(tuple, &[INET, 10, 0, 0, 1, 1, 2, 8, 8, 8, 8, 53, 0]), "10.0.0.1:513->8.8.8.8:53");
        assert_eq!(shown(tuple, &v6_pair("2001:db8::1", "::1")), "2001:db8::1:1000->::1:53");
        let unix =
            [&[UNIX][..], &0u64.to_le_bytes(), &0xffff_8800_3c42_0800u64.to_le_bytes(), b"/a\0"].concat();
        assert_eq!(shown(tuple, &unix), "0->ffff88003c420800 /a");
    }

    #[test]
    fn ipv4_in_ipv6_tuples_is_shown_as_ipv4() {
        assert_eq!(shown(tuple, &v6_pair("::ffff:1.2.3.4", "::ffff:5.6.7.8")), "1.2.3.4:1000->5.6.7.8:53");
        assert_eq!(shown(tuple, &v6_pair("::", "::ffff:5.6.7.8")), "0.0.0.0:1000->5.6.7.8:53");
        assert_eq!(shown(tuple, &v6_pair("fe80::1", "::ffff:5.6.7.8")), "fe80::1:1000->::ffff:5.6.7.8:53");
        assert_eq!(shown(tuple, &v6_pair("fe80::1", "::5.6.7.8")), "fe80::1:1000->::5.6.7.8:53");
    }

    #[test]
    fn cut_addresses_are_called_invalid() {
        assert_eq!(shown(sockaddr, &[INET, 1, 2]), "INVALID IPv4");
        assert_eq!(shown(tuple, &[INET6, 1, 2]), "INVALID IPv6");
        assert_eq!(shown(sockaddr, b"\x01/no-nul"), "INVALID PATH");
        for len in 0..37 {
            shown(tuple, &v6_pair("::1", "::1")[..len]);
        }
    }
}
