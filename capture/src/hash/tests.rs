use super::*;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

fn started(tid: i64, path: &str) -> Started {
    let meta = std::fs::metadata(path).unwrap();
    let nanos = |seconds: i64, part: i64| u64::try_from(seconds * 1_000_000_000 + part).unwrap();
    let facts = [meta.ino(), nanos(meta.ctime(), meta.ctime_nsec()), nanos(meta.mtime(), meta.mtime_nsec())];
    Started { tid, parent: i64::from(std::process::id()), path: path.as_bytes().to_vec(), facts }
}

fn worker() -> Worker {
    Worker::new(sync_channel(1).0)
}

fn note(worker: &mut Worker, started: &Started) -> Option<String> {
    worker.note(started).map(|text| String::from_utf8(text).unwrap())
}

/// What sha256sum says.
fn sha256sum(path: &std::path::Path) -> String {
    let out = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(out.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn a_running_program_is_hashed_once() {
    let exe = std::env::current_exe().unwrap();
    let own = started(i64::from(std::process::id()), exe.to_str().unwrap());
    let mut worker = worker();
    let text = note(&mut worker, &own).unwrap();
    assert!(text.starts_with(&format!("sha256={} size=", sha256sum(&exe))), "{text}");
    assert!(text.ends_with(&format!(" path={}", exe.display())), "{text}");
    assert_eq!(note(&mut worker, &own), None);
}

#[test]
fn a_program_that_has_gone_is_found_by_its_path_if_the_file_is_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("program");
    std::fs::write(&path, "one").unwrap();
    let gone = started(i64::from(i32::MAX), path.to_str().unwrap());
    let text = note(&mut worker(), &gone).unwrap();
    assert!(
        text.starts_with("sha256=7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed size=3 "),
        "{text}"
    );
    std::fs::write(&path, "two").unwrap();
    let mut worker = worker();
    assert!(
        note(&mut worker, &gone).unwrap().starts_with("status=gone ino="),
        "the file is another one by now"
    );
    assert_eq!(note(&mut worker, &gone), None);
}

#[test]
fn a_file_that_is_too_large_is_noted_without_a_hash() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("program");
    std::fs::File::create(&path).unwrap().set_len(SIZE_LIMIT + 1).unwrap();
    let text = note(&mut worker(), &started(i64::from(i32::MAX), path.to_str().unwrap())).unwrap();
    assert!(text.starts_with("status=too-large size=1073741825 "), "{text}");
}

#[test]
fn hashes_come_out_as_notes() {
    let mut hashes = Hashes::start(|_| Ok(())).unwrap();
    let thread = ThreadEntry {
        tid: i64::from(std::process::id()),
        pid: i64::from(std::process::id()),
        exepath: b"/x".to_vec(),
        ..ThreadEntry::default()
    };
    hashes.of_snapshot(&[thread.clone(), thread]);
    let events = hashes.finish(7);
    assert_eq!(events.len(), 1);
    let event = events[0].as_event();
    assert_eq!((event.code, event.ts, event.text(0)), (code::NOTIFICATION_E, 7, Some(NAME)));
    assert!(event.text(1).unwrap().starts_with(b"sha256="));
}
