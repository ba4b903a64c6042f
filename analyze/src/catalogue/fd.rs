//! Rows of `fd.*`: the descriptor that the event creates, uses or closes.

use scap_rules::ArgKind::OptionalIndex;
use scap_rules::Compare::AnyOrNone;
use scap_rules::FieldType::{Bool, CharBuf, Int32, Int64, IpAddr, IpNet, Port};

use super::row::{Print, Row, field, never};
use crate::fields::fd::{basic, device, ends, name, net, ports, types};

const DNS: &str = "analysis asks no name server, and a trace holds no answers of one";

/// The rows.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    field("fd.num", Int64, basic::num, "Number of the descriptor.").by_failure(),
    field("fd.type", CharBuf, types::fd_type, "`file`, `directory`, `ipv4`, `ipv6`, `unix`, `pipe`, `event`, `signalfd`, `eventpoll`, `inotify`, `timerfd`, `netlink`, `bpf`, `userfaultfd`, `io_uring`, `memfd` or `pidfd`.").by_kind(),
    field("fd.typechar", CharBuf, types::typechar, "The type as one character: f file, d directory, 4 and 6 network, u unix socket, p pipe, e event, s signal, l epoll, i inotify, t timer, n netlink, b bpf, r io_uring, m memfd, P pidfd, o other.").by_kind(),
    field("fd.name", CharBuf, name::name, "Full path of a file; both ends of a socket; empty for pipes.").by_subject(),
    field("fd.directory", CharBuf, name::directory, "Directory of a file; the path of a directory.").by_subject(),
    field("fd.filename", CharBuf, name::filename, "Name of a file without its directory.").by_subject(),
    field("fd.ip", IpAddr, basic::both_ends_print_nothing, "Address of either end.").print(Print::Never).several(AnyOrNone, ends::ips).exists_if(basic::known),
    field("fd.cip", IpAddr, net::cip, "Address of the client."),
    field("fd.sip", IpAddr, net::sip, "Address of the server."),
    field("fd.lip", IpAddr, net::lip, "Address of the local end."),
    field("fd.rip", IpAddr, net::rip, "Address of the remote end."),
    field("fd.port", Port, basic::both_ends_print_nothing, "Port of either end.").print(Print::Never).several(AnyOrNone, ends::ports).exists_if(basic::known),
    field("fd.cport", Port, ports::cport, "Port of the client."),
    field("fd.sport", Port, ports::sport, "Port of the server."),
    field("fd.lport", Port, ports::lport, "Port of the local end."),
    field("fd.rport", Port, ports::rport, "Port of the remote end."),
    field("fd.l4proto", CharBuf, net::l4proto, "`tcp`, `udp`, `icmp` or `raw`; `<NA>` for anything else."),
    field("fd.sockfamily", CharBuf, net::sockfamily, "`ip` or `unix`."),
    field("fd.is_server", Bool, net::is_server, "Whether the process is the server of the connection."),
    field("fd.uid", CharBuf, basic::uid, "Thread id and descriptor in one."),
    field("fd.containername", CharBuf, name::containername, "Container id, a colon, and fd.name."),
    field("fd.containerdirectory", CharBuf, name::containerdirectory, "Container id, a colon, and fd.directory."),
    field("fd.proto", Port, basic::both_ends_print_nothing, "Port of either end.").print(Print::Never).several(AnyOrNone, ends::ports).exists_if(basic::known),
    field("fd.cproto", CharBuf, ports::cproto, "fd.cport as a string: services are not looked up."),
    field("fd.sproto", CharBuf, ports::sproto, "fd.sport as a string: services are not looked up."),
    field("fd.lproto", CharBuf, ports::lproto, "fd.lport as a string: services are not looked up."),
    field("fd.rproto", CharBuf, ports::rproto, "fd.rport as a string: services are not looked up."),
    field("fd.net", IpNet, basic::both_ends_print_nothing, "Address of either end, to compare with a network.").print(Print::Never).several(AnyOrNone, ends::ips).exists_if(basic::known),
    field("fd.cnet", IpNet, net::cip, "Address of the client, to compare with a network.").restricted(),
    field("fd.snet", IpNet, net::sip, "Address of the server, to compare with a network.").restricted(),
    field("fd.lnet", IpNet, net::lip, "Address of the local end, to compare with a network.").restricted(),
    field("fd.rnet", IpNet, net::rip, "Address of the remote end, to compare with a network.").restricted(),
    field("fd.connected", Bool, basic::connected, "Whether the socket is connected."),
    field("fd.name_changed", Bool, basic::name_changed, "Whether the event changed fd.name, as a UDP socket that sends elsewhere does."),
    never("fd.cip.name", CharBuf, DNS, "Host name of the client.").restricted(),
    never("fd.sip.name", CharBuf, DNS, "Host name of the server.").restricted(),
    never("fd.lip.name", CharBuf, DNS, "Host name of the local end.").restricted(),
    never("fd.rip.name", CharBuf, DNS, "Host name of the remote end.").restricted(),
    field("fd.dev", Int32, device::dev, "Device that holds the file.").print(Print::Hex),
    field("fd.dev.major", Int32, device::major, "Major number of fd.dev."),
    field("fd.dev.minor", Int32, device::minor, "Minor number of fd.dev."),
    field("fd.ino", Int64, device::ino, "Inode of the file."),
    field("fd.nameraw", CharBuf, name::nameraw, "Path of a file as the process gave it.").by_subject(),
    field("fd.types", CharBuf, types::own_type, "fd.type of every open descriptor, each type once; with an index, of that descriptor.").arg(OptionalIndex).list(types::all_types),
    field("fd.is_upper_layer", Bool, device::upper_layer, "Whether the file lies in the upper layer of an overlay."),
    field("fd.is_lower_layer", Bool, device::lower_layer, "Whether the file lies in a lower layer of an overlay."),
];
