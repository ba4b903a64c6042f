//! The schema `timesketch`: what Timesketch imports as a timeline.
//!
//! Source: Timesketch's guide to the formats that it imports. `message`, `datetime` and `timestamp_desc` must be there; `timestamp` is µs since the
//! epoch, `tag` makes tags, and further columns become fields of the events.

use super::Kind::{Integer, Ip, List, Object, Text};
use super::scap::{ancestors, container, message, output_fields, parent, process, undecoded};
use super::{Cell, Column, column, of_alerts};

/// The columns, in order.
#[rustfmt::skip]
pub(super) const COLUMNS: &[Column] = &[
    column("message", Text, message, "Of an alert its output, of an event process, type and arguments."),
    column("datetime", Text, |r| Cell::owned(Some(datetime(r.facts.time))), "When it happened, ISO 8601 with µs and offset (UTC)."),
    column("timestamp_desc", Text, |r| Cell::text(Some(if r.alert.is_some() { "Alert" } else { "Event Logged" })), "What the time is of."),
    column("timestamp", Integer, |r| Cell::Uint(r.facts.time / 1000), "The same time in µs since the epoch."),
    column("event_number", Integer, |r| Cell::Uint(r.facts.num), "Number of the event in its trace."),
    column("data_type", Text, |r| Cell::text(Some(if r.alert.is_some() { "scap:alert" } else { "scap:event" })), "What the record is of."),
    column("hostname", Text, |r| Cell::text(r.facts.host.as_deref()), "Host that was recorded."),
    column("event_type", Text, |r| Cell::text(Some(&r.facts.kind)), "Type of the event."),
    column("process", Text, |r| process(r, |p| p.name.as_deref()), "Name of the process."),
    column("executable", Text, |r| process(r, |p| p.exe.as_deref()), "Path of its program."),
    column("command_line", Text, |r| process(r, |p| p.cmdline.as_deref()), "Its name and arguments."),
    column("pid", Integer, |r| Cell::int(r.facts.process.as_ref().map(|p| p.pid)), "Process id."),
    column("ppid", Integer, |r| Cell::int(r.facts.process.as_ref().and_then(|p| p.ppid)), "Process id of the parent."),
    column("parent", Text, |r| parent(r, |p| p.name.as_deref()), "Name of the parent."),
    column("ancestors", List, ancestors, "Names of the parents, the nearest first."),
    column("username", Text, |r| Cell::text(r.facts.user.name.as_deref()), "Effective user."),
    column("uid", Integer, |r| Cell::int(r.facts.user.id), "Its number."),
    column("path", Text, |r| Cell::text(r.facts.path.as_deref()), "Path that it acts on."),
    column("src_ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.client?.ip))), "Address of the client of a connection."),
    column("src_port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.client?.port))), "Its port."),
    column("dst_ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.server?.ip))), "Address of the server."),
    column("dst_port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.server?.port))), "Its port."),
    column("result", Integer, |r| Cell::int(r.facts.result), "What the call returned."),
    column("container", Text, |r| container(r, |c| c.name.as_deref().or(Some(&c.id))), "Container; missing on the host."),
    of_alerts("rule", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.name.as_str())), "Rule that matched."),
    of_alerts("priority", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.priority.name())), "How grave that is."),
    of_alerts("tag", List, |r| Cell::list(r.alert.iter().flat_map(|alert| alert.rule.tags.iter().map(String::as_str))), "Tags of the rule."),
    of_alerts("output_fields", Object, output_fields, "The fields that its output names."),
    column("undecoded", Object, undecoded, "As in the schema `scap`."),
];

/// `2026-11-21T22:27:57.821864+00:00`: Timesketch keeps µs.
fn datetime(ts: u64) -> String {
    let whole = scap_analyze::print::iso8601_utc(ts);
    let cut = whole.strip_suffix('Z').and_then(|time| time.get(..time.len().checked_sub(3)?));
    format!("{}+00:00", cut.unwrap_or(&whole))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_time_has_microseconds_and_an_offset() {
        assert_eq!(super::datetime(1_795_293_734_015_538_433), "2026-11-21T20:42:14.015538+00:00");
    }
}
