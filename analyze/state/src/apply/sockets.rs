//! `socket`, `socketpair`, `bind`, `accept`: sockets before data flows.

use scap_format::Event;
use scap_schema::code;

use super::args::{SockAddr, SockTuple};
use crate::fd::{Fd, FdType, L4Proto, Role};
use crate::flags::{family, open};
use crate::name::Name;
use crate::net::{Tuple, mapped};
use crate::state::State;

const SOCK_STREAM: u32 = 1;
const SOCK_DGRAM: u32 = 2;
const SOCK_RAW: u32 = 3;
/// The rest of the type argument is flags.
const SOCK_TYPE_MASK: u32 = 0xff;

const IPPROTO_IP: u32 = 0;
const IPPROTO_ICMP: u32 = 1;
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_RAW: u32 = 255;

impl State {
    pub(super) fn on_socket_call(&mut self, event: &Event<'_>) {
        match event.code {
            code::SOCKET_SOCKET_X => self.on_socket(event),
            code::SOCKET_SOCKETPAIR_X => self.on_socketpair(event),
            code::SOCKET_BIND_X => self.on_bind(event),
            _ => self.on_accept(event),
        }
    }

    fn on_socket(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        let (domain, kind) = (self.need(event.u32(1)), self.need(event.u32(2)));
        let (proto, flags) = (self.need(event.u32(3)), self.need(event.u32(4)));
        self.add_fd(num, Fd { open_flags: flags, ..socket(domain, kind, proto) });
    }

    /// A send on a socket nobody saw made: taken for UDP.
    pub(super) fn guess_socket(&mut self, event: &Event<'_>) {
        const TUPLE: usize = 4;
        const FD: usize = 2;
        let sent = event.i64(0).is_some_and(|res| res >= 0);
        let (Some(num), Some(&domain)) = (event.i64(FD), event.param(TUPLE).and_then(<[u8]>::first)) else {
            return;
        };
        if sent && num >= 0 && matches!(domain, family::INET | family::INET6) {
            self.add_fd(num, socket(domain.into(), SOCK_DGRAM, IPPROTO_UDP));
        }
    }

    fn on_socketpair(&mut self, event: &Event<'_>) {
        if event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let (one, other) = (self.need(event.i64(1)), self.need(event.i64(2)));
        if one == other {
            return;
        }
        let (source, peer) = (self.need(event.u64(3)), self.need(event.u64(4)));
        let mut fd = Fd::of(FdType::Unix);
        fd.sock.set_unix(source, peer);
        self.add_fd(one, fd.clone());
        let first = self.now.fd;
        self.add_fd(other, fd);
        // The event stays about the first, though the number told is the second's.
        self.now.fd = first;
    }

    fn on_bind(&mut self, event: &Event<'_>) {
        if self.now.fd.is_none() || event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let Some(addr) = event.param(1).and_then(SockAddr::read) else { return };
        let name = addr.text();
        self.edit_fd(|fd| {
            if let SockAddr::Inet(end) = addr
                && end.port > 0
            {
                // A port of its own: it is going to serve.
                let view = if end.ip.is_ipv4() { FdType::Ipv4Socket } else { FdType::Ipv6Socket };
                let proto = fd.sock.l4proto(view);
                let ip = mapped(end.ip).map_or(end.ip, std::net::IpAddr::V4);
                fd.ty = if ip.is_ipv4() { FdType::Ipv4Server } else { FdType::Ipv6Server };
                fd.sock.set_server(ip, end.port, proto);
                fd.role.server = true;
            }
            fd.rename(name.as_ref());
        });
    }

    fn on_accept(&mut self, event: &Event<'_>) {
        let Some(num) = event.i64(0).filter(|&num| num >= 0) else { return };
        self.now.fd_num = num;
        let Some(tuple) = event.param(1).and_then(SockTuple::read) else { return };
        let mut fd = Fd { role: Role { server: true, client: false }, connected: true, ..Fd::default() };
        match tuple {
            SockTuple::Inet(ends) => {
                let ends: Tuple = ends.unmapped();
                fd.ty = ends.fd_type();
                fd.sock.set_tuple(fd.ty, &ends);
                fd.sock.set_l4proto(fd.ty, L4Proto::Tcp);
            }
            SockTuple::Unix { source, dest, .. } => {
                fd.ty = FdType::Unix;
                fd.sock.set_unix(source, dest);
            }
            SockTuple::Other(_) => return,
        }
        fd.name = Name::from(tuple.text());
        if event.code == code::SOCKET_ACCEPT4_6_X {
            fd.open_flags = event.u32(5).unwrap_or(0) & open::CLOEXEC;
        }
        self.add_fd(num, fd);
    }
}

/// A fresh socket.
fn socket(domain: u32, kind: u32, proto: u32) -> Fd {
    let domain = u8::try_from(domain).unwrap_or(u8::MAX);
    let mut fd = Fd::of(match domain {
        family::UNIX => FdType::Unix,
        family::INET => FdType::Ipv4Socket,
        family::INET6 => FdType::Ipv6Socket,
        family::NETLINK => FdType::Netlink,
        _ => FdType::Unknown,
    });
    let raw_or = |other| if kind == SOCK_RAW { L4Proto::Raw } else { other };
    let l4 = match (proto, kind & SOCK_TYPE_MASK) {
        (IPPROTO_TCP, _) => raw_or(L4Proto::Tcp),
        (IPPROTO_UDP, _) => raw_or(L4Proto::Udp),
        (IPPROTO_IP, SOCK_STREAM) => L4Proto::Tcp,
        (IPPROTO_IP, SOCK_DGRAM) => L4Proto::Udp,
        (IPPROTO_ICMP, _) => raw_or(L4Proto::Icmp),
        (IPPROTO_RAW, _) => L4Proto::Raw,
        _ => L4Proto::Unknown,
    };
    fd.sock.set_l4proto(fd.ty, l4);
    fd
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocol_follows_from_type_where_it_is_left_open() {
        const CLOEXEC: u32 = 0o2_000_000;
        assert_eq!(socket(2, SOCK_STREAM | CLOEXEC, 0).sock.l4proto(FdType::Ipv4Socket), L4Proto::Tcp);
        assert_eq!(socket(10, SOCK_DGRAM, 0).sock.l4proto(FdType::Ipv6Socket), L4Proto::Udp);
        assert_eq!(socket(2, SOCK_RAW, IPPROTO_ICMP).sock.l4proto(FdType::Ipv4Socket), L4Proto::Raw);
        assert_eq!(socket(2, SOCK_DGRAM, IPPROTO_ICMP).sock.l4proto(FdType::Ipv4Socket), L4Proto::Icmp);
        assert_eq!(socket(17, SOCK_RAW, 0).ty, FdType::Unknown);
        assert_eq!(socket(16, SOCK_RAW, 0).ty, FdType::Netlink);
    }
}
