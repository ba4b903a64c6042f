//! The catalogue as data for listings: JSON through serde, Markdown, text.
//!
//! Gives every field with what an author of rules must know of it; knows nothing of terminals.

use std::fmt::Write as _;

use scap_rules::{ArgKind, FieldId};
use serde::Serialize;

use super::{Class, class_of, rows};

/// One field as it is listed.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// What it belongs to.
    pub class: &'static str,
    /// Name without argument.
    pub name: &'static str,
    /// Name of its type, as Falco has it.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// Whether it has any number of values.
    pub list: bool,
    /// Which argument it takes: empty, `index`, `key`, `index or key`, each optional if in brackets.
    pub argument: &'static str,
    /// Whether a trace can tell it.
    pub available: bool,
    /// What it says.
    pub description: &'static str,
    /// Why a trace cannot tell it, or what else to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// What to use instead, for a deprecated field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<&'static str>,
}

/// All fields, class by class.
#[must_use]
pub fn listing() -> Vec<Listed> {
    (0u16..)
        .zip(rows())
        .map(|(id, row)| Listed {
            class: class_of(FieldId(id)).name(),
            name: row.name,
            ty: if row.dynamic { "DYNAMIC" } else { row.ty.name() },
            list: row.list,
            argument: argument_name(row.arg),
            available: row.available,
            description: row.description,
            note: row.note,
            deprecated: row.deprecated,
        })
        .collect()
}

/// All fields as Markdown: a heading and a table a class.
#[must_use]
pub fn markdown() -> String {
    let listed = listing();
    let mut out = String::new();
    for class in Class::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "## {}\n\n| field | type | argument | says |\n|---|---|---|---|", class.name());
        for field in listed.iter().filter(|field| field.class == class.name()) {
            let list = if field.list { ", list" } else { "" };
            let _ = write!(
                out,
                "| `{}` | {}{list} | {} | {}",
                field.name, field.ty, field.argument, field.description
            );
            match (field.available, field.note) {
                (false, Some(note)) => {
                    let _ = write!(out, " *Never known from a trace: {note}.*");
                }
                (true, Some(note)) => {
                    let _ = write!(out, " *{note}.*");
                }
                (_, None) => {}
            }
            if let Some(instead) = field.deprecated {
                let _ = write!(out, " *Deprecated; use {instead}.*");
            }
            out.push_str(" |\n");
        }
        out.push('\n');
    }
    out
}

fn argument_name(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::None => "",
        ArgKind::OptionalIndex => "[index]",
        ArgKind::RequiredIndex => "index",
        ArgKind::OptionalKey => "[key]",
        ArgKind::RequiredKey => "key",
        ArgKind::OptionalIndexOrKey => "[index or key]",
        ArgKind::RequiredIndexOrKey => "index or key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_lists_every_field_once() {
        let text = markdown();
        for field in listing() {
            assert_eq!(text.matches(&format!("| `{}` |", field.name)).count(), 1, "{}", field.name);
        }
    }

    #[test]
    fn json_names_the_type_as_falco_does() {
        let fields = serde_json::to_value(listing()).expect("plain data");
        let rawarg = fields.as_array().expect("a list").iter().find(|f| f["name"] == "evt.rawarg");
        assert_eq!(rawarg.expect("listed")["type"], "DYNAMIC");
    }
}
