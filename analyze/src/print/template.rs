//! Templates filled in: a line of text or a JSON object for one event.

use std::collections::BTreeMap;

use scap_rules::{Extractor, Segment, Template};
use serde_json::Value as Json;

use super::{MISSING, write_list, write_text};
use crate::catalogue::Print;
use crate::fields::Fields;

/// Appends `template`, filled in for an event, to `out`. Missing values print as `<NA>`, unless the template does
/// not bear them: then `out` stays as it was, and the answer is `false`.
pub fn fill(template: &Template, fields: &Fields<'_>, out: &mut Vec<u8>) -> bool {
    fill_in(template, template.tolerant, fields, out)
}

/// As [`fill`], for outputs of rules, which bear missing values whatever they begin with.
pub fn fill_output(template: &Template, fields: &Fields<'_>, out: &mut Vec<u8>) {
    fill_in(template, true, fields, out);
}

fn fill_in(template: &Template, tolerant: bool, fields: &Fields<'_>, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    for segment in &template.segments {
        let (extractor, width) = match segment {
            Segment::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                continue;
            }
            Segment::Value { extractor, width } => (extractor, *width),
        };
        let before = out.len();
        if !write_extracted(extractor, fields, out) {
            if !tolerant {
                out.truncate(start);
                return false;
            }
            out.extend_from_slice(MISSING.as_bytes());
        }
        if width > 0 {
            fit(out, before, width);
        }
    }
    true
}

/// Values of the fields that `template` names, transformers left out, as Falco's `output_fields` have them.
#[must_use]
pub fn output_fields(template: &Template, fields: &Fields<'_>) -> BTreeMap<String, Json> {
    let plain = template.fields.iter().filter(|field| !field.transformed);
    plain.filter_map(|named| Some((named.name.clone(), fields.json(named.extractor.field()?)))).collect()
}

fn write_extracted(extractor: &Extractor, fields: &Fields<'_>, out: &mut Vec<u8>) -> bool {
    if let Some(field) = extractor.field() {
        return fields.write_text(field, out);
    }
    if extractor.is_list() {
        let mut values = Vec::new();
        let there = extractor.values(fields, &mut values);
        if there {
            write_list(out, extractor.ty(), Print::Plain, &values);
        }
        return there;
    }
    match extractor.value(fields) {
        Some(value) => {
            write_text(out, extractor.ty(), Print::Plain, &value);
            true
        }
        None => false,
    }
}

/// Cuts or fills what stands behind `start` to `width` characters.
fn fit(out: &mut Vec<u8>, start: usize, width: usize) {
    let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default()).into_owned();
    out.truncate(start);
    let mut chars = 0;
    for c in text.chars().take(width) {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        chars += 1;
    }
    out.resize(out.len() + width.saturating_sub(chars), b' ');
}
