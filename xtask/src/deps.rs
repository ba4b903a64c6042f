//! Which crate may depend on which: the arrows of `ARCHITECTURE.md`, checked.

use anyhow::{Context, Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate, then the workspace crates it may use outside its tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("scap-schema", &[]),
    ("scap-format", &["scap-schema"]),
    ("scap-capture", &["scap-schema", "scap-format"]),
    ("scap-state", &["scap-schema", "scap-format"]),
    ("scap-rules", &[]),
    ("scap-analyze", &["scap-schema", "scap-format", "scap-state", "scap-rules"]),
    ("scap-suite", &["scap-schema", "scap-format", "scap-rules", "scap-analyze"]),
    ("scap-account", &["scap-schema", "scap-format", "scap-state", "scap-rules", "scap-analyze"]),
    ("scap-post", &["scap-analyze"]),
    ("scap-export", &["scap-schema", "scap-state", "scap-rules", "scap-analyze"]),
    (
        "scap-report",
        &["scap-schema", "scap-format", "scap-state", "scap-rules", "scap-analyze", "scap-account"],
    ),
    (
        "scap-tables",
        &["scap-schema", "scap-format", "scap-state", "scap-rules", "scap-analyze", "scap-account"],
    ),
    (
        "scap",
        &[
            "scap-schema",
            "scap-format",
            "scap-capture",
            "scap-state",
            "scap-rules",
            "scap-analyze",
            "scap-suite",
            "scap-account",
            "scap-tables",
            "scap-report",
            "scap-post",
            "scap-export",
        ],
    ),
    ("scap-benches", &["scap-schema", "scap-format", "scap-state", "scap-rules", "scap-analyze"]),
    ("xtask", &["scap-schema", "scap-format"]),
];

/// Crates that may have no dependency at all, not even from outside.
const BARE: &[&str] = &["scap-schema"];

/// Checks every workspace crate against the table.
///
/// # Errors
/// Names each dependency that the table does not draw.
pub(crate) fn check() -> Result<String> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata")?;
    let names: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(of, _)| *of == name) else {
            wrong.push(format!("{name} is not in the table of xtask/src/deps.rs"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            let to = dependency.name.as_str();
            let inside = names.contains(&to);
            if (inside && !allowed.contains(&to)) || (!inside && BARE.contains(&name)) {
                wrong.push(format!("{name} must not depend on {to}"));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(format!("deps: {} crates, every dependency is one that ARCHITECTURE.md draws", names.len()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_crate_depends_only_on_what_architecture_draws() {
        super::check().expect("a dependency that is not drawn");
    }
}
