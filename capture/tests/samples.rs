//! The shipped traces hold nothing of the machine they were recorded on.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "its helpers are part of the tests")]

use scap_format::block::Block;
use scap_format::native::Info;
use scap_format::scap::parse::{self, Frame};
use scap_format::snapshot::{FdEntry, FdKind, Interface, ThreadEntry};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Largest trace that is shipped, bytes.
const LARGEST: u64 = 400_000;

/// All of them together, bytes.
const TOGETHER: u64 = 8_000_000;

/// Scripts that scenarios share, and that are none.
const SHARED: [&str; 3] = ["act", "inside", "lib"];

/// What the sample's own environment consists of.
const ENVIRONMENT: [&str; 3] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC", "LANG=C.UTF-8"];

/// What only machines that build something have.
const FORBIDDEN: [&str; 6] = [".cargo", ".rustup", "crates.io", "target/debug", "target/release", "/.git"];

/// Directories that every machine has.
const ORDINARY: [&str; 10] =
    ["/", "/home", "/root", "/tmp", "/usr", "/var", "/opt", "/srv", "/mnt", "/build"];

fn samples() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/traces");
    let entries = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|kind| kind == "zst")).collect()
}

fn raw(path: &Path) -> Vec<u8> {
    let out = std::process::Command::new("zstd").arg("-dcq").arg(path).output().unwrap();
    assert!(out.status.success(), "{}: zstd does not like it", path.display());
    out.stdout
}

#[test]
fn each_scenario_has_its_trace_and_each_trace_is_small_and_whole() {
    let (mut names, mut together) = (Vec::new(), 0);
    for path in samples() {
        let bytes = path.metadata().unwrap().len();
        assert!(bytes < LARGEST, "{}", path.display());
        together += bytes;
        let info = Info::open(&mut File::open(&path).unwrap()).unwrap();
        assert!(info.finished && info.damage.is_empty() && info.totals.events > 1000);
        assert_eq!(info.totals.dropped(), 0);
        names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    assert!(together < TOGETHER, "{together} bytes");
    names.sort();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/scenarios");
    let scripts = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let mut scenarios: Vec<String> =
        scripts.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    scenarios.retain(|name| !SHARED.contains(&name.as_str()));
    scenarios.sort();
    assert_eq!(names, scenarios);
}

#[test]
fn manifests_name_the_sample_and_nothing_else() {
    for path in samples() {
        let manifest = Info::open(&mut File::open(&path).unwrap()).unwrap().manifest.unwrap();
        assert_eq!(manifest.host, "web-1");
        assert!(manifest.command_line.iter().all(|word| !word.starts_with("/root") && !word.contains("..")));
        assert!((manifest.case, manifest.note, manifest.filter) == (None, None, None));
    }
}

#[test]
fn snapshots_hold_the_recorded_command_and_nothing_else() {
    for path in samples() {
        let bytes = raw(&path);
        let (mut rest, mut scratch, mut threads) = (bytes.as_slice(), Vec::new(), 0);
        while let Frame::Whole(framed) = parse::frame(rest, false) {
            match parse::decode(&framed, false, &mut scratch).unwrap() {
                Block::Machine(machine) => assert_eq!(machine.hostname, b"web-1"),
                Block::Threads(list) => {
                    threads += list.len();
                    list.iter().for_each(check_thread);
                }
                Block::Fds { fds, .. } => fds.iter().for_each(check_fd),
                Block::Users { users, .. } => assert!(users.iter().all(|user| user.name == b"root")),
                Block::Interfaces(list) => assert!(list.iter().all(|interface| match interface {
                    Interface::V4 { addr, .. } => addr.is_loopback() || is_nobody(addr.octets()),
                    Interface::V6 { addr, .. } => addr.is_loopback(),
                })),
                _ => {}
            }
            rest = &rest[framed.len as usize..];
        }
        assert!((1..8).contains(&threads), "{threads} threads");
    }
}

/// Addresses for documentation, and the one at which every cloud answers the machines in it.
fn is_nobody(address: [u8; 4]) -> bool {
    address.starts_with(&[198, 51, 100]) || address == [169, 254, 169, 254]
}

fn check_thread(thread: &ThreadEntry) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert!(["scap", "sh"].contains(&text(&thread.comm).as_str()), "{}", text(&thread.comm));
    assert!(["", "/opt/scap"].contains(&text(&thread.exepath).as_str()), "{}", text(&thread.exepath));
    assert!(["", "/"].contains(&text(&thread.cwd).as_str()), "{}", text(&thread.cwd));
    for variable in text(&thread.env).split_terminator('\0') {
        assert!(ENVIRONMENT.contains(&variable), "{variable}");
    }
    for group in text(&thread.cgroups).split_terminator('\0') {
        assert!(group.ends_with("=/"), "{group}");
    }
}

fn check_fd(entry: &FdEntry) {
    let name = match &entry.kind {
        FdKind::Regular { name, .. } | FdKind::Directory { name } | FdKind::Other { name, .. } => name,
        _ => return,
    };
    let name = String::from_utf8_lossy(name);
    let known = ["", "pipe:[", "/dev/null", "anon_inode:", "socket:["];
    assert!(
        known.iter().any(|start| if start.is_empty() { name.is_empty() } else { name.starts_with(start) }),
        "{name}"
    );
}

#[test]
fn nothing_of_this_or_any_other_builder_stands_in_them() {
    let mut forbidden: Vec<String> = FORBIDDEN.map(str::to_owned).to_vec();
    let own = nix::unistd::gethostname().unwrap().to_string_lossy().into_owned();
    if own.len() >= 5 && own != "web-1" {
        forbidden.push(own);
    } else {
        println!("skipped: the host name {own:?} is too short to be looked for");
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().filter_map(Path::to_str);
    forbidden.extend(here.filter(|dir| !ORDINARY.contains(dir)).map(|dir| format!("{dir}/")));
    let cgroup = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = cgroup.lines().filter_map(|line| line.rsplit(':').next()).filter(|group| group.len() > 8);
    forbidden.extend(groups.map(str::to_owned));
    for path in samples() {
        let bytes = raw(&path);
        for word in &forbidden {
            let found = bytes.windows(word.len()).position(|window| window == word.as_bytes());
            assert_eq!(found, None, "{} holds {word:?}", path.display());
        }
    }
}
