//! What coverage and mutation say of a small rule, held against editing the rule by hand.

mod common;

use common::{dir, suite};
use scap_suite::{Options, Report, RuleFile, Suite, mutate};

const RULES: &str = "
- list: files
  items: [/etc/shadow, /etc/gshadow, /etc/nothing]
- macro: opened
  condition: (evt.type = openat and evt.is_open_read = true)
- rule: Hashes read
  desc: d
  condition: opened and fd.name in (files) and not proc.name = nobody and (proc.name startswith ca or fd.num > 2)
  output: '%fd.name'
  priority: INFO
  exceptions:
    - name: known
      fields: [proc.name, fd.name]
      values: [[head, /etc/shadow]]
- rule: Module loaded
  desc: d
  condition: evt.type = init_module
  output: o
  priority: INFO
- macro: unused
  condition: evt.type = close
";

const TESTS: &str = "tests:
  - { trace: INTRUDER, only: true, expect: [{ rule: Hashes read, count: 3 }] }
  - { trace: CALM, only: true }
";

fn rules(dir: &tempfile::TempDir, text: &str) -> Vec<RuleFile> {
    let file = dir.path().join("rules.yaml");
    std::fs::write(&file, text).expect("rules can be written");
    vec![RuleFile::Path(file)]
}

fn run(suite: &Suite, rules: Vec<RuleFile>, each_item: bool, jobs: usize) -> Report {
    let mutate = Some(mutate::Options { each_item });
    let options = Options { rules, coverage: true, mutate, jobs, ..Options::default() };
    match scap_suite::run(std::slice::from_ref(suite), &options) {
        Ok(report) => report,
        Err(broken) => panic!("{}", broken.render(scap_rules::Color::Never)),
    }
}

fn survivors(report: &Report) -> Vec<String> {
    let mutation = report.mutation.as_ref().expect("it was mutated");
    let each = mutation.survivors.iter();
    each.map(|s| format!("{} of {}: {} > {}", s.kind.name(), s.owner, s.before, s.after)).collect()
}

#[test]
fn exactly_the_changes_that_no_test_notices_survive() {
    let dir = dir();
    let report = run(&suite(&dir, TESTS), rules(&dir, RULES), true, 2);
    assert_eq!(report.failed().count(), 0, "{}", common::told(&report));
    assert_eq!(
        survivors(&report),
        [
            "drop list item of list `files`: /etc/nothing > ",
            "drop conjunct of macro `opened`: evt.type = openat > ",
            "drop conjunct of macro `opened`: evt.is_open_read = true > ",
            "drop conjunct of rule `Hashes read`: not proc.name = nobody > ",
            "change constant of rule `Hashes read`: proc.name = nobody > proc.name = nobody~",
            "drop conjunct of rule `Hashes read`: proc.name startswith ca or fd.num > 2 > ",
            "drop disjunct of rule `Hashes read`: proc.name startswith ca > ",
            "flip comparison of rule `Hashes read`: proc.name startswith ca > not proc.name startswith ca",
            "drop conjunct of rule `Hashes read`: fd.name = /etc/shadow > ",
        ]
    );
}

#[test]
fn editing_by_hand_says_the_same_as_mutation() {
    let dir = dir();
    let suite = suite(&dir, TESTS);
    let failed = |from: &str, to: &str| {
        let changed = RULES.replacen(from, to, 1);
        assert_ne!(changed, RULES, "{from}");
        common::run(&suite, rules(&dir, &changed)).failed().count() > 0
    };
    // Survivors of the test above.
    assert!(!failed(", /etc/nothing", ""));
    assert!(!failed("(evt.type = openat and evt.is_open_read = true)", "(evt.is_open_read = true)"));
    assert!(!failed("and not proc.name = nobody ", ""));
    assert!(!failed("proc.name startswith ca or ", ""));
    assert!(!failed(" and evt.is_open_read = true", ""));
    assert!(!failed(
        "[proc.name, fd.name]\n      values: [[head, /etc/shadow]]",
        "[proc.name]\n      values: [[head]]"
    ));
    // And some that are none.
    assert!(failed(", /etc/gshadow", ""));
    assert!(failed("evt.is_open_read = true", "evt.is_open_read != true"));
    assert!(failed("opened and ", ""));
    assert!(failed("fd.num > 2", "fd.num <= 2"));
    assert!(failed("[[head, /etc/shadow]]", "[]"));
    assert!(failed("evt.type = init_module", "evt.type != init_module"));
}

#[test]
fn a_list_is_tested_if_one_of_its_items_is() {
    let dir = dir();
    let suite = suite(&dir, TESTS);
    let each = run(&suite, rules(&dir, RULES), true, 1);
    let lists = run(&suite, rules(&dir, RULES), false, 1);
    let items =
        |report: &Report| survivors(report).iter().filter(|s| s.starts_with("drop list item")).count();
    assert_eq!((items(&each), items(&lists)), (1, 0));
    let count = |report: &Report| report.mutation.as_ref().map_or(0, |mutation| mutation.mutants);
    assert_eq!(count(&each) - count(&lists), 2, "three items are one list");
}

#[test]
fn survivors_do_not_depend_on_the_number_of_threads() {
    let dir = dir();
    let suite = suite(
        &dir,
        &TESTS.replace("INTRUDER, only: true, expect: [{ rule: Hashes read, count: 3 }]", "CALM, only: true"),
    );
    let with = |jobs| survivors(&run(&suite, vec![RuleFile::BuiltIn], true, jobs));
    assert_eq!(with(1), with(3));
    assert!(with(1).len() > 100);
}

#[test]
fn rules_that_fail_their_tests_are_not_mutated() {
    let dir = dir();
    let report = run(&suite(&dir, &TESTS.replace("count: 3", "count: 4")), rules(&dir, RULES), true, 1);
    assert!(report.failed().count() == 1 && report.mutation.is_none() && report.coverage.is_some());
}

#[test]
fn coverage_tells_rules_and_comparisons_that_are_tested_one_way_only() {
    let dir = dir();
    let report = run(&suite(&dir, TESTS), rules(&dir, RULES), false, 1);
    let coverage = report.coverage.expect("it was measured");
    let [hashes, module] = coverage.rules.as_slice() else { panic!("two rules") };
    assert_eq!((hashes.firing, hashes.silent, module.firing, module.silent), (1, 1, 0, 0));
    assert!(hashes.cannot_fire.is_none());
    assert!(
        matches!(&module.cannot_fire, Some(scap_suite::CannotFire::NoEvent(types)) if types == &["init_module"])
    );
    let one_way: Vec<(&str, bool, bool)> = hashes
        .comparisons
        .iter()
        .filter(|c| !c.seen_true || !c.seen_false)
        .map(|c| (c.text.as_str(), c.seen_true, c.seen_false))
        .collect();
    assert_eq!(one_way, [("proc.name = nobody", false, true)]);
    assert_eq!(coverage.figures().comparisons, 7);
}
