//! What crates must not touch, checked in their sources.
//!
//! "State performs no I/O" is an absence, and absences rot silently: this looks for the names through
//! which a crate would reach files, processes, the network or the clock. Test modules are exempt, being
//! below the first `#[cfg(test)]` of a file.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// Folder of a crate's sources, then the names that must not occur in them.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("format/schema/src", &["std::fs", "std::io", "std::net", "std::process", "std::env", "std::time"]),
    (
        "analyze/state/src",
        &["std::fs", "std::io", "std::process", "std::env", "SystemTime", "Instant", "scap_rules"],
    ),
    (
        "rules/src",
        &["std::fs", "std::net::Tcp", "std::process", "std::env", "SystemTime", "Instant", "scap_format"],
    ),
    ("format/src", &["std::process", "std::env", "SystemTime", "scap_state"]),
    (
        "analyze/report/src",
        &["std::fs", "std::net::Tcp", "std::process", "std::env", "SystemTime", "Instant"],
    ),
    ("analyze/src", &["std::process", "std::net::Tcp", "SystemTime"]),
    ("analyze/export/src", &["std::fs", "std::net::Tcp", "std::process", "std::env", "SystemTime"]),
    ("analyze/post/src", &["std::fs", "std::process", "std::env", "SystemTime"]),
];

/// Looks through the sources of every crate of the table.
///
/// # Errors
/// Names file, line and word of each finding.
pub(crate) fn check() -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut files, mut wrong) = (0, Vec::new());
    for (folder, words) in FORBIDDEN {
        for file in sources(&root.join(folder))? {
            files += 1;
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            wrong.extend(findings(&text, words).map(|(line, word)| {
                let file = file.strip_prefix(&root).unwrap_or(&file).display();
                format!("{file}:{line}: {word} has no place in this crate")
            }));
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(format!("purity: {files} files touch nothing that their crate must not know"))
}

fn findings<'t>(text: &'t str, words: &'t [&str]) -> impl Iterator<Item = (usize, &'t str)> {
    text.lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"))
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(move |(at, line)| words.iter().filter(|w| line.contains(**w)).map(move |w| (at + 1, *w)))
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_crate_touches_what_it_must_not_know() {
        super::check().expect("a forbidden name");
    }

    #[test]
    fn a_forbidden_name_is_found_outside_comments_and_tests() {
        let text = "use std::fs;\n// std::fs\n#[cfg(test)]\nuse std::fs;";
        assert_eq!(super::findings(text, &["std::fs"]).collect::<Vec<_>>(), [(1, "std::fs")]);
    }
}
