//! Recordings for real: what is recorded is analyzed, whatever ends the recorder. Tests that need eBPF say so and
//! pass where there is none.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it skips")]

mod common;

use common::{Done, command, dir, ebpf, path, scap, scap_with_input};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCAP: &str = env!("CARGO_BIN_EXE_scap");

#[test]
fn a_read_of_the_password_hashes_is_recorded_and_named() {
    if !ebpf("a_read_of_the_password_hashes_is_recorded_and_named") {
        return;
    }
    let dir = dir();
    let trace = path(&dir, "t.zst");
    // More than one command, or the shell would become cat.
    let script = "cat /etc/shadow >/dev/null; true";
    let recorded = scap(&["record", "-o", &trace, "--", "sh", "-c", script]);
    assert_eq!((recorded.code, recorded.out.as_str()), (0, ""), "{}", recorded.err);
    assert!(recorded.err.contains("the command ended"), "{}", recorded.err);

    let alerts = scap(&["analyze", &trace]);
    assert_eq!(alerts.code, 0, "{}", alerts.err);
    let alert = alerts.out.lines().find(|line| line.contains("/etc/shadow")).expect("an alert");
    for part in ["cat read /etc/shadow", "command=cat /etc/shadow", "parent=sh", "user=root"] {
        assert!(alert.contains(part), "{part:?} is not in {alert}");
    }
    let json = scap(&["analyze", "-q", "--format", "json", &trace]);
    let line = json.out.lines().find(|line| line.contains("/etc/shadow")).expect("an alert");
    let alert: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
    assert_eq!(alert["output_fields"]["fd.name"], "/etc/shadow");
    assert!(alert["hostname"].as_str().is_some_and(|host| !host.is_empty()), "{line}");

    let about = scap(&["info", &trace]);
    assert_eq!(about.code, 0, "{}", about.out);
    assert!(
        about.out.contains("finished, unsigned") && about.out.contains("drops       none"),
        "{}",
        about.out
    );
    assert_eq!(scap(&["verify", &trace]).code, 0);
}

/// Ends what it holds when the test does.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(program: &str, args: &[&str]) -> Ended {
    let mut command = Command::new(program);
    Ended(command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn a_recorder_killed_under_load_leaves_a_trace_that_replays() {
    if !ebpf("a_recorder_killed_under_load_leaves_a_trace_that_replays") {
        return;
    }
    let dir = dir();
    let _find = spawn("sh", &["-c", "while :; do find /usr /etc -xdev; done"]);
    let _loop = spawn("sh", &["-c", "while :; do /bin/true; done"]);
    for (round, millis) in [700, 1100, 1500].into_iter().enumerate() {
        let trace = path(&dir, &format!("{round}.zst"));
        let mut recorder = spawn(SCAP, &["record", "-o", &trace, "--snapshot", "tree"]);
        let since = Instant::now();
        // Some moment after the first events were written, wherever in a frame that is.
        while std::fs::metadata(&trace).map_or(0, |about| about.len()) < 50_000 {
            assert!(since.elapsed() < Duration::from_secs(20), "nothing was written");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(millis).saturating_sub(since.elapsed()));
        recorder.0.kill().unwrap();
        recorder.0.wait().unwrap();

        let about = scap(&["info", &trace]);
        assert_eq!(about.code, 2, "{}{}", about.out, about.err);
        assert!(about.out.contains("UNFINISHED"), "{}", about.out);
        let verdict = scap(&["verify", &trace]);
        assert_eq!(verdict.code, 1, "{}{}", verdict.out, verdict.err);
        assert!(verdict.out.contains("unfinished"), "{}", verdict.out);
        let events = events_in(&about.out);
        assert!(events > 0, "{}", about.out);

        let analyzed = scap(&["analyze", &trace, "--only-rules", "Password*"]);
        assert_eq!(analyzed.code, 2, "{}", analyzed.err);
        assert!(analyzed.err.contains(&format!("from {events} events")), "{}\n{}", analyzed.err, about.out);
        let read = scap(&["read", &trace, "-p", "%evt.num %evt.type", "evt.type = execve", "-n", "5"]);
        // How many a loaded machine gets to in that time is open.
        assert!((1..=5).contains(&read.out.lines().count()), "{}", read.err);
    }
}

/// What `scap info` says.
fn events_in(info: &str) -> u64 {
    let line = info.lines().find_map(|line| line.strip_prefix("events"));
    line.and_then(|number| number.trim().parse().ok()).expect("the number of events")
}

#[test]
fn a_stream_is_analyzed_while_it_is_recorded() {
    if !ebpf("a_stream_is_analyzed_while_it_is_recorded") {
        return;
    }
    let mut recorder = command(&["record", "-o", "-", "--", "sh", "-c", "cat /etc/shadow; true"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stream = recorder.stdout.take().unwrap();
    let analyzed: Done =
        command(&["analyze", "-", "--fail-on", "warning"]).stdin(stream).output().unwrap().into();
    let recorded = recorder.wait_with_output().unwrap();
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    assert_eq!(analyzed.code, 1, "{}", analyzed.err);
    assert!(analyzed.out.contains("cat read /etc/shadow"), "{}{}", analyzed.out, analyzed.err);
    assert!(analyzed.err.contains("standard input: "), "{}", analyzed.err);
}

#[test]
fn a_recording_of_the_machine_ends_when_its_time_is_up() {
    if !ebpf("a_recording_of_the_machine_ends_when_its_time_is_up") {
        return;
    }
    let dir = dir();
    let trace = path(&dir, "t.zst");
    let since = Instant::now();
    let done = scap(&["record", "-o", &trace, "--duration", "500ms", "--snapshot", "none"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    assert!(since.elapsed() >= Duration::from_millis(500));
    assert!(done.err.contains("recording to") && done.err.contains("the time is up"), "{}", done.err);
    assert!(!done.err.contains('\x1b'), "no status line outside a terminal: {}", done.err);
    assert_eq!(scap(&["info", &trace]).code, 0);
}

#[test]
fn what_keeps_a_recording_from_beginning_is_said_and_leaves_nothing_behind() {
    let dir = dir();
    let trace = path(&dir, "t.zst");
    for (args, says) in [
        (["--backend", "ptrace", "--", "/no/such/program"], "cannot run /no/such/program: No such file"),
        (["--backend", "ptrace", "--pid", "999999999"], "there is no process 999999999"),
        (["--backend", "ptrace", "--snapshot", "none"], "command"),
    ] {
        let done = scap(&[&["record", "-o", &trace], args.as_slice()].concat());
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{args:?}: {}", done.err);
        assert_eq!(done.err.lines().count(), 1, "{args:?}: {}", done.err);
        assert!(done.err.contains(says), "{args:?}: {}", done.err);
        assert!(!Path::new(&trace).exists(), "{args:?}");
    }
}

#[test]
fn without_privileges_a_command_is_recorded_by_ptrace_and_the_machine_is_not() {
    // As root, become nobody first; the program has to be where nobody may run it.
    let dir = dir();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let program = path(&dir, "scap");
    std::fs::copy(SCAP, &program).unwrap();
    let trace = path(&dir, "t.zst");
    let run = |args: &[&str]| -> Option<Done> {
        let root = std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0);
        let mut command = if root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", &program]);
            command
        } else {
            Command::new(&program)
        };
        Some(command.args(args).current_dir(dir.path()).stdin(Stdio::null()).output().ok()?.into())
    };
    let Some(machine) = run(&["record", "-o", &trace, "--duration", "1s"]) else {
        println!("skipped without_privileges_a_command_is_recorded_by_ptrace: needs setpriv to give up root");
        return;
    };
    assert_eq!((machine.code, machine.out.as_str()), (2, ""), "{}", machine.err);
    assert!(machine.err.contains("root") && machine.err.contains("ptrace"), "{}", machine.err);
    assert!(!Path::new(&trace).exists());

    let recorded =
        run(&["record", "-o", &trace, "--", "sh", "-c", "cat /etc/passwd >/dev/null; true"]).unwrap();
    assert_eq!(recorded.code, 0, "{}", recorded.err);
    assert!(recorded.err.contains("recording with ptrace"), "{}", recorded.err);
    let filter = "proc.name = cat and fd.name = /etc/passwd";
    let read = run(&["read", &trace, filter, "-p", "%proc.name %proc.pname %fd.name"]).unwrap();
    assert!(read.out.contains("cat sh /etc/passwd"), "{}{}", read.out, read.err);
}

#[test]
fn arguments_of_any_bytes_are_one_printable_line() {
    let dir = dir();
    let trace = path(&dir, "t.zst");
    let script = r#"/bin/echo "$(printf 'a\033[31mb\nc\001\377')" >/dev/null; true"#;
    let recorded = scap(&["record", "--backend", "ptrace", "-o", &trace, "--", "sh", "-c", script]);
    assert_eq!(recorded.code, 0, "{}", recorded.err);
    let read = scap(&["read", &trace, "evt.type = execve and proc.name = echo"]);
    assert_eq!((read.code, read.out.lines().count()), (0, 1), "{}{}", read.out, read.err);
    assert!(read.out.contains("echo") && !read.out.trim_end().contains(char::is_control), "{:?}", read.out);
    // The same from a pipe.
    let piped = scap_with_input(
        &["read", "-", "evt.type = execve and proc.name = echo"],
        &std::fs::read(&trace).unwrap(),
    );
    assert_eq!(piped.out, read.out);
}
