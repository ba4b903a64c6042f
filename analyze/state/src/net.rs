//! Addresses of sockets: tuples, server addresses, and their text.
//!
//! [`SockInfo`] overlays the tuple, server and unix views on the same bytes, as libsinsp's union does. That is
//! not thrift: when a socket changes its kind (a bound UDP socket that then receives), libsinsp reads what the
//! earlier view left behind, and names made from it must come out the same.
//!
//! Layout, by view:
//!
//! | view | bytes |
//! |---|---|
//! | v4 tuple | 0 source, 4 dest, 8 source port, 10 dest port, 12 protocol |
//! | v6 tuple | 0 source, 16 dest, 32 source port, 34 dest port, 36 protocol |
//! | v4 server | 0 address, 4 port, 6 protocol |
//! | v6 server | 0 address, 16 port, 18 protocol |
//! | unix | 0 source, 8 dest |

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::fd::{FdType, L4Proto};

/// An address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// Both ends of a socket. For libsinsp the source is the client and the destination the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// Client's end.
    pub source: Endpoint,
    /// Server's end.
    pub dest: Endpoint,
}

/// Addresses of a socket, to be read according to its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SockInfo {
    raw: [u8; SIZE],
}

const SIZE: usize = 37;

impl Default for SockInfo {
    fn default() -> Self {
        Self { raw: [0; SIZE] }
    }
}

/// Offsets of one tuple view.
pub(crate) struct View {
    addr: usize,
    sport: usize,
    dport: usize,
    proto: usize,
}

const V4: View = View { addr: 4, sport: 8, dport: 10, proto: 12 };
const V6: View = View { addr: 16, sport: 32, dport: 34, proto: 36 };

impl SockInfo {
    /// All views at once, as bytes.
    pub(crate) const fn raw(&self) -> &[u8; SIZE] {
        &self.raw
    }

    /// Whether nothing is known.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        // In one sweep, where a comparison would be a call.
        self.raw.iter().fold(0, |all, byte| all | byte) == 0
    }

    /// What [`Self::raw`] gave; bytes missing at the end are 0. `None` if there are too many.
    pub(crate) fn restored(bytes: &[u8]) -> Option<Self> {
        let mut raw = [0; SIZE];
        raw.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self { raw })
    }

    /// Both ends, if `ty` is a v4 or v6 socket.
    #[must_use]
    pub fn tuple(&self, ty: FdType) -> Option<Tuple> {
        let view = view_of(ty)?;
        Some(Tuple {
            source: Endpoint { ip: self.ip(0, view.addr), port: self.u16_at(view.sport) },
            dest: Endpoint { ip: self.ip(view.addr, view.addr), port: self.u16_at(view.dport) },
        })
    }

    /// The address it is bound to, if `ty` is a v4 or v6 server socket.
    #[must_use]
    pub fn server(&self, ty: FdType) -> Option<Endpoint> {
        let len = match ty {
            FdType::Ipv4Server => 4,
            FdType::Ipv6Server => 16,
            _ => return None,
        };
        Some(Endpoint { ip: self.ip(0, len), port: self.u16_at(len) })
    }

    /// Kernel addresses of source and destination, for unix sockets.
    #[must_use]
    pub fn unix(&self) -> (u64, u64) {
        (self.u64_at(0), self.u64_at(8))
    }

    /// Protocol as `ty` stores it, whatever the socket's role.
    #[must_use]
    pub fn l4proto(&self, ty: FdType) -> L4Proto {
        let at = match ty {
            FdType::Ipv4Socket => V4.proto,
            FdType::Ipv6Socket => V6.proto,
            FdType::Ipv4Server => 6,
            FdType::Ipv6Server => 18,
            _ => return L4Proto::NotAvailable,
        };
        L4Proto::from_code(self.raw.get(at).copied().unwrap_or(0))
    }

    pub(crate) fn set_l4proto(&mut self, ty: FdType, proto: L4Proto) {
        let at = match ty {
            FdType::Ipv4Socket => V4.proto,
            FdType::Ipv6Socket => V6.proto,
            FdType::Ipv4Server => 6,
            FdType::Ipv6Server => 18,
            _ => return,
        };
        self.put(at, &[proto as u8]);
    }

    pub(crate) fn set_unix(&mut self, source: u64, dest: u64) {
        self.put(0, &source.to_le_bytes());
        self.put(8, &dest.to_le_bytes());
    }

    /// Sets the server view of `ip`'s family.
    pub(crate) fn set_server(&mut self, ip: IpAddr, port: u16, proto: L4Proto) {
        let len = self.put_ip(0, ip);
        self.put(len, &port.to_le_bytes());
        self.put(len + 2, &[proto as u8]);
    }

    /// Sets both ends in the view of `ty`, unconditionally.
    pub(crate) fn set_tuple(&mut self, ty: FdType, tuple: &Tuple) {
        let Some(view) = view_of(ty) else { return };
        self.put_ip(0, tuple.source.ip);
        self.put_ip(view.addr, tuple.dest.ip);
        self.put(view.sport, &tuple.source.port.to_le_bytes());
        self.put(view.dport, &tuple.dest.port.to_le_bytes());
    }

    fn ip(&self, at: usize, len: usize) -> IpAddr {
        let mut bytes = [0u8; 16];
        if let (Some(to), Some(from)) = (bytes.get_mut(..len), self.raw.get(at..at + len)) {
            to.copy_from_slice(from);
        }
        match len {
            4 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
            _ => IpAddr::V6(Ipv6Addr::from(bytes)),
        }
    }

    fn u16_at(&self, at: usize) -> u16 {
        self.raw.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
    }

    fn u64_at(&self, at: usize) -> u64 {
        self.raw.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(to) = self.raw.get_mut(at..at + bytes.len()) {
            to.copy_from_slice(bytes);
        }
    }

    fn put_ip(&mut self, at: usize, ip: IpAddr) -> usize {
        match ip {
            IpAddr::V4(v4) => {
                self.put(at, &v4.octets());
                4
            }
            IpAddr::V6(v6) => {
                self.put(at, &v6.octets());
                16
            }
        }
    }
}

const fn view_of(ty: FdType) -> Option<View> {
    match ty {
        FdType::Ipv4Socket => Some(V4),
        FdType::Ipv6Socket => Some(V6),
        _ => None,
    }
}

impl Tuple {
    /// The same tuple with the ends exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        Self { source: self.dest, dest: self.source }
    }

    /// As v4 if both ends are v4-mapped v6 addresses.
    #[must_use]
    pub fn unmapped(self) -> Self {
        match (mapped(self.source.ip), mapped(self.dest.ip)) {
            (Some(s), Some(d)) => Self {
                source: Endpoint { ip: IpAddr::V4(s), port: self.source.port },
                dest: Endpoint { ip: IpAddr::V4(d), port: self.dest.port },
            },
            _ => self,
        }
    }

    /// Type of a socket with these ends.
    #[must_use]
    pub const fn fd_type(&self) -> FdType {
        match self.source.ip {
            IpAddr::V4(_) => FdType::Ipv4Socket,
            IpAddr::V6(_) => FdType::Ipv6Socket,
        }
    }
}

/// The v4 address inside a v4-mapped v6 one.
pub(crate) fn mapped(ip: IpAddr) -> Option<Ipv4Addr> {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    }
}

/// `ip` as C's `inet_ntop` writes it.
pub(crate) fn write_ip(out: &mut String, ip: IpAddr) {
    // Writing to a String cannot fail.
    let _ = match ip {
        IpAddr::V4(v4) => {
            let [first, rest @ ..] = v4.octets();
            write_decimal(out, first.into());
            for octet in rest {
                out.push('.');
                write_decimal(out, octet.into());
            }
            return;
        }
        // Unlike std, inet_ntop writes addresses of the form ::1.2.3.4 dotted.
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                write!(out, "::{a}.{b}.{c}.{d}")
            }
            _ => write!(out, "{v6}"),
        },
    };
}

/// `address:port`.
pub(crate) fn write_endpoint(out: &mut String, end: &Endpoint) {
    write_ip(out, end.ip);
    out.push(':');
    write_decimal(out, end.port);
}

/// As formatting does, at a fraction of the cost: every connection and many a datagram has two addresses to be written.
fn write_decimal(out: &mut String, number: u16) {
    let mut unit = 10_000;
    while unit > 1 {
        if number >= unit {
            out.push(digit(number / unit));
        }
        unit /= 10;
    }
    out.push(digit(number));
}

/// Last digit of `number`.
fn digit(number: u16) -> char {
    char::from_digit(u32::from(number % 10), 10).unwrap_or('0')
}

/// `address:port->address:port`.
pub(crate) fn tuple_text(tuple: &Tuple) -> String {
    let mut out = String::with_capacity(48);
    write_endpoint(&mut out, &tuple.source);
    out.push_str("->");
    write_endpoint(&mut out, &tuple.dest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(a: u8, port: u16) -> Endpoint {
        Endpoint { ip: IpAddr::V4(Ipv4Addr::new(10, 0, 0, a)), port }
    }

    #[test]
    fn a_tuple_comes_back_as_set() {
        let tuple = Tuple { source: v4(1, 4000), dest: v4(2, 80) };
        let mut sock = SockInfo::default();
        sock.set_tuple(FdType::Ipv4Socket, &tuple);
        sock.set_l4proto(FdType::Ipv4Socket, L4Proto::Tcp);
        assert_eq!(sock.tuple(FdType::Ipv4Socket), Some(tuple));
        assert_eq!(sock.l4proto(FdType::Ipv4Socket), L4Proto::Tcp);
        assert_eq!(tuple_text(&tuple), "10.0.0.1:4000->10.0.0.2:80");
    }

    #[test]
    fn numbers_are_written_as_formatting_does() {
        for number in 0..=u16::MAX {
            let mut out = String::new();
            write_decimal(&mut out, number);
            assert_eq!(out, number.to_string());
        }
        let mut out = String::new();
        write_endpoint(&mut out, &Endpoint { ip: "192.0.2.100".parse().unwrap(), port: 0 });
        assert_eq!(out, "192.0.2.100:0");
    }

    #[test]
    fn a_server_address_overlays_the_tuple_but_not_its_protocol() {
        let mut sock = SockInfo::default();
        sock.set_l4proto(FdType::Ipv4Socket, L4Proto::Udp);
        sock.set_server(IpAddr::V4(Ipv4Addr::LOCALHOST), 53, L4Proto::Udp);
        let end = sock.server(FdType::Ipv4Server).unwrap();
        assert_eq!((end.ip, end.port), (IpAddr::V4(Ipv4Addr::LOCALHOST), 53));
        assert_eq!(sock.l4proto(FdType::Ipv4Socket), L4Proto::Udp);
        assert_eq!(sock.tuple(FdType::Ipv4Socket).unwrap().dest.ip, IpAddr::V4(Ipv4Addr::new(53, 0, 3, 0)));
    }

    #[test]
    fn v6_is_written_as_inet_ntop_does() {
        for (ip, want) in [
            ("::1", "::1"),
            ("::", "::"),
            ("fe80::1:0:0:1", "fe80::1:0:0:1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::102:304", "::1.2.3.4"),
        ] {
            let mut out = String::new();
            write_ip(&mut out, ip.parse().unwrap());
            assert_eq!(out, want);
        }
    }

    #[test]
    fn a_tuple_of_mapped_addresses_becomes_v4() {
        let end = |s: &str| Endpoint { ip: s.parse().unwrap(), port: 1 };
        let tuple = Tuple { source: end("::ffff:10.0.0.1"), dest: end("::ffff:10.0.0.2") };
        assert_eq!(tuple.unmapped().fd_type(), FdType::Ipv4Socket);
        let mixed = Tuple { source: end("::1"), dest: end("::ffff:10.0.0.2") };
        assert_eq!(mixed.unmapped(), mixed);
    }
}
