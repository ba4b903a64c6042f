//! The gatherer: events in, an account out.
//!
//! Takes every event of a trace in order, with the state right after it, and the alerts about it; gives an [`Account`].
//! Knows nothing of files on disk, rules or threads of replay. `processes`, `files`, `sockets`, `acts` and `containers` keep
//! what there is; `meeting`, `changes`, `calls`, `paths`, `net` and `powers` say what events make of it.
//!
//! **Hot path.** An event that moves bytes or does nothing of interest costs one lookup of its process, one of its file or
//! socket, and some counters; nothing is allocated for it.

mod acts;
mod calls;
mod changes;
mod containers;
mod files;
mod meeting;
mod net;
mod notes;
mod paths;
mod powers;
mod processes;
mod sockets;
mod text;

use scap_analyze::alert::Alert;
use scap_analyze::catalogue;
use scap_analyze::fields::Fields;
use scap_analyze::replay::Summary;
use scap_format::Event;
use scap_format::snapshot::Interface;
use scap_rules::{Field, FieldArg, FieldId, FieldSource, Value};
use scap_state::{Bytes, State, Thread};

use self::acts::Acts;
use self::containers::Seen;
use self::files::Files;
use self::notes::Notes;
use self::processes::Processes;
use self::sockets::Sockets;
use self::text::Texts;
use crate::limits::Limits;
use crate::model::{Account, AlertMark, Host, LeftOut, Moment, ProcessId};
use crate::plan::{Plan, Tells, plans};

/// Gathers an account; see the module.
#[derive(Debug)]
pub struct Observer {
    limits: Limits,
    processes: Processes,
    files: Files,
    sockets: Sockets,
    acts: Acts,
    alerts: Vec<AlertMark>,
    alerts_left_out: u64,
    containers: Seen,
    notes: Notes,
    texts: Texts,
    fields: Asked,
    host: Host,
    /// Time of the first event of the section; another one means that another section began.
    section: Option<u64>,
    /// Whether what the event does counts, and not only who does it.
    counts: bool,
    now: Moment,
    /// Who did the last event.
    current: Option<ProcessId>,
}

/// The fields that are asked for.
#[derive(Debug)]
struct Asked {
    opens_to_read: Field,
    opens_to_write: Field,
    creates: Field,
}

impl Asked {
    fn new() -> Self {
        // A name that the catalogue lacks would give a field that no event has; a test asks for them.
        let field = |name| Field {
            id: catalogue::by_name(name).map_or(FieldId(u16::MAX), |(id, _)| id),
            arg: FieldArg::None,
        };
        Self {
            opens_to_read: field("evt.is_open_read"),
            opens_to_write: field("evt.is_open_write"),
            creates: field("evt.is_open_create"),
        }
    }
}

/// Whether a field is true of an event.
fn is(fields: &Fields<'_>, field: &Field) -> bool {
    matches!(fields.value(field), Some(Value::Bool(true)))
}

/// One event and what is known of it, as the handlers need it.
#[derive(Clone, Copy)]
struct Seeing<'a, 'f> {
    fields: &'f Fields<'a>,
    event: &'f Event<'a>,
    state: &'a State,
    thread: &'a Thread,
    process: ProcessId,
    plan: &'static Plan,
}

impl Observer {
    /// One that has seen nothing yet and keeps no more than `limits` say.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            processes: Processes::new(limits.processes, limits.images),
            files: Files::new(limits.files),
            sockets: Sockets::new(limits.connections),
            acts: Acts::new(limits.acts),
            alerts: Vec::new(),
            alerts_left_out: 0,
            containers: Seen::default(),
            notes: Notes::default(),
            texts: Texts::new(limits.text),
            fields: Asked::new(),
            host: Host::default(),
            section: None,
            counts: true,
            now: Moment { event: 0, ts: 0 },
            current: None,
            limits,
        }
    }

    /// Takes in the next event.
    #[inline]
    pub fn observe(&mut self, fields: &Fields<'_>) {
        self.counts = true;
        self.take(fields);
    }

    /// Takes in the next event for what it tells of processes alone: who there are, what they run, who begot them. For
    /// events that are not asked about, but behind which others are.
    pub fn follow(&mut self, fields: &Fields<'_>) {
        self.counts = false;
        self.take(fields);
    }

    /// Takes in an alert about the event observed last.
    pub fn alert(&mut self, alert: Alert) {
        let place = u32::try_from(self.alerts.len()).ok().filter(|_| self.alerts.len() < self.limits.alerts);
        let Some(at) = place else {
            self.alerts_left_out += 1;
            return;
        };
        if let Some(process) = self.current {
            self.processes.alerted(process, at);
        }
        self.alerts.push(AlertMark { alert, process: self.current });
    }

    /// Who did the event of `fields`, which was observed last; `None` if the trace does not know the process, or there
    /// were too many.
    #[must_use]
    pub fn process_of(&self, fields: &Fields<'_>) -> Option<ProcessId> {
        if fields.event().num == self.now.event { self.current } else { None }
    }

    /// The account of everything observed. `state` is that after the last event, `summary` what replay says.
    #[must_use]
    pub fn finish(mut self, state: &State, summary: Summary) -> Account {
        if self.section.is_none() {
            // Not one event, but perhaps a snapshot.
            self.begin(state, Moment { event: 0, ts: state.first_ts().unwrap_or(0) }, None);
        }
        self.containers.settle(state);
        let left_out = LeftOut {
            processes: self.processes.left_out,
            files: self.files.left_out,
            connections: self.sockets.left_out,
            acts: self.acts.left_out,
            alerts: self.alerts_left_out,
            images: self.processes.images_left_out,
        };
        Account {
            host: self.host,
            summary,
            processes: self.processes.finish(&self.notes),
            files: self.files.list,
            connections: self.sockets.list,
            acts: self.acts.list,
            alerts: self.alerts,
            containers: self.containers.list,
            left_out,
        }
    }

    #[inline]
    fn take(&mut self, fields: &Fields<'_>) {
        let (event, state) = (fields.event(), fields.state());
        self.now = Moment { event: event.num, ts: event.ts };
        if self.section != state.first_ts() {
            self.enter_section(event, state);
        }
        let Some(plan) = plans().get(usize::from(event.code)) else {
            self.current = None;
            return;
        };
        if !plan.of_process {
            self.of_machine(fields, plan);
            return;
        }
        let Some(thread) = fields.thread() else {
            self.current = None;
            return;
        };
        if plan.tells == Some(Tells::Clone) {
            self.child_begins(event, state, thread);
        }
        let Some(process) = self.process_now(state, thread) else {
            self.current = None;
            return;
        };
        self.current = Some(process);
        self.did(state, thread, process, plan);
        if !self.counts && !matches!(plan.tells, Some(Tells::Clone | Tells::Exec | Tells::Exit)) {
            return;
        }
        if let Some(way) = plan.moves {
            self.moves(event, state, thread, process, way);
        }
        if let Some(tells) = plan.tells {
            let seeing = Seeing { fields, event, state, thread, process, plan };
            self.told(seeing, tells);
        }
    }

    /// Events that no process did.
    #[cold]
    fn of_machine(&mut self, fields: &Fields<'_>, plan: &Plan) {
        let (event, state) = (fields.event(), fields.state());
        self.current = None;
        match plan.tells {
            Some(Tells::Notice) => self.notice(event),
            Some(Tells::Container) => {
                if let Some(container) = state.event_container() {
                    self.containers.describe(container);
                }
                // Rules may ask about the process that the event hangs on.
                self.current = fields.thread().and_then(|thread| self.processes.known(thread));
            }
            _ => {}
        }
    }

    /// The beginning of the trace, or of another one behind it.
    #[cold]
    fn enter_section(&mut self, event: &Event<'_>, state: &State) {
        if state.first_ts().is_none() {
            return;
        }
        let at = Moment { event: 0, ts: event.ts };
        let at = if self.section.is_none() { at } else { self.now };
        self.section = state.first_ts();
        self.begin(state, at, Some(event));
    }

    /// Takes in what the snapshot says.
    fn begin(&mut self, state: &State, at: Moment, event: Option<&Event<'_>>) {
        let host = host(state, &mut self.texts);
        let same_host = self.host.name == host.name;
        if self.host == Host::default() {
            self.host = host;
        }
        for container in state.containers().iter().filter(|container| container.id != "host") {
            self.containers.describe(container);
        }
        self.meet_snapshot(state, at, event, same_host);
    }
}

fn host(state: &State, texts: &mut Texts) -> Host {
    let machine = state.machine();
    let address = |interface: &Interface| match interface {
        Interface::V4 { addr, .. } => (*addr).into(),
        Interface::V6 { addr, .. } => (*addr).into(),
    };
    Host {
        name: texts.keep(&machine.hostname).unwrap_or_default(),
        cpus: machine.num_cpus,
        addresses: state.interfaces().list().iter().map(address).collect(),
    }
}

/// Name of user `uid` as `thread` knows it; empty if the trace does not tell.
fn user_name(state: &State, thread: &Thread, uid: u32, texts: &mut Texts) -> Bytes {
    let name = match state.user(thread, uid) {
        Some(user) => texts.share(&user.name),
        None if uid == 0 => texts.keep(b"root"),
        None => None,
    };
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_fields_that_are_asked_for() {
        let asked = Asked::new();
        for field in [&asked.opens_to_read, &asked.opens_to_write, &asked.creates] {
            assert!(catalogue::row(field.id).is_some());
        }
    }
}
