//! `cargo xtask dist`: the one file that is carried to a suspect host.
//!
//! Builds `scap` with everything linked in (the C library too, by `+crt-static`), without optional features, stripped;
//! proves that it asks for no other file to run; and, as root, records, verifies and reads with it in a root folder
//! where there is nothing else but `/proc` and `/sys`. With `--tables`, builds the full one beside it, for where traces are
//! analyzed. Needs the C library's static archive (Debian: `libc6-dev`) and
//! `readelf`.

use crate::tools::{Folder, cargo, workspace};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Crates that would make it too large to carry.
const TOO_HEAVY: &[&str] = &["polars", "polars-core"];

/// What the full binary has beside the defaults.
const TABLES: &str = "--features=tables";

/// What runs in the empty root, before which its `/proc` and `/sys` are mounted where no one else sees them.
const IN_EMPTY_ROOT: &str = "set -e; mount -t proc proc \"$1/proc\"; mount --rbind /sys \"$1/sys\"; \
    exec chroot \"$1\" /scap record -o /t.zst -- /scap events";

/// Builds and checks; says where it is.
///
/// # Errors
/// If it cannot be built, is not static, or does not work on its own.
pub(crate) fn run(args: &[String]) -> Result<String> {
    let root = workspace()?;
    let program = match args {
        [] => {
            check_weight(&root)?;
            build(&root)?
        }
        [only] if only == "--tables" => {
            let built = build_like_it(&root, &["--package=scap", "--bin=scap", TABLES])?;
            // Under a name of its own, so that nobody carries it by mistake.
            let full = built.join("scap-full");
            std::fs::rename(built.join("scap"), &full)?;
            full
        }
        _ => bail!("dist takes --tables or nothing"),
    };
    check_static(&program)?;
    let tried = try_alone(&program)?;
    let size = program.metadata()?.len();
    let shown = program.strip_prefix(&root).unwrap_or(&program).display();
    Ok(format!("dist: {shown}: {size} bytes, static; {tried}"))
}

fn check_weight(root: &Path) -> Result<()> {
    let tree = checked(cargo(root).args([
        "tree",
        "--locked",
        "--package=scap",
        "--no-default-features",
        "--edges=normal",
        "--prefix=none",
    ]))?;
    for crate_name in TOO_HEAVY {
        let found = tree.lines().any(|line| line.split(' ').next() == Some(crate_name));
        ensure!(!found, "scap without features depends on {crate_name}: make it a feature");
    }
    Ok(())
}

/// Builds the binary; gives where it is.
///
/// # Errors
/// If it cannot be built here.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    Ok(build_like_it(root, &["--package=scap", "--bin=scap", "--no-default-features"])?.join("scap"))
}

/// Builds what `what` names, as the binary is built; gives the folder where it is.
///
/// # Errors
/// If it cannot be built here.
pub(crate) fn build_like_it(root: &Path, what: &[&str]) -> Result<PathBuf> {
    let about = checked(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc tells no host")?;
    ensure!(host.ends_with("-linux-gnu"), "only built on Linux with the GNU C library, this is {host}");
    // With --target, build scripts and macros, which must not be static, are left as they are.
    let status = cargo(root)
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .args(["build", "--locked", "--profile=dist", "--target", host, "--target-dir", "target/dist"])
        .args(what)
        .status()?;
    ensure!(status.success(), "cargo build failed");
    Ok(root.join("target/dist").join(host).join("dist"))
}

/// A static program names neither a loader nor libraries.
fn check_static(program: &Path) -> Result<()> {
    let headers =
        checked(Command::new("readelf").args(["--program-headers", "--dynamic", "--wide"]).arg(program))?;
    for word in ["INTERP", "(NEEDED)"] {
        if let Some(line) = headers.lines().find(|line| line.contains(word)) {
            bail!("{} is not static: {}", program.display(), line.trim());
        }
    }
    Ok(())
}

/// Records with the program alone in an empty root; says what came of it.
fn try_alone(program: &Path) -> Result<String> {
    if !is_root()? {
        return Ok("not tried on its own: that takes root".into());
    }
    record_in(Folder::new("dist")?.path(), program)
}

fn record_in(alone: &Path, program: &Path) -> Result<String> {
    for folder in ["proc", "sys"] {
        std::fs::create_dir(alone.join(folder))?;
    }
    std::fs::copy(program, alone.join("scap"))?;
    checked(Command::new("unshare").args(["--mount", "sh", "-c", IN_EMPTY_ROOT, "sh"]).arg(alone))?;
    let inside = |args: &[&str]| checked(Command::new("chroot").arg(alone).arg("/scap").args(args));
    let verified = inside(&["verify", "/t.zst"])?;
    ensure!(verified.contains("whole"), "scap verify said: {verified}");
    ensure!(inside(&["info", "/t.zst"])?.contains("recorded by"), "scap info says nothing of the recorder");
    let events = inside(&["read", "/t.zst", "-p", "%evt.type", "proc.name = scap"])?.lines().count();
    ensure!(events > 10, "only {events} events were recorded");
    Ok(format!("recorded, verified and read {events} events of its own in an empty root"))
}

fn is_root() -> Result<bool> {
    Ok(checked(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Standard output of a command that must succeed.
fn checked(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}: {}", String::from_utf8_lossy(&stderr).trim());
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}
