//! One field of one event as outputs show it: text and JSON.
//!
//! Differs from the value that conditions see where Falco's outputs do: times become clock times, lists are
//! bracketed, strings are repaired.

use scap_rules::{Field, FieldSource as _, FieldType, Value};
use serde_json::Value as Json;

use super::Fields;
use crate::catalogue::{self, Print, Row};
use crate::print::{json_list, json_value, repaired, write_list, write_text};
use crate::render::{BufferFormat, buffer};

impl Fields<'_> {
    /// Appends `field` as text; `false` if the event has no such value.
    pub fn write_text(&self, field: &Field, out: &mut Vec<u8>) -> bool {
        let Some(row) = catalogue::row(field.id).filter(|row| row.print != Print::Never) else {
            return false;
        };
        if row.list {
            let mut values = Vec::new();
            let there = self.values(field, &mut values);
            if there {
                write_list(out, row.ty, row.print, &values);
            }
            return there;
        }
        // Looked at in place: moving a value just written costs more than printing it.
        let value = (row.read)(self, &field.arg);
        match (&value, self.buffers) {
            (None, _) => return false,
            (Some(Value::Bytes(bytes)), shown) if shown != BufferFormat::Dots => {
                self.write_in_lines(self.type_of(row, field), bytes, out);
            }
            (Some(value), _) => write_text(out, self.type_of(row, field), row.print, value),
        }
        true
    }

    /// Text of several lines, as views of buffers are: line ends and tabs stay, everything else is repaired.
    fn write_in_lines(&self, ty: FieldType, bytes: &[u8], out: &mut Vec<u8>) {
        let mut text = Vec::new();
        let text = if ty == FieldType::ByteBuf && !bytes.is_empty() {
            buffer::write(bytes, &self.render_options(), &mut text);
            &text
        } else {
            bytes
        };
        let is_layout = |b: &u8| matches!(b, b'\n' | b'\t');
        for piece in text.split_inclusive(is_layout) {
            let (piece, layout) = match piece.split_last() {
                Some((last, piece)) if is_layout(last) => (piece, Some(*last)),
                _ => (piece, None),
            };
            out.extend_from_slice(repaired(piece).as_bytes());
            out.extend(layout);
        }
    }

    /// `field` as JSON; null if the event has no such value.
    #[must_use]
    pub fn json(&self, field: &Field) -> Json {
        let Some(row) = catalogue::row(field.id) else { return Json::Null };
        match row.print {
            Print::Never => return Json::Null,
            Print::Clock => return Json::from(self.event.ts),
            Print::Delta | Print::DeltaNanos => return Json::from(0),
            Print::Plain | Print::Nanos | Print::Hex => {}
        }
        if row.list {
            let mut values = Vec::new();
            self.values(field, &mut values);
            return json_list(row.ty, row.print, &values);
        }
        self.value(field).map_or(Json::Null, |value| json_value(self.type_of(row, field), row.print, &value))
    }

    /// Type of the field's value for this event, which for raw arguments is that of the parameter.
    fn type_of(&self, row: &Row, field: &Field) -> FieldType {
        if row.dynamic { catalogue::raw_type_of(&self.event, field).unwrap_or(row.ty) } else { row.ty }
    }
}

/// Appends a value of no particular field, such as what a transformer made, as text.
pub fn write_value(out: &mut Vec<u8>, ty: FieldType, value: &Value<'_>) {
    write_text(out, ty, Print::Plain, value);
}
