//! What every field says of one event: the one place where state meets rules.
//!
//! Takes the event just applied and the state as of it; answers through [`FieldSource`]. One function a
//! field, grouped by class and concept; the catalogue says which. Semantics are libsinsp's
//! (`sinsp_filtercheck_*.cpp`) and, for containers and pods, those of Falco's container plugin.
//!
//! **Hot path.** Values borrow from event and state; only fields that put several parts together (paths,
//! argument lists, unique ids) allocate, and only when asked.

pub(crate) mod container;
mod context;
pub(crate) mod evt;
pub(crate) mod fd;
pub(crate) mod fdlist;
pub(crate) mod fspath;
pub(crate) mod group;
pub(crate) mod k8s;
mod output;
pub(crate) mod proc;
mod subject;
pub(crate) mod thread;
pub(crate) mod user;

use std::borrow::Cow;

use scap_format::Event;
use scap_rules::{Field, FieldSource, Subject, Value};
use scap_schema::{EventFlags, EventInfo, Origin, ParamType};
use scap_state::{Fd, State, Thread};

use crate::catalogue;
use crate::render::{self, BufferFormat, RenderOptions};

pub use output::write_value;

/// One event and the state right after it.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    event: Event<'a>,
    info: Option<&'static EventInfo>,
    state: &'a State,
    thread: Option<&'a Thread>,
    /// The fd that the event turned out to be about; asked for by most rules, and more than once.
    fd: Option<&'a Fd>,
    buffers: BufferFormat,
}

impl<'a> Fields<'a> {
    /// Fields of `event`, which `state` has just applied. Data buffers are shown as Falco shows them.
    #[must_use]
    pub fn new(event: Event<'a>, state: &'a State) -> Self {
        let (thread, fd) = state.thread_and_fd();
        Self { event, info: event.info(), state, thread, fd, buffers: BufferFormat::Dots }
    }

    /// The same with data buffers shown otherwise.
    #[must_use]
    pub fn with_buffers(self, buffers: BufferFormat) -> Self {
        Self { buffers, ..self }
    }

    fn render_options(&self) -> RenderOptions {
        RenderOptions { buffers: self.buffers, max_buffer: None, plain_fds: false }
    }

    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event<'a> {
        &self.event
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// The thread that did it, if the trace knows it.
    #[must_use]
    pub fn thread(&self) -> Option<&'a Thread> {
        self.thread
    }

    fn has(&self, flags: EventFlags) -> bool {
        self.info.is_some_and(|info| info.flags.0 & flags.0 != 0)
    }

    /// The thread, if the event is about an fd at all.
    fn fd_thread(&self) -> Option<&'a Thread> {
        const ABOUT_FD: EventFlags =
            EventFlags(EventFlags::CREATES_FD.0 | EventFlags::USES_FD.0 | EventFlags::DESTROYS_FD.0);
        self.thread.filter(|_| self.has(ABOUT_FD))
    }

    /// The fd that the event is about.
    fn fd(&self) -> Option<&'a Fd> {
        self.fd_thread()?;
        self.fd
    }

    /// The fd that the event turned out to be about, whatever its type says.
    fn any_fd(&self) -> Option<&'a Fd> {
        self.fd
    }

    /// What the call returned; `None` for events that return nothing.
    fn returned(&self) -> Option<i64> {
        render::event::raw_result(&self.event)
    }

    /// Parameter `i` as a string, as libsinsp reads it: an empty one is `<NA>`. `None` if absent.
    fn text_param(&self, i: usize) -> Option<&'a [u8]> {
        let raw = self.event.param(i)?;
        if raw.is_empty() || raw == b"(NULL)\0" { Some(b"<NA>") } else { self.event.text(i) }
    }

    /// Index of the parameter called `name` that the event has.
    fn param_index(&self, name: &str) -> Option<usize> {
        self.info?.param_index(name).filter(|&i| i < self.event.params.len())
    }

    fn param_type(&self, i: usize) -> Option<ParamType> {
        Some(self.info?.params.get(i)?.ty)
    }
}

impl FieldSource for Fields<'_> {
    fn event_type(&self) -> u16 {
        self.event.code
    }

    fn value<'s>(&'s self, field: &Field) -> Option<Value<'s>> {
        let row = catalogue::row(field.id)?;
        (row.read)(self, &field.arg)
    }

    fn values<'s>(&'s self, field: &Field, out: &mut Vec<Value<'s>>) -> bool {
        let Some(row) = catalogue::row(field.id) else { return false };
        if let Some(read_all) = row.read_all {
            return read_all(self, &field.arg, out);
        }
        match (row.read)(self, &field.arg) {
            Some(value) => {
                out.push(value);
                true
            }
            None => false,
        }
    }

    fn exists(&self, field: &Field) -> bool {
        let Some(row) = catalogue::row(field.id) else { return false };
        match (row.exists, row.read_all) {
            (Some(exists), _) => exists(self, &field.arg),
            (None, Some(read_all)) => read_all(self, &field.arg, &mut Vec::new()),
            (None, None) => (row.read)(self, &field.arg).is_some(),
        }
    }

    fn process_version(&self) -> Option<u64> {
        self.thread.map(|thread| thread.version)
    }

    fn epoch(&self) -> Option<u64> {
        // What events about containers and users say of those is theirs alone.
        let of_kernel = self.info.is_some_and(|i| matches!(i.origin, Origin::Syscall | Origin::Tracepoint));
        of_kernel.then(|| self.state.epoch())
    }

    #[inline]
    fn subject(&self) -> Option<Subject<'_>> {
        subject::subject(self)
    }
}

/// A borrowed string.
fn bytes(value: &[u8]) -> Option<Value<'_>> {
    Some(Value::Bytes(Cow::Borrowed(value)))
}

/// A string put together.
fn owned<'s>(value: impl Into<Vec<u8>>) -> Option<Value<'s>> {
    Some(Value::Bytes(Cow::Owned(value.into())))
}

/// A constant string.
fn word<'s>(value: &'static str) -> Option<Value<'s>> {
    Some(Value::Bytes(Cow::Borrowed(value.as_bytes())))
}

fn int<'s>(value: i64) -> Option<Value<'s>> {
    Some(Value::Int(value))
}

fn uint<'s>(value: impl Into<u64>) -> Option<Value<'s>> {
    Some(Value::Uint(value.into()))
}

fn flag<'s>(value: bool) -> Option<Value<'s>> {
    Some(Value::Bool(value))
}

/// A number for which 0 means unknown.
fn nonzero<'s>(value: u64) -> Option<Value<'s>> {
    (value != 0).then_some(Value::Uint(value))
}
