//! Columns of `connections`.

use scap_account::{Connection, Direction};

use super::record::{Read, Row};
use crate::cell::Cell;
use crate::schema::Type::{Int, Text, Time, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, Connection>;

impl<'a> Row<'a, Connection> {
    fn who(&self) -> Option<Row<'a, scap_account::Process>> {
        self.at(self.record.process)
    }

    fn image(&self) -> Option<&'a scap_account::Image> {
        self.who()?.image_at(self.record.first.event)
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
    column("trace", Text, |row: &Of| Cell::text(row.trace.as_bytes()), "Name of the trace, as it was given"),
    column("host", Text, |row: &Of| row.host(), "Host that was recorded"),
    column("direction", Text, |row: &Of| Cell::text(direction(row.record.direction).as_bytes()), "listening, incoming, outgoing, or unknown (datagrams, and what began before the trace)"),
    column("family", Text, |row: &Of| Cell::text(row.record.ty.name().as_bytes()), "Kind of the socket: ipv4, ipv6, unix, …"),
    column("proto", Text, |row: &Of| match row.record.proto.name() { "<NA>" => Cell::Null, name => Cell::text(name.as_bytes()) }, "tcp, udp, icmp or raw"),
    column("local_ip", Text, |row: &Of| row.record.local.map_or(Cell::Null, |end| Cell::owned(end.ip.to_string())), "Address of this end"),
    column("local_port", Uint, |row: &Of| Cell::uint(row.record.local.map(|end| end.port.into())), "Port of this end"),
    column("peer_ip", Text, |row: &Of| row.record.remote.map_or(Cell::Null, |end| Cell::owned(end.ip.to_string())), "Address of the other end"),
    column("peer_port", Uint, |row: &Of| Cell::uint(row.record.remote.map(|end| end.port.into())), "Port of the other end"),
    column("path", Text, |row: &Of| Cell::text(&row.record.path), "Path of a unix socket"),
    column("pid", Int, |row: &Of| Cell::int(row.who().map(|who| who.record.pid)), "Id of the process"),
    column("proc_name", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.name)), "Name of the process at first use"),
    column("proc_exe", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.exe)), "Path of its program"),
    column("proc_cmdline", Text, |row: &Of| row.image().map_or(Cell::Null, |image| Cell::text(&image.cmdline)), "Name and arguments of its program"),
    column("user_name", Text, |row: &Of| row.who().and_then(|who| who.user_at(row.record.first.event)).map_or(Cell::Null, |(_, name)| Cell::text(name)), "Its user at first use"),
    column("uid", Uint, |row: &Of| Cell::uint(row.who().and_then(|who| who.user_at(row.record.first.event)).map(|(uid, _)| uid.into())), "Id of that user"),
    column("container_id", Text, |row: &Of| row.who().and_then(|who| who.container()).map_or(Cell::text(b"host"), |one| Cell::text(one.id.as_bytes())), "First 12 characters of the container's id; host outside of containers"),
    column("first_time", Time, |row: &Of| Cell::Uint(row.record.first.ts), "First use"),
    column("first_event", Uint, |row: &Of| Cell::Uint(row.record.first.event), "Number of the event of first use"),
    column("last_time", Time, |row: &Of| Cell::Uint(row.record.last.ts), "Last use"),
    column("last_event", Uint, |row: &Of| Cell::Uint(row.record.last.event), "Number of the event of last use"),
    column("error", Int, |row: &Of| Cell::Int(row.record.error), "Error number that connecting, binding or accepting ended with; 0 for success or still under way"),
    column("bytes_in", Uint, |row: &Of| Cell::Uint(row.record.bytes_in), "Bytes received"),
    column("bytes_out", Uint, |row: &Of| Cell::Uint(row.record.bytes_out), "Bytes sent"),
];
