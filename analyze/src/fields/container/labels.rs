//! `container.label` and `container.labels`.

use std::collections::BTreeMap;

use scap_rules::{FieldArg, Value};

use super::described;
use crate::fields::{Fields, bytes, owned};

/// `name:value` of all labels that a person wrote, separated by a comma and a blank.
pub(in crate::fields) fn joined(labels: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    for (name, value) in labels {
        if name.starts_with("annotation.") || name.starts_with("io.kubernetes.") {
            continue;
        }
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(name);
        if !value.is_empty() {
            out.push(':');
            out.push_str(value);
        }
    }
    out
}

pub(crate) fn label<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let FieldArg::Key(name) = arg else { return None };
    bytes(described(f)?.labels.get(name)?.as_bytes())
}

pub(crate) fn labels<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(joined(&described(f)?.labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_runtime_are_left_out() {
        let labels = [("io.kubernetes.pod.name", "p"), ("app", "web"), ("bare", "")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(joined(&labels), "app:web, bare");
    }
}
