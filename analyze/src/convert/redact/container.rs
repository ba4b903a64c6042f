//! Blanking in the JSON of container events.

use serde_json::Value;

use super::text::{Scrubber, blank};

/// The document blanked. One that cannot be read is blanked as a whole if it could hold what is to go.
pub(super) fn blank_json(scrubber: &Scrubber<'_>, json: &[u8]) -> Vec<u8> {
    let (text, closing) = match json.strip_suffix(b"\0") {
        Some(text) => (text, &b"\0"[..]),
        None => (json, &b""[..]),
    };
    let mut blanked = match serde_json::from_slice::<Value>(text) {
        Ok(mut document) => {
            walk(scrubber, "", &mut document);
            document.to_string().into_bytes()
        }
        Err(_) => {
            let mut text = text.to_vec();
            blank(&mut text);
            text
        }
    };
    blanked.extend_from_slice(closing);
    blanked
}

/// `key` is the name of the nearest member that `value` belongs to.
fn walk(scrubber: &Scrubber<'_>, key: &str, value: &mut Value) {
    match value {
        Value::String(text) => {
            let mut bytes = std::mem::take(text).into_bytes();
            match key {
                "env" => scrubber.env(&mut bytes),
                "args" => scrubber.args(&mut bytes, None),
                "User" if scrubber.rules.users => blank(&mut bytes),
                _ => scrubber.text(&mut bytes, None),
            }
            // Whole words of ASCII or valid text were overwritten byte by byte with ASCII.
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(scrubber, key, item)),
        Value::Object(members) => members.iter_mut().for_each(|(key, value)| walk(scrubber, key, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
