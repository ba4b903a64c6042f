//! What the trace says about its own making.
//!
//! Takes the session's options and /proc, gives the trace's manifest.

use super::SessionOptions;
use crate::Backend;
use crate::snapshot::{Root, Snapshot};
use scap_format::native::{ClockInfo, Manifest};
use std::fs::File;
use std::io::Read;

pub(super) fn of_session(options: &SessionOptions, backend: &dyn Backend, snapshot: &Snapshot) -> Manifest {
    let kernel = |name: &str| small(&options.root, &format!("sys/kernel/{name}"));
    let boot = snapshot.machine.boot_ts_epoch;
    let mut noted = options.noted.clone();
    let mut note =
        |name: &str, value: Option<String>| noted.extend(value.map(|value| (name.to_owned(), value)));
    note("duration", options.duration.map(|time| format!("{}s", time.as_secs_f64())));
    note("max_size", options.max_size.map(|bytes| bytes.to_string()));
    note("level", Some(options.level.to_string()));
    note("root", (!super::is_live(&options.root)).then(|| options.root.path().display().to_string()));
    note("container", options.container.clone());
    note("hash_exes", options.hash_exes.then(|| "true".to_owned()));
    let pids: Vec<String> = options.pids.iter().map(u32::to_string).collect();
    note("pids", (!pids.is_empty()).then(|| pids.join(",")));
    Manifest {
        tool: options.tool.clone(),
        tool_hash: own_hash(),
        host: String::from_utf8_lossy(&snapshot.machine.hostname).into_owned(),
        kernel: format!("{} {}", kernel("osrelease"), kernel("version")),
        arch: std::env::consts::ARCH.to_owned(),
        boot_id: kernel("random/boot_id"),
        clock: ClockInfo {
            realtime_ns: snapshot.begun,
            boottime_ns: snapshot.begun.saturating_sub(boot),
            source: "boottime + offset".to_owned(),
            utc_offset_minutes: options.utc_offset_minutes,
        },
        backend: backend.name().to_owned(),
        command_line: options.command_line.clone(),
        filter: options.filter.clone(),
        options: noted,
        snaplen: options.snaplen,
        case: options.case.clone(),
        note: options.note.clone(),
        redaction: None,
    }
}

/// A small text file below /proc; empty if it cannot be read.
fn small(root: &Root, path: &str) -> String {
    let mut text = String::new();
    let file = File::open(root.proc().join(path));
    // What is no UTF-8 is no answer of the kernel's.
    let _ = file.and_then(|file| file.take(4096).read_to_string(&mut text));
    text.trim().to_owned()
}

/// BLAKE3 of the running executable.
fn own_hash() -> Option<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open("/proc/self/exe").ok()?).ok()?;
    Some(*hasher.finalize().as_bytes())
}
