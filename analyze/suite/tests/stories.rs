//! Why rules fire or not, and what a change of rules changes, on the samples.

mod common;

use common::{changed_rules, dir, project};
use scap_rules::{Matching, RuleId};
use scap_suite::diff::{Change, diff};
use scap_suite::{Loaded, RuleFile, explain, load, output};

fn built_in() -> Loaded {
    loaded(RuleFile::BuiltIn)
}

fn loaded(file: RuleFile) -> Loaded {
    match load(&[file]) {
        Ok(loaded) => loaded,
        Err(report) => panic!("{}", report.render(scap_rules::Color::Never)),
    }
}

fn named(rules: &Loaded, name: &str) -> RuleId {
    rules.set.rules().iter().find(|rule| rule.name == name).expect("a rule").id
}

#[test]
fn an_event_is_explained_with_every_value_and_what_failed() {
    let rules = built_in();
    let id = named(&rules, "System log wiped");
    let intruder = project("samples/traces/intruder.zst");
    let story = explain::event(&intruder, &rules, id, 22565).expect("an event");
    assert!(story.asked && story.tree.holds && story.blames.is_empty() && story.before.is_empty());
    let story = explain::event(&intruder, &rules, id, 22715).expect("an event");
    let text = output::event_text(&story, &rules.set.rules()[id.index()], &rules);
    assert!(
        text.contains("NO      evt.arg.flags contains O_TRUNC: saw `O_NONBLOCK|O_CREAT|O_WRONLY`"),
        "{text}"
    );
    assert!(
        text.ends_with(
            "because `evt.arg.flags contains O_TRUNC` is false: saw `O_NONBLOCK|O_CREAT|O_WRONLY`\n"
        )
    );
}

#[test]
fn an_event_that_is_not_there_is_no_story() {
    let rules = built_in();
    let calm = project("samples/traces/calm.zst");
    assert_eq!(
        explain::event(&calm, &rules, RuleId(0), 0).map(|_| ()),
        Err("events are numbered from 1".into())
    );
    assert!(explain::event(&calm, &rules, RuleId(0), 1 << 40).is_err_and(|e| e.contains("has no event")));
    assert!(explain::trace(&calm.join("no"), &rules, RuleId(0), 3).is_err());
}

#[test]
fn a_trace_is_explained_by_its_nearest_misses() {
    let rules = built_in();
    let id = named(&rules, "System log wiped");
    let story = explain::trace(&project("samples/traces/intruder.zst"), &rules, id, 2).expect("a trace");
    assert_eq!((story.matched, story.misses.len(), story.shadowed.len()), (1, 2, 0));
    let first = &story.misses[0];
    assert_eq!((first.event, first.held, first.of), (22715, 8, 9));
    assert_eq!(first.blames.len(), 1);
    assert_eq!(first.blames[0].seen.as_deref(), Some(["O_NONBLOCK|O_CREAT|O_WRONLY".to_owned()].as_slice()));
}

#[test]
fn a_rule_that_takes_events_is_told() {
    let dir = dir();
    let taker = "- rule: Taker\n  desc: d\n  condition: evt.type = openat\n  output: taken\n  priority: INFO\n\n- rule: System log wiped";
    let rules = loaded(changed_rules(&dir, "- rule: System log wiped", taker));
    let id = named(&rules, "System log wiped");
    let intruder = project("samples/traces/intruder.zst");
    let story = explain::trace(&intruder, &rules, id, 1).expect("a trace");
    assert_eq!(story.shadowed, [("Taker".to_owned(), 1, 22565)]);
    let story = explain::event(&intruder, &rules, id, 22565).expect("an event");
    assert_eq!(story.before, ["Taker"]);
}

#[test]
fn a_change_of_rules_is_told_in_rules_and_in_alerts() {
    let dir = dir();
    let changed = scap_rules::builtin()
        .replace("- rule: System log wiped", "- rule: Log wiped")
        .replace("/etc/shadow, /etc/shadow-,", "/etc/shadow-,")
        .replace("  items: [sh, bash,", "  items: [bash, osh,");
    let scheduled = changed.split("- rule: Scheduled job written").collect::<Vec<_>>();
    let [before, after] = scheduled.as_slice() else { panic!("one such rule") };
    let changed = format!(
        "{before}- rule: Scheduled job written{}",
        after.replacen("priority: WARNING", "priority: NOTICE", 1)
    );
    let file = dir.path().join("rules.yaml");
    std::fs::write(&file, changed).expect("rules can be written");
    let traces = [project("samples/traces/intruder.zst"), project("samples/traces/calm.zst")];
    let found = diff(&built_in(), &loaded(RuleFile::Path(file)), &traces, Matching::First);
    let items: Vec<(&str, &str, Change)> =
        found.items.iter().map(|item| (item.kind, item.name.as_str(), item.change)).collect();
    assert!(items.contains(&("list", "shells", Change::Changed)));
    assert!(items.contains(&("rule", "Log wiped", Change::Added)));
    assert!(items.contains(&("rule", "System log wiped", Change::Removed)));
    let details = |name: &str| &found.items.iter().find(|item| item.name == name).expect("an item").details;
    assert_eq!(details("shells"), &["items +osh -sh"]);
    assert_eq!(details("Scheduled job written"), &["priority Warning → Notice"]);
    let alerts: Vec<(Change, &str, u64)> =
        found.alerts.iter().map(|change| (change.change, change.rule.as_str(), change.count)).collect();
    assert_eq!(
        alerts,
        [
            (Change::Added, "Log wiped", 1),
            (Change::Removed, "Password hashes or sudo policy read", 3),
            (Change::Removed, "System log wiped", 1),
            (Change::Changed, "Scheduled job written", 1),
        ]
    );
    assert_eq!((found.same, found.traces), (11, 2));
}

#[test]
fn equal_rules_differ_in_nothing() {
    let traces = [project("samples/traces/intruder.zst")];
    let found = diff(&built_in(), &built_in(), &traces, Matching::All);
    assert!(found.items.is_empty() && found.alerts.is_empty() && found.same > 0);
}
