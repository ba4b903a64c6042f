//! The schema `scap`: a flat table of our own, in the words of fields and tables.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::Kind::{Integer, Ip, List, Object, Text, Time};
use super::{Cell, Column, column, of_alerts};
use crate::exporter::Record;
use crate::facts::Process;

/// The columns, in order.
#[rustfmt::skip]
pub(super) const COLUMNS: &[Column] = &[
    column("time", Time, |r| Cell::Time(r.facts.time), "When it happened."),
    column("num", Integer, |r| Cell::Uint(r.facts.num), "Number of the event in its trace, from 1."),
    column("host", Text, |r| Cell::text(r.facts.host.as_deref()), "Name of the host that was recorded."),
    column("cpu", Integer, |r| Cell::int(r.facts.cpu), "Processor."),
    column("type", Text, |r| Cell::text(Some(&r.facts.kind)), "Type of the event, mostly the name of the system call (`evt.type`)."),
    column("category", Text, |r| Cell::text(r.facts.category.as_deref()), "What it is about (`evt.category`)."),
    column("proc_name", Text, |r| process(r, |p| p.name.as_deref()), "Name of the process (`proc.name`)."),
    column("proc_exe", Text, |r| process(r, |p| p.exe.as_deref()), "Path of its program (`proc.exepath`), or what it calls itself where that is unknown."),
    column("proc_cmdline", Text, |r| process(r, |p| p.cmdline.as_deref()), "Name and arguments (`proc.cmdline`)."),
    column("proc_args", List, |r| Cell::list(r.facts.process.iter().flat_map(|p| p.args.iter().map(|arg| Cow::Borrowed(&**arg)))), "Arguments one by one, what the program was called by first."),
    column("proc_cwd", Text, |r| process(r, |p| p.cwd.as_deref()), "Working directory."),
    column("proc_start", Time, |r| Cell::time(r.facts.process.as_ref().and_then(|p| p.start)), "When the process was started."),
    column("pid", Integer, |r| Cell::int(r.facts.process.as_ref().map(|p| p.pid)), "Process id."),
    column("tid", Integer, |r| Cell::int(r.facts.tid), "Thread id."),
    column("ppid", Integer, |r| Cell::int(r.facts.process.as_ref().and_then(|p| p.ppid)), "Process id of the parent."),
    column("parent_name", Text, |r| parent(r, |p| p.name.as_deref()), "Name of the parent."),
    column("parent_exe", Text, |r| parent(r, |p| p.exe.as_deref()), "Path of its program."),
    column("parent_cmdline", Text, |r| parent(r, |p| p.cmdline.as_deref()), "Its name and arguments."),
    column("ancestors", List, ancestors, "Names of the parents, the nearest first."),
    column("user_name", Text, |r| Cell::text(r.facts.user.name.as_deref()), "Effective user."),
    column("user_uid", Integer, |r| Cell::int(r.facts.user.id), "Its number."),
    column("group_name", Text, |r| Cell::text(r.facts.group.name.as_deref()), "Effective group."),
    column("group_gid", Integer, |r| Cell::int(r.facts.group.id), "Its number."),
    column("login_name", Text, |r| Cell::text(r.facts.login.name.as_deref()), "User who logged in, whoever they became since."),
    column("login_uid", Integer, |r| Cell::int(r.facts.login.id), "Its number."),
    column("fd_num", Integer, |r| Cell::int(r.facts.fd.as_ref().map(|fd| fd.num)), "Descriptor that it is about."),
    column("fd_type", Text, |r| Cell::text(r.facts.fd.as_ref().and_then(|fd| fd.ty.as_deref())), "What that is (`fd.type`)."),
    column("fd_name", Text, |r| Cell::text(r.facts.fd.as_ref().and_then(|fd| fd.name.as_deref())), "What that is called (`fd.name`)."),
    column("path", Text, |r| Cell::text(r.facts.path.as_deref()), "Path that it acts on, also where that failed; of a renaming or link the new one."),
    column("path_from", Text, |r| Cell::text(r.facts.path_from.as_deref()), "Old path of a renaming or link; what a symbolic link points to; what was mounted."),
    column("transport", Text, |r| Cell::text(r.facts.net.as_ref().and_then(|net| net.transport)), "`tcp`, `udp`, `icmp` or `raw`."),
    column("local_ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.local()?.ip))), "Address of the process's own end."),
    column("local_port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.local()?.port))), "Its port."),
    column("peer_ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.peer()?.ip))), "Address of the other end."),
    column("peer_port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.peer()?.port))), "Its port."),
    column("result", Integer, |r| Cell::int(r.facts.result), "What the call returned; negative for an error."),
    column("error", Text, |r| Cell::text(r.facts.error.as_deref()), "Name of the error."),
    column("exit_code", Integer, |r| Cell::int(r.facts.exit_code), "How a process ended: its exit code, or 128 and the number of the signal."),
    column("args", Text, |r| Cell::text(r.facts.args.as_deref()), "All arguments of the event (`evt.args`)."),
    column("container_id", Text, |r| container(r, |c| Some(&c.id)), "Container; missing on the host."),
    column("container_name", Text, |r| container(r, |c| c.name.as_deref()), "Its name."),
    column("container_image", Text, |r| container(r, |c| c.image.as_deref()), "Its image."),
    column("pod_name", Text, |r| Cell::text(r.facts.pod.as_ref().and_then(|pod| pod.name.as_deref())), "Pod."),
    column("pod_namespace", Text, |r| Cell::text(r.facts.pod.as_ref().and_then(|pod| pod.namespace.as_deref())), "Its namespace."),
    of_alerts("rule", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.name.as_str())), "Rule that matched."),
    of_alerts("priority", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.priority.name())), "How grave that is."),
    of_alerts("source", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.source.as_str())), "Source of the rule."),
    of_alerts("tags", List, |r| Cell::list(r.alert.iter().flat_map(|alert| alert.rule.tags.iter().map(String::as_str))), "Tags of the rule."),
    of_alerts("output", Text, |r| Cell::text(r.alert.map(|alert| alert.output.as_str())), "What the rule says."),
    of_alerts("output_fields", Object, output_fields, "The fields that its output names."),
    column("undecoded", Object, undecoded, "Hexadecimal bytes of the texts that are not UTF-8, by column; of `proc_args` joined by zero bytes."),
];

pub(super) fn process<'r>(
    record: &'r Record<'r>,
    read: impl FnOnce(&'r Process<'r>) -> Option<&'r str>,
) -> Cell<'r> {
    Cell::text(record.facts.process.as_ref().and_then(read))
}

pub(super) fn parent<'r>(
    record: &'r Record<'r>,
    read: impl FnOnce(&'r Process<'r>) -> Option<&'r str>,
) -> Cell<'r> {
    Cell::text(record.facts.ancestors.first().and_then(read))
}

pub(super) fn container<'r>(
    record: &'r Record<'r>,
    read: impl FnOnce(&'r crate::facts::Container<'r>) -> Option<&'r str>,
) -> Cell<'r> {
    Cell::text(record.facts.container.as_ref().and_then(read))
}

pub(super) fn ancestors<'r>(record: &'r Record<'r>) -> Cell<'r> {
    Cell::list(record.facts.ancestors.iter().map(|process| process.name.as_deref().unwrap_or("?")))
}

/// Of an alert what its rule says, of an event a line that tells it.
pub(super) fn message<'r>(record: &'r Record<'r>) -> Cell<'r> {
    match record.alert {
        Some(alert) => Cell::text(Some(&alert.output)),
        None => Cell::owned(Some(record.facts.message())),
    }
}

pub(super) fn output_fields<'r>(record: &'r Record<'r>) -> Cell<'r> {
    let Some(alert) = record.alert else { return Cell::Missing };
    Cell::Json(Json::Object(alert.output_fields.clone().into_iter().collect()))
}

pub(super) fn undecoded<'r>(record: &'r Record<'r>) -> Cell<'r> {
    let undecoded = &record.facts.undecoded;
    if undecoded.is_empty() {
        return Cell::Missing;
    }
    let members = undecoded.iter().map(|(column, hex)| ((*column).to_owned(), Json::from(hex.as_str())));
    Cell::Json(Json::Object(members.collect::<Map<_, _>>()))
}
