//! How recordings live and end: series, flight recorder, filter, privileges, signals, outputs that stall or fill up. For
//! real, with eBPF; tests say so and pass where there is none.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it skips")]

mod common;

use common::{Done, command, dir, ebpf, path, scap};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The files of a series, in order.
fn parts(dir: &tempfile::TempDir, stem: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<String> = entries.map(|path| path.to_str().unwrap().to_owned()).collect();
    found.retain(|path| path.contains(&format!("/{stem}.0")) && path.ends_with(".zst"));
    found.sort();
    found
}

/// Runs `record` in the background until it says that it records.
struct Recorder(Child);

impl Recorder {
    fn start(args: &[&str]) -> Self {
        let mut recorder = command(&[&["record"], args].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        let stderr = recorder.stderr.as_mut().unwrap();
        // Which backend, and why, is said first.
        while !(said.ends_with(b"\n") && String::from_utf8_lossy(&said).contains("recording to")) {
            let mut byte = [0];
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&said));
            said.push(byte[0]);
        }
        assert!(
            String::from_utf8_lossy(&said).contains("recording to"),
            "{}",
            String::from_utf8_lossy(&said)
        );
        Self(recorder)
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    fn end(self) -> Done {
        self.0.wait_with_output().unwrap().into()
    }
}

/// One rule, which every test here asks.
const RULES: &str = "- rule: Shadow read
  desc: the password hashes are opened
  condition: evt.type = openat and fd.name = /etc/shadow
  output: '%proc.name read %fd.name parent=%proc.pname cwd=%proc.cwd'
  priority: WARNING
";

/// A file with [`RULES`] in the directory `dir`.
fn rules(dir: &tempfile::TempDir) -> String {
    let path = path(dir, "rules.yaml");
    std::fs::write(&path, RULES).unwrap();
    path
}

fn alerts(rules: &str, traces: &[String]) -> Vec<String> {
    let mut args = vec!["analyze", "-q", "--no-suggested-output", "--rules", rules];
    args.extend(traces.iter().map(String::as_str));
    let done = scap(&args);
    assert_eq!(done.code, 0, "{}", done.err);
    done.out.lines().map(str::to_owned).collect()
}

#[test]
fn a_series_tells_what_one_trace_would_and_each_part_can_be_read_alone() {
    if !ebpf("a_series_tells_what_one_trace_would") {
        return;
    }
    let dir = dir();
    let (out, rules) = (path(&dir, "t.zst"), rules(&dir));
    let script = "cd /tmp; for i in 1 2 3 4 5 6; do (cat /etc/shadow; find /usr/share -xdev; cat /etc/shadow) >/dev/null; done; cat /etc/shadow >/dev/null; true";
    let done = scap(&[
        "record",
        "-o",
        &out,
        "--rotate-size",
        "160KiB",
        "--snapshot",
        "tree",
        "--",
        "sh",
        "-c",
        script,
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    let series = parts(&dir, "t");
    assert!(
        series.len() >= 3 && done.err.contains(&format!("the last of {} traces", series.len())),
        "{}",
        done.err
    );
    for part in &series {
        let about = std::fs::metadata(part).unwrap();
        assert!(about.len() <= 160 << 10, "{part}: {}", about.len());
        assert_eq!(about.permissions().mode() & 0o777, 0o600);
        assert_eq!(scap(&["verify", part]).code, 0, "{part}");
    }
    let whole = path(&dir, "whole.zst");
    let converted = scap(
        &[&["convert"], series.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), &[&whole]].concat(),
    );
    assert_eq!(converted.code, 0, "{}", converted.err);
    let one = alerts(&rules, std::slice::from_ref(&whole));
    assert_eq!(one.len(), 13, "{one:#?}");
    assert!(one.iter().all(|alert| alert.contains("parent=sh")), "{one:#?}");
    assert_eq!(alerts(&rules, &series), one, "read together");
    let alone: Vec<String> =
        series.iter().flat_map(|part| alerts(&rules, std::slice::from_ref(part))).collect();
    assert_eq!(alone, one, "each read alone");
    // A part that is missing costs its events, and those behind it are read with the state that they bring along.
    let read = |traces: &[&str]| {
        let done = scap(&[&["analyze", "--no-suggested-output", "--rules", &rules], traces].concat());
        assert!(done.err.contains("events"), "{}", done.err);
        done.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let gap: Vec<&str> =
        series.iter().enumerate().filter(|(at, _)| *at != 1).map(|(_, part)| part.as_str()).collect();
    let without: Vec<String> = gap.iter().flat_map(|part| alerts(&rules, &[(*part).to_owned()])).collect();
    assert_eq!(read(&gap), without);
    let verdict = scap(&[&["verify"], gap.as_slice()].concat());
    assert!(verdict.code == 1 && verdict.out.contains("part 2 is missing"), "{}", verdict.out);
    let verdict =
        scap(&[&["verify"], series.iter().map(String::as_str).collect::<Vec<_>>().as_slice()].concat());
    assert_eq!(verdict.code, 0, "{}", verdict.out);
    // Not over what is there.
    let again = scap(&["record", "-o", &out, "--rotate-size", "160KiB", "--", "true"]);
    assert!(
        again.code == 2 && again.err.contains("t.0001.zst") && again.err.contains("--force"),
        "{}",
        again.err
    );
}

#[test]
fn only_the_last_parts_are_kept_and_a_signal_begins_the_next() {
    if !ebpf("only_the_last_parts_are_kept") {
        return;
    }
    let dir = dir();
    let out = path(&dir, "t.zst");
    let recorder = Recorder::start(&["-o", &out, "--rotate-time", "1h", "--keep", "2", "--snapshot", "none"]);
    for part in 2..=4 {
        std::thread::sleep(Duration::from_millis(300));
        recorder.signal("USR1");
        let since = Instant::now();
        while !Path::new(&path(&dir, &format!("t.000{part}.zst"))).exists() {
            assert!(since.elapsed() < Duration::from_secs(20), "no part {part}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    recorder.signal("TERM");
    let done = recorder.end();
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("the last of 4 traces, the first 2 of them removed"), "{}", done.err);
    let kept = parts(&dir, "t");
    assert_eq!(kept, [path(&dir, "t.0003.zst"), path(&dir, "t.0004.zst")]);
    assert!(scap(&["info", &kept[1]]).out.contains("part 4 of"));
}

#[test]
fn a_flight_recorder_writes_what_was_before_a_rule_fired_with_the_state_of_then() {
    if !ebpf("a_flight_recorder_writes_what_was_before") {
        return;
    }
    let dir = dir();
    let (out, rules) = (path(&dir, "t.zst"), rules(&dir));
    // The fd is opened and the directory entered long before the ring begins.
    let script = "cd /usr; exec 5</etc/services; sleep 2.5; cat <&5 >/dev/null; cat /etc/shadow >/dev/null; sleep 2; cat /etc/shadow >/dev/null; true";
    let done = scap(&[
        "record",
        "-o",
        &out,
        "--ring",
        "1s",
        "--after",
        "300ms",
        "--trigger",
        &rules,
        "--",
        "sh",
        "-c",
        script,
    ]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(
        done.err.contains("cat read /etc/shadow") && done.err.contains("the last of 2 traces"),
        "{}",
        done.err
    );
    let traces = parts(&dir, "t");
    assert_eq!(traces.len(), 2);
    for trace in &traces {
        assert_eq!(scap(&["verify", trace]).code, 0);
        let about = scap(&["info", trace]).out;
        assert!(about.contains("trigger     Shadow read"), "{about}");
        let read = scap(&[
            "read",
            trace,
            "evt.type = openat and fd.name = /etc/shadow",
            "-p",
            "%proc.name %proc.pname %proc.cwd",
        ]);
        assert_eq!(read.out.trim(), "cat sh /usr/", "{}", read.err);
    }
    let early = scap(&[
        "read",
        &traces[0],
        "evt.type = read and fd.name = /etc/services",
        "-p",
        "%proc.name %fd.name",
    ]);
    assert!(early.out.contains("cat /etc/services"), "{}{}", early.out, early.err);
    let opened = scap(&["read", &traces[0], "evt.type = openat and fd.name = /etc/services"]);
    assert_eq!(opened.out, "", "the ring is not that long");

    let nothing = path(&dir, "n.zst");
    let done = scap(&["record", "-o", &nothing, "--ring", "5s", "--trigger", &rules, "--", "true"]);
    assert!(done.code == 0 && done.err.contains("no rule fired"), "{}", done.err);
    assert_eq!(parts(&dir, "n"), Vec::<String>::new());
}

#[test]
fn a_filter_leaves_out_and_counts_what_neither_matches_nor_changes_state() {
    if !ebpf("a_filter_leaves_out_and_counts") {
        return;
    }
    let dir = dir();
    let trace = path(&dir, "t.zst");
    let script = "for i in 1 2 3; do cat /etc/passwd; cat /etc/group; done >/dev/null; true";
    let filter = "evt.type = read and fd.name = /etc/passwd";
    let done = scap(&["record", "-o", &trace, "--filter", filter, "--", "sh", "-c", script]);
    assert!(done.code == 0 && done.err.contains("the filter left out"), "{}", done.err);
    let read = scap(&["read", &trace, "evt.type = read", "-p", "%proc.name %proc.pname %fd.name"]);
    let lines: Vec<&str> = read.out.lines().collect();
    assert!(lines.len() >= 3 && lines.iter().all(|line| *line == "cat sh /etc/passwd"), "{}", read.out);
    let about = scap(&["info", &trace]).out;
    assert!(about.contains(&format!("filter      {filter}")), "{about}");
    let count = about.lines().find_map(|line| line.strip_prefix("left out")).unwrap().trim();
    let count: u64 = count.split(' ').next().unwrap().parse().unwrap();
    // Reads of other files were asked for, by their type; closing and opening is kept.
    assert!(count >= 3, "{about}");
    assert!(done.err.contains(&format!("left out {count} event")), "{}", done.err);
    for kind in ["mmap", "fstat", "brk"] {
        assert!(!about.lines().any(|line| line.starts_with("types") && line.contains(kind)), "{about}");
    }
    let broken = scap(&["record", "-o", &trace, "--filter", "evt.typ = read", "--", "true"]);
    assert!(broken.code == 2 && broken.err.contains("evt.type"), "{}", broken.err);
}

/// Values of `name` in the status of each thread of a process.
fn status(pid: u32, name: &str) -> Vec<u64> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let text = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).unwrap());
    text.map(|text| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim_start_matches(':').trim();
        u64::from_str_radix(line, 16).unwrap()
    })
    .collect()
}

#[test]
fn a_recorder_has_no_privileges_left_and_its_command_has_all() {
    if !ebpf("a_recorder_has_no_privileges_left") {
        return;
    }
    let dir = dir();
    let (trace, caps) = (path(&dir, "t.zst"), path(&dir, "caps"));
    let own = status(std::process::id(), "CapEff")[0];
    let script = format!("cat /proc/self/status > {caps}; sleep 2");
    let recorder = command(&["record", "-o", &trace, "--", "sh", "-c", &script]).spawn().unwrap();
    let since = Instant::now();
    while std::fs::read_to_string(&caps).map_or(0, |text| text.len()) < 500 {
        assert!(since.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    // CAP_DAC_READ_SEARCH, for what runtimes say of containers; CAP_BPF where maps are not free to use.
    let allowed = 1 << 2 | 1 << 39;
    for set in ["CapEff", "CapPrm"] {
        let left = status(recorder.id(), set);
        assert!(left.len() >= 2 && left.iter().all(|caps| caps & !allowed == 0), "{set} {left:x?}");
    }
    for set in ["CapInh", "CapAmb", "CapBnd"] {
        let left = status(recorder.id(), set);
        assert!(left.iter().all(|&caps| caps == 0), "{set} {left:x?}");
    }
    assert!(status(recorder.id(), "NoNewPrivs").iter().all(|&set| set == 1));
    let text = std::fs::read_to_string(&caps).unwrap();
    let has = |name: &str, value: &str| text.lines().any(|line| line == format!("{name}:\t{value}"));
    assert!(has("CapEff", &format!("{own:016x}")) && has("NoNewPrivs", "0"), "{text}");
    assert!(recorder.wait_with_output().unwrap().status.success());
    assert_eq!(scap(&["verify", &trace]).code, 0);
}

#[test]
fn under_sudo_traces_belong_to_the_caller() {
    if !ebpf("under_sudo_traces_belong_to_the_caller") {
        return;
    }
    let dir = dir();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    for (name, args) in [("one", &[][..]), ("many", &["--rotate-size", "100KiB"][..])] {
        let out = path(&dir, &format!("{name}.zst"));
        let line =
            [&["record", "-o", &out], args, &["--", "find", "/usr/share", "-xdev", "-name", "x"]].concat();
        let done: Done =
            command(&line).env("SUDO_UID", "65534").env("SUDO_GID", "65533").output().unwrap().into();
        assert_eq!(done.code, 0, "{}", done.err);
    }
    // What cannot be run leaves nothing behind, whoever it belongs to.
    let gone = path(&dir, "gone.zst");
    let done: Done = command(&["record", "-o", &gone, "--", "/no/such/program"])
        .env("SUDO_UID", "65534")
        .env("SUDO_GID", "65533")
        .output()
        .unwrap()
        .into();
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(!Path::new(&gone).exists());
    let many = parts(&dir, "many");
    assert!(many.len() >= 2);
    for trace in many.iter().chain([&path(&dir, "one.zst")]) {
        let about = std::fs::metadata(trace).unwrap();
        assert_eq!((about.uid(), about.gid(), about.mode() & 0o777), (65534, 65533, 0o600), "{trace}");
    }
    // Where the caller may not write, the recorder's user does.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let out = path(&dir, "own.zst");
    let done: Done = command(&["record", "-o", &out, "--", "true"])
        .env("SUDO_UID", "65534")
        .env("SUDO_GID", "65533")
        .output()
        .unwrap()
        .into();
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(std::fs::metadata(&out).unwrap().uid(), 0);
}

#[test]
fn every_signal_to_end_ends_cleanly() {
    if !ebpf("every_signal_to_end_ends_cleanly") {
        return;
    }
    let dir = dir();
    for signal in ["INT", "TERM", "HUP"] {
        let trace = path(&dir, &format!("{signal}.zst"));
        let recorder = Recorder::start(&["-o", &trace, "--snapshot", "none"]);
        std::thread::sleep(Duration::from_millis(200));
        // Means nothing without a series.
        recorder.signal("USR1");
        recorder.signal(signal);
        let done = recorder.end();
        assert!(done.code == 0 && done.err.contains("stopped by signal"), "{signal}: {}", done.err);
        assert!(scap(&["info", &trace]).out.contains("finished"), "{signal}");
    }
}

#[test]
fn an_output_that_takes_nothing_costs_no_memory_and_can_be_given_up() {
    if !ebpf("an_output_that_takes_nothing_costs_no_memory") {
        return;
    }
    let mut load = Command::new("sh")
        .args(["-c", "while :; do find /usr -xdev; done"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut recorder = command(&["record", "-o", "-", "--snapshot", "none", "--snaplen", "4096"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(6));
    let about = std::fs::read_to_string(format!("/proc/{}/status", recorder.id())).unwrap();
    let peak = about.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches("kB").trim().parse().unwrap();
    let since = Instant::now();
    Command::new("kill").args(["-INT", &recorder.id().to_string()]).status().unwrap();
    let ended = loop {
        if let Some(status) = recorder.try_wait().unwrap() {
            break status;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    };
    load.kill().unwrap();
    load.wait().unwrap();
    // The reader's end of the pipe is still here, and was never read.
    let done: Done = recorder.wait_with_output().unwrap().into();
    assert!(ended.success() && done.err.contains("could not be written"), "{ended} {}", done.err);
    // 17 frames of 2 MiB, the kernel's two buffers of 8 MiB mapped twice, and the program.
    assert!(peak < 200 << 10, "{peak} KiB");
}

#[test]
fn a_full_disk_ends_a_recording_cleanly_with_all_that_was_written() {
    if !ebpf("a_full_disk_ends_a_recording_cleanly") {
        return;
    }
    let dir = dir();
    let mounted =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(dir.path()).status();
    assert!(mounted.unwrap().success());
    for (name, args) in [("one", &[][..]), ("many", &["--rotate-size", "300KiB"][..])] {
        let out = path(&dir, &format!("{name}.zst"));
        let line = [
            &["record", "-o", &out, "--snapshot", "none"],
            args,
            &["--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do find /usr /etc -xdev; done >/dev/null"],
        ]
        .concat();
        let done = scap(&line);
        assert_eq!(done.code, 2, "{name}: {}", done.err);
        assert!(done.err.contains("THE DISK IS FULL"), "{name}: {}", done.err);
        let traces = if name == "one" { vec![out] } else { parts(&dir, "many") };
        let said = done.err.lines().find(|line| line.contains(" events in ")).unwrap();
        let said: u64 = said.trim_start_matches("scap: ").split(' ').next().unwrap().parse().unwrap();
        let mut events = 0;
        for trace in &traces {
            let about = scap(&["info", "--format", "json", trace]);
            let about: serde_json::Value = serde_json::from_str(&about.out).unwrap();
            assert_eq!(about["damage"].as_array().map(Vec::len), Some(0), "{about}");
            events += about["native"]["events"].as_u64().unwrap();
            let read = scap(&["read", trace, "-p", "%evt.num"]);
            assert_eq!(
                read.out.lines().count() as u64,
                about["native"]["events"].as_u64().unwrap(),
                "{}",
                read.err
            );
            std::fs::remove_file(trace).unwrap();
        }
        assert_eq!(events, said, "{name}: {}", done.err);
    }
    assert!(Command::new("umount").arg(dir.path()).status().unwrap().success());
}

#[test]
fn an_idle_recording_loses_at_most_a_second_when_killed() {
    if !ebpf("an_idle_recording_loses_at_most_a_second") {
        return;
    }
    let dir = dir();
    let trace = path(&dir, "t.zst");
    let ticks = "while :; do read line < /proc/uptime; echo $line; sleep 0.05; done";
    let mut ticking = Command::new("sh").args(["-c", ticks]).stdout(Stdio::null()).spawn().unwrap();
    let mut recorder = Recorder::start(&["-o", &trace, "--pid", &ticking.id().to_string()]);
    for round in 0..2 {
        std::thread::sleep(Duration::from_millis(1500 + 370 * round));
    }
    let uptime = || {
        let text = std::fs::read_to_string("/proc/uptime").unwrap();
        text.split(' ').next().unwrap().parse::<f64>().unwrap()
    };
    recorder.0.kill().unwrap();
    let killed = uptime();
    recorder.0.wait().unwrap();
    ticking.kill().unwrap();
    ticking.wait().unwrap();
    let read = scap(&["read", &trace, "evt.type = write and proc.name = sh", "-p", "%evt.buffer"]);
    let last = read.out.lines().last().unwrap();
    let last: f64 = last.split(' ').next().unwrap().parse().unwrap();
    assert!(
        killed - last <= 1.1,
        "the last of {} ticks was at {last}, killed at {killed}",
        read.out.lines().count()
    );
}

#[test]
fn a_terminal_shows_a_line_that_is_gone_at_the_end() {
    if !ebpf("a_terminal_shows_a_line") || Command::new("script").arg("--version").output().is_err() {
        println!("skipped a_terminal_shows_a_line: needs script(1)");
        return;
    }
    let dir = dir();
    let trace = path(&dir, "t.zst");
    let line = format!("{} record -o {trace} --duration 1500ms --snapshot none", env!("CARGO_BIN_EXE_scap"));
    let shown =
        Command::new("script").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success(), "{text}");
    let status: Vec<&str> = text.split("\r\x1b[K").collect();
    assert!(status.len() >= 3, "{text:?}");
    assert!(
        status
            .iter()
            .any(|line| line.contains("events (") && line.contains("/s)") && line.contains(" dropped")),
        "{text:?}"
    );
    assert!(status.last().unwrap().starts_with("scap: "), "{text:?}");
}

#[test]
fn an_analysis_says_what_drops_make_doubtful() {
    if !ebpf("an_analysis_says_what_drops_make_doubtful") {
        return;
    }
    let dir = dir();
    let (trace, rules) = (path(&dir, "t.zst"), rules(&dir));
    // More than so small a buffer can take, between two reads of the password hashes.
    let script = "cat /etc/shadow; sleep 0.3; dd if=/dev/zero of=/dev/null bs=1 count=400000 & dd if=/dev/zero of=/dev/null bs=1 count=400000; wait; sleep 0.5; cat /etc/shadow; true";
    let done =
        command(&["record", "-o", &trace, "--buffer", "64KiB", "--", "sh", "-c", script]).output().unwrap();
    let done: Done = done.into();
    assert!(done.code == 0 && done.err.contains("events DROPPED"), "{}", done.err);
    for threads in ["1", "2"] {
        let found = scap(&["analyze", &trace, "--threads", threads, "--rules", &rules]);
        assert_eq!((found.code, found.out.lines().count()), (0, 2), "{}{}", found.out, found.err);
        assert!(found.err.contains("events were DROPPED while recording"), "{}", found.err);
        let placed = found.err.lines().any(|line| {
            line.starts_with("    ")
                && (line.contains(" events from 20") || line.contains(" events before 20"))
        });
        assert!(placed, "{}", found.err);
        assert!(found.err.contains("rules that may have missed some: Shadow read"), "{}", found.err);
        assert!(found.err.contains("1 of the 2 alerts came after events were lost"), "{}", found.err);
    }
    let quiet = scap(&["analyze", "-q", &trace]);
    assert!(quiet.err.contains("events were dropped while recording"), "{}", quiet.err);
    // The index knows too.
    let dropped = scap(&["info", &trace]).out;
    assert!(dropped.lines().any(|line| line.starts_with("drops") && line.contains("on CPU")), "{dropped}");
}
