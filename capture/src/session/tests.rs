//! Sessions over a source of events that the test controls, with real commands, files and signals.

use super::*;
use crate::CpuCounters;
use scap_format::block::Block;
use scap_format::native::Manifest;
use scap_format::scap::parse::{self, Frame};
use scap_format::{Event, EventBuf};
use scap_schema::code;
use std::ffi::OsString;
use std::path::Path;

/// Gives `per_poll` events of `size` bytes at every poll.
struct Source {
    per_poll: usize,
    size: usize,
    made: u64,
    dropped: u64,
    followed: Vec<u32>,
    held_back: usize,
}

impl Source {
    fn new(per_poll: usize, size: usize) -> Self {
        Self { per_poll, size, made: 0, dropped: 0, followed: Vec::new(), held_back: 0 }
    }

    fn give(&mut self, count: usize, sink: &mut dyn FnMut(&Event<'_>)) {
        // Bytes that do not compress, so that sizes are what they seem.
        let mut noise = self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for _ in 0..count {
            self.made += 1;
            let mut event = EventBuf::new(code::SYSCALL_OPEN_X, 1_000 + self.made, 42);
            let bytes: Vec<u8> = (0..self.size)
                .map(|_| {
                    noise ^= noise << 13;
                    noise ^= noise >> 7;
                    noise ^= noise << 17;
                    noise.to_le_bytes()[3] | 1
                })
                .collect();
            event.push(&3i64.to_le_bytes()).push_text(&bytes);
            sink(&event.as_event());
        }
    }
}

impl Backend for Source {
    fn name(&self) -> &'static str {
        "test"
    }
    fn start(&mut self) -> Result<(), CaptureError> {
        Ok(())
    }
    fn follow(&mut self, pid: u32) -> Result<(), CaptureError> {
        self.followed.push(pid);
        Ok(())
    }
    fn exclude(&mut self, _pid: u32) -> Result<(), CaptureError> {
        Ok(())
    }
    fn poll(&mut self, timeout: Duration, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        std::thread::sleep(timeout.min(Duration::from_millis(1)));
        self.give(self.per_poll, sink);
        Ok(self.per_poll)
    }
    fn stop(&mut self, sink: &mut dyn FnMut(&Event<'_>)) -> Result<usize, CaptureError> {
        self.give(self.held_back, sink);
        Ok(self.held_back)
    }
    fn counters(&self) -> Result<Vec<CpuCounters>, CaptureError> {
        let second = CpuCounters { dropped_buffer: self.dropped, ..CpuCounters::default() };
        Ok(vec![CpuCounters::default(), second])
    }
}

fn options(command: &[&str]) -> SessionOptions {
    SessionOptions {
        command: command.iter().map(OsString::from).collect(),
        snapshot: SnapshotScope::Trees(Vec::new()),
        ..SessionOptions::default()
    }
}

fn record(options: &SessionOptions, source: &mut Source, path: &Path) -> Result<Summary, SessionError> {
    run(options, source, Output::file(path, false)?, &mut Unwatched, &mut |_| {})
}

/// Codes of a trace's events, as everybody who has zstd can read it.
fn read(path: &Path) -> Vec<u16> {
    let raw = std::process::Command::new("zstd").arg("-dcq").arg(path).output().unwrap().stdout;
    let (mut rest, mut codes, mut scratch) = (raw.as_slice(), Vec::new(), Vec::new());
    while let Frame::Whole(framed) = parse::frame(rest, false) {
        if let Block::Event(event) = parse::decode(&framed, false, &mut scratch).unwrap() {
            codes.push(event.code);
        }
        rest = &rest[framed.len as usize..];
    }
    assert!(rest.is_empty(), "{} bytes are no block", rest.len());
    codes
}

fn trace() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.zst");
    (dir, path)
}

#[test]
fn a_command_is_followed_runs_whole_and_tells_its_exit_code() {
    let (_dir, path) = trace();
    let mut source = Source::new(1, 20);
    source.held_back = 5;
    let summary = record(&options(&["/bin/sh", "-c", "exit 3"]), &mut source, &path).unwrap();
    assert_eq!(summary.command, Some(CommandEnd::Exited(3)));
    assert_eq!(summary.reason, EndReason::CommandEnded);
    assert_eq!(source.followed.len(), 1);
    assert_eq!((summary.events, summary.unwritten), (source.made, 0));
    assert_eq!(summary.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(read(&path).len() as u64, source.made);
}

#[test]
fn a_command_that_does_not_exist_leaves_no_file() {
    let (_dir, path) = trace();
    let error = record(&options(&["/no/such"]), &mut Source::new(0, 0), &path).unwrap_err();
    assert!(matches!(error, SessionError::Command { .. }), "{error}");
    assert!(!path.exists());
}

#[test]
fn time_limits_end_a_session() {
    let (_dir, path) = trace();
    let limit = Duration::from_millis(150);
    let options = SessionOptions { duration: Some(limit), ..options(&["/bin/sleep", "2"]) };
    let summary = record(&options, &mut Source::new(1, 1), &path).unwrap();
    assert_eq!((summary.reason, summary.command), (EndReason::Duration, Some(CommandEnd::Running)));
    assert!(summary.duration >= limit && summary.duration < Duration::from_secs(2));
}

#[test]
fn a_trace_never_grows_beyond_its_limit() {
    let (_dir, path) = trace();
    for limit in [300 << 10, 3 << 20] {
        let options = SessionOptions {
            max_size: Some(limit),
            duration: Some(Duration::from_secs(60)),
            ..options(&["/bin/sleep", "0.01"])
        };
        let options = SessionOptions { command: Vec::new(), ..options };
        let summary = record(&options, &mut Source::new(20, 500), &path).unwrap();
        assert_eq!(summary.reason, EndReason::MaxSize);
        let len = std::fs::metadata(&path).unwrap().len();
        assert!(len <= limit && len > limit / 2, "{len} of {limit}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn drops_stand_in_the_trace_where_they_happened() {
    let (_dir, path) = trace();
    let mut source = Source::new(2, 10);
    source.dropped = 17;
    let summary = record(&options(&["/bin/true"]), &mut source, &path).unwrap();
    assert_eq!((summary.drops.as_slice(), summary.dropped()), (&[(1, 17)][..], 17));
    let codes = read(&path);
    let notice = codes.iter().position(|&code| code == code::NOTIFICATION_E).unwrap();
    assert!(notice > 0 && codes.iter().filter(|&&code| code == code::NOTIFICATION_E).count() == 1);
    assert_eq!(summary.events, source.made + 1);
}

#[test]
fn a_frame_leaves_every_second() {
    let (_dir, path) = trace();
    let options = SessionOptions { duration: Some(Duration::from_millis(2500)), ..options(&[]) };
    let mut sizes = Vec::new();
    let mut watch = |_: &Progress| sizes.push(std::fs::metadata(&path).unwrap().len());
    run(&options, &mut Source::new(1, 10), Output::file(&path, false).unwrap(), &mut Unwatched, &mut watch)
        .unwrap();
    sizes.dedup();
    assert!(sizes.len() >= 3, "the file grew {} times", sizes.len());
}

#[test]
fn a_full_disk_keeps_all_that_was_written() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: needs root to mount a small file system");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mounted = |verb: &str, args: &[&str]| {
        let done = std::process::Command::new(verb).args(args).arg(dir.path()).status().unwrap();
        assert!(done.success());
    };
    mounted("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs"]);
    let path = dir.path().join("t.zst");
    let options = SessionOptions { duration: Some(Duration::from_secs(60)), ..options(&[]) };
    let mut source = Source::new(50, 400);
    let summary = record(&options, &mut source, &path);
    let (codes, len) = (read(&path), std::fs::metadata(&path).unwrap().len());
    mounted("umount", &[]);
    let summary = summary.unwrap();
    assert_eq!(summary.reason, EndReason::DiskFull);
    assert_eq!((codes.len() as u64, len), (summary.events, summary.bytes));
    assert_eq!(summary.events + summary.unwritten, source.made);
}

#[test]
fn a_reader_that_goes_away_ends_the_session() {
    let (reader, writer) = io::pipe().unwrap();
    let output = Output::of_file(std::fs::File::from(std::os::fd::OwnedFd::from(writer)));
    drop(reader);
    let error = run(&options(&[]), &mut Source::new(1, 1), output, &mut Unwatched, &mut |_| {}).unwrap_err();
    assert!(matches!(error, SessionError::Write(_)), "{error}");
}

#[test]
fn the_manifest_tells_host_kernel_and_clock() {
    let snapshot = Snapshot::take(&SnapshotOptions::default()).unwrap();
    let manifest: Manifest = manifest::of_session(&options(&[]), &Source::new(0, 0), &snapshot);
    assert_eq!(manifest.host, nix::unistd::gethostname().unwrap().to_str().unwrap());
    assert_eq!((manifest.boot_id.len(), manifest.backend.as_str()), (36, "test"));
    assert!(manifest.tool_hash.is_some() && manifest.kernel.contains('.'));
    assert!(manifest.clock.boottime_ns > 0 && manifest.clock.boottime_ns < manifest.clock.realtime_ns);
}

#[test]
fn a_process_that_does_not_exist_is_refused() {
    let (_dir, path) = trace();
    let options = SessionOptions { pids: vec![u32::MAX], ..options(&[]) };
    let error = record(&options, &mut Source::new(0, 0), &path).unwrap_err();
    assert!(matches!(error, SessionError::NoProcess { pid: u32::MAX }), "{error}");
    assert!(!path.exists(), "an empty file is left");
}

#[test]
fn descendants_of_a_recorded_process_are_followed_too() {
    let (_dir, path) = trace();
    let mut child = std::process::Command::new("/bin/sh")
        .args(["-c", "sleep 1000 & echo; wait"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
    let options =
        SessionOptions { pids: vec![child.id()], duration: Some(Duration::from_millis(20)), ..options(&[]) };
    let mut source = Source::new(0, 0);
    record(&options, &mut source, &path).unwrap();
    for pid in source.followed.iter().rev() {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(*pid).unwrap()), None).unwrap();
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(i32::try_from(*pid).unwrap()),
            nix::sys::signal::Signal::SIGKILL,
        )
        .unwrap();
    }
    child.wait().unwrap();
    assert_eq!(source.followed.len(), 2);
    assert_eq!(source.followed[0], child.id());
}
