//! What suites say of the samples, and why a rule that was broken by hand did not fire.

mod common;

use common::{changed_rules, dir, run, suite, told};

const SHADOW: &str =
    "tests: [{ trace: INTRUDER, expect: [{ rule: Password hashes or sudo policy read, count: 4 }] }]";

#[test]
fn everything_that_a_suite_can_ask_is_answered_with_yes() {
    let dir = dir();
    let suite = suite(
        &dir,
        r#"
defaults: { only: true }
tests:
  - trace: INTRUDER
    filter: proc.pname = intruder and fd.name in (/etc/shadow, /etc/gshadow)
    expect:
      - rule: Password hashes or sudo policy read
        count: "2..3"
        priority: Warning
        tags: [T1003.008]
      - { rule: Password hashes or sudo policy read, fields: { proc.name: cat, fd.num: 3, proc.pid: "31158" }, count: 1 }
      - { rule: Password hashes or sudo policy read, where: fd.name = /etc/gshadow, count: 1 }
      - { rule: Password hashes or sudo policy read, event: 18563, count: 1 }
      - { rule: Password hashes or sudo policy read, event: "..18000", count: none }
      - { rule: Password hashes or sudo policy read, time: "+76ms..+77ms", count: 1 }
      - { rule: Password hashes or sudo policy read, output: "cat read*user=root*", count: 1 }
  - trace: CALM
    forbid: ["Shell*"]
  - { trace: CALM, skip: not yet, expect: [Shell history removed] }
"#,
    );
    let report = run(&suite, Vec::new());
    assert_eq!(
        told(&report).lines().filter(|line| !line.starts_with("SKIP")).collect::<Vec<_>>(),
        Vec::<&str>::new()
    );
    assert_eq!((report.tests.len(), report.traces, report.failed().count()), (3, 2, 0));
    assert_eq!(report.tests[2].skipped.as_deref(), Some("not yet"));
}

#[test]
fn each_disagreement_is_told_as_what_it_is() {
    let dir = dir();
    let suite = suite(
        &dir,
        r#"
tests:
  - trace: INTRUDER
    forbid: ["Scheduled*"]
    expect:
      - { rule: System log wiped, count: 2 }
      - { rule: Password hashes or sudo policy read, count: "<= 3" }
      - { rule: Set-user-ID bit given, priority: critical, tags: [host, no_such_tag] }
  - trace: INTRUDER
    only: true
    expect: ["System log wiped"]
"#,
    );
    let report = run(&suite, Vec::new());
    let kinds = |test: usize| report.tests[test].failures.iter().map(|f| (f.kind.name(), f.rule.as_str()));
    assert_eq!(
        kinds(0).collect::<Vec<_>>(),
        [
            ("too-few", "System log wiped"),
            ("too-many", "Password hashes or sudo policy read"),
            ("priority", "Set-user-ID bit given"),
            ("tags", "Set-user-ID bit given"),
            ("forbidden", "Scheduled job written"),
        ]
    );
    assert!(
        kinds(1).count() > 5
            && kinds(1).all(|(kind, rule)| kind == "unexpected" && rule != "System log wiped")
    );
    assert_eq!(report.tests[0].failures[3].expected, "no_such_tag");
}

#[test]
fn an_item_taken_from_a_list_is_named_with_the_value_that_missed_it() {
    let dir = dir();
    let rules = changed_rules(&dir, "/etc/shadow, /etc/shadow-,", "/etc/shadow-,");
    let told = told(&run(&suite(&dir, SHADOW), vec![rules]));
    assert!(told.contains("Password hashes or sudo policy read: fired too rarely"), "{told}");
    assert!(told.contains("expected  4\n    got       1"), "{told}");
    assert!(told.contains("/etc/security/opasswd)` is false: saw `/etc/shadow`"), "{told}");
}

#[test]
fn a_flipped_operator_is_named_with_the_value_it_saw() {
    let dir = dir();
    let rules = changed_rules(&dir, "evt.is_open_read = true", "evt.is_open_read != true");
    let told = told(&run(&suite(&dir, SHADOW), vec![rules]));
    assert!(told.contains("nearest miss: event 18563 (openat)"), "{told}");
    assert!(told.contains("`evt.is_open_read != true` is false: saw `true`"), "{told}");
}

#[test]
fn a_broken_macro_is_named_where_it_stands() {
    let dir = dir();
    let rules = changed_rules(
        &dir,
        "(file_opened and evt.is_open_read",
        "(file_opened and fd.num < 0 and evt.is_open_read",
    );
    let told = told(&run(&suite(&dir, SHADOW), vec![rules]));
    assert!(told.contains("`fd.num < 0` is false: saw `3`"), "{told}");
    assert!(told.contains("rules.yaml:"), "{told}");
}

#[test]
fn a_rule_that_takes_the_event_of_another_is_named() {
    let dir = dir();
    let taker = "- rule: Taker\n  desc: d\n  condition: evt.type = openat\n  output: taken\n  priority: INFO\n\n- rule: Password hashes or sudo policy read";
    let rules = changed_rules(&dir, "- rule: Password hashes or sudo policy read", taker);
    let told = told(&run(&suite(&dir, SHADOW), vec![rules.clone()]));
    assert!(
        told.contains("matched 4 events, first event 18563, but rule `Taker` stands before it"),
        "{told}"
    );
    let all = SHADOW.replace("tests:", "defaults: { matching: all }\ntests:");
    assert_eq!(run(&suite(&dir, &all), vec![rules]).failed().count(), 0);
}

#[test]
fn an_alert_that_is_not_as_expected_is_told_field_by_field() {
    let dir = dir();
    let suite = suite(
        &dir,
        "tests: [{ trace: INTRUDER, expect: [{ rule: System log wiped, fields: { fd.name: /var/log/syslog } }] }]",
    );
    let told = told(&run(&suite, Vec::new()));
    assert!(told.contains(r#"fd.name: expected "/var/log/syslog", got "/var/log/auth.log""#), "{told}");
}

#[test]
fn a_rule_whose_events_the_trace_lacks_says_so() {
    let dir = dir();
    let suite = suite(&dir, "tests: [{ trace: CALM, expect: [Kernel module loaded by an unusual program] }]");
    let told = told(&run(&suite, Vec::new()));
    assert!(told.contains("no event of its types (init_module) is in the trace"), "{told}");
}

#[test]
fn rules_that_do_not_exist_break_the_suite() {
    let dir = dir();
    let suite = suite(
        &dir,
        "tests: [{ trace: CALM, expect: [Shell history remved, Kernel module loaded], forbid: [None*] }]",
    );
    let Err(broken) = scap_suite::run(&[suite], &scap_suite::Options::default()) else { panic!("it ran") };
    let told: Vec<(&str, Option<&str>)> =
        broken.problems.iter().map(|p| (p.message.as_str(), p.near.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("there is no rule `Shell history remved`", Some("Shell history removed")),
            ("there is no rule `Kernel module loaded`", Some("Kernel module loaded by an unusual program")),
            ("no rule is called `None*`", None),
        ]
    );
}

#[test]
fn a_damaged_trace_is_no_test() {
    let dir = dir();
    let whole = std::fs::read(common::project("samples/traces/calm.zst")).expect("a sample");
    let cut = dir.path().join("cut.zst");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("a file can be written");
    let text = format!("tests: [{{ trace: {}, only: true }}]", cut.display());
    let report = run(&suite(&dir, &text), Vec::new());
    assert_eq!(report.broken().count(), 1);
    assert!(
        report.tests[0].error.as_deref().unwrap_or_default().contains("damaged"),
        "{:?}",
        report.tests[0].error
    );
}

#[test]
fn the_report_does_not_depend_on_the_number_of_threads() {
    let dir = dir();
    let suite =
        suite(&dir, "tests: [{ trace: [CALM, INTRUDER], only: true }, { trace: INTRUDER, only: true }]");
    let with = |jobs| {
        let options = scap_suite::Options { jobs, ..scap_suite::Options::default() };
        told(&scap_suite::run(std::slice::from_ref(&suite), &options).expect("it runs"))
    };
    assert_eq!(with(1), with(4));
    assert!(with(1).contains("FAIL"));
}
