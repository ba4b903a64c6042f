//! The schema `ecs`: the Elastic Common Schema, version 8.17.
//!
//! Source: the field reference of ECS. Names that are not ECS's stand below `scap`, as ECS asks of fields of one's own.
//! A column's name is the path of a member: JSON nests, CSV does not.

use std::borrow::Cow;

use scap_analyze::attack;

use super::Kind::{Integer, Ip, List, Object, Text, Time};
use super::scap::{ancestors, container, message, output_fields, parent, process, undecoded};
use super::{Cell, Column, column, of_alerts};
use crate::exporter::Record;
use crate::facts::{Act, Facts, Topic, directory, file_name};

/// The columns, in order.
#[rustfmt::skip]
pub(super) const COLUMNS: &[Column] = &[
    column("@timestamp", Time, |r| Cell::Time(r.facts.time), "When it happened."),
    column("message", Text, message, "Of an alert its output, of an event process, type and arguments."),
    column("ecs.version", Text, |_| Cell::text(Some("8.17.0")), "Version of ECS."),
    column("agent.type", Text, |_| Cell::text(Some("scap")), "Who recorded it."),
    column("agent.version", Text, |_| Cell::text(Some(env!("CARGO_PKG_VERSION"))), "Version of who exported it."),
    column("event.kind", Text, |r| Cell::text(Some(if r.alert.is_some() { "alert" } else { "event" })), "Alert or event."),
    column("event.category", List, |r| Cell::list([category(r.facts)]), "`process`, `file`, `network`, `driver` or `host`."),
    column("event.type", List, |r| Cell::list(types(r.facts).iter().copied()), "What was done, in ECS's words."),
    column("event.action", Text, |r| Cell::text(Some(&r.facts.kind)), "What was done, in ours: the type of the event."),
    column("event.outcome", Text, |r| Cell::text(Some(outcome(r.facts))), "`success`, `failure` or `unknown`."),
    column("event.sequence", Integer, |r| Cell::Uint(r.facts.num), "Number of the event in its trace."),
    column("event.module", Text, |_| Cell::text(Some("scap")), "Always `scap`."),
    column("event.dataset", Text, |r| Cell::text(Some(if r.alert.is_some() { "scap.alerts" } else { "scap.events" })), "What the record is of."),
    of_alerts("event.severity", Integer, |r| Cell::int(r.alert.map(|alert| 7 - syslog(alert.rule.priority))), "How grave: 7 for an emergency down to 0 for debugging."),
    of_alerts("log.level", Text, |r| Cell::owned(r.alert.map(|alert| alert.rule.priority.name().to_lowercase())), "Priority of the rule."),
    of_alerts("log.syslog.severity.code", Integer, |r| Cell::int(r.alert.map(|alert| syslog(alert.rule.priority))), "The same as syslog counts: 0 for an emergency."),
    of_alerts("rule.name", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.name.as_str())), "Rule that matched."),
    of_alerts("rule.category", Text, |r| Cell::text(r.alert.map(|alert| alert.rule.source.as_str())), "Source of the rule."),
    of_alerts("tags", List, |r| Cell::list(r.alert.iter().flat_map(|alert| alert.rule.tags.iter().map(String::as_str))), "Tags of the rule."),
    of_alerts("threat.framework", Text, framework, "`MITRE ATT&CK`, if the tags name any of it."),
    of_alerts("threat.tactic.id", List, |r| tactics(r, |tactic| tactic.id), "Tactics that the tags name."),
    of_alerts("threat.tactic.name", List, |r| tactics(r, |tactic| tactic.name), "Their names."),
    of_alerts("threat.technique.id", List, techniques, "Techniques that they name."),
    of_alerts("threat.technique.subtechnique.id", List, subtechniques, "Kinds of techniques that they name."),
    column("host.hostname", Text, |r| Cell::text(r.facts.host.as_deref()), "Host that was recorded."),
    column("host.name", Text, |r| Cell::text(r.facts.host.as_deref()), "The same."),
    column("process.entity_id", Text, |r| Cell::owned(r.facts.process.as_ref().map(crate::facts::Process::id)), "Process id and start: the same for all events of a process."),
    column("process.pid", Integer, |r| Cell::int(r.facts.process.as_ref().map(|p| p.pid)), "Process id."),
    column("process.vpid", Integer, |r| Cell::int(r.facts.process.as_ref().and_then(|p| p.vpid)), "Process id in its own pid namespace, if that is another one."),
    column("process.name", Text, |r| process(r, |p| p.name.as_deref()), "Name of the process."),
    column("process.executable", Text, |r| process(r, |p| p.exe.as_deref()), "Path of its program."),
    column("process.command_line", Text, |r| process(r, |p| p.cmdline.as_deref()), "Its name and arguments."),
    column("process.args", List, |r| Cell::list(r.facts.process.iter().flat_map(|p| p.args.iter().map(|arg| Cow::Borrowed(&**arg)))), "Its arguments one by one."),
    column("process.args_count", Integer, |r| Cell::int(r.facts.process.as_ref().and_then(|p| i64::try_from(p.args.len()).ok())), "How many there are."),
    column("process.working_directory", Text, |r| process(r, |p| p.cwd.as_deref()), "Its working directory."),
    column("process.start", Time, |r| Cell::time(r.facts.process.as_ref().and_then(|p| p.start)), "When it was started."),
    column("process.end", Time, |r| Cell::time((r.facts.act == Act::Ended).then_some(r.facts.time)), "When it ended, in the event that says so."),
    column("process.exit_code", Integer, |r| Cell::int(r.facts.exit_code), "How it ended."),
    column("process.thread.id", Integer, |r| Cell::int(r.facts.tid), "Thread id."),
    column("process.parent.pid", Integer, |r| Cell::int(r.facts.process.as_ref().and_then(|p| p.ppid)), "Process id of the parent."),
    column("process.parent.entity_id", Text, |r| Cell::owned(r.facts.ancestors.first().map(crate::facts::Process::id)), "Its process id and start."),
    column("process.parent.name", Text, |r| parent(r, |p| p.name.as_deref()), "Its name."),
    column("process.parent.executable", Text, |r| parent(r, |p| p.exe.as_deref()), "Path of its program."),
    column("process.parent.command_line", Text, |r| parent(r, |p| p.cmdline.as_deref()), "Its name and arguments."),
    column("process.user.id", Text, |r| number(r.facts.user.id), "Effective user of the process."),
    column("process.user.name", Text, |r| Cell::text(r.facts.user.name.as_deref()), "Its name."),
    column("process.group.id", Text, |r| number(r.facts.group.id), "Effective group of the process."),
    column("process.group.name", Text, |r| Cell::text(r.facts.group.name.as_deref()), "Its name."),
    column("user.id", Text, |r| number(r.facts.user.id), "The same user."),
    column("user.name", Text, |r| Cell::text(r.facts.user.name.as_deref()), "Its name."),
    column("file.path", Text, |r| Cell::text(r.facts.path.as_deref()), "Path that it acts on."),
    column("file.name", Text, |r| Cell::text(r.facts.file_name()), "Last part of it."),
    column("file.directory", Text, |r| Cell::text(r.facts.path.as_deref().and_then(directory)), "What stands before that."),
    column("file.extension", Text, |r| Cell::text(r.facts.file_name().and_then(extension)), "What follows the last dot of the name."),
    column("file.target_path", Text, |r| Cell::text(r.facts.path_from.as_deref().filter(|_| r.facts.kind.starts_with("symlink"))), "What a symbolic link points to."),
    column("source.ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.client?.ip))), "Address of the client of a connection."),
    column("source.address", Text, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.client?.ip))), "The same."),
    column("source.port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.client?.port))), "Its port."),
    column("destination.ip", Ip, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.server?.ip))), "Address of the server."),
    column("destination.address", Text, |r| Cell::ip(r.facts.net.as_ref().and_then(|net| Some(net.server?.ip))), "The same."),
    column("destination.port", Integer, |r| Cell::int(r.facts.net.as_ref().and_then(|net| Some(net.server?.port))), "Its port."),
    column("network.transport", Text, |r| Cell::text(r.facts.net.as_ref().and_then(|net| net.transport)), "`tcp`, `udp`, `icmp` or `raw`."),
    column("network.type", Text, |r| Cell::text(r.facts.net.as_ref().and_then(|net| Some(if net.server.or(net.client)?.ip.is_ipv4() { "ipv4" } else { "ipv6" }))), "`ipv4` or `ipv6`."),
    column("network.direction", Text, |r| Cell::text(r.facts.net.as_ref().and_then(|net| Some(if net.is_server? { "ingress" } else { "egress" }))), "Whether the process is the server."),
    column("error.code", Text, |r| Cell::text(r.facts.error.as_deref()), "Name of the error."),
    column("container.id", Text, |r| container(r, |c| Some(&c.id)), "Container; missing on the host."),
    column("container.name", Text, |r| container(r, |c| c.name.as_deref()), "Its name."),
    column("container.runtime", Text, |r| container(r, |c| c.runtime.as_deref()), "What runs it."),
    column("container.image.name", Text, |r| container(r, |c| c.image_repository.as_deref().or(c.image.as_deref())), "Its image."),
    column("container.image.tag", List, |r| Cell::list(r.facts.container.as_ref().and_then(|c| c.image_tag.as_deref())), "Tag of the image."),
    column("container.image.hash.all", List, |r| Cell::list(r.facts.container.as_ref().and_then(|c| c.image_digest.as_deref())), "Digest of the image."),
    column("orchestrator.type", Text, |r| Cell::text(r.facts.pod.as_ref().map(|_| "kubernetes")), "`kubernetes`, in a pod."),
    column("orchestrator.namespace", Text, |r| Cell::text(r.facts.pod.as_ref().and_then(|pod| pod.namespace.as_deref())), "Namespace of the pod."),
    column("orchestrator.resource.type", Text, |r| Cell::text(r.facts.pod.as_ref().map(|_| "pod")), "`pod`."),
    column("orchestrator.resource.name", Text, |r| Cell::text(r.facts.pod.as_ref().and_then(|pod| pod.name.as_deref())), "Name of the pod."),
    column("orchestrator.resource.id", Text, |r| Cell::text(r.facts.pod.as_ref().and_then(|pod| pod.uid.as_deref())), "UID of the pod."),
    column("scap.category", Text, |r| Cell::text(r.facts.category.as_deref()), "What it is about (`evt.category`)."),
    column("scap.args", Text, |r| Cell::text(r.facts.args.as_deref()), "All arguments of the event (`evt.args`)."),
    column("scap.result", Integer, |r| Cell::int(r.facts.result), "What the call returned."),
    column("scap.cpu", Integer, |r| Cell::int(r.facts.cpu), "Processor."),
    column("scap.fd", Integer, |r| Cell::int(r.facts.fd.as_ref().map(|fd| fd.num)), "Descriptor that it is about."),
    column("scap.fd_type", Text, |r| Cell::text(r.facts.fd.as_ref().and_then(|fd| fd.ty.as_deref())), "What that is."),
    column("scap.fd_name", Text, |r| Cell::text(r.facts.fd.as_ref().and_then(|fd| fd.name.as_deref())), "What that is called."),
    column("scap.path_from", Text, |r| Cell::text(r.facts.path_from.as_deref()), "Old path of a renaming or link."),
    column("scap.ancestors", List, ancestors, "Names of the parents, the nearest first."),
    column("scap.login.id", Text, |r| number(r.facts.login.id), "User who logged in."),
    column("scap.login.name", Text, |r| Cell::text(r.facts.login.name.as_deref()), "Its name."),
    of_alerts("scap.output_fields", Object, output_fields, "The fields that the rule's output names."),
    column("scap.undecoded", Object, undecoded, "As in the schema `scap`."),
];

/// ECS keeps numbers of users and groups as words.
fn number<'r>(id: Option<u32>) -> Cell<'r> {
    Cell::owned(id.map(|id| id.to_string()))
}

fn category(facts: &Facts<'_>) -> &'static str {
    match (facts.act, facts.topic) {
        (Act::ChangedKernel, _) => "driver",
        (Act::Mounted | Act::Unmounted, _) => "host",
        (_, Topic::Process) => "process",
        (_, Topic::File) => "file",
        (_, Topic::Network) => "network",
        (_, Topic::Other) => "host",
    }
}

/// What ECS expects beside [`category`].
fn types(facts: &Facts<'_>) -> &'static [&'static str] {
    match facts.act {
        Act::Executed | Act::Forked => &["start"],
        Act::Ended => &["end"],
        Act::ChangedUser | Act::Injected => &["change"],
        Act::Traced => &["access"],
        Act::Opened | Act::Read | Act::Looked => &["access"],
        Act::Created => &["creation"],
        Act::Deleted => &["deletion"],
        Act::Wrote | Act::Renamed | Act::Secured | Act::ChangedAttributes => &["change"],
        Act::Mounted | Act::Unmounted | Act::ChangedKernel => &["change"],
        Act::Connected | Act::Accepted => &["connection", "start"],
        Act::Disconnected => &["connection", "end"],
        Act::Transferred => &["connection", "info"],
        Act::Listened | Act::Signalled | Act::Other => &["info"],
    }
}

fn outcome(facts: &Facts<'_>) -> &'static str {
    match facts.succeeded() {
        Some(true) => "success",
        Some(false) => "failure",
        None => "unknown",
    }
}

/// 0 for an emergency up to 7 for debugging.
fn syslog(priority: scap_rules::Priority) -> i64 {
    let all = scap_rules::Priority::ALL.iter();
    all.zip(0..).find(|(one, _)| **one == priority).map_or(7, |(_, code)| code)
}

fn tags<'r>(record: &Record<'r>) -> &'r [String] {
    record.alert.map_or(&[], |alert| &alert.rule.tags)
}

fn framework<'r>(record: &'r Record<'r>) -> Cell<'r> {
    let tags = tags(record);
    let any = !attack::tactics(tags).is_empty() || !attack::techniques(tags).is_empty();
    Cell::text(any.then_some("MITRE ATT&CK"))
}

fn tactics<'r>(record: &'r Record<'r>, read: impl FnMut(&attack::Tactic) -> &'static str) -> Cell<'r> {
    Cell::list(attack::tactics(tags(record)).into_iter().map(read))
}

fn techniques<'r>(record: &'r Record<'r>) -> Cell<'r> {
    let mut ids: Vec<&str> = attack::techniques(tags(record)).into_iter().map(|one| one.id).collect();
    ids.dedup();
    Cell::list(ids)
}

fn subtechniques<'r>(record: &'r Record<'r>) -> Cell<'r> {
    Cell::list(attack::techniques(tags(record)).into_iter().filter_map(|one| one.sub))
}

/// What follows the last dot of `name`, unless the dot begins it.
fn extension(name: &str) -> Option<&str> {
    match file_name(name).rsplit_once('.')? {
        ("", _) | (_, "") => None,
        (_, extension) => Some(extension),
    }
}
