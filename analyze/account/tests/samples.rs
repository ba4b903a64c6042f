//! Accounts of the recorded samples: facts read off `scap read`, and sums that every trace must agree with.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{of_pid, text};
use scap_account::digest::Digest;
use scap_account::{Account, ActKind, Direction, Options, account};
use scap_analyze::catalogue;
use scap_analyze::fields::Fields;
use scap_analyze::replay::{self, Cursor, Range, walk};
use scap_format::TraceReader;
use scap_rules::{Field, FieldArg, FieldSource as _, Filter, Loader, Value};
use scap_schema::Origin;
use scap_state::FdType;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/traces").join(name)
}

fn account_of(name: &str, options: Options) -> Account {
    let mut trace = TraceReader::open(&sample(name)).expect("a sample");
    account(&mut trace, None, options).expect("a sample can be read")
}

fn with_range(range: Range) -> Options {
    Options { replay: replay::Options { range, ..replay::Options::default() }, ..Options::default() }
}

#[test]
fn the_intruder_is_told_as_it_was_recorded() {
    let account = account_of("intruder.zst", Options::default());
    assert_eq!(text(&account.host.name), "web-1");
    assert_eq!(account.summary.passed.events, 23428);
    // The child of whom `evt.type=procexit` says ret=127: a command that was not there.
    assert_eq!(of_pid(&account, 31151)[0].end.map(|end| end.code), Some(Some(127)));
    let cat = of_pid(&account, 31158)[0];
    assert_eq!(text(&cat.images.last().expect("a program").cmdline), "cat /etc/shadow");
    let shadow = account.files.iter().find(|file| file.process == cat.id && *file.path == *b"/etc/shadow");
    let shadow = shadow.expect("the file that cat reads");
    assert_eq!((shadow.first.event, shadow.last.event, shadow.opens), (18563, 18569, 1));
    assert_eq!((shadow.read, shadow.written, shadow.bytes_read), (true, false, 474));
    let read_by: Vec<i64> = account
        .acts
        .iter()
        .filter(|act| act.kind == ActKind::ReadSecret && *act.object == *b"/etc/shadow")
        .filter_map(|act| Some(account.processes.get(act.process?.0 as usize)?.pid))
        .collect();
    assert_eq!(read_by, [31158, 31160, 31184]);
}

#[test]
fn the_reverse_shell_has_its_parents_and_what_went_over_its_connection() {
    let account = account_of("intruder.zst", Options::default());
    let shell = of_pid(&account, 31182)[0];
    let line: Vec<i64> =
        std::iter::successors(Some(shell), |process| account.processes.get(process.parent?.0 as usize))
            .map(|process| process.pid)
            .collect();
    assert_eq!(line, [31182, 31181, 31146, 31142, 31120, 31061]);
    let call = account.connections.iter().find(|one| one.process == shell.id && one.ty == FdType::Ipv4Socket);
    let call = call.expect("the connection of the shell");
    assert_eq!((call.direction, call.remote.map(|end| end.port)), (Direction::Outgoing, Some(4444)));
    // The sum of `evt.rawres` of its reads and writes.
    assert_eq!((call.bytes_in, call.bytes_out), (28, 187));
    let listens: Vec<_> =
        account.connections.iter().filter(|one| one.direction == Direction::Listening).collect();
    assert_eq!(listens.iter().filter_map(|one| one.local).map(|end| end.port).collect::<Vec<_>>(), [4444]);
}

#[test]
fn programs_dropped_in_the_trace_are_fresh_and_others_are_not() {
    let account = account_of("intruder.zst", Options::default());
    let fresh: Vec<String> = account
        .processes
        .iter()
        .flat_map(|process| &process.images)
        .filter(|image| image.fresh)
        .map(|image| text(&image.exe))
        .collect();
    assert_eq!(fresh, ["/tmp/.cache/kworkerd", "/dev/shm/.x"]);
}

#[test]
fn what_gets_hold_of_the_kernel_and_of_others_is_an_act() {
    let account = account_of("privilege-escalation.zst", Options::default());
    let of = |kind| {
        let acts = account.acts.iter().filter(move |act| act.kind == kind);
        acts.map(|act| (act.at.event, text(&act.object), act.error)).collect::<Vec<_>>()
    };
    let traced = of(ActKind::Traced);
    assert_eq!(traced.iter().map(|act| act.0).collect::<Vec<_>>(), [3479, 3483, 3484, 3485, 3487, 3488]);
    assert!(traced[0].1.starts_with("PTRACE_ATTACH of ") && traced[5].1.starts_with("process_vm_writev of "));
    let mut loaded = of(ActKind::LoadedIntoKernel);
    assert_eq!(loaded.remove(0), (2789, "module from memory".into(), 38));
    assert_eq!(loaded, [(2794, "module /etc/hostname".into(), 38), (2795, "eBPF program".into(), 7)]);
    let account = account_of("container-escape.zst", Options::default());
    let objects: Vec<_> = account
        .acts
        .iter()
        .filter(|act| matches!(act.kind, ActKind::ChangedNamespace | ActKind::LoadedIntoKernel))
        .map(|act| (act.at.event, text(&act.object), act.error))
        .collect();
    assert!(objects.contains(&(6047, "entered /proc/self/ns/mnt".into(), 0)), "{objects:?}");
    assert!(objects.contains(&(8823, "module from memory".into(), 38)), "{objects:?}");
}

#[test]
fn a_container_that_begins_has_its_processes() {
    let account = account_of("container-escape.zst", Options::default());
    assert_eq!(account.containers.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["4f2d9c01a7b3"]);
    let began = account.acts.iter().find(|act| act.kind == ActKind::ContainerStarted).expect("a beginning");
    assert_eq!((began.at.event, text(&began.object)), (2523, "4f2d9c01a7b3".into()));
    assert_eq!(of_pid(&account, 19788)[0].container, Some(0));
    assert!(account.processes.iter().any(|process| process.container.is_none()));
}

/// Events of every process by its pid, and pids that exec, counted by the fields that rules ask.
fn counted_by_fields(name: &str) -> (BTreeMap<i64, u64>, u64) {
    let field = |name| Field { id: catalogue::by_name(name).expect("a field").0, arg: FieldArg::None };
    let (pid, result) = (field("proc.pid"), field("evt.rawres"));
    let (mut events, mut execs) = (BTreeMap::new(), 0);
    let mut trace = TraceReader::open(&sample(name)).expect("a sample");
    let visit = |fields: &Fields<'_>| -> Result<(), ()> {
        let info = fields.event().info();
        let from_kernel =
            info.is_some_and(|info| matches!(info.origin, Origin::Syscall | Origin::Tracepoint));
        if let Some(Value::Int(pid)) = fields.value(&pid).filter(|_| from_kernel) {
            *events.entry(pid).or_default() += 1;
            let is_exec = info.is_some_and(|info| info.name.starts_with("execve"));
            execs += u64::from(is_exec && matches!(fields.value(&result), Some(Value::Int(0))));
        }
        Ok(())
    };
    walk(&mut trace, &mut Cursor::new(), |_| {}, visit).expect("a sample can be read");
    (events, execs)
}

#[test]
fn the_digest_of_the_intruder_names_what_matters() {
    let account = account_of("intruder.zst", Options::default());
    let digest = Digest::of(&account, 3);
    assert_eq!((digest.started, digest.ended), (31, 32));
    let users: Vec<_> = digest.users.list.iter().map(|user| (user.uid, text(&user.name))).collect();
    assert_eq!(users, [(0, "root".into())]);
    let programs: Vec<_> =
        digest.programs.list.iter().map(|one| (text(&one.path), one.first.event)).collect();
    assert_eq!(programs, [("/tmp/.cache/kworkerd".into(), 19735), ("/dev/shm/.x".into(), 19985)]);
    let ports: Vec<_> =
        digest.listeners.list.iter().filter_map(|one| one.local).map(|end| end.port).collect();
    assert_eq!(ports, [4444]);
    let peers: Vec<_> =
        digest.outgoing.list.iter().map(|peer| (peer.port, peer.bytes_in, peer.bytes_out)).collect();
    assert_eq!(peers.iter().map(|peer| peer.0).collect::<Vec<_>>(), [4444]);
    let secrets: Vec<_> =
        digest.secrets.list.iter().map(|one| (text(&one.path), one.processes.len())).collect();
    assert_eq!(secrets, [("/etc/shadow".into(), 3), ("/etc/gshadow".into(), 1)]);
    let changed: Vec<_> = digest.changed.list.iter().map(|one| (one.kind, text(&one.path))).collect();
    assert_eq!(changed[0], (ActKind::ChangedFile, "/tmp/.cache/kworkerd mode 0755".into()));
    assert_eq!(changed[1], (ActKind::WroteSystemFile, "/root/.bash_history".into()));
    assert!(digest.changed.more > 10);
    let busiest = account.process(digest.busiest.list[0]).expect("a process");
    assert_eq!((busiest.pid, busiest.events), (31155, 17122));
}

#[test]
fn every_sample_adds_up_to_what_the_fields_say() {
    let mut samples: Vec<String> = std::fs::read_dir(sample(""))
        .expect("the samples")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".zst"))
        .collect();
    samples.sort();
    assert!(samples.len() > 20);
    for name in samples {
        let account = account_of(&name, Options::default());
        let (events, execs) = counted_by_fields(&name);
        let mut by_pid = BTreeMap::new();
        for process in account.processes.iter().filter(|process| process.events > 0) {
            *by_pid.entry(process.pid).or_default() += process.events;
        }
        assert_eq!(by_pid, events, "{name}");
        let executed =
            account.acts.iter().filter(|act| matches!(act.kind, ActKind::Executed | ActKind::ExecutedFresh));
        assert_eq!(executed.count() as u64, execs, "{name}");
        assert!(!account.left_out.is_some(), "{name}");
        for process in &account.processes {
            assert!(process.first <= process.last, "{name}: {process:?}");
        }
    }
}

#[test]
fn a_range_counts_its_events_and_knows_the_processes_from_before() {
    let whole = account_of("intruder.zst", Options::default());
    let shell = of_pid(&whole, 31182)[0];
    let from = shell.start.expect("a start").ts + 1_000_000;
    let filter = Filter::compile("proc.pid = 31184", &catalogue::Scheme).expect("a condition");
    let range = Range { from: Some(from), to: None, filter: Some(filter) };
    let part = account_of("intruder.zst", with_range(range));
    let head = of_pid(&part, 31184)[0];
    assert_eq!(head.events, of_pid(&whole, 31184)[0].events);
    assert_eq!(part.processes.iter().map(|process| process.events).sum::<u64>(), head.events);
    assert!(part.files.iter().all(|file| file.process == head.id) && !part.files.is_empty());
    assert_eq!(part.processes.len(), whole.processes.len());
    assert_eq!(head.parent.map(|id| part.processes[id.0 as usize].pid), Some(31182));
}

#[test]
fn alerts_hang_on_the_processes_that_they_are_about() {
    let rule = "- rule: shadow
  desc: somebody reads it
  condition: evt.type=openat and fd.name=/etc/shadow
  output: o
  priority: WARNING
";
    let (_, rules) = Loader::new(&catalogue::Scheme).file("rules.yaml", rule).load();
    let mut trace = TraceReader::open(&sample("intruder.zst")).expect("a sample");
    let account = account(&mut trace, Some(&rules), Options::default()).expect("a sample can be read");
    let pids: Vec<i64> = account
        .alerts
        .iter()
        .filter_map(|mark| Some(account.processes.get(mark.process?.0 as usize)?.pid))
        .collect();
    assert_eq!(pids, [31158, 31160, 31184]);
    assert_eq!(account.summary.tally.alerts(), 3);
    assert_eq!(of_pid(&account, 31160)[0].alerts, [1]);
}
