//! `connect`: where a socket leads.
//!
//! The exit event tells the tuple as the kernel has it and the address the program passed; the enter event, in
//! traces that have it, tells that address before the program could change it. What comes from the kernel
//! counts most, then the enter event.

use std::net::IpAddr;

use scap_format::{Event, Params};

use super::args::{SockAddr, SockTuple, unix_text};
use super::transfer::{socket_name, update_ends};
use crate::fd::{Fd, FdType, L4Proto};
use crate::net::{Tuple, mapped};
use crate::state::State;

/// `-EINPROGRESS`: the connection is on its way, which counts as made.
const IN_PROGRESS: i64 = -115;

impl State {
    pub(super) fn on_connect(&mut self, event: &Event<'_>, enter: Option<Params<'_>>) {
        let Some(result) = event.i64(0) else { return };
        if self.now.fd.is_none() || (result < 0 && result != IN_PROGRESS) {
            return;
        }
        let entered = enter.and_then(|params| SockAddr::read(params.at(1)?));
        let tuple = event.param(1).unwrap_or_default();
        let passed = event.param(3).and_then(SockAddr::read);
        self.edit_fd(|fd| {
            fd.connected = true;
            if tuple.is_empty() {
                // TCP fast open: the kernel has no tuple yet.
                if let Some(addr) = &entered {
                    from_address(fd, addr);
                }
            } else if let Some(tuple) = SockTuple::read(tuple) {
                from_tuple(fd, &tuple, passed.as_ref().zip(entered.as_ref()));
            }
        });
    }
}

fn from_address(fd: &mut Fd, addr: &SockAddr<'_>) {
    let SockAddr::Inet(end) = addr else {
        fd.rename(addr.text().as_ref());
        return;
    };
    let ip = mapped(end.ip).map_or(end.ip, IpAddr::V4);
    fd.ty = if ip.is_ipv4() { FdType::Ipv4Socket } else { FdType::Ipv6Socket };
    if let Some(mut ends) = fd.sock.tuple(fd.ty) {
        (ends.dest.ip, ends.dest.port) = (ip, end.port);
        fd.sock.set_tuple(fd.ty, &ends);
    }
}

/// `addresses` are the address passed at the exit and at the enter.
fn from_tuple(fd: &mut Fd, tuple: &SockTuple<'_>, addresses: Option<(&SockAddr<'_>, &SockAddr<'_>)>) {
    match tuple {
        SockTuple::Inet(ends) => {
            let ends = settled(*ends, addresses).unmapped();
            fd.ty = ends.fd_type();
            let changed = update_ends(fd, &ends);
            if changed && fd.role.server && fd.is_v4_of(L4Proto::Udp) {
                swap(fd);
            }
            fd.rename(&socket_name(fd));
        }
        SockTuple::Unix { source, dest, path } => {
            if fd.ty != FdType::Unix {
                return;
            }
            let path = match addresses {
                Some((SockAddr::Unix(passed), SockAddr::Unix(entered))) if passed == path => entered,
                _ => path,
            };
            fd.sock.set_unix(*source, *dest);
            fd.rename(unix_text(*source, *dest, path).as_ref());
        }
        SockTuple::Other(_) => return,
    }
    if fd.role.is_none() {
        fd.role.client = true;
    }
}

/// The tuple with its destination as the enter event told it, unless the kernel knew another than was passed.
fn settled(ends: Tuple, addresses: Option<(&SockAddr<'_>, &SockAddr<'_>)>) -> Tuple {
    match addresses {
        Some((SockAddr::Inet(passed), SockAddr::Inet(entered)))
            if *passed == ends.dest && entered.ip.is_ipv4() == passed.ip.is_ipv4() =>
        {
            Tuple { dest: *entered, ..ends }
        }
        _ => ends,
    }
}

/// Exchanges the ends of a socket.
pub(super) fn swap(fd: &mut Fd) {
    let view = if fd.ty == FdType::Ipv4Socket { FdType::Ipv4Socket } else { FdType::Ipv6Socket };
    if let Some(ends) = fd.sock.tuple(view) {
        fd.sock.set_tuple(view, &ends.swapped());
    }
}
