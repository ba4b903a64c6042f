//! The sockets of a network namespace, by inode.
//!
//! Takes a process' `/proc/PID/net`, gives what `tcp`, `tcp6`, `udp`, `udp6`, `icmp`, `icmp6`, `raw`, `raw6`,
//! `unix` and `netlink` list. A socket without a peer counts as a server, as in libscap, because the tables do
//! not tell. Source: proc_net(5), `net/ipv4/tcp_ipv4.c` and its kin.

use super::text::{TABLE_LIMIT, lines, number, read_limited, words};
use scap_format::snapshot::FdKind;
use scap_schema::wire::{fd_type, l4_proto};
use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

/// Internet tables: file, protocol, whether IPv6.
const INTERNET: [(&str, u8, bool); 8] = [
    ("tcp", l4_proto::TCP, false),
    ("udp", l4_proto::UDP, false),
    ("icmp", l4_proto::ICMP, false),
    ("raw", l4_proto::RAW, false),
    ("tcp6", l4_proto::TCP, true),
    ("udp6", l4_proto::UDP, true),
    ("icmp6", l4_proto::ICMP, true),
    ("raw6", l4_proto::RAW, true),
];

/// Sockets of one network namespace.
#[derive(Debug, Default)]
pub(crate) struct Sockets(HashMap<u64, FdKind>);

impl Sockets {
    /// Reads the tables in `net`, a process' `/proc/PID/net`. A table that is not there (no IPv6, no rights) counts as empty.
    pub(crate) fn read(net: &Path) -> Self {
        let mut sockets = Self::default();
        for (file, proto, v6) in INTERNET {
            sockets.add(net, file, |line| internet(line, proto, v6));
        }
        sockets.add(net, "unix", unix);
        sockets.add(net, "netlink", netlink);
        sockets
    }

    pub(crate) fn by_inode(&self, inode: u64) -> Option<&FdKind> {
        self.0.get(&inode)
    }

    fn add(&mut self, net: &Path, file: &str, parse: impl Fn(&[u8]) -> Option<(u64, FdKind)>) {
        let Ok(text) = read_limited(&net.join(file), TABLE_LIMIT) else { return };
        // The first line is the header; inode 0 marks sockets that no fd refers to any more.
        self.0.extend(lines(&text).skip(1).filter_map(parse).filter(|(inode, _)| *inode != 0));
    }
}

/// `sl local remote st queues timer retransmissions uid timeout inode …`.
fn internet(line: &[u8], l4proto: u8, v6: bool) -> Option<(u64, FdKind)> {
    let fields: Vec<&[u8]> = words(line).collect();
    let (local, sport) = endpoint(fields.get(1)?)?;
    let (remote, dport) = endpoint(fields.get(2)?)?;
    let inode = number(fields.get(9)?, 10)?;
    let kind = if v6 {
        let (source, dest) = (ipv6(local)?, ipv6(remote)?);
        if dest.is_unspecified() {
            FdKind::Ipv6Server { ip: source, port: sport, l4proto }
        } else {
            FdKind::Ipv6Socket { source, dest, sport, dport, l4proto }
        }
    } else {
        let (source, dest) = (ipv4(local)?, ipv4(remote)?);
        if dest.is_unspecified() {
            FdKind::Ipv4Server { ip: source, port: sport, l4proto }
        } else {
            FdKind::Ipv4Socket { source, dest, sport, dport, l4proto }
        }
    };
    Some((inode, kind))
}

fn endpoint(text: &[u8]) -> Option<(&[u8], u16)> {
    let colon = text.iter().position(|&b| b == b':')?;
    Some((text.get(..colon)?, number(text.get(colon + 1..)?, 16)?))
}

/// One word of an address: the kernel prints the bytes as a number of the machine's own byte order.
fn address_word(hex: &[u8]) -> Option<[u8; 4]> {
    Some(number::<u32>(hex, 16)?.to_ne_bytes())
}

fn ipv4(hex: &[u8]) -> Option<Ipv4Addr> {
    if hex.len() == 8 { address_word(hex).map(Ipv4Addr::from) } else { None }
}

fn ipv6(hex: &[u8]) -> Option<Ipv6Addr> {
    if hex.len() != 32 {
        return None;
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.chunks_exact_mut(4).zip(hex.chunks_exact(8)) {
        to.copy_from_slice(&address_word(from)?);
    }
    Some(Ipv6Addr::from(bytes))
}

/// `Num: RefCount Protocol Flags Type St Inode Path`; the path may hold blanks and runs to the end.
fn unix(line: &[u8]) -> Option<(u64, FdKind)> {
    let colon = line.iter().position(|&b| b == b':')?;
    let source = number(line.get(..colon)?.trim_ascii(), 16)?;
    let mut rest = line.get(colon + 1..)?.trim_ascii_start();
    for _ in 0..5 {
        let blank = rest.iter().position(|&b| b == b' ')?;
        rest = rest.get(blank..)?.trim_ascii_start();
    }
    let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    let inode = number(rest.get(..end)?, 10)?;
    let name = rest.get(end + 1..).unwrap_or_default().to_vec();
    Some((inode, FdKind::UnixSocket { source, dest: 0, name }))
}

/// `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`.
fn netlink(line: &[u8]) -> Option<(u64, FdKind)> {
    let inode = number(words(line).nth(9)?, 10)?;
    Some((inode, FdKind::Other { code: fd_type::NETLINK, name: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixListener;

    fn inode(fd: &impl AsRawFd) -> u64 {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
        let link = link.to_str().unwrap().to_owned();
        super::super::text::bracketed(link.as_bytes(), "socket").unwrap()
    }

    fn own() -> Sockets {
        Sockets::read(Path::new("/proc/self/net"))
    }

    #[test]
    fn a_connection_over_loopback_shows_both_ends_and_its_server() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let (sport, dport) = (client.local_addr().unwrap().port(), server.local_addr().unwrap().port());
        let sockets = own();
        let home = Ipv4Addr::LOCALHOST;
        let expected = FdKind::Ipv4Socket { source: home, dest: home, sport, dport, l4proto: l4_proto::TCP };
        assert_eq!(sockets.by_inode(inode(&client)), Some(&expected));
        let expected = FdKind::Ipv4Server { ip: home, port: dport, l4proto: l4_proto::TCP };
        assert_eq!(sockets.by_inode(inode(&server)), Some(&expected));
    }

    #[test]
    fn a_datagram_socket_without_peer_is_a_server() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let expected = FdKind::Ipv4Server { ip: Ipv4Addr::LOCALHOST, port, l4proto: l4_proto::UDP };
        assert_eq!(own().by_inode(inode(&socket)), Some(&expected));
    }

    #[test]
    fn ipv6_words_turn_into_an_address() {
        let line = b"0: 00000000000000000000000001000000:1F90 B80D0120000000000000000002000000:01BB \
            01 0:0 00:0 0 0 0 77 1";
        let (found, kind) = internet(line, l4_proto::TCP, true).unwrap();
        let dest = if cfg!(target_endian = "little") { "2001:db8::2" } else { "b80d:120::200:0" };
        let source = if cfg!(target_endian = "little") { "::1" } else { "::100:0" };
        let (source, dest) = (source.parse().unwrap(), dest.parse().unwrap());
        assert_eq!(found, 77);
        assert_eq!(
            kind,
            FdKind::Ipv6Socket { source, dest, sport: 8080, dport: 443, l4proto: l4_proto::TCP }
        );
    }

    #[test]
    fn a_unix_socket_gives_its_path_blanks_and_all() {
        let dir = std::env::temp_dir().join(format!("scap sockets {}", std::process::id()));
        let listener = UnixListener::bind(&dir).unwrap();
        let sockets = own();
        std::fs::remove_file(&dir).unwrap();
        let Some(FdKind::UnixSocket { name, dest: 0, .. }) = sockets.by_inode(inode(&listener)) else {
            panic!("not listed as a unix socket")
        };
        assert_eq!(name, dir.to_str().unwrap().as_bytes());
    }

    #[test]
    fn lines_cut_short_are_passed_over() {
        let full = b"ffff: 00000002 00000000 00010000 0001 01 1234 @name";
        assert!(unix(full).is_some());
        for end in 0..45 {
            unix(&full[..end]);
            internet(&full[..end], 2, false);
            netlink(&full[..end]);
        }
        assert!(unix(b"Num RefCount Protocol").is_none());
    }
}
