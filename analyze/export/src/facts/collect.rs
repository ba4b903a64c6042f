//! Collects the facts of an event from its fields and state.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_rules::{Field, FieldArg, FieldScheme, FieldSource, Value};
use scap_state::{Fd, FdType, L4Proto, State, Thread};

use super::act::{Act, Object};
use super::{Account, Container, Descriptor, End, Facts, Net, Pod, Process, Text, path};

/// Generations that are told at most.
const ANCESTORS: usize = 32;

/// Processes that ran before the trace have no number where a user would stand.
const NOBODY: u32 = u32::MAX;

/// Asks events for their facts.
#[derive(Debug)]
pub struct Collector {
    kind: Field,
    category: Field,
    host: Field,
    created: Field,
    rawres: Field,
    res: Field,
    args: Field,
    user: Field,
    group: Field,
    login: Field,
    fd_type: Field,
    container_id: Field,
    container_name: Field,
    image: Field,
    image_id: Field,
    image_repository: Field,
    image_tag: Field,
    image_digest: Field,
    runtime: Field,
    pod_name: Field,
    pod_namespace: Field,
    pod_uid: Field,
}

impl Default for Collector {
    fn default() -> Self {
        Self::new()
    }
}

impl Collector {
    /// Looks up the fields that it asks for.
    #[must_use]
    pub fn new() -> Self {
        let field = |name: &str| {
            let def = Scheme.field(name).expect("a field of the catalogue, which a test below asks for");
            Field { id: def.id, arg: FieldArg::None }
        };
        Self {
            kind: field("evt.type"),
            category: field("evt.category"),
            host: field("evt.hostname"),
            created: field("evt.is_open_create"),
            rawres: field("evt.rawres"),
            res: field("evt.res"),
            args: field("evt.args"),
            user: field("user.name"),
            group: field("group.name"),
            login: field("user.loginname"),
            fd_type: field("fd.type"),
            container_id: field("container.id"),
            container_name: field("container.name"),
            image: field("container.image"),
            image_id: field("container.image.id"),
            image_repository: field("container.image.repository"),
            image_tag: field("container.image.tag"),
            image_digest: field("container.image.digest"),
            runtime: field("container.type"),
            pod_name: field("k8s.pod.name"),
            pod_namespace: field("k8s.ns.name"),
            pod_uid: field("k8s.pod.uid"),
        }
    }

    /// The facts of the event of `fields`.
    #[must_use]
    pub fn facts<'f>(&self, fields: &'f Fields<'_>) -> Facts<'f> {
        let event = fields.event();
        let mut told = Told { fields, undecoded: BTreeMap::new() };
        let kind = told.field("type", &self.kind).unwrap_or_else(|| event.code.to_string().into());
        let category = told.field("category", &self.category);
        let thread = fields.thread();
        let fd = fields.state().fd();
        let act = Act::of(&kind, object(fd), told.flag(&self.created));
        let result = told.int(&self.rawres);
        let (at, from) = path::paths(fields, &kind);
        let (process, ancestors) = thread.map_or((None, Vec::new()), |thread| {
            let (process, ancestors) = told.processes(thread);
            (Some(process), ancestors)
        });
        let container = told.field("container_id", &self.container_id).filter(|id| id != "host");
        let pod = container.is_some().then(|| Pod {
            name: told.field("pod_name", &self.pod_name),
            namespace: told.field("pod_namespace", &self.pod_namespace),
            uid: told.field("pod_uid", &self.pod_uid),
        });
        Facts {
            num: event.num,
            time: event.ts,
            cpu: Some(event.cpu),
            host: told.field("host", &self.host),
            topic: act.topic(category.as_deref()),
            category,
            act,
            tid: (event.tid > 0).then_some(event.tid),
            user: told.account(thread.map(|t| t.uid), "user_name", &self.user),
            group: told.account(thread.map(|t| t.gid), "group_name", &self.group),
            login: told.account(thread.map(|t| t.loginuid), "login_name", &self.login),
            fd: self.descriptor(&mut told, fd),
            path: at.and_then(|path| told.text("path", path)),
            path_from: from.and_then(|path| told.text("path_from", path)),
            net: net(fields.state(), thread, fd),
            result,
            error: result.filter(|result| *result < 0).and_then(|_| told.field("error", &self.res)),
            exit_code: exit_code(fields, act),
            target_pid: target(fields, act, result),
            args: told.field("args", &self.args),
            container: container.map(|id| self.container(&mut told, id)),
            pod: pod.filter(|pod| pod.name.is_some()),
            process,
            ancestors,
            kind,
            undecoded: told.undecoded,
        }
    }

    fn descriptor<'f>(&self, told: &mut Told<'f, '_>, fd: Option<&'f Fd>) -> Option<Descriptor<'f>> {
        let num = told.fields.state().fd_num();
        if num < 0 {
            return None;
        }
        let name = fd.and_then(|fd| told.text("fd_name", Cow::Borrowed(&*fd.name)));
        Some(Descriptor { num, ty: told.field("fd_type", &self.fd_type), name })
    }

    fn container<'f>(&self, told: &mut Told<'f, '_>, id: Cow<'f, str>) -> Container<'f> {
        Container {
            id,
            name: told.field("container_name", &self.container_name),
            image: told.field("container_image", &self.image),
            image_id: told.field("container_image_id", &self.image_id),
            image_repository: told.field("container_image_repository", &self.image_repository),
            image_tag: told.field("container_image_tag", &self.image_tag),
            image_digest: told.field("container_image_digest", &self.image_digest),
            runtime: told.field("container_runtime", &self.runtime),
        }
    }
}

/// What is told so far.
struct Told<'f, 'a> {
    fields: &'f Fields<'a>,
    undecoded: BTreeMap<&'static str, String>,
}

impl<'f> Told<'f, '_> {
    /// `bytes` as text; what was repaired is kept under `column`.
    fn text(&mut self, column: &'static str, bytes: Cow<'f, [u8]>) -> Text<'f> {
        if bytes.is_empty() || *bytes == *b"<NA>" {
            return None;
        }
        Some(match bytes {
            Cow::Borrowed(bytes) => match String::from_utf8_lossy(bytes) {
                Cow::Owned(repaired) => {
                    self.undecoded.insert(column, hex(bytes));
                    Cow::Owned(repaired)
                }
                clean @ Cow::Borrowed(_) => clean,
            },
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|error| {
                self.undecoded.insert(column, hex(error.as_bytes()));
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            })),
        })
    }

    fn field(&mut self, column: &'static str, field: &Field) -> Text<'f> {
        match self.fields.value(field)? {
            Value::Bytes(bytes) => self.text(column, bytes),
            _ => None,
        }
    }

    fn flag(&self, field: &Field) -> bool {
        matches!(self.fields.value(field), Some(Value::Bool(true)))
    }

    fn int(&self, field: &Field) -> Option<i64> {
        match self.fields.value(field)? {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    fn account(&mut self, id: Option<u32>, column: &'static str, name: &Field) -> Account<'f> {
        let id = id.filter(|id| *id != NOBODY);
        Account { id, name: id.and_then(|_| self.field(column, name)) }
    }

    /// The process of `thread`, and its ancestors.
    fn processes(&mut self, thread: &'f Thread) -> (Process<'f>, Vec<Process<'f>>) {
        let state = self.fields.state();
        let main = state.main_thread(thread).unwrap_or(thread);
        let mut process = self.process(thread, ["proc_name", "proc_exe", "proc_cmdline"]);
        process.start = Some(main.clone_ts).filter(|ts| *ts > 0);
        process.cwd = self.text("proc_cwd", Cow::Borrowed(state.cwd(thread)));
        let args = std::iter::once(&*thread.exec.exe).chain(thread.exec.args.iter());
        let mut whole = true;
        process.args = args
            .map(|arg| {
                whole &= std::str::from_utf8(arg).is_ok();
                String::from_utf8_lossy(arg)
            })
            .collect();
        if !whole {
            let all: Vec<&[u8]> = std::iter::once(&*thread.exec.exe).chain(thread.exec.args.iter()).collect();
            self.undecoded.insert("proc_args", hex(&all.join(&0)));
        }
        let above = state.ancestors(main).take(ANCESTORS).enumerate();
        let ancestors = above.map(|(nth, ancestor)| {
            // Of those further up a broken name is repaired like any other, but its bytes are not worth a column each.
            match nth {
                0 => self.process(ancestor, ["parent_name", "parent_exe", "parent_cmdline"]),
                _ => self.named(ancestor, ["ancestor_name", "ancestor_exe"]),
            }
        });
        let ancestors = ancestors.collect();
        (process, ancestors)
    }

    fn process(&mut self, thread: &'f Thread, [name, exe, cmdline]: [&'static str; 3]) -> Process<'f> {
        Process {
            cmdline: self.text(cmdline, Cow::Borrowed(&*thread.exec.cmdline)),
            ..self.named(thread, [name, exe])
        }
    }

    /// Without its command line, which can be long.
    fn named(&mut self, thread: &'f Thread, [name, exe]: [&'static str; 2]) -> Process<'f> {
        let program = if thread.exepath.is_empty() { &thread.exec.exe } else { &thread.exepath };
        Process {
            pid: thread.pid,
            vpid: Some(thread.vpid).filter(|vpid| *vpid > 0 && *vpid != thread.pid),
            ppid: Some(thread.ptid).filter(|ppid| *ppid >= 0),
            name: self.text(name, Cow::Borrowed(&*thread.exec.comm)),
            exe: self.text(exe, Cow::Borrowed(&**program)),
            start: Some(thread.clone_ts).filter(|ts| *ts > 0),
            ..Process::default()
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn object(fd: Option<&Fd>) -> Object {
    match fd.map(|fd| fd.ty) {
        Some(FdType::File | FdType::FileV2 | FdType::Directory) => Object::File,
        Some(FdType::Ipv4Socket | FdType::Ipv6Socket | FdType::Ipv4Server | FdType::Ipv6Server) => {
            Object::Socket
        }
        _ => Object::Other,
    }
}

/// Ends of the socket `fd`, if they are known.
fn net(state: &State, thread: Option<&Thread>, fd: Option<&Fd>) -> Option<Net> {
    let (thread, fd) = (thread?, fd?);
    let transport = match fd.sock.l4proto(fd.ty) {
        L4Proto::Unknown | L4Proto::NotAvailable => None,
        known => Some(known.name()),
    };
    let end = |ip: IpAddr, port: u16| (port != 0 || !ip.is_unspecified()).then_some(End { ip, port });
    if let Some(bound) = fd.sock.server(fd.ty) {
        let server = Some(End { ip: bound.ip, port: bound.port });
        return Some(Net { transport, client: None, server, is_server: Some(true) });
    }
    let tuple = fd.sock.tuple(fd.ty)?;
    let (client, server) = (end(tuple.source.ip, tuple.source.port), end(tuple.dest.ip, tuple.dest.port));
    if client.is_none() && server.is_none() {
        return None;
    }
    let is_server = match (fd.role.client, fd.role.server) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        // Given both roles or none, the socket is on the side whose address is the machine's own.
        _ => server
            .map(|server| state.is_local(thread, server.ip))
            .filter(|local| client.is_none_or(|client| state.is_local(thread, client.ip) != *local)),
    };
    Some(Net { transport, client, server, is_server })
}

/// How a process ended.
fn exit_code(fields: &Fields<'_>, act: Act) -> Option<i64> {
    if act != Act::Ended {
        return None;
    }
    let event = fields.event();
    let info = event.info()?;
    let number = |name| info.param_index(name).and_then(|at| event.i64(at));
    let signal = info.param_index("sig").and_then(|at| event.param(at)?.first().copied()).unwrap_or(0);
    match signal {
        0 => number("ret"),
        signal => Some(128 + i64::from(signal)),
    }
}

/// The process that the event did something to, or made.
fn target(fields: &Fields<'_>, act: Act, result: Option<i64>) -> Option<i64> {
    match act {
        Act::Forked => result.filter(|child| *child > 0),
        Act::Signalled | Act::Traced | Act::Injected => {
            let event = fields.event();
            let at = event.info()?.param_index("pid")?;
            event.i64(at).filter(|pid| *pid > 0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_field_that_is_asked_for_is_in_the_catalogue() {
        let _ = super::Collector::new();
    }
}
