//! What an analyst looks at first: an account boiled down to short lists.
//!
//! Takes an [`Account`], gives counts and lists, the most telling first; each list says how much of it was cut off. Knows
//! nothing of how it is shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use scap_analyze::alert::AlertRule;
use scap_state::{Bytes, Endpoint, L4Proto};

use crate::model::{Account, Act, ActKind, Connection, Direction, Moment, Process, ProcessId};
use crate::places;

/// The first of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top<T> {
    /// The first ones.
    pub list: Vec<T>,
    /// How many more there are.
    pub more: usize,
}

impl<T> Top<T> {
    fn of(mut list: Vec<T>, most: usize) -> Self {
        let more = list.len().saturating_sub(most);
        list.truncate(most);
        Self { list, more }
    }

    /// Whether there is nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.more == 0
    }
}

/// A user that processes ran as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id; the same id may mean somebody else in a container.
    pub uid: u32,
    /// Its name; empty where the trace does not tell.
    pub name: Bytes,
    /// How many processes ran as it.
    pub processes: u64,
}

/// A program that was made in the trace, or lies where none belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path.
    pub path: Bytes,
    /// Hash of its file, if the recorder told it.
    pub hash: Option<Bytes>,
    /// When it was first run.
    pub first: Moment,
    /// Who ran it first.
    pub process: ProcessId,
    /// How many times it was run.
    pub runs: u64,
}

/// An address or path that processes listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its address; `None` for a unix socket, and for a port that the trace does not tell.
    pub local: Option<Endpoint>,
    /// Its path, for a unix socket.
    pub path: Bytes,
    /// Transport.
    pub proto: L4Proto,
    /// Since when; event 0 if since before the trace.
    pub since: Moment,
    /// Who, and when first.
    pub processes: Vec<(ProcessId, Moment)>,
}

/// Another machine, or this one, that processes talked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub ip: IpAddr,
    /// The port of the side that was called.
    pub port: u16,
    /// Transport.
    pub proto: L4Proto,
    /// Which side began.
    pub direction: Direction,
    /// First use.
    pub first: Moment,
    /// How many connections.
    pub connections: u64,
    /// How many of them failed.
    pub failed: u64,
    /// Bytes received from it.
    pub bytes_in: u64,
    /// Bytes sent to it.
    pub bytes_out: u64,
    /// Who, and when first.
    pub processes: Vec<(ProcessId, Moment)>,
}

/// A file and who did something to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// What was done.
    pub kind: ActKind,
    /// Its path, or what the act says of it.
    pub path: Bytes,
    /// When first.
    pub first: Moment,
    /// Error number, if every attempt failed.
    pub error: i64,
    /// Who, and when first.
    pub processes: Vec<(ProcessId, Moment)>,
}

/// A rule and how often it spoke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoke {
    /// The rule.
    pub rule: Arc<AlertRule>,
    /// How often.
    pub count: u64,
    /// Event of the first alert.
    pub first: u64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Processes that were started in the trace.
    pub started: u64,
    /// Processes that ended in it.
    pub ended: u64,
    /// Programs that were executed.
    pub executed: u64,
    /// Users, the busiest first.
    pub users: Top<User>,
    /// Programs that are new here, in order of first run.
    pub programs: Top<Program>,
    /// Who listens, addresses before paths.
    pub listeners: Top<Listener>,
    /// To whom connections were opened, by bytes.
    pub outgoing: Top<Peer>,
    /// From where connections came, by bytes.
    pub incoming: Top<Peer>,
    /// System files and logs that were written, removed, renamed, or given other rights, in order.
    pub changed: Top<Touched>,
    /// Secrets that were read, in order.
    pub secrets: Top<Touched>,
    /// What else is grave: kernel modules, tracing, namespaces, mounts, changes of user; in order.
    pub others: Top<Act>,
    /// Processes with the most events.
    pub busiest: Top<ProcessId>,
    /// Rules that spoke, gravest first.
    pub rules: Vec<Spoke>,
}

impl Digest {
    /// What `account` says, with lists of up to `most`.
    #[must_use]
    pub fn of(account: &Account, most: usize) -> Self {
        let is = |kinds: &'static [ActKind]| move |act: &&Act| kinds.contains(&act.kind);
        let changes = [ActKind::WroteSystemFile, ActKind::Deleted, ActKind::Moved, ActKind::ChangedFile];
        let others: Vec<Act> = account
            .acts
            .iter()
            .filter(is(&[
                ActKind::ChangedUser,
                ActKind::Traced,
                ActKind::Signalled,
                ActKind::LoadedIntoKernel,
                ActKind::Mounted,
                ActKind::ChangedNamespace,
                ActKind::ContainerStarted,
            ]))
            .cloned()
            .collect();
        let count = |wanted: fn(&Process) -> bool| {
            account.processes.iter().filter(|process| wanted(process)).count() as u64
        };
        Self {
            started: count(|process| process.start.is_some()),
            ended: count(|process| process.end.is_some()),
            executed: account.processes.iter().map(|process| executed(process).count() as u64).sum(),
            users: Top::of(users(account), most),
            programs: Top::of(programs(account), most),
            listeners: Top::of(listeners(account), most),
            outgoing: Top::of(peers(account, Direction::Outgoing), most),
            incoming: Top::of(peers(account, Direction::Incoming), most),
            changed: Top::of(touched(account, |act| changes.contains(&act.kind)), most),
            secrets: Top::of(touched(account, |act| act.kind == ActKind::ReadSecret), most),
            others: Top::of(others, most),
            busiest: Top::of(busiest(account), most),
            rules: rules(account),
        }
    }
}

/// Programs that a process executed in the trace.
fn executed(process: &Process) -> impl Iterator<Item = &crate::Image> {
    // The first one it has from its parent, or had before the trace.
    process.images.iter().skip(1).chain(process.images.first().filter(|first| {
        process.start.is_none()
            && process.images.len() == 1
            && first.since.event > 0
            && first.since == process.first
    }))
}

fn users(account: &Account) -> Vec<User> {
    let mut found: BTreeMap<(u32, &Bytes), u64> = BTreeMap::new();
    for process in account.processes.iter().filter(|process| process.events > 0) {
        let users: BTreeSet<_> = process.users.iter().map(|(_, uid, name)| (*uid, name)).collect();
        for user in users.into_iter().filter(|(uid, _)| *uid != u32::MAX) {
            *found.entry(user).or_default() += 1;
        }
    }
    let mut users: Vec<User> = found
        .into_iter()
        .map(|((uid, name), processes)| User { uid, name: name.clone(), processes })
        .collect();
    users.sort_by_key(|user| (Reverse(user.processes), user.uid));
    users
}

fn programs(account: &Account) -> Vec<Program> {
    let mut found: BTreeMap<&Bytes, Program> = BTreeMap::new();
    for process in &account.processes {
        for image in executed(process).filter(|image| image.fresh || places::is_temporary(&image.exe)) {
            let program = found.entry(&image.exe).or_insert_with(|| Program {
                path: image.exe.clone(),
                hash: None,
                first: image.since,
                process: process.id,
                runs: 0,
            });
            program.runs += 1;
            program.hash = program.hash.take().or_else(|| image.hash.clone());
            if image.since < program.first {
                (program.first, program.process) = (image.since, process.id);
            }
        }
    }
    let mut programs: Vec<Program> = found.into_values().collect();
    programs.sort_by_key(|program| program.first);
    programs
}

fn listeners(account: &Account) -> Vec<Listener> {
    /// Addresses before paths.
    type Key<'a> = (&'a Bytes, Option<(IpAddr, u16)>, u8);
    let mut found: BTreeMap<Key<'_>, Listener> = BTreeMap::new();
    let listening = |one: &&Connection| one.direction == Direction::Listening && one.error == 0;
    for one in account.connections.iter().filter(listening) {
        let key = (&one.path, one.local.map(|end| (end.ip, end.port)), one.proto as u8);
        let listener = found.entry(key).or_insert_with(|| Listener {
            local: one.local,
            path: one.path.clone(),
            proto: one.proto,
            since: one.first,
            processes: Vec::new(),
        });
        listener.since = listener.since.min(one.first);
        push_once(&mut listener.processes, one.process, one.first);
    }
    found.into_values().collect()
}

fn peers(account: &Account, direction: Direction) -> Vec<Peer> {
    let mut found: BTreeMap<(IpAddr, u16, u8), Peer> = BTreeMap::new();
    for one in account.connections.iter().filter(|one| one.direction == direction) {
        let called = if direction == Direction::Outgoing { one.remote } else { one.local };
        let (Some(remote), Some(called)) = (one.remote, called) else { continue };
        let peer = found.entry((remote.ip, called.port, one.proto as u8)).or_insert_with(|| Peer {
            ip: remote.ip,
            port: called.port,
            proto: one.proto,
            direction,
            first: one.first,
            connections: 0,
            failed: 0,
            bytes_in: 0,
            bytes_out: 0,
            processes: Vec::new(),
        });
        peer.connections += 1;
        peer.failed += u64::from(one.error != 0);
        peer.first = peer.first.min(one.first);
        peer.bytes_in = peer.bytes_in.saturating_add(one.bytes_in);
        peer.bytes_out = peer.bytes_out.saturating_add(one.bytes_out);
        push_once(&mut peer.processes, one.process, one.first);
    }
    let mut peers: Vec<Peer> = found.into_values().collect();
    peers.sort_by_key(|peer| (Reverse(peer.bytes_in.saturating_add(peer.bytes_out)), peer.first));
    peers
}

fn touched(account: &Account, wanted: impl Fn(&Act) -> bool) -> Vec<Touched> {
    let mut found: BTreeMap<(ActKind, &Bytes), Touched> = BTreeMap::new();
    for act in account.acts.iter().filter(|act| wanted(act)) {
        let touched = found.entry((act.kind, &act.object)).or_insert_with(|| Touched {
            kind: act.kind,
            path: act.object.clone(),
            first: act.at,
            error: act.error,
            processes: Vec::new(),
        });
        if act.error == 0 {
            touched.error = 0;
        }
        if let Some(process) = act.process {
            push_once(&mut touched.processes, process, act.at);
        }
    }
    let mut list: Vec<Touched> = found.into_values().collect();
    list.sort_by_key(|touched| touched.first);
    list
}

/// Most processes that are listed with one thing; a file that thousands touch needs no longer list.
const MOST_PROCESSES: usize = 1000;

fn push_once(list: &mut Vec<(ProcessId, Moment)>, id: ProcessId, at: Moment) {
    if list.len() < MOST_PROCESSES && !list.iter().any(|(known, _)| *known == id) {
        list.push((id, at));
    }
}

fn busiest(account: &Account) -> Vec<ProcessId> {
    let mut ids: Vec<(u64, ProcessId)> = account
        .processes
        .iter()
        .filter(|process| process.events > 0)
        .map(|process| (process.events, process.id))
        .collect();
    ids.sort_by_key(|(events, id)| (Reverse(*events), *id));
    ids.into_iter().map(|(_, id)| id).collect()
}

fn rules(account: &Account) -> Vec<Spoke> {
    let mut found: BTreeMap<_, Spoke> = BTreeMap::new();
    for mark in &account.alerts {
        let rule = &mark.alert.rule;
        let spoke = found.entry(rule.id).or_insert_with(|| Spoke {
            rule: rule.clone(),
            count: 0,
            first: mark.alert.event,
        });
        spoke.count += 1;
    }
    for (id, spoke) in &mut found {
        // Alerts that had no room are counted all the same.
        spoke.count = account.summary.tally.by_rule.get(id).copied().unwrap_or(spoke.count);
    }
    let mut rules: Vec<Spoke> = found.into_values().collect();
    rules.sort_by_key(|spoke| (spoke.rule.priority, Reverse(spoke.count), spoke.rule.id));
    rules
}
