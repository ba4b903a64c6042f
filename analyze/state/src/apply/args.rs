//! Reading parameters the way libsinsp does: empty names are `<NA>`, addresses must be whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use scap_format::Event;

use crate::bytes::until_nul;
use crate::flags::family;
use crate::net::{Endpoint, Tuple, tuple_text, write_endpoint};

/// What stands for a name the recorder could not read.
pub(super) const NA: &[u8] = b"<NA>";

/// Name or path in parameter `i`: `<NA>` if it is empty; `None` if the event has no such parameter.
pub(super) fn name<'a>(event: &Event<'a>, i: usize) -> Option<&'a [u8]> {
    Some(name_in(event.param(i)?))
}

/// Name or path in `bytes`, up to its NUL; `<NA>` if there are none.
pub(super) fn name_in(bytes: &[u8]) -> &[u8] {
    if bytes.is_empty() || bytes == b"(NULL)\0" {
        return NA;
    }
    until_nul(bytes)
}

/// Whether parameter `i` is absent or empty: the recorder did not know it.
pub(super) fn unknown(event: &Event<'_>, i: usize) -> bool {
    event.param(i).is_none_or(<[u8]>::is_empty)
}

/// Ends of a connection, as a socket-tuple parameter holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SockTuple<'a> {
    Inet(Tuple),
    /// Kernel addresses and path.
    Unix {
        source: u64,
        dest: u64,
        path: &'a [u8],
    },
    /// Family nothing more is known of.
    Other(u8),
}

impl<'a> SockTuple<'a> {
    /// `None` if empty or cut short.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        Some(match kind {
            family::INET => {
                let (source, rest) = read_end(rest, 4)?;
                Self::Inet(Tuple { source, dest: read_end(rest, 4)?.0 })
            }
            family::INET6 => {
                let (source, rest) = read_end(rest, 16)?;
                Self::Inet(Tuple { source, dest: read_end(rest, 16)?.0 })
            }
            family::UNIX => {
                let (source, rest) = rest.split_first_chunk()?;
                let (dest, path) = rest.split_first_chunk()?;
                let path = path.strip_suffix(b"\0")?;
                Self::Unix {
                    source: u64::from_le_bytes(*source),
                    dest: u64::from_le_bytes(*dest),
                    path: path.split(|&b| b == 0).next().unwrap_or(path),
                }
            }
            other => Self::Other(other),
        })
    }

    /// As libsinsp prints it; v4-mapped pairs as v4.
    pub(super) fn text(&self) -> Vec<u8> {
        match self {
            Self::Inet(tuple) => tuple_text(&tuple.unmapped()).into_bytes(),
            Self::Unix { source, dest, path } => unix_text(*source, *dest, path),
            Self::Other(kind) => format!("family {kind}").into_bytes(),
        }
    }
}

/// `source->dest path`, addresses in hexadecimal.
pub(super) fn unix_text(source: u64, dest: u64, path: &[u8]) -> Vec<u8> {
    let mut out = format!("{source:x}->{dest:x} ").into_bytes();
    out.extend_from_slice(path);
    out
}

/// One address, as a socket-address parameter holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SockAddr<'a> {
    Inet(Endpoint),
    Unix(&'a [u8]),
    Other(u8),
}

impl<'a> SockAddr<'a> {
    /// `None` if empty or cut short.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        Some(match kind {
            family::INET => Self::Inet(read_end(rest, 4)?.0),
            family::INET6 => Self::Inet(read_end(rest, 16)?.0),
            family::UNIX => {
                let path = rest.strip_suffix(b"\0")?;
                Self::Unix(path.split(|&b| b == 0).next().unwrap_or(path))
            }
            other => Self::Other(other),
        })
    }

    /// As libsinsp prints it.
    pub(super) fn text(&self) -> Vec<u8> {
        match self {
            Self::Inet(end) => {
                let mut out = String::with_capacity(24);
                write_endpoint(&mut out, end);
                out.into_bytes()
            }
            Self::Unix(path) => path.to_vec(),
            Self::Other(kind) => format!("family {kind}").into_bytes(),
        }
    }
}

/// An address of `len` bytes and its port.
fn read_end(bytes: &[u8], len: usize) -> Option<(Endpoint, &[u8])> {
    let (ip, rest) = bytes.split_at_checked(len)?;
    let ip = match <[u8; 4]>::try_from(ip) {
        Ok(v4) => IpAddr::V4(Ipv4Addr::from(v4)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(ip).ok()?)),
    };
    let (port, rest) = rest.split_first_chunk()?;
    Some((Endpoint { ip, port: u16::from_le_bytes(*port) }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_read_whole_or_not_at_all() {
        let mut bytes = vec![2, 10, 0, 0, 1, 0x39, 0x30, 10, 0, 0, 2, 80, 0];
        let tuple = SockTuple::read(&bytes).unwrap();
        assert_eq!(tuple.text(), b"10.0.0.1:12345->10.0.0.2:80");
        while bytes.len() > 1 {
            bytes.pop();
            assert_eq!(SockTuple::read(&bytes), None);
        }
        assert_eq!(SockTuple::read(&[]), None);
    }

    #[test]
    fn unix_tuples_need_their_nul() {
        let mut bytes = vec![1];
        bytes.extend_from_slice(&0xabu64.to_le_bytes());
        bytes.extend_from_slice(&0xcdu64.to_le_bytes());
        bytes.extend_from_slice(b"/run/x");
        assert_eq!(SockTuple::read(&bytes), None);
        bytes.push(0);
        assert_eq!(SockTuple::read(&bytes).unwrap().text(), b"ab->cd /run/x");
    }

    #[test]
    fn mapped_pairs_print_as_v4_and_other_families_by_number() {
        let mut bytes = vec![10];
        for last in [1, 2] {
            bytes.extend_from_slice(&Ipv4Addr::new(10, 0, 0, last).to_ipv6_mapped().octets());
            bytes.extend_from_slice(&80u16.to_le_bytes());
        }
        assert_eq!(SockTuple::read(&bytes).unwrap().text(), b"10.0.0.1:80->10.0.0.2:80");
        assert_eq!(SockAddr::read(&[17, 1, 2]).unwrap().text(), b"family 17");
    }

    #[test]
    fn empty_names_are_not_available() {
        assert_eq!(name_in(b""), NA);
        assert_eq!(name_in(b"(NULL)\0"), NA);
        assert_eq!(name_in(b"\0"), b"");
        assert_eq!(name_in(b"/bin/sh\0"), b"/bin/sh");
    }
}
