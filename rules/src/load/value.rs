//! Values of the keys of an item, with a problem reported where they are not what they should be.
//!
//! What counts as a boolean or number is what Falco's YAML library takes for one.

use std::collections::BTreeSet;

use super::item::Word;
use super::problems::{Context, Problems};
use crate::report::Code;
use crate::rule::Priority;
use crate::source::MappedText;
use crate::yaml::Node;

/// An item of a rule file being read.
pub(super) struct Reading<'r, 's> {
    pub(super) node: &'r Node,
    pub(super) context: Context,
    pub(super) problems: &'r mut Problems<'s>,
}

/// What was wrong has been reported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported;

pub(super) type Read<T> = Result<T, Reported>;

impl Reading<'_, '_> {
    /// Reports that the item is not built as it should be.
    pub(super) fn invalid<T>(&mut self, message: &str, at: Option<&Node>) -> Read<T> {
        self.problems.add(Code::ErrYamlValidate, message, at.map(|node| node.place), &self.context);
        Err(Reported)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// The scalar under `key`, which must be there and not be empty.
    pub(super) fn required(&mut self, key: &str) -> Read<&'_ Node> {
        match self.optional(key)? {
            Some(_) => {}
            None => return self.invalid(&format!("the key `{key}` is missing"), None),
        }
        self.node.get(key).ok_or(Reported)
    }

    /// The scalar under `key`, which must not be empty if it is there.
    fn optional(&mut self, key: &str) -> Read<Option<&str>> {
        let node = self.node;
        let Some(value) = node.get(key) else { return Ok(None) };
        match value.text() {
            Some("") => self.invalid(&format!("`{key}` is empty"), Some(value)),
            Some(_) => Ok(node.get(key).and_then(Node::text)),
            None if value.is_null() => self.invalid(&format!("`{key}` has no value"), Some(value)),
            None => self
                .invalid(&format!("`{key}` must be a single value, not {}", value.kind_name()), Some(value)),
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Read<String> {
        self.required(key).map(|node| node.text().unwrap_or("").to_owned())
    }

    pub(super) fn optional_text(&mut self, key: &str) -> Read<Option<String>> {
        Ok(self.optional(key)?.map(str::to_owned))
    }

    /// The text under `key` with the place of each byte.
    pub(super) fn mapped(&mut self, key: &str) -> Read<MappedText> {
        self.required(key)?;
        let mapped = self.node.get(key).and_then(|node| {
            let source = self.problems.sources.file(node.place.file)?;
            Some(node.scalar()?.mapped(node.place.file, source))
        });
        mapped.ok_or(Reported)
    }

    pub(super) fn optional_bool(&mut self, key: &str) -> Read<Option<bool>> {
        let Some(text) = self.optional(key)? else { return Ok(None) };
        match parse_bool(text) {
            Some(value) => Ok(Some(value)),
            None => {
                let message = format!("`{key}` must be true or false, not `{text}`");
                let at = self.node.get(key);
                self.invalid(&message, at)
            }
        }
    }

    pub(super) fn optional_number(&mut self, key: &str) -> Read<Option<u32>> {
        let Some(text) = self.optional(key)? else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => {
                let message = format!("`{key}` must be a whole number, not `{text}`");
                let at = self.node.get(key);
                self.invalid(&message, at)
            }
        }
    }

    pub(super) fn priority(&mut self) -> Read<Priority> {
        let text = self.text("priority")?;
        if let Some(priority) = Priority::named(&text) {
            return Ok(priority);
        }
        let names: Vec<String> = Priority::ALL.iter().map(|p| p.name().to_lowercase()).collect();
        let near = crate::report::nearest(&text.to_lowercase(), names.iter().map(String::as_str));
        let message = format!("`{text}` is no priority; there are {}", names.join(", "));
        let place = self.node.get("priority").map(|node| node.place);
        let context = match place {
            Some(place) => self.context.within("rule priority", "", place),
            None => self.context.clone(),
        };
        self.problems.add_suggesting(Code::ErrYamlValidate, &message, place, &context, near);
        Err(Reported)
    }

    /// The words of the list under `key`; `None` if the key is not there.
    pub(super) fn words(&mut self, key: &str) -> Read<Option<Vec<Word>>> {
        let Some(value) = self.node.get(key) else { return Ok(None) };
        let Some(items) = value.sequence() else {
            return self.invalid(&format!("`{key}` must be a list, not {}", value.kind_name()), Some(value));
        };
        let mut words = Vec::with_capacity(items.len());
        for item in items {
            // An item that YAML takes for null is the word as written, e.g. `null` or `~`.
            match item.text() {
                Some(text) => words.push(Word { text: text.to_owned(), place: item.place }),
                None if item.is_null() => words.push(self.null_word(item)),
                None => {
                    let message = format!("`{key}` must list single values, not {}", item.kind_name());
                    return self.invalid(&message, Some(item));
                }
            }
        }
        Ok(Some(words))
    }

    fn null_word(&self, item: &Node) -> Word {
        let written = self.problems.sources.file(item.place.file).and_then(|file| {
            let at = usize::try_from(item.place.offset).ok()?;
            let rest = file.text.get(at..)?;
            ["null", "Null", "NULL", "~"].into_iter().find(|word| rest.starts_with(word))
        });
        Word { text: written.unwrap_or("").to_owned(), place: item.place }
    }

    pub(super) fn tags(&mut self) -> Read<Option<BTreeSet<String>>> {
        Ok(self.words("tags")?.map(|words| words.into_iter().map(|word| word.text).collect()))
    }

    /// Warns of keys that are not among `known`.
    pub(super) fn warn_unknown_keys(&mut self, known: &[&str]) {
        for (key, _) in self.node.entries().unwrap_or(&[]) {
            let Some(name) = key.text() else { continue };
            if known.contains(&name) {
                continue;
            }
            let near = crate::report::nearest(name, known.iter().copied());
            let message = format!("unknown key `{name}`; it is ignored");
            self.problems.add_suggesting(Code::UnknownKey, &message, Some(key.place), &self.context, near);
        }
    }
}

/// Booleans of YAML 1.1: lower case, upper case or capitalized.
fn parse_bool(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    let capitalized = text.get(1..).is_some_and(|rest| rest == lower.get(1..).unwrap_or(""));
    let uniform = text == lower || text == text.to_ascii_uppercase() || capitalized;
    match lower.as_str() {
        _ if !uniform => None,
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_those_of_yaml_1_1() {
        for text in ["true", "True", "TRUE", "yes", "On", "y"] {
            assert_eq!(parse_bool(text), Some(true), "{text}");
        }
        for text in ["false", "NO", "off", "N"] {
            assert_eq!(parse_bool(text), Some(false), "{text}");
        }
        for text in ["tRue", "1", "", "maybe"] {
            assert_eq!(parse_bool(text), None, "{text}");
        }
    }
}
