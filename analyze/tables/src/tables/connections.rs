//! Columns of `connections`.

use scap_account::{Connection, Direction, Moment, ProcessId};

use super::record::{Read, Row};
use super::shared::{self, Use};
use crate::cell::Cell;
use crate::schema::Type::{Int, Text, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, Connection>;

impl Use for Connection {
    fn by(&self) -> ProcessId {
        self.process
    }

    fn first(&self) -> Moment {
        self.first
    }

    fn last(&self) -> Moment {
        self.last
    }
}

const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Listening => "listening",
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
        Direction::Unknown => "unknown",
    }
}

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Read<Connection>>] = &[
    shared::trace(),
    shared::host(),
    column("direction", Text, |row: &Of| Cell::text(direction(row.record.direction).as_bytes()), "listening, incoming, outgoing, or unknown (datagrams, and what began before the trace)"),
    column("family", Text, |row: &Of| Cell::text(row.record.ty.name().as_bytes()), "Kind of the socket: ipv4, ipv6, unix, …"),
    column("proto", Text, |row: &Of| match row.record.proto.name() { "<NA>" => Cell::Null, name => Cell::text(name.as_bytes()) }, "tcp, udp, icmp or raw"),
    column("local_ip", Text, |row: &Of| row.record.local.map_or(Cell::Null, |end| Cell::owned(end.ip.to_string())), "Address of this end"),
    column("local_port", Uint, |row: &Of| Cell::uint(row.record.local.map(|end| end.port.into())), "Port of this end"),
    column("peer_ip", Text, |row: &Of| row.record.remote.map_or(Cell::Null, |end| Cell::owned(end.ip.to_string())), "Address of the other end"),
    column("peer_port", Uint, |row: &Of| Cell::uint(row.record.remote.map(|end| end.port.into())), "Port of the other end"),
    column("path", Text, |row: &Of| Cell::text(&row.record.path), "Path of a unix socket"),
    shared::pid(),
    shared::proc_name("Name of the process at first use"),
    shared::proc_exe(),
    shared::proc_cmdline(),
    shared::user_name("Its user at first use"),
    shared::uid("Id of that user"),
    shared::container_id(),
    shared::first_time(),
    shared::first_event(),
    shared::last_time(),
    shared::last_event(),
    column("error", Int, |row: &Of| Cell::Int(row.record.error), "Error number that connecting, binding or accepting ended with; 0 for success or still under way"),
    column("bytes_in", Uint, |row: &Of| Cell::Uint(row.record.bytes_in), "Bytes received"),
    column("bytes_out", Uint, |row: &Of| Cell::Uint(row.record.bytes_out), "Bytes sent"),
];
