//! The oldest container event (`CONTAINER_E`: id, type, name, image) as the JSON of its successors.
//!
//! Unlike libscap, which pastes names between quotes, this escapes them, so that a name with a quote
//! stays one name.

use crate::{Event, EventBuf};

/// Appends the JSON, NUL-terminated; an empty parameter where one of the four is missing or malformed.
pub(super) fn push_json(old: &Event, out: &mut EventBuf) {
    match json(old) {
        Some(text) => out.push_text(&text),
        None => out.push(&[]),
    };
}

fn json(old: &Event) -> Option<Vec<u8>> {
    let (id, kind, name, image) = (old.text(0)?, old.u32(1)?, old.text(2)?, old.text(3)?);
    let mut text = Vec::with_capacity(64 + id.len() + name.len() + image.len());
    text.extend_from_slice(b"{\"id\":");
    quote(id, &mut text);
    text.extend_from_slice(format!(",\"type\":{kind},\"name\":").as_bytes());
    quote(name, &mut text);
    text.extend_from_slice(b",\"image\":");
    quote(image, &mut text);
    text.push(b'}');
    Some(text)
}

fn quote(value: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    for &b in value {
        match b {
            b'"' | b'\\' => text.extend_from_slice(&[b'\\', b]),
            0..=0x1f => text.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => text.push(b),
        }
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::code;

    #[test]
    fn names_with_quotes_stay_one_name() {
        let mut old = EventBuf::new(code::CONTAINER_E, 1, 1);
        old.push_text(b"ab12").push(&1u32.to_le_bytes()).push_text(b"we\"ird\n").push_text(b"img:1");
        let mut out = EventBuf::new(code::CONTAINER_JSON_E, 1, 1);
        push_json(&old.as_event(), &mut out);
        let want = br#"{"id":"ab12","type":1,"name":"we\"ird\u000a","image":"img:1"}"#;
        assert_eq!(out.as_event().text(0), Some(&want[..]));
    }

    #[test]
    fn a_missing_part_gives_an_empty_parameter() {
        let mut old = EventBuf::new(code::CONTAINER_E, 1, 1);
        old.push_text(b"ab12").push(&[1, 2]).push_text(b"n").push_text(b"i");
        let mut out = EventBuf::new(code::CONTAINER_JSON_E, 1, 1);
        push_json(&old.as_event(), &mut out);
        assert_eq!(out.as_event().param(0), Some(&[][..]));
    }
}
