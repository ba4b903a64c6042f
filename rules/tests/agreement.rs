//! The compiled evaluator says what the tree-walker says, for random rules and random events.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Event, Scheme, text};
use proptest::prelude::*;
use scap_rules::{Field, FieldArg, Loader, Matching, RuleSet, Selection, Value};

const STRINGS: [&str; 12] =
    ["sh", "bash", "open", "/etc/passwd", "/etc", "/tmp/x", "a b", "nginx", "SH", "passwd", "", "/"];
const STRING_FIELDS: [&str; 9] = [
    "fd.name",
    "proc.name",
    "proc.pname",
    "proc.cmdline",
    "user.name",
    "tolower(proc.name)",
    "basename(fd.name)",
    "proc.aname",
    "evt.arg.path",
];
const NUMBER_FIELDS: [&str; 6] = ["proc.pid", "user.uid", "evt.num", "fd.port", "len(fd.name)", "evt.cpu"];

fn quoted() -> impl Strategy<Value = String> {
    prop::sample::select(STRINGS.to_vec()).prop_map(|s| format!("\"{s}\""))
}

fn list() -> impl Strategy<Value = String> {
    prop::collection::vec(quoted(), 0..4).prop_map(|items| format!("({})", items.join(", ")))
}

fn check() -> impl Strategy<Value = String> {
    let string_field = || prop::sample::select(STRING_FIELDS.to_vec());
    let number_field = || prop::sample::select(NUMBER_FIELDS.to_vec());
    let op = prop::sample::select(vec![
        "=",
        "!=",
        "<",
        ">=",
        "contains",
        "icontains",
        "startswith",
        "endswith",
        "glob",
        "iglob",
        "regex",
    ]);
    let modified = prop::sample::select(vec!["= oneof", "!= allof", "startswith anyof", "glob oneof"]);
    let list_op = prop::sample::select(vec!["in", "intersects", "pmatch"]);
    prop_oneof![
        4 => (string_field(), op, quoted()).prop_filter_map("numbers only", |(f, op, v)| match op {
            "<" | ">=" => None,
            _ => Some(format!("{f} {op} {v}")),
        }),
        4 => (string_field(), list_op, list()).prop_map(|(f, op, v)| format!("{f} {op} {v}")),
        2 => (string_field(), modified, list()).prop_map(|(f, op, v)| format!("{f} {op} {v}")),
        2 => (number_field(), prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]), 0..4u8)
            .prop_map(|(f, op, v)| format!("{f} {op} {v}")),
        1 => string_field().prop_map(|f| format!("{f} exists")),
        3 => prop::sample::select(vec![
            "evt.type = open",
            "evt.type != execve",
            "evt.type in (open, execve, connect)",
            "evt.type in (generic_a, close)",
            "evt.type != generic_b",
            "evt.type exists",
            "evt.num > 0",
            "evt.num = 0",
        ])
        .prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "fd.types in (file, ipv4)",
            "fd.types intersects (file)",
            "fd.types exists",
            "len(fd.types) > 1",
            "fd.ip = 10.0.0.1",
            "fd.ip != 10.0.0.1",
            "fd.net in (10.0.0.0/8)",
            "fd.net != 10.0.0.0/8",
            "proc.name = val(proc.pname)",
            "proc.name != tolower(proc.pname)",
            "proc.name in val(proc.pname)",
            "evt.is_io = true",
            "evt.buffer bcontains 2f65",
            "evt.around[5] = 2",
            "join(\"-\", (proc.name, proc.pid)) startswith sh",
            "proc.aname[2] = sh",
        ])
        .prop_map(str::to_owned),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    check().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|c| format!("({})", c.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|c| format!("({})", c.join(" or "))),
            inner.prop_map(|c| format!("not ({c})")),
        ]
    })
}

fn rules(scheme: &Scheme, conditions: &[String]) -> RuleSet {
    let mut yaml = String::new();
    for (i, condition) in conditions.iter().enumerate() {
        yaml.push_str(&format!(
            "- rule: r{i}\n  desc: d\n  priority: {}\n  output: o\n  condition: |\n    {condition}\n",
            if i % 2 == 0 { "error" } else { "debug" }
        ));
    }
    let (report, rules) = Loader::new(scheme).file("random", yaml).load();
    assert!(report.is_ok(), "{}", report.render(scap_rules::Color::Never));
    rules
}

fn string_value() -> impl Strategy<Value = Option<Value<'static>>> {
    prop::option::weighted(0.8, prop::sample::select(STRINGS.to_vec()).prop_map(text))
}

/// Fields of a process are functions of its version, as they are in earnest.
fn of_process(version: u64, salt: u64) -> Option<usize> {
    let hash = (version * 31 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    (!hash.is_multiple_of(5)).then(|| usize::try_from(hash).unwrap() % STRINGS.len())
}

/// What an event is about decides whether it is I/O, its processor, and the name of its descriptor; what fails, its
/// number too.
fn of_subject(
    (kind, failed, reading, [name, base]): (u64, bool, u64, [&'static str; 2]),
    number: u64,
) -> (bool, Option<i64>, Option<Value<'static>>, u64) {
    let cpu = (reading > 0).then(|| i64::try_from(base.len() % 3).unwrap());
    let number = if failed { kind + 1 } else { number };
    (kind % 2 == 1, cpu, (kind > 0).then(|| text(&format!("{base}{name}"))), number)
}

fn event(scheme: &Scheme) -> impl Strategy<Value = Event> + use<> {
    let ids: Vec<Field> = [
        "fd.name",
        "evt.num",
        "fd.port",
        "evt.cpu",
        "fd.types",
        "fd.ip",
        "fd.net",
        "evt.is_io",
        "evt.buffer",
    ]
    .iter()
    .map(|name| Field { id: scheme.id(name), arg: FieldArg::None })
    .collect();
    let process: Vec<Field> =
        ["proc.name", "proc.pname", "proc.cmdline", "user.name", "proc.pid", "user.uid"]
            .iter()
            .map(|name| Field { id: scheme.id(name), arg: FieldArg::None })
            .collect();
    let (aname, arg, evt_around) = (scheme.id("proc.aname"), scheme.id("evt.arg"), scheme.id("evt.around"));
    let evt_type = Field { id: scheme.id("evt.type"), arg: FieldArg::None };
    let names = scheme.event_names.clone();
    let number = || prop::option::of(0..4u64);
    // Few different ones, so that they come again.
    let (name, base) = (
        prop::sample::select(vec!["/etc", "bash", "open", "passwd"]),
        prop::sample::select(vec!["", "/etc/"]),
    );
    let both = (name, base).prop_map(<[&str; 2]>::from);
    let subject = prop::option::weighted(0.8, (0..3u64, any::<bool>(), 0..2u64, both));
    (
        (0..9u16, prop::option::of(0..4u64), prop::option::of(0..3u64), any::<bool>(), subject),
        (string_value(), string_value(), number(), number(), number()),
        prop::option::of(prop::collection::vec(prop::sample::select(vec!["file", "ipv4", "pipe"]), 0..3)),
        prop::collection::vec(prop::sample::select(vec!["10.0.0.1", "10.9.9.9", "1.2.3.4", "::1"]), 0..3),
    )
        .prop_map(
            move |((ty, process_version, epoch, flag, subject), (name, path, a, b, c), types, addresses)| {
                let mut event = Event { ty, process: process_version, epoch, subject, ..Event::default() };
                let (cpu, num) = (c.map(|c| i64::try_from(c).unwrap()), a.unwrap_or(0) + 1);
                let (is_io, cpu, name, num) = match subject {
                    Some(subject) => of_subject(subject, num),
                    None => (flag, cpu, name, num),
                };
                let mut set = |field: &Field, values: Vec<Value<'static>>| {
                    event.values.insert(field.clone(), values);
                };
                let type_name = names[usize::from(ty)];
                let generic = if flag { "generic_a" } else { "generic_b" };
                set(&evt_type, vec![text(if type_name.is_empty() { generic } else { type_name })]);
                let optional = |value: Option<Value<'static>>| value.map(|v| vec![v]);
                for (field, value) in [
                    (0, optional(name)),
                    (1, Some(vec![Value::Uint(num)])),
                    (2, optional(b.map(Value::Uint))),
                    (3, optional(cpu.map(Value::Int))),
                    (4, types.map(|types| types.into_iter().map(text).collect())),
                    (5, Some(addresses.iter().map(|a| Value::Ip(a.parse().unwrap())).collect())),
                    (6, Some(addresses.iter().map(|a| Value::Ip(a.parse().unwrap())).collect())),
                    (7, Some(vec![Value::Bool(is_io)])),
                    (8, Some(vec![text("/etc/passwd")])),
                ] {
                    if let Some(value) = value {
                        set(&ids[field], value);
                    }
                }
                if let Some(path) = path {
                    set(&Field { id: arg, arg: FieldArg::Key("path".into()) }, vec![path]);
                }
                set(&Field { id: evt_around, arg: FieldArg::Index(5) }, vec![Value::Uint(a.unwrap_or(9))]);
                // Without a version nothing may be cached, so these may be anything; with one they are fixed.
                let seed = process_version.unwrap_or(a.unwrap_or(0) + 100);
                // What surrounds the process is fixed for as long as the epoch is the same.
                let around = seed + 1000 * epoch.unwrap_or(a.unwrap_or(0) + 10);
                for (salt, field) in (0u64..).zip(&process) {
                    let lasting = if matches!(salt, 1 | 3) { around } else { seed };
                    let Some(at) = of_process(lasting, salt) else { continue };
                    let value = if salt < 4 {
                        text(STRINGS[at])
                    } else {
                        Value::Uint(u64::try_from(at % 4).unwrap())
                    };
                    set(field, vec![value]);
                }
                let ancestors: Vec<Value<'static>> = (10..13)
                    .filter_map(|salt| of_process(around, salt))
                    .map(|at| text(STRINGS[at]))
                    .collect();
                if let Some(second) = ancestors.get(1) {
                    set(&Field { id: aname, arg: FieldArg::Index(2) }, vec![second.clone()]);
                }
                set(&Field { id: aname, arg: FieldArg::None }, ancestors);
                event
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_and_naive_evaluation_agree(
        conditions in prop::collection::vec(condition(), 1..12),
        events in prop::collection::vec(event(&Scheme::standard()), 1..40),
        // So that there are more rules than a few words have bits.
        times in prop::sample::select(vec![1, 1, 1, 1, 1, 20]),
    ) {
        let scheme = Scheme::standard();
        let conditions = vec![conditions; times].concat();
        let rules = rules(&scheme, &conditions);
        // With room for many subjects, for one, so that they take each other's place, and for none.
        let mut scratches = [1024, 1, 0].map(|subjects| rules.scratch_of(subjects));
        for event in &events {
            for matching in [Matching::All, Matching::First] {
                let naive = rules.evaluate_naively(event, matching);
                for scratch in &mut scratches {
                    prop_assert_eq!(rules.evaluate(scratch, event, matching), naive.as_slice(), "{:?}", event);
                }
            }
            prop_assert!(rules.wants(event.ty) || rules.evaluate_naively(event, Matching::All).is_empty());
        }
    }

    #[test]
    fn a_selection_is_evaluated_like_the_rules_it_has(
        conditions in prop::collection::vec(condition(), 2..8),
        events in prop::collection::vec(event(&Scheme::standard()), 1..8),
    ) {
        let scheme = Scheme::standard();
        let all = rules(&scheme, &conditions);
        let grave = all.select(&Selection {
            min_priority: Some(scap_rules::Priority::Error),
            ..Selection::default()
        });
        let (mut scratch, mut other) = (all.scratch(), grave.scratch());
        for event in &events {
            let expected: Vec<_> = all
                .evaluate(&mut scratch, event, Matching::All)
                .iter()
                .filter(|id| id.0 % 2 == 0)
                .copied()
                .collect();
            prop_assert_eq!(grave.evaluate(&mut other, event, Matching::All), expected.as_slice());
            // A scratch of another set is no danger.
            prop_assert_eq!(grave.evaluate(&mut scratch, event, Matching::All), expected.as_slice());
        }
    }

    #[test]
    fn a_condition_prints_as_text_that_reads_back_the_same(condition in condition()) {
        let scheme = Scheme::standard();
        let rules = rules(&scheme, &[condition]);
        let printed = rules.rules()[0].condition.to_string();
        let again = self::rules(&scheme, std::slice::from_ref(&printed));
        prop_assert_eq!(again.rules()[0].condition.to_string(), printed);
    }
}

#[test]
fn what_is_known_of_one_name_is_not_said_of_another_in_its_place() {
    let scheme = Scheme::standard();
    let rules = rules(&scheme, &["fd.name = open and evt.num > 1".to_owned()]);
    let mut scratch = rules.scratch_of(1);
    for name in ["bash", "open", "bash", "open"] {
        let mut event =
            Event::new(0).with(&scheme, "fd.name", &[text(name)]).with(&scheme, "evt.num", &[Value::Uint(2)]);
        event.subject = Some((1, false, 0, [name, ""]));
        let expected = rules.evaluate_naively(&event, Matching::All);
        assert_eq!(expected.len(), usize::from(name == "open"));
        assert_eq!(rules.evaluate(&mut scratch, &event, Matching::All), expected, "{name}");
    }
}
