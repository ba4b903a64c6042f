//! `append: true` and `override`: what an item does to an earlier one of its name.

use super::value::{Read, Reading};
use crate::report::Code;

const APPEND_DEPRECATED: &str =
    "`append: true` is deprecated; say what is appended under `override`, e.g. `condition: append`";

pub(super) fn append_flag(reading: &mut Reading<'_, '_>) -> Read<bool> {
    let append = reading.optional_bool("append")?.unwrap_or(false);
    if append {
        let place = reading.node.get("append").map(|node| node.place);
        reading.problems.add(Code::DeprecatedItem, APPEND_DEPRECATED, place, &reading.context);
    }
    Ok(append)
}

/// What `override` says: keys to append to and keys to replace.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    pub(super) append: Vec<String>,
    pub(super) replace: Vec<String>,
}

impl Overrides {
    pub(super) fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }

    pub(super) fn appends(&self, key: &str) -> bool {
        self.append.iter().any(|k| k == key)
    }

    pub(super) fn replaces(&self, key: &str) -> bool {
        self.replace.iter().any(|k| k == key)
    }
}

/// Reads `override`. `appendable` and `replaceable`: the keys that may be overridden in either way.
pub(super) fn overrides(
    reading: &mut Reading<'_, '_>,
    appendable: &[&str],
    replaceable: &[&str],
) -> Read<Overrides> {
    let mut overrides = Overrides::default();
    let Some(node) = reading.node.get("override") else { return Ok(overrides) };
    let item = reading.context.clone();
    reading.context = item.within("overrides", "", node.place);
    let Some(entries) = node.entries() else {
        return reading.invalid("`override` must be a mapping of keys to `append` or `replace`", Some(node));
    };
    let mut result = Ok(());
    for (key, operation) in entries {
        let name = key.text().unwrap_or("");
        let (can_append, can_replace) = (appendable.contains(&name), replaceable.contains(&name));
        result = match operation.text().unwrap_or("") {
            "append" if can_append => {
                overrides.append.push(name.to_owned());
                result
            }
            "replace" if can_replace => {
                overrides.replace.push(name.to_owned());
                result
            }
            "append" if can_replace => {
                reading.invalid(&format!("`{name}` cannot be appended to; use `replace`"), Some(key))
            }
            "append" | "replace" => reading.invalid(&format!("`{name}` cannot be overridden"), Some(key)),
            other => {
                let message =
                    format!("`{other}` is no way to override `{name}`; there are `append` and `replace`");
                reading.invalid(&message, Some(operation))
            }
        };
    }
    reading.context = item;
    result.map(|()| overrides)
}
