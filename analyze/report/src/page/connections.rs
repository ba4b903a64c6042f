//! Listening sockets and connections: those to other machines first, local ones last.

use std::net::IpAddr;

use maud::{Markup, html};
use scap_account::{Connection, Direction};
use scap_state::{Endpoint, L4Proto};

use super::process::who;
use super::timeline::errno;
use super::view::{For, View};
use crate::budget::{Rows, left_out};
use crate::text::{LINE, bytes, cut, grouped};

pub(super) fn section(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    let mut all: Vec<&Connection> = account.connections.iter().collect();
    all.sort_by_key(|connection| (rank(connection), connection.first.event));
    let mut rows = Rows::new(view.limits.rows, view.bytes(For::Table));
    all.iter().for_each(|connection| rows.add(|| row(view, connection)));
    view.section("network", "Network", &html! {
        @if all.is_empty() { p.muted { "No socket was used." } }
        @else {
            details.table-fold open[all.len() <= 60] {
                summary {
                    (grouped(rows.written())) " of " (grouped(all.len() as u64 + account.left_out.connections))
                    " sockets, those to other machines first"
                }
                table.stack {
                    thead {
                        tr {
                            th.num { "First" } th { "Process" } th { "Direction" } th { "Here" } th { "There" }
                            th.num { "Received" } th.num { "Sent" }
                        }
                    }
                    tbody { (rows.markup()) }
                }
            }
        }
        (left_out(rows.left_out(account.left_out.connections), "socket"))
    })
}

fn rank(connection: &Connection) -> u8 {
    let remote = connection.remote.is_some_and(|end| !is_local(end.ip));
    match connection.direction {
        _ if connection.local.is_none() && connection.remote.is_none() => 3,
        _ if remote => 0,
        Direction::Listening => 1,
        _ => 2,
    }
}

fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

fn row(view: &View<'_>, connection: &Connection) -> Markup {
    let direction = match connection.direction {
        Direction::Listening => "listens",
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
        Direction::Unknown => "unknown",
    };
    html! {
        tr.f data-ts=(connection.first.ts) {
            td.num data-label="First" { (view.time(connection.first.ts)) }
            td data-label="Process" { (who(view, connection.process, connection.first.event)) }
            td data-label="Direction" {
                span.tag { (direction) } " " span.muted { (kind(connection)) }
                @if connection.error != 0 { " " span.failed { (errno(connection.error)) } }
            }
            @if connection.path.is_empty() {
                td.args data-label="Here" { (end(connection.local)) }
                td.args data-label="There" { (end(connection.remote)) }
            } @else {
                td.args data-label="Path" colspan="2" { (cut(&connection.path, LINE)) }
            }
            td.num data-label="Received" { @if connection.bytes_in > 0 { (bytes(connection.bytes_in)) } }
            td.num data-label="Sent" { @if connection.bytes_out > 0 { (bytes(connection.bytes_out)) } }
        }
    }
}

fn kind(connection: &Connection) -> &'static str {
    match connection.proto {
        L4Proto::Tcp => "tcp",
        L4Proto::Udp => "udp",
        L4Proto::Icmp => "icmp",
        L4Proto::Raw => "raw",
        L4Proto::Unknown | L4Proto::NotAvailable => connection.ty.name(),
    }
}

/// An address with its port.
pub(super) fn end(end: Option<Endpoint>) -> Markup {
    html! {
        @match end {
            Some(Endpoint { ip: IpAddr::V6(ip), port }) => { "[" (ip) "]:" (port) },
            Some(Endpoint { ip, port }) => { (ip) ":" (port) },
            None => span.muted { "not known" },
        }
    }
}
