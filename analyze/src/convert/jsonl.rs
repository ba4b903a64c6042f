//! Events as JSON, one object a line, for `jq` and its like.
//!
//! Takes the blocks of a trace, gives for each event that exists for rules an object: its number in the trace
//! (`num`), time (`time`, ns since the epoch), processor (`cpu`), thread (`tid`), `type`, direction (`dir`, `<` or
//! `>`), `category`, the process that did it (`proc` with `name`, `pid`, `exepath`; absent if not known), the
//! arguments as text (`args`) and what some of them stand for
//! (`resolved`: names of files, users, processes, errors). Old events come in the current version of their type.

use std::io::Write;

use scap_format::Event;
use scap_format::block::Block;
use scap_format::native::WriteError;
use scap_format::save::{BlockSink, Saved};
use scap_state::State;
use serde_json::{Map, Value, json};

use crate::fields::Fields;
use crate::fields::evt::kind::category_name;
use crate::print::repaired;
use crate::render::{self, RenderOptions, Rendered};
use crate::replay::Cursor;

/// Writes events as JSON lines.
pub struct JsonLines<W> {
    out: W,
    cursor: Cursor,
    line: Vec<u8>,
    rendered: Rendered,
    at: u64,
    saved: Saved,
}

impl<W: Write> JsonLines<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        let (cursor, saved) = (Cursor::new(), Saved::default());
        Self { out, cursor, line: Vec::new(), rendered: Rendered::default(), at: 0, saved }
    }
}

impl<W: Write> BlockSink for JsonLines<W> {
    fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError> {
        let Self { out, cursor, line, rendered, at, saved } = self;
        saved.left_out += u64::from(matches!(block, Block::Unknown { .. }));
        cursor.feed(block, |event: Event<'_>, state: &State| {
            line.clear();
            let object = object(&Fields::new(event, state), rendered);
            let written = serde_json::to_writer(&mut *line, &object).map_err(std::io::Error::from);
            line.push(b'\n');
            written
                .and_then(|()| out.write_all(line))
                .map_err(|source| WriteError::Io { at: *at, source })?;
            *at += line.len() as u64;
            saved.events += 1;
            Ok(())
        })
    }

    fn finish(mut self: Box<Self>) -> Result<Saved, WriteError> {
        self.out.flush().map_err(|source| WriteError::Io { at: self.at, source })?;
        Ok(self.saved)
    }
}

fn object(fields: &Fields<'_>, rendered: &mut Rendered) -> Value {
    let event = fields.event();
    let row = event.info();
    let is_enter = event.code.is_multiple_of(2);
    let mut object = json!({
        "num": event.num,
        "time": event.ts,
        "cpu": event.cpu,
        "tid": event.tid,
        "type": row.map_or_else(|| event.code.to_string(), |row| row.name.to_owned()),
        "dir": if is_enter { ">" } else { "<" },
        "category": category_name(fields),
    });
    let Some(members) = object.as_object_mut() else { return object };
    let (args, resolved) = arguments(fields, rendered);
    members.insert("args".to_owned(), Value::Object(args));
    if !resolved.is_empty() {
        members.insert("resolved".to_owned(), Value::Object(resolved));
    }
    if let Some(thread) = fields.thread() {
        let process = json!({
            "name": repaired(&thread.exec.comm),
            "pid": thread.pid,
            "exepath": repaired(&thread.exepath),
        });
        members.insert("proc".to_owned(), process);
    }
    object
}

/// Arguments by name as they stand, and what those with a meaning beyond that stand for.
fn arguments(fields: &Fields<'_>, rendered: &mut Rendered) -> (Map<String, Value>, Map<String, Value>) {
    let (event, options) = (fields.event(), RenderOptions::default());
    let (mut args, mut resolved) = (Map::new(), Map::new());
    for (i, info) in event.info().map_or(&[][..], |row| row.params).iter().enumerate() {
        if !render::param(event, i, fields, &options, rendered) {
            break;
        }
        let text = |bytes| Value::from(repaired(bytes).into_owned());
        args.insert(info.name.to_owned(), text(&rendered.raw));
        if !rendered.resolved.is_empty() {
            resolved.insert(info.name.to_owned(), text(&rendered.resolved));
        }
    }
    (args, resolved)
}
