//! Pages of accounts made by hand: what a hostile trace can put into them, and how large they get.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::sync::Arc;

use scap_account::{Account, Act, ActKind, AlertMark, Host, Image, Moment, Process, ProcessId};
use scap_analyze::alert::{Alert, AlertRule};
use scap_analyze::catalogue::Scheme;
use scap_report::{Check, Evidence, Limits, Part, Report};
use scap_rules::{Loader, Priority, RuleId, RuleSet};

const START: u64 = 1_795_293_734_000_000_000;

/// What people put into names when they want to be noticed, or not to be.
const HOSTILE: &[u8] =
    b"<script>window.ran=1</script>\"'><img src=x onerror=ran()>&lt;\x1b[2J\0\xe2\x80\xaegpj\xff]]>--></script>";

fn at(event: u64) -> Moment {
    Moment { event, ts: START + event * 1_000 }
}

fn process(id: u32, parent: Option<u32>, name: &[u8]) -> Process {
    let image = Image {
        since: at(u64::from(id)),
        name: name.into(),
        exe: name.into(),
        cmdline: name.into(),
        cwd: name.into(),
        hash: Some(name.into()),
        fresh: true,
    };
    Process {
        id: ProcessId(id),
        pid: 100 + i64::from(id),
        vpid: 100 + i64::from(id),
        parent: parent.map(ProcessId),
        ppid: 1,
        start: Some(at(u64::from(id))),
        first: at(u64::from(id)),
        last: at(u64::from(id) + 1),
        end: None,
        images: vec![image],
        users: vec![(at(0), 0, name.into())],
        loginuid: u32::MAX,
        container: None,
        tty: 0,
        threads: 1,
        events: 7,
        alerts: Vec::new(),
    }
}

fn alert(number: u64, text: &str) -> AlertMark {
    let rule = AlertRule {
        id: RuleId(0),
        name: text.to_owned(),
        priority: Priority::Critical,
        source: "syscall".into(),
        tags: vec!["T1059.004".into(), "mitre_execution".into(), text.to_owned()],
    };
    let alert = Alert {
        event: number,
        ts: START + number * 1_000,
        rule: Arc::new(rule),
        hostname: "web-1".into(),
        output: format!("20:42:14.015538433: Critical {text}"),
        output_fields: BTreeMap::from([
            (text.to_owned(), text.into()),
            ("fd.name".into(), serde_json::Value::Null),
        ]),
    };
    AlertMark { alert, process: Some(ProcessId(1)) }
}

fn account(name: &[u8]) -> Account {
    let mut account = Account {
        host: Host { name: name.into(), ..Host::default() },
        processes: vec![process(0, None, name), process(1, Some(0), name), process(2, Some(1), name)],
        ..Account::default()
    };
    account.summary.first_ts = Some(START);
    account.summary.last_ts = Some(START + 1_000_000);
    for kind in [ActKind::Executed, ActKind::Connected] {
        account.acts.push(Act {
            at: at(2),
            process: Some(ProcessId(1)),
            kind,
            object: name.into(),
            error: 2,
        });
    }
    let mark = alert(2, &String::from_utf8_lossy(name));
    account.summary.tally.alert(&mark.alert);
    account.alerts.push(mark);
    account.processes[1].alerts.push(0);
    account
}

fn page(account: Account, rules: &RuleSet, limits: Limits) -> String {
    let text = String::from_utf8_lossy(&account.host.name).into_owned();
    let part = Part {
        name: text.clone(),
        account,
        rules,
        evidence: Evidence::default(),
        facts: vec![(text.clone(), text.clone())],
        checks: vec![Check { sound: true, lines: vec![text.clone()] }],
    };
    let report =
        Report { title: text.clone(), made_by: "scap".into(), asked: vec![text], parts: vec![part], limits };
    report.page()
}

fn no_rules() -> RuleSet {
    Loader::new(&Scheme).load().1
}

#[test]
fn hostile_names_are_text_wherever_they_stand() {
    let page = page(account(HOSTILE), &no_rules(), Limits::default());
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    // Its own script; there is no picture without events.
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("<img") && !page.contains("onerror=ran()>&lt;</"));
    assert!(page.contains("&lt;script&gt;window.ran=1&lt;/script&gt;"));
    assert!(
        page.contains("\\x1b")
            && page.contains("\\x00")
            && page.contains("⟨U+202E⟩")
            && page.contains("\\xff")
    );
    let raw = page.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202E}');
    assert_eq!(raw, None);
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let page = page(account(b"bash"), &no_rules(), Limits::default());
    assert!(page.contains("default-src 'none'") && !page.contains("unsafe-inline"));
    for wish in ["http://", "https://", "src=", "@import", "url(", " style=\"", " onclick="] {
        let namespace = "http://www.w3.org/2000/svg";
        let found =
            page.replace(namespace, "").find(wish).map(|at| page[at.saturating_sub(60)..at + 60].to_owned());
        assert_eq!(found, None, "{wish}");
    }
}

#[test]
fn the_same_account_gives_the_same_page() {
    let make = || page(account(HOSTILE), &no_rules(), Limits::default());
    assert_eq!(make(), make());
}

#[test]
fn megabytes_of_arguments_and_millions_of_things_stay_within_the_limits() {
    let mut account = account(&vec![b'<'; 1 << 20]);
    let small = process(0, None, b"x");
    account.processes.extend((3..20_000).map(|id| Process {
        id: ProcessId(id),
        parent: Some(ProcessId(id - 1)),
        ..small.clone()
    }));
    for number in 0..20_000 {
        let mark = alert(number, "again and again");
        account.summary.tally.alert(&mark.alert);
        account.alerts.push(mark);
        account.acts.push(Act {
            at: at(number),
            process: None,
            kind: ActKind::Connected,
            object: vec![b'\x1b'; 900].into(),
            error: 0,
        });
    }
    let page = page(account, &no_rules(), Limits { bytes: 4 << 20, ..Limits::default() });
    assert!(page.len() < 6 << 20, "{} bytes", page.len());
    assert!(page.contains("1,048,336 bytes more") || page.contains("bytes more"), "cut text is counted");
    assert!(page.contains("counted but not listed here"));
}

#[test]
fn parents_that_are_each_others_children_end_somewhere() {
    let mut account = account(b"loop");
    account.processes[0].parent = Some(ProcessId(2));
    let page = page(account, &no_rules(), Limits::default());
    for id in 0..3 {
        assert_eq!(page.matches(&format!("id=\"proc-{id}\"")).count(), 1, "process {id}");
    }
}
