//! Recordings of one command, as lists of events that can be compared.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "it is part of tests")]

pub(crate) mod check;

use scap_capture::session::{self, Output, SessionOptions, Summary};
use scap_capture::snapshot::SnapshotScope;
use scap_capture::{Attach, Backend, EbpfBackend, Options, PtraceBackend, Scope};
use scap_format::block::Block;
use scap_format::scap::parse::{self, Frame};
use std::ffi::OsString;
use std::path::Path;

/// One recorded event with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) tid: i64,
    pub(crate) code: u16,
    pub(crate) params: Vec<Vec<u8>>,
}

impl Recorded {
    pub(crate) fn name(&self) -> &'static str {
        scap_schema::event(self.code).map_or("?", |info| info.id)
    }

    /// Name of its type without direction and version.
    pub(crate) fn title(&self) -> &'static str {
        scap_schema::event(self.code).map_or("?", |info| info.name)
    }

    pub(crate) fn param(&self, name: &str) -> &[u8] {
        let at = scap_schema::event(self.code).and_then(|info| info.param_index(name));
        at.and_then(|at| self.params.get(at)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        let bytes = self.param(name);
        let mut full = [if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 }; 8];
        full.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        i64::from_le_bytes(full)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.param(name)).trim_end_matches('\0').to_owned()
    }
}

pub(crate) fn ptrace() -> Box<dyn Backend> {
    let options = Options { scope: Scope::Trees, ..Options::default() };
    Box::new(PtraceBackend::new(&options).unwrap())
}

/// `None`, with a line about why, where eBPF may not be used.
pub(crate) fn ebpf() -> Option<Box<dyn Backend>> {
    ebpf_by(Attach::default())
}

/// eBPF by one kind of tracepoint.
pub(crate) fn ebpf_by(attach: Attach) -> Option<Box<dyn Backend>> {
    let options = Options { scope: Scope::Trees, attach, ..Options::default() };
    match EbpfBackend::new(&options) {
        Ok(backend) => Some(Box::new(backend)),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

pub(crate) fn record(backend: &mut dyn Backend, command: &[&str]) -> (Summary, Vec<Recorded>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.zst");
    let options = SessionOptions {
        command: command.iter().map(OsString::from).collect(),
        snapshot: SnapshotScope::Trees(Vec::new()),
        ..SessionOptions::default()
    };
    let output = Output::file(&path, false).unwrap();
    let summary = session::run(&options, backend, output, &mut session::Unwatched, &mut |_| {}).unwrap();
    (summary, events(&path))
}

pub(crate) fn events(path: &Path) -> Vec<Recorded> {
    let raw = std::process::Command::new("zstd").arg("-dcq").arg(path).output().unwrap().stdout;
    let (mut rest, mut all, mut scratch) = (raw.as_slice(), Vec::new(), Vec::new());
    while let Frame::Whole(framed) = parse::frame(rest, false) {
        if let Block::Event(event) = parse::decode(&framed, false, &mut scratch).unwrap() {
            let params = event.params.iter().map(<[u8]>::to_vec).collect();
            all.push(Recorded { tid: event.tid, code: event.code, params });
        }
        rest = &rest[framed.len as usize..];
    }
    assert!(rest.is_empty(), "{} bytes are no block", rest.len());
    all
}
