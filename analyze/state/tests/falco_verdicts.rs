//! What the state says on recorded traces, against what Falco 0.44.1 said on the same ones.
//!
//! Needs the traces in `SCAP_CAPTURES` (default `../shared/captures` beside the workspace) and Falco's values in
//! `oracle/fields` beside that directory; says so and passes where they are absent.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a file that cannot be read fails the test; its figures are its point"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scap_format::block::Block;
use scap_format::upgrade::{Upgraded, Upgrader};
use scap_format::{Event, Item, TraceReader};
use scap_schema::{Arch, EventFlags, code};
use scap_state::{Fd, Leader, State, Thread};
use serde_json::{Value, json};

/// Least share of values that must be equal.
const ENOUGH: f64 = 0.995;

#[test]
fn the_state_says_what_falco_says() {
    let Some((captures, verdicts)) = directories() else {
        println!("the_state_says_what_falco_says: skipped, no captures");
        return;
    };
    let mut tally: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(verdicts).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let only = std::env::var("SCAP_ONLY").ok();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().trim_end_matches(".jsonl.zst").to_owned();
        if only.as_ref().is_none_or(|only| *only == name) {
            compare(&captures.join(format!("{name}.scap")), &file, &name, &mut tally);
        }
    }
    let (mut equal, mut all) = (0, 0);
    for (field, t) in &tally {
        equal += t.equal;
        all += t.all;
        if t.equal < t.all {
            println!("{field}: {} of {}", t.equal, t.all);
            for sample in &t.samples {
                println!("    {sample}");
            }
        }
    }
    println!("{equal} of {all} values equal");
    assert!(all > 0);
    assert!(f64::from(equal) >= ENOUGH * f64::from(all), "{equal} of {all}");
}

/// Name of the call, also of those without an event type of their own.
fn type_of(event: &Event<'_>) -> Option<&'static str> {
    if event.code != code::GENERIC_X {
        return event.info().map(|i| i.name);
    }
    match event.u16(0)? {
        0 => scap_schema::syscall_by_number(Arch::X86_64, event.u16(1)?).map(|s| s.name),
        sc => scap_schema::syscall(sc).map(|s| s.name),
    }
}

#[derive(Default)]
struct Tally {
    equal: u32,
    all: u32,
    samples: Vec<String>,
}

fn directories() -> Option<(PathBuf, PathBuf)> {
    let captures = std::env::var_os("SCAP_CAPTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"),
        PathBuf::from,
    );
    let verdicts = captures.join("../oracle/fields");
    verdicts.is_dir().then_some((captures, verdicts))
}

fn compare(trace: &Path, verdicts: &Path, name: &str, tally: &mut BTreeMap<&'static str, Tally>) {
    let text = zstd::decode_all(std::fs::File::open(verdicts).unwrap()).unwrap();
    let mut wanted = text.split(|&b| b == b'\n').filter(|l| !l.is_empty());
    let mut want: Option<Value> = wanted.next().map(|l| serde_json::from_slice(l).unwrap());
    let mut reader = TraceReader::open(trace).unwrap();
    let mut upgrader = Upgrader::new();
    let mut state = State::new();
    let mut matched = 0;
    while let Some(item) = reader.next().unwrap() {
        let Item::Block(block) = item else { continue };
        let Block::Event(event) = block else {
            state.load(&block);
            continue;
        };
        let event = match upgrader.push(&event) {
            Upgraded::Event(event) | Upgraded::Kept(event) => event,
            Upgraded::StateOnly(event) => {
                state.apply(&event);
                continue;
            }
            Upgraded::Stored | Upgraded::Dropped => continue,
        };
        state.apply(&event);
        let Some(w) = want.as_ref() else { continue };
        let same = w["evt.rawtime"] == json!(event.ts)
            && w["thread.tid"].as_i64().is_none_or(|tid| tid == event.tid)
            && w["evt.type"].as_str() == type_of(&event);
        if same {
            matched += 1;
            check(&state, &event, w, name, tally);
            want = wanted.next().map(|l| serde_json::from_slice(l).unwrap());
        }
    }
    println!("{name}: {matched} events, {} anomalies", state.anomalies().total());
    for (kind, t) in state.anomalies().iter() {
        println!("    {}: {} (first at {})", kind.name(), t.count, t.first_event);
    }
    if let Some(want) = want {
        println!("{name}: stuck at {} {} {}", want["evt.rawtime"], want["evt.type"], want["thread.tid"]);
    }
}

fn check(
    state: &State,
    event: &Event<'_>,
    want: &Value,
    trace: &str,
    tally: &mut BTreeMap<&'static str, Tally>,
) {
    let fields = thread_fields(state).into_iter().chain(fd_fields(state, event));
    for (field, got) in fields {
        let Some(want) = want.get(field) else { continue };
        let t = tally.entry(field).or_default();
        t.all += 1;
        if same(&got, want) {
            t.equal += 1;
        } else if t.samples.len() < 6 {
            let name = event.info().map_or("?", |i| i.name);
            t.samples
                .push(format!("{trace} #{} {name} tid {}: {got} instead of {want}", event.num, event.tid));
        }
    }
}

/// Falco's output replaces control characters and what is not UTF-8.
fn same(got: &Value, want: &Value) -> bool {
    let plain = |s: &str| s.replace(|c: char| c.is_control() || c == '\u{fffd}', "");
    match (got, want) {
        (Value::String(got), Value::String(want)) => plain(got) == plain(want),
        _ => got == want,
    }
}

fn text(bytes: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(bytes).into_owned())
}

type Fields = Vec<(&'static str, Value)>;

fn thread_fields(state: &State) -> Fields {
    let Some(t) = state.thread() else { return Vec::new() };
    let up = |n| state.ancestor(t, n);
    let comm = |t: Option<&Thread>| t.map_or(Value::Null, |t| text(&t.exec.comm));
    let leader = |which| state.leader(t, which).map_or(json!(""), |t| text(&t.exec.comm));
    let parent = state.find(t.ptid);
    let nonzero = |n: u64| if n == 0 { Value::Null } else { json!(n) };
    let virt = |n: i64| if n == -1 { Value::Null } else { json!(n) };
    let std = |n| state.fds(t).and_then(|fds| fds.at(n));
    let fd_name = |fd: Option<&Fd>| fd.map_or(Value::Null, |fd| text(&fd.name));
    let cgroups: Vec<String> = t
        .cgroups
        .list
        .iter()
        .map(|(s, p)| format!("{}={}", String::from_utf8_lossy(s), String::from_utf8_lossy(p)))
        .collect();
    let container = state.container(t).map(|c| json!(c.id)).unwrap_or_else(|| text(&t.container));
    let user = |uid: u32| match state.user(t, uid) {
        Some(user) => text(&user.name),
        None => json!(if uid == 0 { "root" } else { "<NA>" }),
    };
    let group = match state.group(t, t.gid) {
        Some(group) => text(&group.name),
        None => json!(if t.gid == 0 { "root" } else { "<NA>" }),
    };
    let mut fields = vec![
        ("proc.pid", json!(t.pid)),
        ("proc.name", text(&t.exec.comm)),
        ("proc.exe", text(&t.exec.exe)),
        ("proc.exepath", text(&t.exepath)),
        ("proc.cmdline", text(&t.exec.cmdline)),
        ("proc.cwd", text(state.cwd(t))),
        ("proc.env[PATH]", text(state.env_var(t, b"PATH"))),
        ("proc.env[HOME]", text(state.env_var(t, b"HOME"))),
        ("proc.ppid", up(1).map_or(Value::Null, |p| json!(p.pid))),
        ("proc.pname", comm(up(1))),
        ("proc.aname[2]", comm(up(2))),
        ("proc.aname[3]", comm(up(3))),
        ("proc.aname[5]", comm(up(5))),
        ("proc.pcmdline", up(1).map_or(Value::Null, |p| text(&p.exec.cmdline))),
        ("proc.pexepath", up(1).map_or(Value::Null, |p| text(&p.exepath))),
        ("proc.apid[2]", up(2).map_or(Value::Null, |p| json!(p.pid))),
        ("proc.vpid", virt(t.vpid)),
        ("thread.vtid", virt(t.vtid)),
        ("proc.pvpid", parent.map_or(Value::Null, |p| json!(p.vpid))),
        ("proc.sid", json!(t.sid)),
        ("proc.pgid", json!(t.pgid)),
        ("proc.vpgid", json!(t.vpgid)),
        ("proc.sname", leader(Leader::Session)),
        ("proc.vpgid.name", leader(Leader::VirtualGroup)),
        ("proc.pgid.name", leader(Leader::Group)),
        ("proc.tty", json!(t.tty)),
        ("proc.nthreads", json!(state.live_threads(t))),
        ("proc.nchilds", json!(state.live_secondary_threads(t))),
        ("thread.ismain", json!(t.is_main())),
        ("proc.fdopencount", json!(state.fd_count(t))),
        ("proc.fdlimit", json!(state.fd_limit(t))),
        ("proc.vmsize", json!(t.vmsize_kb)),
        ("proc.vmrss", json!(t.vmrss_kb)),
        ("thread.pfmajor", json!(t.pfmajor)),
        ("thread.pfminor", json!(t.pfminor)),
        ("proc.pid.ts", nonzero(t.clone_ts)),
        ("proc.ppid.ts", parent.map_or(Value::Null, |p| json!(p.clone_ts))),
        ("proc.is_exe_writable", json!(t.exe_file.writable)),
        ("proc.is_exe_upper_layer", json!(t.exe_file.upper_layer)),
        ("proc.exe_ino", nonzero(t.exe_file.ino)),
        ("proc.pidns_init_start_ts", nonzero(t.pidns_init_start_ts)),
        ("proc.stdin.name", fd_name(std(0))),
        ("proc.stdout.name", fd_name(std(1))),
        ("proc.stderr.type", std(2).map_or(Value::Null, |fd| json!(fd.ty.name()))),
        ("thread.cgroups", if cgroups.is_empty() { Value::Null } else { json!(cgroups.join(" ")) }),
        ("user.uid", json!(t.uid)),
        ("user.name", user(t.uid)),
        ("user.loginname", user(t.loginuid)),
        ("group.gid", json!(t.gid)),
        ("group.name", group),
        ("user.loginuid", json!(if t.loginuid == u32::MAX { -1 } else { i64::from(t.loginuid) })),
        ("container.id", container),
    ];
    // For threads of a snapshot Falco prints whatever its memory held.
    fields.extend(
        [
            ("proc.exe_ino.ctime_duration_proc_start", nonzero(t.exe_file.ctime_to_clone)),
            ("proc.exe_ino.ctime_duration_pidns_start", nonzero(t.exe_file.pidns_start_to_ctime)),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_null()),
    );
    fields
}

fn fd_fields(state: &State, event: &Event<'_>) -> Fields {
    let flags = event.info().map(|i| i.flags).unwrap_or_default();
    let about_fd = [EventFlags::CREATES_FD, EventFlags::USES_FD, EventFlags::DESTROYS_FD];
    let Some(_) = state.thread().filter(|_| about_fd.iter().any(|&f| flags.has(f))) else {
        return Vec::new();
    };
    let mut fields = vec![("fd.num", json!(state.fd_num()))];
    let Some(fd) = state.fd() else { return fields };
    let ends = fd.sock.tuple(fd.ty).filter(|_| !fd.role.is_none());
    let end = |server: bool| ends.map(|e| if server { e.dest } else { e.source });
    let server = fd.sock.server(fd.ty).filter(|_| !fd.role.is_none()).or(end(true));
    fields.extend([
        ("fd.name", text(&fd.name)),
        ("fd.type", json!(fd.ty.name())),
        ("fd.typechar", json!(fd.ty.letter().to_string())),
        ("fd.ino", json!(fd.ino)),
        ("fd.dev.major", json!((fd.dev & 0xfff00) >> 8)),
        ("fd.l4proto", json!(fd.l4proto().name())),
        ("fd.connected", json!(fd.connected)),
        ("fd.name_changed", json!(state.fd_name_changed())),
        ("fd.cip", end(false).map_or(Value::Null, |e| json!(e.ip.to_string()))),
        ("fd.cport", end(false).map_or(Value::Null, |e| json!(e.port))),
        ("fd.sip", server.map_or(Value::Null, |e| json!(e.ip.to_string()))),
        ("fd.sport", server.map_or(Value::Null, |e| json!(e.port))),
    ]);
    fields
}
