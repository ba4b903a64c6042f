//! Looking into JSON that anybody may have written.
//!
//! Takes documents and paths of keys, gives values of the wanted type or nothing; text has a limit.

use serde_json::Value;
use std::collections::BTreeMap;

/// Longest text that is taken over, bytes.
pub(super) const TEXT_LIMIT: usize = 4096;

/// Most entries of a list or map that are taken over.
pub(super) const ENTRY_LIMIT: usize = 512;

/// What stands behind `keys`.
pub(super) fn at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

/// Text behind `keys`; empty if there is none.
pub(super) fn text(value: &Value, keys: &[&str]) -> String {
    at(value, keys).and_then(Value::as_str).map(limited).unwrap_or_default()
}

/// Whether `true` stands behind `keys`.
pub(super) fn flag(value: &Value, keys: &[&str]) -> bool {
    at(value, keys).and_then(Value::as_bool).unwrap_or_default()
}

/// Whole number behind `keys`; 0 if there is none.
pub(super) fn number(value: &Value, keys: &[&str]) -> i64 {
    at(value, keys).and_then(Value::as_i64).unwrap_or_default()
}

/// Entries of the list behind `keys`.
pub(super) fn list<'v>(value: &'v Value, keys: &[&str]) -> impl Iterator<Item = &'v Value> + use<'v> {
    at(value, keys).and_then(Value::as_array).into_iter().flatten().take(ENTRY_LIMIT)
}

/// Texts of the list behind `keys`.
pub(super) fn texts(value: &Value, keys: &[&str]) -> Vec<String> {
    list(value, keys).filter_map(Value::as_str).map(limited).collect()
}

/// Texts of the map behind `keys`.
pub(super) fn pairs(value: &Value, keys: &[&str]) -> BTreeMap<String, String> {
    let map = at(value, keys).and_then(Value::as_object).into_iter().flatten().take(ENTRY_LIMIT);
    map.filter_map(|(key, value)| Some((limited(key), limited(value.as_str()?)))).collect()
}

/// At most [`TEXT_LIMIT`] bytes of `text`, whole characters.
pub(super) fn limited(text: &str) -> String {
    let mut end = text.len().min(TEXT_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
