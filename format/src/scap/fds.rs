//! Fd list blocks, versions 1 and 2: what a thread of the snapshot has open.
//!
//! The body starts with the thread's id (8 bytes), then one entry per fd: in version 2 its length, then fd
//! (8), inode (8), type (1) and what that type has. Addresses are in network order, ports and the rest in
//! the byte order of the section.
//!
//! Source: `scap_fd_write_to_disk` and `enum scap_fd_type` of falcosecurity/libs.

use super::{fields::Fields, frame, kind::FDS_V2};
use crate::snapshot::{FdEntry, FdKind};
use scap_schema::wire::fd_type::{
    BPF, DIRECTORY, EVENT, EVENT_POLL, FIFO, FILE, FILE_V2, INOTIFY, IO_URING, IPV4_SERVER, IPV4_SOCKET,
    IPV6_SERVER, IPV6_SOCKET, LAST, MEMFD, NETLINK, PIDFD, SIGNAL, TIMER, UNIX, UNKNOWN, UNSUPPORTED,
    USER_FAULT,
};

/// What is said of a list that makes no sense from some entry on.
pub(super) const CONTRADICTION: &str = "fd list contradicts itself";

/// Longest name libscap reads back, bytes.
const MAX_NAME: u16 = 1023;

/// Appends the fds of thread `tid`. Names are cut to 1023 bytes, as libscap reads them back.
pub fn encode(out: &mut Vec<u8>, tid: i64, fds: &[FdEntry]) {
    frame::put(out, FDS_V2, |out| {
        out.extend_from_slice(&tid.to_le_bytes());
        for entry in fds {
            frame::put_sized(out, |out| {
                out.extend_from_slice(&entry.fd.to_le_bytes());
                out.extend_from_slice(&entry.ino.to_le_bytes());
                encode_kind(out, &entry.kind);
            });
        }
    });
}

fn encode_kind(out: &mut Vec<u8>, kind: &FdKind) {
    match kind {
        FdKind::Unknown { name } => put_named(out, UNSUPPORTED, name),
        FdKind::Directory { name } => put_named(out, DIRECTORY, name),
        FdKind::Regular { flags, name, dev, .. } => {
            out.push(FILE_V2);
            out.extend_from_slice(&flags.to_le_bytes());
            frame::put_text(out, name, MAX_NAME);
            out.extend_from_slice(&dev.to_le_bytes());
        }
        FdKind::Ipv4Socket { source, dest, sport, dport, l4proto } => {
            out.push(IPV4_SOCKET);
            out.extend_from_slice(&source.octets());
            out.extend_from_slice(&dest.octets());
            put_ports(out, &[*sport, *dport], *l4proto);
        }
        FdKind::Ipv6Socket { source, dest, sport, dport, l4proto } => {
            out.push(IPV6_SOCKET);
            out.extend_from_slice(&source.octets());
            out.extend_from_slice(&dest.octets());
            put_ports(out, &[*sport, *dport], *l4proto);
        }
        FdKind::Ipv4Server { ip, port, l4proto } => {
            out.push(IPV4_SERVER);
            out.extend_from_slice(&ip.octets());
            put_ports(out, &[*port], *l4proto);
        }
        FdKind::Ipv6Server { ip, port, l4proto } => {
            out.push(IPV6_SERVER);
            out.extend_from_slice(&ip.octets());
            put_ports(out, &[*port], *l4proto);
        }
        FdKind::UnixSocket { source, dest, name } => {
            out.push(UNIX);
            out.extend_from_slice(&source.to_le_bytes());
            out.extend_from_slice(&dest.to_le_bytes());
            frame::put_text(out, name, MAX_NAME);
        }
        FdKind::Other { code, name } if is_named(*code) => put_named(out, *code, name),
        // A type of a newer writer: only its number is known, and written back.
        FdKind::Other { code, .. } if *code > LAST => out.push(*code),
        FdKind::Other { name, .. } => put_named(out, UNSUPPORTED, name),
    }
}

fn put_named(out: &mut Vec<u8>, code: u8, name: &[u8]) {
    out.push(code);
    frame::put_text(out, name, MAX_NAME);
}

fn put_ports(out: &mut Vec<u8>, ports: &[u16], l4proto: u8) {
    for port in ports {
        out.extend_from_slice(&port.to_le_bytes());
    }
    out.push(l4proto);
}

/// Whether a type has a name and nothing else, and no variant of its own in [`FdKind`].
const fn is_named(code: u8) -> bool {
    matches!(
        code,
        FILE | FIFO
            | EVENT
            | SIGNAL
            | EVENT_POLL
            | INOTIFY
            | TIMER
            | NETLINK
            | BPF
            | USER_FAULT
            | IO_URING
            | MEMFD
            | PIDFD
    )
}

/// Reads the body of an fd list. The flag tells whether the whole body made sense; if not, the entries
/// before the nonsense are there. `None` if even the thread id is missing.
pub(crate) fn decode(body: &[u8], sized: bool, big_endian: bool) -> Option<(i64, Vec<FdEntry>, bool)> {
    let mut fields = Fields::new(body, big_endian);
    let tid = fields.i64()?;
    let mut fds = Vec::new();
    while fields.left() >= 4 {
        let Some(entry) = next(&mut fields, sized) else { return Some((tid, fds, false)) };
        fds.push(entry);
    }
    Some((tid, fds, true))
}

/// The next entry of a list; `None` if it makes no sense.
pub(super) fn next<'a, T: From<&'a [u8]>>(fields: &mut Fields<'a>, sized: bool) -> Option<FdEntry<T>> {
    if sized { decode_entry(&mut fields.sized_entry()?) } else { decode_entry(fields) }
}

fn decode_entry<'a, T: From<&'a [u8]>>(f: &mut Fields<'a>) -> Option<FdEntry<T>> {
    let (fd, ino, code) = (f.i64()?, f.u64()?, f.u8()?);
    let kind = match code {
        UNKNOWN => FdKind::Unknown { name: T::from(&[]) },
        UNSUPPORTED => FdKind::Unknown { name: f.text()? },
        DIRECTORY => FdKind::Directory { name: f.text()? },
        FILE_V2 => FdKind::Regular {
            flags: f.u32()?,
            name: f.text()?,
            mount_id: 0,
            // Version 1 has no lengths and no device; asking for one there would eat the next entry.
            dev: if f.is_entry() { f.u32().unwrap_or(0) } else { 0 },
        },
        IPV4_SOCKET => FdKind::Ipv4Socket {
            source: f.array::<4>()?.into(),
            dest: f.array::<4>()?.into(),
            sport: f.u16()?,
            dport: f.u16()?,
            l4proto: f.u8()?,
        },
        IPV6_SOCKET => FdKind::Ipv6Socket {
            source: f.array::<16>()?.into(),
            dest: f.array::<16>()?.into(),
            sport: f.u16()?,
            dport: f.u16()?,
            l4proto: f.u8()?,
        },
        IPV4_SERVER => FdKind::Ipv4Server { ip: f.array::<4>()?.into(), port: f.u16()?, l4proto: f.u8()? },
        IPV6_SERVER => FdKind::Ipv6Server { ip: f.array::<16>()?.into(), port: f.u16()?, l4proto: f.u8()? },
        UNIX => FdKind::UnixSocket { source: f.u64()?, dest: f.u64()?, name: f.text()? },
        code if is_named(code) => FdKind::Other { code, name: f.text()? },
        // Without lengths nothing tells where an entry of an unknown type ends.
        code => f.is_entry().then(|| FdKind::Other { code, name: T::from(&[]) })?,
    };
    Some(FdEntry { fd, ino, kind })
}
