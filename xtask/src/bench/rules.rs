//! Twice as many rules: each duplicated under another name, with one constant changed.

use anyhow::{Context, Result};
use regex::Regex;
use std::path::{Path, PathBuf};
use yaml_serde::Value;

/// A field, an operator, and a text that it is compared with.
const COMPARISON: &str = r#"([a-z0-9]+\.[a-z0-9_.\[\]]+) *(?:!?=|contains|startswith|endswith|in \() *"?([A-Za-z/][A-Za-z0-9/._-]{2,})"?"#;

/// Rule files below `paths`, in the order in which `scap` loads them.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).with_context(|| path.display().to_string())?;
        let mut found: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        found.retain(|file| file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml"));
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// Duplicates of every rule in `files`, as the text of one more rule file; also how many there are.
pub(super) fn duplicates(files: &[PathBuf]) -> Result<(String, usize)> {
    let constant = Regex::new(COMPARISON)?;
    let mut copies = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let items: Vec<Value> = yaml_serde::from_str(&text).with_context(|| file.display().to_string())?;
        copies.extend(items.into_iter().filter_map(|item| copy(item, &constant)));
    }
    // Rules with the name of one before them replace it: of those the last counts, as in the originals.
    let count = names(&copies);
    Ok((yaml_serde::to_string(&copies)?, count))
}

/// Number of rules in `files`.
pub(super) fn count(files: &[PathBuf]) -> Result<usize> {
    duplicates(files).map(|(_, count)| count)
}

fn names(copies: &[Value]) -> usize {
    let names: std::collections::BTreeSet<&str> =
        copies.iter().filter_map(|item| item.get("rule")?.as_str()).collect();
    names.len()
}

fn copy(mut item: Value, constant: &Regex) -> Option<Value> {
    let name = item.get("rule")?.as_str()?.to_owned();
    let condition = item.get("condition").and_then(Value::as_str).map(|text| changed(text, &name, constant));
    let keys = item.as_mapping_mut()?;
    keys.insert("rule".into(), format!("{name} (another)").into());
    if let Some(condition) = condition {
        keys.insert("condition".into(), condition.into());
    }
    Some(item)
}

/// The condition with the last of its own constants changed; with one more comparison if it has none.
fn changed(condition: &str, name: &str, constant: &Regex) -> String {
    // Types of events and truths are what they are.
    let is_text = |field: &str, text: &str| !field.starts_with("evt.") && !matches!(text, "true" | "false");
    let texts = constant.captures_iter(condition).filter_map(|found| Some((found.get(1)?, found.get(2)?)));
    let last =
        texts.filter(|(field, text)| is_text(field.as_str(), text.as_str())).map(|(_, text)| text).last();
    match last {
        Some(found) => {
            let (before, after) = condition.split_at(found.end());
            format!("{before}-{}{after}", name.len())
        }
        None => format!("({condition}) and proc.name != \"another-{}\"", name.len()),
    }
}

/// Writes the duplicates to a file; gives how many there are.
pub(super) fn write_duplicates(files: &[PathBuf], to: &Path) -> Result<usize> {
    let (text, count) = duplicates(files)?;
    std::fs::write(to, text).with_context(|| to.display().to_string())?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_rule_has_a_twin_with_another_constant() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/sets/default.yaml");
        let text = std::fs::read_to_string(&file).expect("the shipped rules");
        let (copies, count) = duplicates(&[file]).expect("duplicates");
        assert_eq!(count, text.lines().filter(|line| line.starts_with("- rule:")).count());
        let items: Vec<Value> = yaml_serde::from_str(&copies).expect("YAML");
        for item in items {
            let condition = item.get("condition").and_then(Value::as_str).expect("a condition");
            assert!(!text.contains(condition), "{condition}");
        }
    }

    #[test]
    fn the_last_constant_changes_or_one_is_added() {
        let constant = Regex::new(COMPARISON).expect("a pattern");
        let another = |condition| changed(condition, "four", &constant);
        assert_eq!(another("a.b = /etc and c.d in (word, x)"), "a.b = /etc and c.d in (word-4, x)");
        assert_eq!(another("a.b = \"/etc\" and evt.type = open"), "a.b = \"/etc-4\" and evt.type = open");
        assert!(another("proc.is_exe_writable=true").ends_with("and proc.name != \"another-4\""));
    }
}
