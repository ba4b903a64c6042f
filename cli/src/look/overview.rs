//! The summary of a trace as one JSON document.
//!
//! Lists are objects of `list` and `more`, the number of things that were cut off.

use super::{Looked, json, text};
use scap_account::digest::{Digest, Peer, Top, Touched};
use scap_account::{Moment, ProcessId};
use scap_rules::Priority;
use scap_state::L4Proto;
use serde_json::{Value, json};

/// Everything that `digest` says of `looked`.
pub(crate) fn document(looked: &Looked, digest: &Digest) -> Value {
    let account = &looked.account;
    let summary = &account.summary;
    let who = |ids: &[(ProcessId, Moment)]| {
        ids.iter().map(|&(id, at)| json::who(account, Some(id), at)).collect::<Vec<_>>()
    };
    let peers = |top: &Top<Peer>| {
        let one = |peer: &Peer| {
            json!({
                "ip": peer.ip, "port": peer.port, "proto": known_proto(peer.proto), "connections": peer.connections,
                "failed": peer.failed, "bytes_in": peer.bytes_in, "bytes_out": peer.bytes_out,
                "first": json::moment(peer.first), "processes": who(&peer.processes),
            })
        };
        listed(top, one)
    };
    let files = |top: &Top<Touched>| {
        let one = |touched: &Touched| {
            json!({
                "kind": touched.kind.name(), "path": json::text(&touched.path), "error": errno(touched.error),
                "first": json::moment(touched.first), "processes": who(&touched.processes),
            })
        };
        listed(top, one)
    };
    let gaps = summary
        .tally
        .gaps
        .drops
        .iter()
        .map(|gap| json!({"from": json::time(gap.from), "to": json::time(gap.to), "lost": gap.lost}));
    let priorities = Priority::ALL.iter().zip(summary.tally.by_priority).filter(|(_, count)| *count > 0);
    json!({
        "trace": looked.name,
        "host": {"name": json::known(&account.host.name), "cpus": account.host.cpus, "addresses": account.host.addresses},
        "first": summary.first_ts.map(json::time),
        "last": summary.last_ts.map(json::time),
        "events": summary.passed.events,
        "dropped": summary.passed.dropped,
        "gaps": gaps.collect::<Vec<_>>(),
        "damaged": summary.damaged,
        "lost": summary.lost,
        "processes": account.processes.len(),
        "started": digest.started,
        "ended": digest.ended,
        "executed": digest.executed,
        "alerts": {
            "count": summary.tally.alerts(),
            "by_priority": priorities.map(|(one, count)| (one.name().to_owned(), json!(count))).collect::<serde_json::Map<_, _>>(),
            "by_rule": digest.rules.iter().map(|spoke| json!({
                "rule": spoke.rule.name, "priority": spoke.rule.priority.name(), "tags": spoke.rule.tags,
                "count": spoke.count, "first_event": spoke.first,
            })).collect::<Vec<_>>(),
        },
        "users": listed(&digest.users, |user| json!({
            "uid": user.uid, "name": json::known(&user.name), "processes": user.processes,
        })),
        "containers": account.containers.iter().map(|one| json!({"id": one.id, "name": one.name, "image": one.image})).collect::<Vec<_>>(),
        "new_programs": listed(&digest.programs, |one| json!({
            "path": json::text(&one.path), "hash": one.hash.as_deref().map(json::text), "runs": one.runs,
            "first": json::moment(one.first), "process": json::who(account, Some(one.process), one.first),
        })),
        "listening": listed(&digest.listeners, |one| json!({
            "ip": one.local.map(|end| end.ip), "port": one.local.map(|end| end.port), "path": json::known(&one.path),
            "proto": known_proto(one.proto), "since": json::moment(one.since), "processes": who(&one.processes),
        })),
        "outgoing": peers(&digest.outgoing),
        "incoming": peers(&digest.incoming),
        "secrets": files(&digest.secrets),
        "system_files": files(&digest.changed),
        "other_acts": listed(&digest.others, |act| json!({
            "kind": act.kind.name(), "what": json::text(&act.object), "error": errno(act.error),
            "at": json::moment(act.at), "process": json::who(account, act.process, act.at),
        })),
        "busiest": listed(&digest.busiest, |&id| json!({
            "process": json::who(account, Some(id), END), "events": account.process(id).map(|process| process.events),
        })),
    })
}

/// After everything.
const END: Moment = Moment { event: u64::MAX, ts: u64::MAX };

/// A list with the number of things that were cut off.
fn listed<T>(top: &Top<T>, one: impl Fn(&T) -> Value) -> Value {
    json!({"list": top.list.iter().map(one).collect::<Vec<_>>(), "more": top.more})
}

fn known_proto(of: L4Proto) -> Value {
    json::known(text::proto(of).as_bytes())
}

fn errno(error: i64) -> Value {
    let error = u32::try_from(error).ok().filter(|&error| error > 0);
    let name = |error| scap_schema::errno_name(error).map_or_else(|| error.to_string(), str::to_owned);
    json!(error.map(name))
}
