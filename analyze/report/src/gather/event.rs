//! One event as evidence: a line of a table.

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::render::{self, RenderOptions, Rendered};
use scap_rules::{Field, FieldSource, Template, Value};

/// Most bytes of arguments that are kept of an event.
const MOST: usize = crate::text::UNFOLDED + crate::text::LINE;

/// An event that is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EventLine {
    /// Time, ns since the epoch.
    pub(crate) ts: u64,
    /// Thread that did it.
    pub(crate) tid: i64,
    /// Its process; -1 where unknown.
    pub(crate) pid: i64,
    /// Name of the process.
    pub(crate) name: Vec<u8>,
    /// Type, as `evt.type`.
    pub(crate) ty: Vec<u8>,
    /// Arguments, as `evt.args`; the first ones of many.
    pub(crate) args: Vec<u8>,
    /// Bytes of all arguments.
    pub(crate) whole: usize,
    /// Whether it says that it failed.
    pub(crate) failed: bool,
}

/// Makes lines of events.
pub(crate) struct Lines {
    ty: Option<Field>,
    scratch: Rendered,
}

impl Lines {
    pub(crate) fn new() -> Self {
        let template = Template::parse("%evt.type", &Scheme).ok();
        let ty = template.and_then(|t| t.fields.first().and_then(|named| named.extractor.field().cloned()));
        Self { ty, scratch: Rendered::default() }
    }

    /// The line of the event of `fields`.
    pub(crate) fn line(&mut self, fields: &Fields<'_>) -> EventLine {
        let (event, thread) = (fields.event(), fields.thread());
        let mut args = Vec::new();
        let options = RenderOptions { max_buffer: Some(MOST), ..RenderOptions::default() };
        render::event::args(event, fields, &options, &mut self.scratch, &mut args);
        let whole = args.len();
        args.truncate(MOST);
        args.shrink_to_fit();
        let ty = match self.ty.as_ref().and_then(|field| fields.value(field)) {
            Some(Value::Bytes(name)) => name.into_owned(),
            _ => Vec::new(),
        };
        EventLine {
            ts: event.ts,
            tid: event.tid,
            pid: thread.map_or(-1, |thread| thread.pid),
            name: thread.map_or_else(Vec::new, |thread| thread.exec.comm.to_vec()),
            ty,
            args,
            whole,
            failed: render::event::raw_result(event).is_some_and(|result| result < 0),
        }
    }
}
