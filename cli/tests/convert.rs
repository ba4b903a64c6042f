//! `scap convert` on real traces: nothing is lost, slices replay like the whole, what is blanked is gone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test panics where it fails, and says what it saw"
)]

use scap_format::block::Block;
use scap_format::save::{BlockSink, ScapSink};
use scap_format::snapshot::{FdEntry, FdKind, MachineInfo, ThreadEntry, User};
use scap_format::{EventBuf, Item, TraceReader};
use scap_schema::code;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sample(name: &str) -> String {
    format!("{}/../samples/traces/{name}.zst", env!("CARGO_MANIFEST_DIR"))
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scap")).args(args).output().unwrap()
}

/// Runs what must succeed; gives its standard output.
fn scap(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "scap {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every block of a trace in words, events with all their bytes.
fn blocks(path: &str) -> Vec<String> {
    let mut trace = TraceReader::open(Path::new(path)).unwrap();
    let mut all = Vec::new();
    while let Some(item) = trace.next().unwrap() {
        match item {
            Item::Block(Block::Event(event)) => {
                let params: Vec<_> = event.params.iter().map(<[u8]>::to_vec).collect();
                let header = (event.num, event.cpu, event.flags, event.ts, event.tid, event.code);
                all.push(format!("{header:?} {params:?}"));
            }
            // A writer may spread lists over blocks as it likes.
            Item::Block(Block::Threads(list)) => all.extend(list.iter().map(|one| format!("{one:?}"))),
            Item::Block(block) => all.push(format!("{block:?}")),
            Item::Damage(damage) => panic!("{path}: {damage:?}"),
        }
    }
    all
}

fn events(path: &str) -> usize {
    blocks(path).iter().filter(|block| block.starts_with('(')).count()
}

/// Everything that could hide something: the file itself and what is in it.
fn raw(path: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    let folder = Folder::new("raw");
    let plain = folder.at("plain.scap");
    scap(&["convert", path, &plain]);
    bytes.extend(std::fs::read(plain).unwrap());
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Alerts of the built-in rules from event time `from` on, without what tells their number.
fn alerts(path: &str, from: u64) -> Vec<String> {
    let from = from.to_string();
    let printed = scap(&["analyze", "-q", "--format", "json", "--from", &from, path]);
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn a_trace_survives_the_way_to_scap_and_back() {
    let folder = Folder::new("back");
    for name in ["calm", "intruder"] {
        let (there, back) = (folder.at(&format!("{name}.scap.gz")), folder.at(&format!("{name}.zst")));
        scap(&["convert", &sample(name), &there]);
        assert!(std::fs::read(&there).unwrap().starts_with(&[0x1f, 0x8b]));
        scap(&["convert", &there, &back, "--level", "19"]);
        assert_eq!(blocks(&sample(name)), blocks(&back), "{name}");
        assert!(scap(&["verify", &back]).contains("whole"));
    }
}

#[test]
fn a_slice_gives_the_alerts_that_the_whole_gives_for_that_part() {
    let folder = Folder::new("slice");
    let mut found = 0;
    for name in ["calm", "intruder"] {
        let (whole, part) = (sample(name), folder.at(&format!("{name}.zst")));
        for parts in [4, 2] {
            let start = events(&whole) / parts;
            scap(&["convert", "--force", "--events", &format!("{start}.."), &whole, &part]);
            let first = scap(&["read", &whole, "-p", "*%evt.rawtime", &format!("evt.num={start}")]);
            let first = first.trim().parse().unwrap();
            assert_eq!(alerts(&whole, first), alerts(&part, first), "{name} from event {start}");
            found += alerts(&part, 0).len();
        }
    }
    assert!(found > 10, "only {found} alerts");
}

#[test]
fn a_slice_by_time_is_that_by_number_and_its_events_are_known_as_in_the_whole() {
    let folder = Folder::new("known");
    let (whole, one, other) = (sample("intruder"), folder.at("one.zst"), folder.at("other.zst"));
    let line = "*%evt.rawtime %evt.type %proc.cmdline %proc.pname %fd.name %user.name %proc.cwd %evt.args";
    let times = scap(&["read", &whole, "-p", "*%evt.rawtime", "evt.num in (9000, 9500)"]);
    let (from, to) = times.trim().split_once('\n').unwrap();
    scap(&["convert", &whole, &one, "--events", "9000..9500"]);
    scap(&["convert", &whole, &other, "--from", from, "--to", to]);
    let wanted = scap(&["read", &whole, "-p", line, "evt.num >= 9000 and evt.num <= 9500"]);
    assert_eq!(scap(&["read", &one, "-p", line]), wanted);
    assert_eq!(scap(&["read", &other, "-p", line]), wanted);
}

#[test]
fn a_filtered_trace_says_of_what_is_left_what_the_whole_says() {
    let folder = Folder::new("filter");
    let line = "*%evt.rawtime %evt.type %proc.cmdline %proc.pname %fd.name %user.name %proc.cwd %evt.args";
    for name in ["calm", "intruder"] {
        let (whole, part) = (sample(name), folder.at(&format!("{name}.zst")));
        let filter = "evt.type in (write, fstat) and proc.name startswith s";
        scap(&["convert", &whole, &part, "--filter", filter]);
        let (left, all) = (events(&part), events(&whole));
        assert!(left * 10 < all * 9 && left > 0, "{left} of {all} events are left");
        assert_eq!(scap(&["read", &part, "-p", line, filter]), scap(&["read", &whole, "-p", line, filter]));
    }
}

#[test]
fn parts_of_a_trace_merge_to_the_whole_in_whatever_order_they_are_given() {
    let folder = Folder::new("merge");
    let (whole, early, late, both) =
        (sample("calm"), folder.at("early.zst"), folder.at("late.zst"), folder.at("both.zst"));
    scap(&["convert", &whole, &early, "--events", "..4000"]);
    scap(&["convert", &whole, &late, "--events", "4001.."]);
    scap(&["convert", &late, &early, &both]);
    let line = "*%evt.num %evt.rawtime %evt.type %proc.cmdline %fd.name %evt.args";
    assert_eq!(scap(&["read", &both, "-p", line]), scap(&["read", &whole, "-p", line]));
}

/// A small capture of `host` in `path`, with events of thread 10 at `times`.
fn small(path: &str, host: &str, times: &[u64]) {
    let file = std::fs::File::create(path).unwrap();
    let mut sink: Box<dyn BlockSink> = Box::new(ScapSink::plain(file));
    let thread = ThreadEntry {
        tid: 10,
        pid: 10,
        ptid: 1,
        comm: b"tool".to_vec(),
        exe: b"/opt/hidden/tool".to_vec(),
        exepath: b"/opt/hidden/tool".to_vec(),
        args: b"--password\0argSECRET\0/opt/hidden/file\0".to_vec(),
        env: b"TOKEN=envSECRET\0HOME=/root\0".to_vec(),
        cwd: b"/opt/hidden/".to_vec(),
        ..ThreadEntry::default()
    };
    let regular = |fd, name: &str| FdEntry {
        fd,
        ino: 1,
        kind: FdKind::Regular { flags: 1, name: name.into(), mount_id: 0, dev: 0 },
    };
    let fds = vec![regular(3, "/opt/hidden/pathSECRET"), regular(4, "/etc/passwd")];
    let user = User { name: b"userSECRET".to_vec(), homedir: b"/root".to_vec(), ..User::default() };
    let section = scap_format::block::Section { major: 1, minor: 2, big_endian: false };
    for block in [
        Block::Section(section),
        Block::Machine(MachineInfo { hostname: host.into(), ..MachineInfo::default() }),
        Block::Threads(vec![thread]),
        Block::Fds { tid: 10, fds },
        Block::Users { users: vec![user], groups: Vec::new() },
    ] {
        sink.block(&block).unwrap();
    }
    let json = br#"{"container":{"id":"c1","type":0,"env":["K=envSECRET"],"Healthcheck":{"exe":"x","args":["argSECRET"]}}}"#;
    let mut event = EventBuf::new(code::CONTAINER_JSON_2_E, times.first().copied().unwrap_or(1), -1);
    sink.block(&Block::Event(event.push_text(json).as_event())).unwrap();
    for (fd, &ts) in (5i64..).zip(times) {
        // An old enter event, the exit event of the present with a relative path, and data.
        event.reset(code::SYSCALL_OPENAT_2_E, ts, 10);
        event.push(&(-100i64).to_le_bytes()).push_text(b"pathSECRET").push(&[0; 4]).push(&[0; 4]);
        sink.block(&Block::Event(event.as_event())).unwrap();
        event.reset(code::SYSCALL_OPENAT_2_X, ts, 10);
        event.push(&fd.to_le_bytes()).push(&(-100i64).to_le_bytes()).push_text(b"../hidden/pathSECRET");
        event.push(&[0; 4]).push(&[0; 4]).push(&[0; 4]).push(&[0; 8]);
        sink.block(&Block::Event(event.as_event())).unwrap();
        event.reset(code::SYSCALL_READ_X, ts, 10);
        event.push(&4i64.to_le_bytes()).push(b"dataSECRET").push(&fd.to_le_bytes()).push(&[4, 0, 0, 0]);
        sink.block(&Block::Event(event.as_event())).unwrap();
        event.reset(code::SYSCALL_CHDIR_X, ts, 10);
        event.push(&0i64.to_le_bytes()).push_text(format!("/mnt/{host}/x").as_bytes());
        sink.block(&Block::Event(event.as_event())).unwrap();
        event.reset(code::SYSCALL_CHDIR_X, ts, 10);
        event.push(&0i64.to_le_bytes()).push_text(b"/opt/hidden");
        sink.block(&Block::Event(event.as_event())).unwrap();
    }
    sink.finish().unwrap();
}

#[test]
fn what_is_blanked_is_nowhere_in_the_trace() {
    let folder = Folder::new("redact");
    let (old, new) = (folder.at("old.scap"), folder.at("new.zst"));
    small(&old, "hostSECRET", &[1_700_000_000_000_000_000, 1_700_000_001_000_000_000]);
    let before = raw(&old);
    for (rules, gone) in [
        (&["args"][..], &["argSECRET"][..]),
        (&["env"], &["envSECRET"]),
        (&["buffers"], &["dataSECRET"]),
        (&["hostname"], &["hostSECRET"]),
        (&["users"], &["userSECRET"]),
        (&["paths=/opt/hidden/*"], &["pathSECRET", "hidden", "tool"]),
        (&["args", "env", "buffers", "hostname", "users", "paths=/opt/hidden/*"], &["SECRET", "hidden"]),
    ] {
        let mut args = vec!["convert", "--force", &old, &new];
        rules.iter().for_each(|rule| args.extend(["--redact", rule]));
        scap(&args);
        let after = raw(&new);
        for text in gone {
            assert!(holds(&before, text) && !holds(&after, text), "{rules:?} leaves {text}");
        }
        assert!(holds(&after, "/etc/passwd"), "{rules:?} takes too much");
        assert_eq!(events(&new), events(&old));
        let info = scap(&["info", &new]);
        let rule = rules[0].split('=').next().unwrap();
        assert!(info.lines().any(|line| line.contains("redact") && line.contains(rule)), "{info}");
    }
}

#[test]
fn a_real_trace_holds_no_argument_any_more() {
    let folder = Folder::new("args");
    let new = folder.at("new.zst");
    scap(&["convert", &sample("intruder"), &new, "--redact", "args,env,buffers", "--redact", "paths=/etc/*"]);
    let printed = scap(&["read", &new, "-p", "*%proc.args|%proc.env|%evt.buffer|%fd.name"]);
    for line in printed.lines() {
        let parts: Vec<&str> = line.split('|').collect();
        let blank = |text: &str| text.chars().all(|c| "* ".contains(c)) || text == "<NA>";
        assert!(blank(parts[0]), "{line}");
        assert!(parts[1].split(' ').all(|one| one.split('=').next_back().is_none_or(blank)), "{line}");
        assert!(parts[2] == "NULL" || blank(parts[2]), "{line}");
        assert!(!line.contains("/etc/"), "{line}");
    }
    assert_eq!(events(&new), events(&sample("intruder")));
}

#[test]
fn traces_that_overlap_are_merged_by_time_and_hosts_never_mixed() {
    let folder = Folder::new("overlap");
    let [a, b, c, out] = ["a.scap", "b.scap", "c.scap", "out.scap"].map(|name| folder.at(name));
    small(&a, "one", &[1_000, 3_000, 5_000]);
    small(&b, "one", &[2_000, 4_000]);
    small(&c, "two", &[2_000]);
    scap(&["convert", &b, &a, &out]);
    let times = scap(&["read", &out, "-p", "*%evt.rawtime", "evt.type = read"]);
    assert_eq!(times.split_whitespace().collect::<Vec<_>>(), ["1000", "2000", "3000", "4000", "5000"]);
    assert_eq!(blocks(&out).iter().filter(|block| block.starts_with("Section")).count(), 1);
    let refused = run(&["convert", "--force", &a, &c, &out]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.contains("different hosts") && said.contains("\"two\""), "{said}");
}

#[test]
fn a_damaged_trace_is_converted_as_far_as_it_can_be_read() {
    let folder = Folder::new("damage");
    let (plain, damaged, out) = (folder.at("plain.scap"), folder.at("damaged.scap"), folder.at("out.zst"));
    scap(&["convert", &sample("calm"), &plain]);
    let mut bytes = std::fs::read(&plain).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 300].fill(0xee);
    std::fs::write(&damaged, bytes).unwrap();
    let output = run(&["convert", &damaged, &out]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("damage at bytes"), "{said}");
    let (left, all) = (events(&out), events(&plain));
    assert!(left < all && left + 20 > all, "{left} of {all} events");
}

#[test]
fn the_output_is_whole_or_not_there_and_for_its_owner_only() {
    let folder = Folder::new("file");
    let (source, out) = (sample("calm"), folder.at("out.scap"));
    std::fs::write(&out, "mine").unwrap();
    let refused = run(&["convert", &source, &out]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    let broken = folder.at("broken.scap");
    std::fs::write(&broken, "no trace").unwrap();
    assert_eq!(run(&["convert", "--force", &broken, &out]).status.code(), Some(2));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    scap(&["convert", "--force", &source, &out]);
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    scap(&["convert", "--force", &out, &out]);
    assert_eq!(blocks(&out), blocks(&source));
    let names: Vec<_> =
        std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let nameless = run(&["convert", &source, &folder.at("out.txt")]);
    assert!(String::from_utf8_lossy(&nameless.stderr).contains("--format"));
}

#[test]
fn json_lines_are_one_object_per_event() {
    let printed = scap(&["convert", &sample("calm"), "-", "--format", "jsonl", "--events", "100..199"]);
    let objects: Vec<serde_json::Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 100);
    assert_eq!(objects[0]["num"], 100);
    for object in &objects {
        assert!(object["args"].is_object() && object["type"].is_string() && object["time"].is_u64());
        assert!(object["proc"]["name"].is_string(), "{object}");
    }
    let opened =
        objects.iter().find(|object| object["type"] == "openat" && object["resolved"]["fd"].is_string());
    let opened = opened.expect("a file is opened");
    assert!(opened["args"]["fd"].as_str().unwrap().parse::<i64>().is_ok(), "{opened}");
}

#[test]
fn sysdig_prints_the_same_lines_for_converted_captures() {
    const TEST: &str = "sysdig_prints_the_same_lines_for_converted_captures";
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/captures");
    let dir = std::env::var("SCAP_CAPTURES").unwrap_or_else(|_| default.to_owned());
    let Ok(entries) = std::fs::read_dir(&dir) else {
        return println!("{TEST}: skipped, no captures in {dir} (set SCAP_CAPTURES)");
    };
    let sysdig = |path: &str| Command::new("sysdig").args(["-r", path]).output();
    if sysdig("/dev/null").is_err() {
        return println!("{TEST}: skipped, there is no sysdig");
    }
    let folder = Folder::new("sysdig");
    let mut lines = 0;
    for entry in entries {
        let capture = entry.unwrap().path().display().to_string();
        if !capture.ends_with(".scap") {
            continue;
        }
        let before = sysdig(&capture).unwrap();
        if !before.status.success() {
            println!("{TEST}: sysdig does not read {capture}");
            continue;
        }
        let (native, gzip) = (folder.at("native.zst"), folder.at("gzip.scap.gz"));
        scap(&["convert", "--force", &capture, &native]);
        scap(&["convert", "--force", &native, &gzip]);
        let after = sysdig(&gzip).unwrap();
        assert!(before.stdout == after.stdout, "{capture}");
        lines += after.stdout.split(|&byte| byte == b'\n').count();
    }
    println!("{TEST}: {lines} lines equal");
}
