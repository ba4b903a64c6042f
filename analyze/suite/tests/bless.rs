//! What happened, written into suites.

mod common;

use common::{dir, run, suite};

/// The suite after blessing, what could not be blessed, and how many tests fail then.
fn blessed(text: &str) -> (String, Vec<String>, usize) {
    let dir = dir();
    let report = run(&suite(&dir, text), Vec::new());
    let blessed = scap_suite::bless(&report).expect("suites can be written");
    let changed = std::fs::read_to_string(dir.path().join("suite.yaml")).expect("a suite");
    let again = scap_suite::read(&dir.path().join("suite.yaml"));
    let again =
        again.unwrap_or_else(|broken| panic!("{changed}\n{}", broken.render(scap_rules::Color::Never)));
    let failed = run(&again, Vec::new()).failed().count();
    let samples = common::project("samples/traces").display().to_string();
    let changed = changed.replace(&format!("{samples}/intruder.zst"), "INTRUDER");
    (changed.replace(&format!("{samples}/calm.zst"), "CALM"), blessed.left, failed)
}

#[test]
fn counts_are_written_where_they_stand_and_everything_else_stays() {
    let before = r#"# a comment
tests:
  - trace: INTRUDER   # the trace
    expect:
      # of hashes
      - rule: Password hashes or sudo policy read   # four?
        fields: { proc.name: cat }
        count: "2..3"  # no
      - { rule: System log wiped, count: 3, where: fd.num > 0 }
      - { rule: System log wiped, time: "+1s.." }
      - Private SSH key read # never
      - rule: Scheduled job written
        priority: critical # wrong
        tags:
          - host
          - nonsense
    name: last
"#;
    let after = r#"# a comment
tests:
  - trace: INTRUDER   # the trace
    expect:
      # of hashes
      - rule: Password hashes or sudo policy read   # four?
        fields: { proc.name: cat }
        count: 1  # no
      - { rule: System log wiped, count: 1, where: fd.num > 0 }
      - { rule: System log wiped, count: none, time: "+1s.." }
      - rule: Private SSH key read # never
        count: none
      - rule: Scheduled job written
        priority: warning # wrong
        tags:
          [host]
    name: last
"#;
    assert_eq!(blessed(before), (after.to_owned(), Vec::new(), 0));
}

#[test]
fn alerts_that_nobody_expected_are_added() {
    let before = "tests:
  - trace: INTRUDER
    filter: proc.name in (cat, rm)
    only: true # nothing else
  - { trace: INTRUDER, filter: proc.name = cat, only: true }
  - { trace: INTRUDER, filter: proc.name = cat, only: true, expect: [] }
  - trace: INTRUDER
    filter: proc.name in (cat, rm)
    only: true
    expect:
    - Password hashes or sudo policy read
    # the end
";
    let after = "tests:
  - trace: INTRUDER
    filter: proc.name in (cat, rm)
    only: true # nothing else
    expect:
      - rule: Password hashes or sudo policy read
        count: 1
      - rule: Shell history removed
        count: 1
  - { trace: INTRUDER, filter: proc.name = cat, only: true, expect: [{ rule: Password hashes or sudo policy read, count: 1 }] }
  - { trace: INTRUDER, filter: proc.name = cat, only: true, expect: [{ rule: Password hashes or sudo policy read, count: 1 }] }
  - trace: INTRUDER
    filter: proc.name in (cat, rm)
    only: true
    expect:
    - Password hashes or sudo policy read
    - rule: Shell history removed
      count: 1
    # the end
";
    assert_eq!(blessed(before), (after.to_owned(), Vec::new(), 0));
}

#[test]
fn of_several_traces_the_range_is_written() {
    let before = "tests:\n  - trace: [INTRUDER, CALM]\n    filter: proc.name in (cat, rm)\n    only: true\n    expect: [Password hashes or sudo policy read]\n";
    let after = "tests:\n  - trace: [INTRUDER, CALM]\n    filter: proc.name in (cat, rm)\n    only: true\n    expect: [{ rule: Password hashes or sudo policy read, count: 0..1 }, { rule: Shell history removed, count: 0..1 }]\n";
    assert_eq!(blessed(before), (after.to_owned(), Vec::new(), 0));
}

#[test]
fn what_is_forbidden_is_never_blessed() {
    let before = "tests: [{ trace: INTRUDER, forbid: [System log wiped] }]\n";
    let (after, left, failed) = blessed(before);
    assert_eq!((after.as_str(), failed), (before, 1));
    assert!(left[0].contains("`System log wiped` fired, which is forbidden"), "{left:?}");
}

#[test]
fn a_suite_that_passes_is_not_touched() {
    let before = "tests: [{ trace: CALM, only: true }] # calm\n";
    assert_eq!(blessed(before), (before.to_owned(), Vec::new(), 0));
}
