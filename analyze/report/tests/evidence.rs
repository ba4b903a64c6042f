//! The events around alerts, and where events are missing, of short traces told event by event.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Cursor;

use scap_account::Account;
use scap_analyze::catalogue::Scheme;
use scap_analyze::replay::Range;
use scap_format::block::Block;
use scap_format::save::{BlockSink, ScapSink};
use scap_format::snapshot::{MachineInfo, ThreadEntry};
use scap_format::source::{Parts, parts};
use scap_format::{EventBuf, TraceReader};
use scap_report::{Limits, Part, Report, Survey, Wish};
use scap_rules::{Loader, RuleSet};
use scap_schema::code;

const START: u64 = 1_795_293_734_000_000_000;

const RULES: &str = "
- rule: Group asked
  desc: what it says
  condition: evt.type = getgid
  output: asked (pid=%proc.pid)
  priority: WARNING
";

/// Event types with their threads, told of a machine with init (1), a shell (10) and its child (20).
fn trace(events: &[(u16, i64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sink = Box::new(ScapSink::plain(&mut bytes));
    let entry = |tid: i64, ptid: i64, comm: &str| ThreadEntry {
        tid,
        pid: tid,
        ptid,
        vtid: tid,
        vpid: tid,
        comm: comm.into(),
        exe: comm.into(),
        ..ThreadEntry::default()
    };
    let machine = MachineInfo { hostname: b"victim".to_vec(), num_cpus: 2, ..MachineInfo::default() };
    sink.block(&Block::Machine(machine)).unwrap();
    sink.block(&Block::Threads(vec![entry(1, 0, "init"), entry(10, 1, "sh"), entry(20, 10, "child")]))
        .unwrap();
    for (at, &(code, tid)) in events.iter().enumerate() {
        let mut event = EventBuf::new(code, START + at as u64 * 1_000_000, tid);
        match code {
            code::NOTIFICATION_E => event.push_text(b"scap.drops").push_text(b"cpu=0 dropped=77"),
            _ => event.push(&[0; 4]),
        };
        sink.block(&Block::Event(event.as_event())).unwrap();
    }
    sink.finish().unwrap();
    bytes
}

fn rules() -> RuleSet {
    let (report, rules) = Loader::new(&Scheme).file("rules.yaml", RULES).load();
    assert!(report.is_ok());
    rules
}

fn opened(bytes: &[u8]) -> Parts {
    parts(Box::new(Cursor::new(bytes.to_vec())), "trace").unwrap()
}

fn page(bytes: &[u8], around: usize) -> (Account, String) {
    let rules = rules();
    let mut reader = TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "trace").unwrap();
    let account = scap_account::account(&mut reader, Some(&rules), scap_account::Options::default()).unwrap();
    let wish = Wish { around, range: Range::default(), limits: Limits::default() };
    let survey = Survey::take(opened(bytes), "trace", &account, &wish).unwrap();
    let evidence = survey.evidence(opened(bytes), "trace").unwrap();
    let part = Part {
        name: "trace".into(),
        account: account.clone(),
        rules: &rules,
        evidence,
        facts: Vec::new(),
        checks: Vec::new(),
    };
    let report = Report {
        title: "t".into(),
        made_by: "scap".into(),
        asked: Vec::new(),
        parts: vec![part],
        limits: Limits::default(),
    };
    (account, report.page())
}

/// Numbers of the events in the tables of events, each with the class of its row.
fn rows(page: &str) -> Vec<(u64, &str)> {
    let rows = page.split("<tr class=\"").skip(1).filter_map(|row| {
        let (class, rest) = row.split_once("\"><td class=\"num\">")?;
        Some((rest.split_once("</td>")?.0.parse().ok()?, class))
    });
    rows.collect()
}

fn number_before(page: &str, words: &str) -> u64 {
    let before = page.split_once(words).unwrap().0;
    let digits = before.rsplit(|c: char| !c.is_ascii_digit() && c != ',').next().unwrap();
    digits.replace(',', "").parse().unwrap()
}

/// The shell's events are 1 to 5, 8 and 12; its child begins at 7 and is what the rule is about at 9.
fn family() -> Vec<u8> {
    let (uid, gid) = (code::SYSCALL_GETUID_X, code::SYSCALL_GETGID_X);
    let child = [(uid, 20), (uid, 10), (gid, 20), (uid, 20), (uid, 20), (uid, 10)];
    trace(&[[(uid, 10); 6].as_slice(), &child].concat())
}

#[test]
fn a_process_that_just_began_has_its_parents_past_and_only_its_own_future() {
    let (_, page) = page(&family(), 3);
    assert_eq!(rows(&page), [(5, "other"), (6, "other"), (7, ""), (9, "hit"), (10, ""), (11, "")]);
    assert!(page.contains("3 before, the alert's, 2 after"));
}

#[test]
fn as_many_events_are_shown_as_were_asked_for() {
    assert_eq!(rows(&page(&family(), 0).1), [(9, "hit")]);
    assert_eq!(rows(&page(&family(), 1).1), [(7, ""), (9, "hit"), (10, "")]);
    let (_, page) = page(&family(), 500);
    let all = rows(&page);
    assert_eq!((all.len(), all.first()), (10, Some(&(1, "other"))));
}

#[test]
fn of_a_rule_that_never_stops_the_first_alerts_have_evidence_and_all_are_counted() {
    let (account, page) = page(&trace(&[(code::SYSCALL_GETGID_X, 10); 5000]), 2);
    assert_eq!(account.alerts.len(), 5000);
    assert_eq!(page.matches("class=\"alert f ").count(), 20);
    // On a line each, as far as there is room; the rest as a number.
    let further = number_before(&page, " further alerts");
    let more = number_before(&page, " more alerts, counted but not listed");
    assert!(further > 500, "{further}");
    assert_eq!(20 + further + more, 5000);
}

#[test]
fn where_events_are_missing_is_said_and_drawn() {
    let uid = code::SYSCALL_GETUID_X;
    let events = [(uid, 10), (uid, 10), (code::NOTIFICATION_E, 0), (code::SYSCALL_GETGID_X, 10), (uid, 10)];
    let (_, page) = page(&trace(&events), 2);
    assert!(page.contains("77 events") && page.contains("were lost while recording"));
    assert!(page.contains("<rect class=\"gap\"") && page.contains("77 events lost up to here"));
    assert!(page.contains("Alerts after events were lost"));
    assert!(page.contains("\"gaps\":[[2000000,2000000,77]]"));
}

#[test]
fn a_trace_without_events_has_a_page() {
    let (_, page) = page(&trace(&[]), 2);
    assert!(page.contains("There are no events.") && page.contains("no events"));
}
