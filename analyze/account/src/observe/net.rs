//! What single events tell of sockets: listening, connecting, accepting.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use scap_state::{Endpoint, FdType, L4Proto, State, Thread};

use super::{Observer, Seeing};
use crate::model::{ActKind, Connection, Direction, Moment, ProcessId};

/// `EINPROGRESS`: the connection is on its way.
const IN_PROGRESS: i64 = 115;

/// Codes of address families, as address parameters begin with them.
mod family {
    pub(super) const UNIX: u8 = 1;
    pub(super) const INET: u8 = 2;
    pub(super) const INET6: u8 = 10;
}

/// Whether bytes over it are those of a connection.
pub(super) const fn is_socket(ty: FdType) -> bool {
    ty.is_inet() || matches!(ty, FdType::Ipv4Server | FdType::Ipv6Server | FdType::Unix)
}

impl Observer {
    /// What the snapshot says of the sockets of `process`.
    pub(super) fn snapshot_sockets(&mut self, process: ProcessId, state: &State, main: &Thread, at: Moment) {
        for (_, fd) in state.fds(main).into_iter().flat_map(|table| table.iter()) {
            let is_ip = is_socket(fd.ty) && fd.ty != FdType::Unix;
            let has_peer = fd.sock.tuple(fd.ty).is_none_or(|tuple| tuple.dest.port != 0);
            if is_ip && has_peer {
                self.sockets.of_fd(process, fd, (state, main), at, &mut self.texts);
            }
        }
    }

    /// A datagram socket serves from the moment that it has an address.
    pub(super) fn binds(&mut self, s: &Seeing<'_, '_>) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        if error != 0 {
            self.fails(s, Direction::Listening, error);
            return;
        }
        let serves = s.state.fd().is_some_and(|fd| {
            matches!(fd.ty, FdType::Ipv4Server | FdType::Ipv6Server) && fd.sock.l4proto(fd.ty) == L4Proto::Udp
        });
        if serves {
            self.serves(s);
        }
    }

    pub(super) fn listens(&mut self, s: &Seeing<'_, '_>) {
        if s.event.i64(0) == Some(0) {
            self.serves(s);
        }
    }

    fn serves(&mut self, s: &Seeing<'_, '_>) {
        let Some(fd) = s.state.fd().filter(|fd| is_socket(fd.ty)) else { return };
        let Some(socket) = self.sockets.of_fd(s.process, fd, (s.state, s.thread), self.now, &mut self.texts)
        else {
            return;
        };
        socket.direction = Direction::Listening;
        self.act(ActKind::Listened, Some(s.process), &fd.name, 0);
    }

    pub(super) fn accepts(&mut self, s: &Seeing<'_, '_>) {
        let Some(fd) = s.state.fd().filter(|fd| s.event.i64(0) >= Some(0) && is_socket(fd.ty)) else {
            return;
        };
        self.sockets.of_fd(s.process, fd, (s.state, s.thread), self.now, &mut self.texts);
        if fd.ty.is_inet() {
            self.act(ActKind::Accepted, Some(s.process), &fd.name, 0);
        }
    }

    pub(super) fn connects(&mut self, s: &Seeing<'_, '_>) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        if error != 0 && error != IN_PROGRESS {
            self.fails(s, Direction::Outgoing, error);
            return;
        }
        let Some(fd) = s.state.fd().filter(|fd| is_socket(fd.ty)) else { return };
        // Who looks for the best address connects to port 0, and sends nothing.
        let peer = fd.sock.tuple(fd.ty).map(|tuple| tuple.dest);
        if peer.is_some_and(|peer| peer.port == 0) {
            return;
        }
        if let Some(socket) =
            self.sockets.of_fd(s.process, fd, (s.state, s.thread), self.now, &mut self.texts)
        {
            socket.direction = Direction::Outgoing;
            socket.error = 0;
        }
        if peer.is_some_and(|peer| !is_own(s, peer.ip)) {
            self.act(ActKind::Connected, Some(s.process), &fd.name, 0);
        }
    }

    /// A connection that was on its way turns out to have failed.
    pub(super) fn socket_error(&mut self, s: &Seeing<'_, '_>) {
        let error = s.state.errno();
        let Some(fd) = s.state.fd().filter(|fd| error > 0 && is_socket(fd.ty)) else { return };
        if let Some(socket) =
            self.sockets.of_fd(s.process, fd, (s.state, s.thread), self.now, &mut self.texts)
            && socket.direction == Direction::Outgoing
        {
            socket.error = error;
        }
    }

    /// A connect or bind that failed: where to, only its address parameter tells.
    fn fails(&mut self, s: &Seeing<'_, '_>, direction: Direction, error: i64) {
        let Some(address) = s.event.param_named("addr").and_then(Address::read) else { return };
        let Some(fd) = s.state.fd() else { return };
        let ty = match &address {
            Address::Unix(_) => FdType::Unix,
            Address::Inet(Endpoint { ip: IpAddr::V4(_), .. }) => FdType::Ipv4Socket,
            Address::Inet(_) => FdType::Ipv6Socket,
        };
        // No socket that works is called so.
        let name = [b"failed ", &*address.text()].concat();
        let (now, process) = (self.now, s.process);
        let known = self.sockets.of(process, (&name, false), now, &mut self.texts, |texts| {
            let (end, path) = match address {
                Address::Inet(end) => (Some(end), Vec::new()),
                Address::Unix(path) => (None, path.to_vec()),
            };
            let listens = direction == Direction::Listening;
            let (local, remote) = if listens { (end, None) } else { (None, end) };
            Some(Connection {
                process,
                direction,
                ty,
                proto: fd.sock.l4proto(ty),
                local,
                remote,
                path: texts.keep(&path)?,
                first: now,
                last: now,
                error,
                bytes_in: 0,
                bytes_out: 0,
            })
        });
        let first = known.is_some_and(|known| {
            known.error = error;
            known.first == now
        });
        let foreign = match Address::read(s.event.param_named("addr").unwrap_or_default()) {
            Some(Address::Inet(end)) => {
                direction == Direction::Outgoing && end.port != 0 && !is_own(s, end.ip)
            }
            _ => false,
        };
        if first && foreign {
            let object = name.strip_prefix(b"failed ").unwrap_or(&name).to_vec();
            self.act(ActKind::Connected, Some(s.process), &object, error);
        }
    }
}

/// Whether `ip` is the machine itself.
fn is_own(s: &Seeing<'_, '_>, ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || s.state.is_local(s.thread, ip)
}

/// An address as address parameters hold it: family (u8), address, port (u16, little-endian); or family and path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address<'a> {
    Inet(Endpoint),
    Unix(&'a [u8]),
}

impl<'a> Address<'a> {
    /// `None` if it is of another family, or cut short.
    fn read(raw: &'a [u8]) -> Option<Self> {
        let (&kind, rest) = raw.split_first()?;
        let inet = |ip: IpAddr, rest: &[u8]| {
            let port = u16::from_le_bytes(*rest.first_chunk()?);
            Some(Self::Inet(Endpoint { ip, port }))
        };
        match kind {
            family::INET => {
                let (ip, rest) = rest.split_first_chunk::<4>()?;
                inet(IpAddr::V4(Ipv4Addr::from(*ip)), rest)
            }
            family::INET6 => {
                let (ip, rest) = rest.split_first_chunk::<16>()?;
                let ip = Ipv6Addr::from(*ip);
                inet(ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4), rest)
            }
            family::UNIX => Some(Self::Unix(rest.split(|&b| b == 0).next().unwrap_or(rest))),
            _ => None,
        }
    }

    fn text(&self) -> Vec<u8> {
        match self {
            Self::Inet(Endpoint { ip: IpAddr::V6(ip), port }) => format!("[{ip}]:{port}").into_bytes(),
            Self::Inet(Endpoint { ip, port }) => format!("{ip}:{port}").into_bytes(),
            Self::Unix(path) => path.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_whole_or_not_at_all() {
        let mut raw = vec![2, 10, 0, 0, 1, 80, 0];
        assert_eq!(Address::read(&raw).unwrap().text(), b"10.0.0.1:80");
        while raw.pop().is_some() {
            assert_eq!(Address::read(&raw), None);
        }
        assert_eq!(Address::read(b"\x01/run/x\0junk").unwrap().text(), b"/run/x");
        assert_eq!(Address::read(&[17, 1, 2]), None);
    }
}
