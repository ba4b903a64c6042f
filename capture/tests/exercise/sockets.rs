//! Sockets: TCP over IPv4 and IPv6, UDP, Unix, socket pairs.

use super::{Script, b, c, call, n, w};

fn address4(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: 2,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    }
}

/// Address parameter: family, IP, port.
fn encoded4(port: u16) -> Vec<u8> {
    [&[2, 127, 0, 0, 1][..], &port.to_le_bytes()].concat()
}

/// Tuple parameter: family, source IP and port, destination IP and port.
fn tuple4(source: u16, destination: u16) -> Vec<u8> {
    let ip = [127, 0, 0, 1];
    [&[2][..], &ip, &source.to_le_bytes(), &ip, &destination.to_le_bytes()].concat()
}

fn port_of(fd: i64) -> u16 {
    let mut address = address4(0);
    let mut len = 16u32;
    call!(SYS_getsockname, fd, &raw mut address, &raw mut len);
    u16::from_be(address.sin_port)
}

pub(crate) fn exercise(s: &mut Script) {
    tcp(s);
    tcp6(s);
    udp(s);
    unix(s);
    messages(s);
    options(s);
}

fn tcp(s: &mut Script) {
    let server = call!(SYS_socket, libc::AF_INET, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, 0);
    s.expect(
        "socket",
        &[("fd", n(server)), ("domain", w(2)), ("type", w(0x80001)), ("proto", w(0)), ("flags", w(0x1000))],
    );
    let any = address4(0);
    call!(SYS_bind, server, &raw const any, 16);
    s.expect("bind", &[("res", n(0)), ("addr", encoded4(0)), ("fd", n(server))]);
    call!(SYS_listen, server, 5);
    s.expect("listen", &[("res", n(0)), ("fd", n(server)), ("backlog", w(5))]);
    let port = port_of(server);
    s.expect("getsockname", &[]);
    let client = call!(SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 6);
    let there = address4(port);
    call!(SYS_connect, client, &raw const there, 16);
    let own = port_of(client);
    s.expect(
        "connect",
        &[("res", n(0)), ("tuple", tuple4(own, port)), ("fd", n(client)), ("addr", encoded4(port))],
    );
    let (mut peer, mut len) = (address4(0), 16u32);
    call!(SYS_getpeername, client, &raw mut peer, &raw mut len);
    assert_eq!(u16::from_be(peer.sin_port), port);
    s.expect("getpeername", &[]);
    let accepted = call!(SYS_accept4, server, 0, 0, libc::SOCK_NONBLOCK);
    s.expect(
        "accept4",
        &[
            ("fd", n(accepted)),
            ("tuple", tuple4(own, port)),
            ("queuepct", c(0)),
            ("queuelen", w(0)),
            ("queuemax", w(5)),
            ("flags", w(0x40)),
        ],
    );
    call!(SYS_sendto, client, b"ping".as_ptr(), 4, 0, 0, 0);
    s.expect(
        "sendto",
        &[
            ("res", n(4)),
            ("data", b(b"ping")),
            ("fd", n(client)),
            ("size", w(4)),
            ("tuple", tuple4(own, port)),
        ],
    );
    let mut buf = [0u8; 64];
    call!(SYS_recvfrom, accepted, buf.as_mut_ptr(), 64, 0, 0, 0);
    s.expect(
        "recvfrom",
        &[
            ("res", n(4)),
            ("data", b(b"ping")),
            ("tuple", tuple4(own, port)),
            ("fd", n(accepted)),
            ("size", w(64)),
        ],
    );
    call!(SYS_shutdown, client, libc::SHUT_WR);
    s.expect("shutdown", &[("res", n(0)), ("fd", n(client)), ("how", c(1))]);
    let second = call!(SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
    call!(SYS_connect, second, &raw const there, 16);
    let own = port_of(second);
    let accepted = call!(SYS_accept, server, 0, 0);
    s.expect(
        "accept",
        &[
            ("fd", n(accepted)),
            ("tuple", tuple4(own, port)),
            ("queuepct", c(0)),
            ("queuelen", w(0)),
            ("queuemax", w(5)),
        ],
    );
    let refused = address4(1);
    let third = call!(SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
    call!(SYS_connect, third, &raw const refused, 16);
    s.expect("connect", &[("res", n(-111)), ("tuple", b(&[])), ("fd", n(third)), ("addr", encoded4(1))]);
    call!(SYS_accept4, third, 0, 0, 0);
    s.expect("accept4", &[("fd", n(-22)), ("tuple", b(&[])), ("queuemax", w(0)), ("flags", w(0))]);
}

fn tcp6(s: &mut Script) {
    let mut ip = [0u8; 16];
    ip[15] = 1;
    let address = |port: u16| libc::sockaddr_in6 {
        sin6_family: 10,
        sin6_port: port.to_be(),
        sin6_flowinfo: 0,
        sin6_addr: libc::in6_addr { s6_addr: ip },
        sin6_scope_id: 0,
    };
    let server = call!(SYS_socket, libc::AF_INET6, libc::SOCK_STREAM, 0);
    s.expect("socket", &[("fd", n(server)), ("domain", w(10))]);
    let mut at = address(0);
    if call!(SYS_bind, server, &raw const at, 28) < 0 {
        // A machine without IPv6 loopback.
        return;
    }
    s.expect("bind", &[("res", n(0)), ("addr", [&[10][..], &ip, &[0, 0]].concat()), ("fd", n(server))]);
    call!(SYS_listen, server, 1);
    let port = |fd: i64| {
        let (mut at, mut len) = (address(0), 28u32);
        call!(SYS_getsockname, fd, &raw mut at, &raw mut len);
        u16::from_be(at.sin6_port)
    };
    at = address(port(server));
    let client = call!(SYS_socket, libc::AF_INET6, libc::SOCK_STREAM, 0);
    call!(SYS_connect, client, &raw const at, 28);
    let (from, to) = (port(client).to_le_bytes(), port(server).to_le_bytes());
    s.expect(
        "connect",
        &[
            ("res", n(0)),
            ("tuple", [&[10][..], &ip, &from, &ip, &to].concat()),
            ("addr", [&[10][..], &ip, &to].concat()),
        ],
    );
}

fn udp(s: &mut Script) {
    let receiver = call!(SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
    let any = address4(0);
    call!(SYS_bind, receiver, &raw const any, 16);
    let port = port_of(receiver);
    let there = address4(port);
    let sender = call!(SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
    call!(SYS_bind, sender, &raw const any, 16);
    call!(SYS_sendto, sender, b"dgram".as_ptr(), 5, 0, &raw const there, 16);
    // Bound to no address in particular until it sends: the source is what bind said.
    s.expect(
        "sendto",
        &[
            ("res", n(5)),
            ("data", b(b"dgram")),
            ("fd", n(sender)),
            ("size", w(5)),
            ("tuple", tuple4(port_of(sender), port)),
        ],
    );
    let mut buf = [0u8; 16];
    let (mut from, mut len) = (address4(0), 16u32);
    call!(SYS_recvfrom, receiver, buf.as_mut_ptr(), 16, 0, &raw mut from, &raw mut len);
    s.expect(
        "recvfrom",
        &[
            ("res", n(5)),
            ("data", b(b"dgram")),
            ("tuple", tuple4(port_of(sender), port)),
            ("fd", n(receiver)),
            ("size", w(16)),
        ],
    );
}

fn unix(s: &mut Script) {
    let mut at = libc::sockaddr_un { sun_family: 1, sun_path: [0; 108] };
    for (slot, byte) in at.sun_path.iter_mut().zip(b"sock") {
        *slot = byte.cast_signed();
    }
    let server = call!(SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
    call!(SYS_bind, server, &raw const at, 110);
    s.expect("bind", &[("res", n(0)), ("addr", b(b"\x01sock\0")), ("fd", n(server))]);
    call!(SYS_listen, server, 1);
    let client = call!(SYS_socket, libc::AF_UNIX, libc::SOCK_STREAM, 0);
    call!(SYS_connect, client, &raw const at, 110);
    s.expect("connect", &[("res", n(0)), ("fd", n(client)), ("addr", b(b"\x01sock\0"))]);
    let mut pair = [0i32; 2];
    call!(SYS_socketpair, libc::AF_UNIX, libc::SOCK_STREAM, 0, pair.as_mut_ptr());
    s.expect(
        "socketpair",
        &[
            ("res", n(0)),
            ("fd1", n(pair[0].into())),
            ("fd2", n(pair[1].into())),
            ("domain", w(1)),
            ("type", w(1)),
            ("proto", w(0)),
        ],
    );
}

fn messages(s: &mut Script) {
    let receiver = call!(SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
    let any = address4(0);
    call!(SYS_bind, receiver, &raw const any, 16);
    let port = port_of(receiver);
    let mut there = address4(port);
    let sender = call!(SYS_socket, libc::AF_INET, libc::SOCK_DGRAM, 0);
    call!(SYS_bind, sender, &raw const any, 16);
    let own = port_of(sender);
    let mut parts = [
        libc::iovec { iov_base: b"one".as_ptr() as *mut _, iov_len: 3 },
        libc::iovec { iov_base: b"two!".as_ptr() as *mut _, iov_len: 4 },
    ];
    let message = |parts: &mut [libc::iovec], name: *mut libc::sockaddr_in| libc::msghdr {
        msg_name: name.cast(),
        msg_namelen: 16,
        msg_iov: parts.as_mut_ptr(),
        msg_iovlen: parts.len(),
        msg_control: std::ptr::null_mut(),
        msg_controllen: 0,
        msg_flags: 0,
    };
    let to = message(&mut parts, &raw mut there);
    call!(SYS_sendmsg, sender, &raw const to, 0);
    s.expect(
        "sendmsg",
        &[
            ("res", n(7)),
            ("data", b(b"onetwo!")),
            ("fd", n(sender)),
            ("size", w(7)),
            ("tuple", tuple4(own, port)),
        ],
    );
    let mut buf = [0u8; 32];
    let mut into = [libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: 32 }];
    let mut from = address4(0);
    let mut got = message(&mut into, &raw mut from);
    call!(SYS_recvmsg, receiver, &raw mut got, 0);
    s.expect(
        "recvmsg",
        &[
            ("res", n(7)),
            ("size", w(7)),
            ("data", b(b"onetwo!")),
            ("tuple", tuple4(own, port)),
            ("msgcontrol", b(&[])),
            ("fd", n(receiver)),
        ],
    );
    let (first, second) = parts.split_at_mut(1);
    let mut two = [
        libc::mmsghdr { msg_hdr: message(first, &raw mut there), msg_len: 0 },
        libc::mmsghdr { msg_hdr: message(second, &raw mut there), msg_len: 0 },
    ];
    call!(SYS_sendmmsg, sender, two.as_mut_ptr(), 2, 0);
    s.expect(
        "sendmmsg",
        &[
            ("res", n(3)),
            ("fd", n(sender)),
            ("size", w(3)),
            ("data", b(b"one")),
            ("tuple", tuple4(own, port)),
        ],
    );
    s.expect(
        "sendmmsg",
        &[
            ("res", n(4)),
            ("fd", n(sender)),
            ("size", w(4)),
            ("data", b(b"two!")),
            ("tuple", tuple4(own, port)),
        ],
    );
    let mut both = [libc::mmsghdr { msg_hdr: got, msg_len: 0 }];
    call!(SYS_recvmmsg, receiver, both.as_mut_ptr(), 1, 0, 0);
    s.expect(
        "recvmmsg",
        &[
            ("res", n(3)),
            ("fd", n(receiver)),
            ("size", w(3)),
            ("data", b(b"one")),
            ("tuple", tuple4(own, port)),
            ("msgcontrol", b(&[])),
        ],
    );
    call!(SYS_sendmmsg, -1, two.as_mut_ptr(), 2, 0);
    s.expect(
        "sendmmsg",
        &[("res", n(-9)), ("fd", n(-1)), ("size", w(0)), ("data", b(&[])), ("tuple", b(&[]))],
    );
}

fn options(s: &mut Script) {
    let fd = call!(SYS_socket, libc::AF_INET, libc::SOCK_STREAM, 0);
    let one = 1i32;
    call!(SYS_setsockopt, fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, &raw const one, 4);
    s.expect(
        "setsockopt",
        &[
            ("res", n(0)),
            ("fd", n(fd)),
            ("level", c(1)),
            ("optname", c(2)),
            ("val", b(&[2, 1, 0, 0, 0])),
            ("optlen", w(4)),
        ],
    );
    let wait = [2i64, 500_000];
    call!(SYS_setsockopt, fd, libc::SOL_SOCKET, libc::SO_RCVTIMEO, wait.as_ptr(), 16);
    let ns = [&[4][..], &n(2_500_000_000)].concat();
    s.expect(
        "setsockopt",
        &[("res", n(0)), ("level", c(1)), ("optname", c(20)), ("val", ns), ("optlen", w(16))],
    );
    let (mut value, mut len) = (0i32, 4u32);
    call!(SYS_getsockopt, fd, libc::SOL_SOCKET, libc::SO_TYPE, &raw mut value, &raw mut len);
    s.expect(
        "getsockopt",
        &[
            ("res", n(0)),
            ("fd", n(fd)),
            ("level", c(1)),
            ("optname", c(3)),
            ("val", b(&[2, 1, 0, 0, 0])),
            ("optlen", w(4)),
        ],
    );
    call!(SYS_setsockopt, fd, libc::IPPROTO_TCP, libc::TCP_NODELAY, &raw const one, 4);
    s.expect(
        "setsockopt",
        &[("res", n(0)), ("level", c(2)), ("optname", c(0)), ("val", b(&[0, 1, 0, 0, 0])), ("optlen", w(4))],
    );
}
