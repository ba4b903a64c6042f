//! What cannot be read, written or understood: one clear message on stderr that says what failed, where and what to
//! do, the exit code, nothing on stdout that should not be there, and never a panic.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{Done, dir, scap, scap_with_input};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const CALM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/traces/calm.zst");
const INTRUDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/traces/intruder.zst");
/// Everything that takes a trace.
const READERS: [&str; 4] = ["analyze", "read", "info", "verify"];

fn written(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// It could not be done: code 2, silence on stdout, one line on stderr with all of `says`.
fn refused(args: &[&str], says: &[&str]) -> Done {
    let done = scap(args);
    assert_eq!((done.code, done.out.as_str()), (2, ""), "scap {args:?}: {}", done.err);
    assert_eq!(done.err.trim_end().lines().count(), 1, "scap {args:?}: {}", done.err);
    for part in says {
        assert!(done.err.contains(part), "scap {args:?} says {:?}, not {part:?}", done.err);
    }
    done
}

#[test]
fn what_is_no_trace_is_named_with_the_reason() {
    let dir = dir();
    let missing = dir.path().join("missing").to_str().unwrap().to_owned();
    let empty = written(dir.path(), "empty", b"");
    let text = written(dir.path(), "text", b"hello world\n");
    let folder = dir.path().to_str().unwrap();
    for reader in READERS {
        let done = refused(&[reader, &missing], &["cannot open", &missing, "No such file"]);
        assert_eq!(done.err.matches("No such file").count(), 1, "{}", done.err);
        refused(&[reader, &empty], &[&empty, "is empty"]);
        refused(&[reader, &text], &[&text, "is not a trace", "hello world", "expected .scap"]);
        refused(&[reader, folder], &["no trace among", folder]);
    }
}

#[test]
fn standard_input_is_judged_by_its_content_too() {
    for reader in READERS {
        let empty = scap_with_input(&[reader, "-"], b"");
        assert_eq!((empty.code, empty.out.as_str()), (2, ""), "{reader}: {}", empty.err);
        assert!(empty.err.contains("standard input is empty"), "{reader}: {}", empty.err);
        let text = scap_with_input(&[reader, "-"], b"hello world\n");
        assert_eq!((text.code, text.out.as_str()), (2, ""), "{reader}: {}", text.err);
        assert!(text.err.contains("standard input is not a trace"), "{reader}: {}", text.err);

        let native = scap_with_input(&[reader, "-"], &fs::read(CALM).unwrap());
        assert_eq!(native.code, 0, "{reader}: {}", native.err);
        let plain = scap_with_input(&[reader, "-"], &plain(CALM));
        assert_eq!(plain.code, 0, "{reader}: {}", plain.err);
    }
}

/// The `.scap` stream in a native trace.
fn plain(path: &str) -> Vec<u8> {
    zstd::decode_all(fs::File::open(path).unwrap()).unwrap()
}

#[test]
fn of_a_native_trace_cut_short_what_is_there_is_read_and_the_loss_is_told() {
    let dir = dir();
    let whole = fs::read(CALM).unwrap();
    // In the first frame, between frames, in the data, behind the data, before the seek table.
    for len in [3, 60, 500, 1566, 40_000, 91_042, 91_300] {
        let cut = written(dir.path(), "cut.zst", &whole[..len]);
        for reader in ["analyze", "read", "info"] {
            let done = scap(&[reader, &cut]);
            assert_eq!(done.code, 2, "{reader} of {len} bytes: {}{}", done.out, done.err);
            let told = format!("{}{}", done.out, done.err);
            assert!(told.contains("damage at bytes ") || told.contains("UNFINISHED"), "{reader}: {told}");
        }
        let verdict = scap(&["verify", &cut]);
        assert_eq!(verdict.code, 1, "{len} bytes: {}{}", verdict.out, verdict.err);
        assert!(verdict.out.contains("damage at bytes "), "{len} bytes: {}", verdict.out);
    }
    let cut = written(dir.path(), "cut.zst", &whole[..91_042]);
    let found = scap(&["analyze", &cut]);
    assert!(found.err.contains("8635 events"), "{}", found.err);
    assert!(scap(&["info", &cut]).out.contains("UNFINISHED"));
}

#[test]
fn of_gzip_cut_short_what_is_there_is_read_and_the_loss_is_told() {
    let dir = dir();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&plain(CALM)).unwrap();
    let whole = packer.finish().unwrap();
    let cut = written(dir.path(), "cut.scap.gz", &whole[..whole.len() / 2]);
    for (reader, code) in [("analyze", 2), ("read", 2), ("info", 2), ("verify", 1)] {
        let done = scap(&[reader, &cut]);
        assert_eq!(done.code, code, "{reader}: {}", done.err);
        let told = format!("{}{}", done.out, done.err);
        assert!(told.contains("the file ends in gzip data"), "{reader}: {told}");
    }
    assert!(scap(&["read", &cut]).out.lines().count() > 1000);
}

#[test]
fn of_several_traces_one_that_cannot_be_read_does_not_keep_the_others_back() {
    for (reader, shows) in [("analyze", "/etc/shadow"), ("info", "23428"), ("verify", "whole but unsigned")] {
        let done = scap(&[reader, "/no/such/trace", INTRUDER]);
        assert_eq!(done.code, 2, "{reader}: {}", done.err);
        assert!(done.err.contains("cannot open /no/such/trace"), "{reader}: {}", done.err);
        assert!(done.out.contains(shows), "{reader}: {}", done.out);
    }
}

#[test]
fn rules_that_do_not_load_are_quoted_with_file_and_line() {
    let dir = dir();
    let broken = written(dir.path(), "broken.yaml", b"- rule: x\n  desc: [\n");
    let unknown = written(
        dir.path(),
        "unknown.yaml",
        b"- rule: x\n  desc: y\n  condition: evt.type = open and no_macro\n  output: \"%proc.nmae\"\n  priority: INFO\n",
    );
    let latin1 = written(dir.path(), "latin1.yaml", b"- rule: caf\xe9\n");
    let cases: [(&str, &[&str]); 4] = [
        (&broken, &["LOAD_ERR_YAML_PARSE", "broken.yaml:"]),
        (
            &unknown,
            &["no macro `no_macro`", "unknown.yaml:3:", "no field `proc.nmae`", "did you mean `proc.name`?"],
        ),
        (&latin1, &["latin1.yaml", "UTF-8"]),
        ("/no/such.yaml", &["/no/such.yaml", "No such file"]),
    ];
    for (file, says) in cases {
        let analyzed = scap(&["analyze", CALM, "--rules", file]);
        assert_eq!((analyzed.code, analyzed.out.as_str()), (2, ""), "{file}: {}", analyzed.err);
        let checked = scap(&["rules", "check", file]);
        assert_eq!((checked.code, checked.err.as_str()), (1, ""), "{file}: {}", checked.out);
        for part in says {
            assert!(analyzed.err.contains(part), "{part:?} is not in {}", analyzed.err);
            assert!(checked.out.contains(part), "{part:?} is not in {}", checked.out);
        }
        assert!(!analyzed.err.contains('\x1b') && !checked.out.contains('\x1b'), "colours in a pipe");
    }
    let folder = dir.path().join("none");
    fs::create_dir(&folder).unwrap();
    refused(&["rules", "check", folder.to_str().unwrap()], &["no rule file (*.yaml, *.yml) in"]);
}

#[test]
fn a_filter_or_format_that_does_not_compile_is_pointed_at() {
    for args in [["read", CALM, "proc.nmae = x"].as_slice(), &["analyze", CALM, "--filter", "proc.nmae = x"]]
    {
        let done = scap(args);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(
            done.err.contains("^ there is no field `proc.nmae` (did you mean `proc.name`?)"),
            "{}",
            done.err
        );
    }
    refused(
        &["read", CALM, "-p", "%proc.nmae"],
        &["-p: there is no field `proc.nmae`", "did you mean proc.name?"],
    );
    refused(&["read", CALM, "-p", "%"], &["-p: ", "character"]);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let dir = dir();
    let folder = dir.path().to_str().unwrap();
    refused(
        &["analyze", CALM, "-o", "/no/such/dir/alerts"],
        &["cannot write the alerts to /no/such/dir/alerts"],
    );
    refused(&["analyze", CALM, "-o", folder], &["cannot write the alerts to", folder, "directory"]);
    refused(
        &["record", "-o", "/no/such/dir/t.zst", "--", "true"],
        &["/no/such/dir/t.zst", "directory does not exist"],
    );
    let full = Command::new(env!("CARGO_BIN_EXE_scap"))
        .args(["read", CALM])
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&full.stderr);
    assert_eq!(full.status.code(), Some(2));
    assert!(said.contains("cannot write the output: No space left"), "{said}");
}

#[test]
fn evidence_is_not_overwritten() {
    let dir = dir();
    let trace = written(dir.path(), "t.zst", &fs::read(CALM).unwrap());
    refused(&["record", "-o", &trace, "--", "true"], &[&trace, "exists", "--force"]);
    refused(&["analyze", &trace, "-o", &trace], &["is one of the traces", "choose another name"]);
    assert_eq!(fs::read(&trace).unwrap(), fs::read(CALM).unwrap());
}

#[test]
fn a_time_that_is_none_is_explained_by_examples() {
    let done = scap(&["analyze", CALM, "--from", "yesterday"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("2026-11-21T20:42:14Z") && done.err.contains("+30s"), "{}", done.err);
    refused(&["read", CALM, "--from", "+2s", "--to", "+1s"], &["--to is before --from"]);
    let relative = scap_with_input(&["read", "-", "--from", "+1s"], &fs::read(CALM).unwrap());
    assert_eq!(relative.code, 2);
    assert!(relative.err.contains("standard input can be read only once"), "{}", relative.err);
}

#[test]
fn a_key_file_that_is_none_is_told_with_how_to_make_one() {
    let dir = dir();
    let text = written(dir.path(), "key", b"hello\n");
    let trace = dir.path().join("t.zst");
    let trace = trace.to_str().unwrap();
    refused(&["verify", "--key", &text, CALM], &[&text, "no public key", "ssh-keygen -t ed25519"]);
    refused(
        &["record", "--sign", &text, "-o", trace, "--", "true"],
        &[&text, "no secret key", "ssh-keygen -t ed25519"],
    );
    refused(&["verify", "--key", "/no/key", CALM], &["cannot read the key /no/key"]);
    assert!(!Path::new(trace).exists(), "nothing was recorded");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let dir = dir();
    let all = written(
        dir.path(),
        "all.yaml",
        b"- rule: all\n  desc: all\n  condition: evt.num > 0\n  output: \"%evt.num %evt.type\"\n  priority: INFO\n",
    );
    let cases: [&[&str]; 4] = [
        &["read", INTRUDER],
        &["analyze", INTRUDER, "-q", "--rules", &all],
        &["events", "--all"],
        &["fields"],
    ];
    for args in cases {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scap"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!first.is_empty() && !said.contains("panicked"), "{args:?}: {said}");
        assert_eq!(done.status.code(), Some(0), "{args:?}: {said}");
    }
}

#[test]
fn a_path_of_odd_bytes_is_read_and_cannot_steer_the_terminal() {
    use std::os::unix::ffi::OsStrExt;
    let dir = dir();
    let odd: PathBuf = dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9\x1b[2J.zst"));
    fs::copy(CALM, &odd).unwrap();
    for reader in READERS {
        let run =
            |path: &Path| Command::new(env!("CARGO_BIN_EXE_scap")).arg(reader).arg(path).output().unwrap();
        let done = run(&odd);
        assert_eq!(done.status.code(), Some(0), "{reader}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(!done.stdout.contains(&0x1b) && !done.stderr.contains(&0x1b), "{reader}");
        let missing = run(&odd.with_extension("\u{1b}[2Jmissing"));
        assert_eq!(missing.status.code(), Some(2), "{reader}");
        assert!(!missing.stderr.contains(&0x1b), "{reader}");
    }
}

#[test]
fn a_quiet_analysis_still_tells_of_damage() {
    let dir = dir();
    let bytes = fs::read(INTRUDER).unwrap();
    let cut = written(dir.path(), "cut.zst", &bytes[..bytes.len() / 2]);
    let done = scap(&["analyze", "--quiet", &cut]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("damage at bytes") && done.err.contains(&cut), "{}", done.err);
    let whole = scap(&["analyze", "--quiet", INTRUDER]);
    assert_eq!((whole.code, whole.err.as_str()), (0, ""));
}
