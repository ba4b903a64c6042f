//! Reads and writes: they tell the ends of sockets whose making was not seen, or that have none of their own.
//!
//! Hot path: for anything but a socket, and for a TCP socket whose ends are known, nothing happens.

use scap_format::Event;
use scap_schema::code;

use super::args::SockTuple;
use super::connect::swap;
use crate::fd::{Fd, FdType, L4Proto};
use crate::fdtable::FdTable;
use crate::interfaces::Interfaces;
use crate::net::{Tuple, tuple_text, write_ip};
use crate::state::State;

impl State {
    pub(super) fn on_read(&mut self, event: &Event<'_>) {
        let tuple_at = match event.code {
            code::SOCKET_RECVFROM_X => Some(2),
            code::SOCKET_RECVMSG_X => Some(3),
            code::SOCKET_RECVMMSG_X | code::SOCKET_RECV_X => Some(4),
            _ => None,
        };
        self.on_transfer(event, tuple_at, true);
    }

    pub(super) fn on_write(&mut self, event: &Event<'_>) {
        let tuple_at = match event.code {
            code::SOCKET_SEND_X
            | code::SOCKET_SENDTO_X
            | code::SOCKET_SENDMSG_X
            | code::SOCKET_SENDMMSG_X => Some(4),
            _ => None,
        };
        if self.now.fd.is_none() && tuple_at.is_some() && event.code != code::SOCKET_SENDMMSG_X {
            self.guess_socket(event);
            self.now.fd_kind = self.current_fd().map(|fd| (fd.ty, fd.connected)).unwrap_or_default();
        }
        self.on_transfer(event, tuple_at, false);
    }

    fn on_transfer(&mut self, event: &Event<'_>, tuple_at: Option<usize>, incoming: bool) {
        let (ty, connected) = self.now.fd_kind;
        let connects = ty.is_inet() && !connected;
        if (!connects && tuple_at.is_none()) || event.i64(0).is_none_or(|res| res < 0) {
            return;
        }
        let Some(fd) = self.current_fd() else { return };
        let tuple = tuple_at
            .filter(|_| fd.name.is_empty() || !fd.is_v4_of(L4Proto::Tcp))
            .and_then(|at| SockTuple::read(event.param(at)?));
        if let Some(tuple) = tuple {
            self.learn_ends(&tuple, incoming);
        }
        if connects {
            self.edit_fd_quietly(|fd| fd.connected = true);
        }
    }

    /// Takes the ends of the socket from what was received or sent.
    fn learn_ends(&mut self, tuple: &SockTuple<'_>, incoming: bool) {
        // Most datagrams come from where the last one came from.
        let mut trial = match self.current_fd() {
            Some(fd) => fd.clone(),
            None => return,
        };
        if !set_ends(&mut trial, tuple, &self.interfaces) {
            return;
        }
        if trial.ty.is_inet() {
            if trial.role.is_none()
                && let Some(table) = self.thread().and_then(|t| self.fds(t))
            {
                guess_role(&mut trial, table, self.now.fd.unwrap_or(-1), incoming);
            }
            if (incoming && trial.role.client) || (!incoming && trial.role.server) {
                swap(&mut trial);
            }
            trial.rename(&socket_name(&trial));
        } else {
            trial.rename(tuple.text().as_ref());
        }
        if self.current_fd() != Some(&trial) {
            self.edit_fd(|fd| *fd = trial);
        }
    }
}

/// Sets the ends of a socket from a tuple. `false` if that tells nothing new.
fn set_ends(fd: &mut Fd, tuple: &SockTuple<'_>, interfaces: &Interfaces) -> bool {
    match tuple {
        SockTuple::Inet(ends) => {
            let ends = ends.unmapped();
            let was_v6 = matches!(tuple, SockTuple::Inet(t) if t.source.ip.is_ipv6());
            if ends.source.ip.is_ipv4() {
                if fd.ty == FdType::Ipv4Server && !was_v6 {
                    let proto = fd.sock.l4proto(FdType::Ipv4Server);
                    fd.sock.set_l4proto(FdType::Ipv4Socket, proto);
                }
                fd.ty = FdType::Ipv4Socket;
            }
            if !update_ends(fd, &ends) {
                return false;
            }
        }
        SockTuple::Unix { source, dest, .. } => {
            fd.ty = FdType::Unix;
            fd.sock.set_unix(*source, *dest);
            return true;
        }
        SockTuple::Other(_) => {}
    }
    if fd.ty.is_inet() {
        if fd.sock.l4proto(fd.ty) == L4Proto::Unknown {
            // TCP does not change its ends in the middle of a connection.
            fd.sock.set_l4proto(fd.ty, L4Proto::Udp);
        }
        complete(fd, interfaces);
    }
    true
}

/// Puts `ends` into the view of their family. `false` if they are the known ones, in either order.
pub(super) fn update_ends(fd: &mut Fd, ends: &Tuple) -> bool {
    let view = ends.fd_type();
    let Some(known) = fd.sock.tuple(view) else { return false };
    if fd.ty == view && (known == *ends || known.swapped() == *ends) {
        return false;
    }
    fd.sock.set_tuple(view, ends);
    known != *ends
}

/// Fills an end that is not known with the machine's own likely address.
fn complete(fd: &mut Fd, interfaces: &Interfaces) {
    let Some(mut ends) = fd.sock.tuple(fd.ty) else { return };
    let (blank, peer) = match (ends.source.ip.is_unspecified(), ends.dest.ip.is_unspecified()) {
        (true, _) => (&mut ends.source.ip, ends.dest.ip),
        (false, true) => (&mut ends.dest.ip, ends.source.ip),
        (false, false) => return,
    };
    let own = interfaces.likely_local(peer);
    let to_itself = own == peer && ends.source.port == ends.dest.port;
    if !to_itself {
        *blank = own;
        fd.sock.set_tuple(fd.ty, &ends);
    }
}

/// Whoever owns the port served is the server; else whoever speaks first is the client.
///
/// Ports are read from the v4 view whatever the family, and the socket itself is among those looked at, both as
/// libsinsp does.
fn guess_role(fd: &mut Fd, table: &FdTable, own: i64, incoming: bool) {
    let Some(ends) = fd.sock.tuple(FdType::Ipv4Socket) else { return };
    let (mut bound, mut used) = (false, false);
    let others = table.iter().filter(|(num, _)| *num != own).map(|(_, other)| other);
    for other in others.chain(std::iter::once(&*fd)) {
        match other.ty {
            FdType::Ipv4Socket => {
                let other = other.sock.tuple(FdType::Ipv4Socket);
                bound |= other.is_some_and(|o| o.dest.port == ends.dest.port);
                used |= other.is_some_and(|o| o.source.port == ends.source.port);
            }
            FdType::Ipv4Server => {
                bound |= other.sock.server(other.ty).is_some_and(|o| o.port == ends.dest.port);
            }
            _ => {}
        }
    }
    match (bound, used) {
        (false, _) => fd.role.client = true,
        (true, false) => fd.role.server = true,
        (true, true) if incoming => fd.role.server = true,
        (true, true) => fd.role.client = true,
    }
}

/// Name of a socket by its ends, as libsinsp prints it.
pub(super) fn socket_name(fd: &Fd) -> Vec<u8> {
    let Some(ends) = fd.sock.tuple(fd.ty) else { return Vec::new() };
    let ends = ends.unmapped();
    match fd.sock.l4proto(fd.ty) {
        L4Proto::Tcp | L4Proto::Udp => tuple_text(&ends).into_bytes(),
        L4Proto::Raw if fd.ty == FdType::Ipv6Socket => b"<unknown>".to_vec(),
        L4Proto::Icmp | L4Proto::Raw => {
            let mut out = String::new();
            write_ip(&mut out, ends.source.ip);
            out.push_str("->");
            write_ip(&mut out, ends.dest.ip);
            out.into_bytes()
        }
        L4Proto::Unknown | L4Proto::NotAvailable => b"<unknown>".to_vec(),
    }
}
