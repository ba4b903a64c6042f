//! One event as evidence: a line of a table.

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::render::{self, RenderOptions, Rendered};
use scap_rules::{Field, FieldSource, Template, Value};
use scap_schema::{ParamType, code};

/// Most bytes of arguments that are kept of an event.
const MOST: usize = crate::text::UNFOLDED;

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
    /// Arguments; the first bytes of many.
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
        let (args, whole) = self.args(fields);
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

    /// All arguments, `name=raw(resolved)` with blanks between, cut behind [`MOST`]; and their whole length.
    ///
    /// As `evt.args`, but for data and lists of strings, which are the bytes themselves: here they can be shown.
    fn args(&mut self, fields: &Fields<'_>) -> (Vec<u8>, usize) {
        let event = fields.event();
        let options = RenderOptions { max_buffer: Some(MOST), ..RenderOptions::default() };
        let (mut args, mut whole) = (Vec::new(), 0);
        let mut add = |bytes: &[u8]| {
            whole += bytes.len();
            let room = MOST - args.len().min(MOST);
            args.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        };
        let params =
            event.info().filter(|_| event.code != code::GENERIC_X).map_or(&[][..], |info| info.params);
        for (at, info) in params.iter().enumerate() {
            let Some(raw) = event.param(at) else { break };
            add(if at > 0 { b" " } else { b"" });
            add(info.name.as_bytes());
            add(b"=");
            match info.ty {
                ParamType::ByteBuf if !raw.is_empty() && info.name == "data" => add(raw),
                // Lists of strings, each closed by NUL.
                ParamType::ByteBuf | ParamType::CharBufArray if !raw.is_empty() => {
                    let closed = raw.strip_suffix(b"\0").unwrap_or(raw);
                    add(&closed.iter().map(|&b| if b == 0 { b' ' } else { b }).collect::<Vec<_>>());
                }
                _ => {
                    render::param(event, at, fields, &options, &mut self.scratch);
                    add(&self.scratch.raw);
                    if !self.scratch.resolved.is_empty() {
                        add(b"(");
                        add(&self.scratch.resolved);
                        add(b")");
                    }
                }
            }
        }
        args.shrink_to_fit();
        (args, whole)
    }
}
