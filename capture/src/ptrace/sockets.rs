//! Both ends of a traced process' socket.
//!
//! Takes a process and its fd, borrows a copy of the fd for a moment, and asks the socket itself. Gives the layout
//! in which the kernel side of the eBPF backend captures them (`struct tuple_info`); the kernel's addresses of Unix
//! sockets are not to be had this way and stay 0.

use super::sys::{Tid, copy_fd, tcp_info};
use super::task::process_of;
use nix::sys::socket::{SockaddrLike, SockaddrStorage, getpeername, getsockname};
use std::os::fd::{AsRawFd, OwnedFd};

/// Length of the fixed part.
const LEN: usize = 56;

/// Both ends of socket `fd` of process `pid`; empty if it is none. `given` is an address that the call itself names
/// (as the kernel has it), which counts where the socket has no peer.
pub(super) fn tuple(pid: Tid, fd: i64, given: &[u8], inbound: bool) -> Vec<u8> {
    let Some(socket) = socket(pid, fd) else { return Vec::new() };
    let Ok(local) = getsockname::<SockaddrStorage>(socket.as_raw_fd()) else { return Vec::new() };
    let remote = getpeername::<SockaddrStorage>(socket.as_raw_fd()).ok();
    let mut out = vec![0; LEN];
    let family = local.family().map_or(0, |family| family as i32);
    put(&mut out, 48, &u16::try_from(family).unwrap_or(0).to_le_bytes());
    if let Some((ip, port)) = internet(&local) {
        put(&mut out, 0, &ip);
        put(&mut out, 50, &port.to_be_bytes());
        match remote.as_ref().and_then(internet) {
            Some((ip, port)) if port != 0 => {
                put(&mut out, 16, &ip);
                put(&mut out, 52, &port.to_be_bytes());
            }
            _ => put_given(&mut out, family, given),
        }
    } else if let Some(name) = unix_name(if inbound { Some(&local) } else { remote.as_ref() }) {
        out.extend_from_slice(&name);
        out.push(0);
    } else if !inbound && remote.is_none() && given.len() > 2 {
        let name = given.get(2..).unwrap_or_default();
        let name = name.strip_prefix(&[0]).unwrap_or(name);
        let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
        out.extend_from_slice(name.get(..end).unwrap_or_default());
        out.push(0);
    }
    out
}

/// Length and limit of the queue of the listening socket `fd` of process `pid`: for TCP what the kernel tells of
/// listeners in `tcp_info`.
pub(super) fn queue(pid: Tid, fd: i64) -> Option<(u32, u32)> {
    let socket = socket(pid, fd)?;
    let info = tcp_info(&socket)?;
    const LISTEN: u8 = 10;
    // `tcpi_state` comes first; `tcpi_unacked` and `tcpi_sacked` are what a listener keeps its queue in.
    let number = |at: usize| info.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    if info.first() == Some(&LISTEN) { number(24).zip(number(28)) } else { None }
}

/// A copy of fd `fd` of the process of thread `tid`.
fn socket(tid: Tid, fd: i64) -> Option<OwnedFd> {
    let fd = i32::try_from(fd).ok().filter(|&fd| fd >= 0)?;
    copy_fd(tid, fd).or_else(|_| copy_fd(process_of(tid).unwrap_or(tid), fd)).ok()
}

fn internet(address: &SockaddrStorage) -> Option<(Vec<u8>, u16)> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some((v4.ip().octets().to_vec(), v4.port()));
    }
    address.as_sockaddr_in6().map(|v6| (v6.ip().octets().to_vec(), v6.port()))
}

fn unix_name(address: Option<&SockaddrStorage>) -> Option<Vec<u8>> {
    let unix = address?.as_unix_addr()?;
    let path = unix.path().map(|path| path.as_os_str().as_encoded_bytes().to_vec());
    path.or_else(|| unix.as_abstract().map(<[u8]>::to_vec))
}

/// Takes port and address out of a `sockaddr` as the remote end.
fn put_given(out: &mut [u8], family: i32, given: &[u8]) {
    const INET: i32 = 2;
    let ip = if family == INET { given.get(4..8) } else { given.get(8..24) };
    if let (Some(port), Some(ip)) = (given.get(2..4), ip) {
        put(out, 16, ip);
        put(out, 52, port);
    }
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = out.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn own_connection_shows_both_ends_and_its_listener_a_queue() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(server.local_addr().unwrap()).unwrap();
        let pid = nix::unistd::getpid().as_raw();
        let raw = tuple(pid, i64::from(client.as_raw_fd()), &[], false);
        assert_eq!((raw.len(), &raw[..4], &raw[16..20]), (LEN, &[127, 0, 0, 1][..], &[127, 0, 0, 1][..]));
        assert_eq!(raw[50..52], client.local_addr().unwrap().port().to_be_bytes());
        assert_eq!(raw[52..54], server.local_addr().unwrap().port().to_be_bytes());
        let (len, max) = queue(pid, i64::from(server.as_raw_fd())).unwrap();
        assert!(len == 1 && max > 1);
        assert_eq!(queue(pid, i64::from(client.as_raw_fd())), None);
        assert!(tuple(pid, 1_000_000, &[], false).is_empty());
    }
}
