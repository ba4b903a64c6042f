//! Whatever events hold: nothing panics, every line can be read back, no text is lost and none has power.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{alert, cells, object, played, written};
use proptest::prelude::*;
use scap_export::{Format, Schema, columns};
use scap_format::EventBuf;
use scap_schema::{EVENT_COUNT, ParamType, code};

const ALL: [Schema; 4] = [Schema::Scap, Schema::Ecs, Schema::Ocsf, Schema::Timesketch];

/// A process called `name` that opens `path`.
fn opening(name: &[u8], path: &[u8]) -> [EventBuf; 2] {
    let number = |n: i64| n.to_le_bytes();
    let mut exec = EventBuf::new(code::SYSCALL_EXECVE_19_X, 1_795_300_077_000_000_000, 7);
    exec.push(&number(0)).push_text(name).push_text(b"-x\xff").push(&number(7)).push(&number(7));
    exec.push(&number(1)).push_text(b"/").push(&number(1024)).push(&number(0)).push(&number(0));
    exec.push(&[0; 4]).push(&[0; 4]).push(&[0; 4]).push_text(name);
    let mut open = EventBuf::new(code::SYSCALL_OPENAT_2_X, 1_795_300_077_000_000_001, 7);
    open.push(&number(3)).push(&number(-100)).push_text(path).push(&[1, 0, 0, 0]).push(&[0; 4]);
    open.push(&[0; 4]).push(&[0; 8]);
    open.num = 2;
    [exec, open]
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn hostile_names_come_back_byte_by_byte() {
    for name in [
        &b"/tmp/<script>alert('1')</script>"[..],
        b"/tmp/a\x1b[2J\x07b",
        "/tmp/\u{202e}gpj.exe".as_bytes(),
        b"/tmp/a\"b\\c,d\r\ne",
        b"/tmp/\xff\xfe\xc3(",
        "/tmp/=1+1".as_bytes(),
    ] {
        let mut seen = 0;
        played(&opening(b"evil", name), |facts| {
            if &*facts.kind != "openat" {
                return;
            }
            seen += 1;
            let line = written(Schema::Scap, Format::JsonLines, facts, None);
            assert!(
                !line.trim_end_matches('\n').contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{line}"
            );
            let record = object(Schema::Scap, facts, None);
            match record["undecoded"]["path"].as_str() {
                Some(hex) => assert_eq!(bytes_of(hex), name),
                None => assert_eq!(record["path"].as_str().unwrap().as_bytes(), name),
            }
            let broken = std::str::from_utf8(name).is_err();
            for at in ["/scap/undecoded", "/unmapped/undecoded", "/undecoded"] {
                for schema in ALL {
                    let record = object(schema, facts, None);
                    if let Some(undecoded) = record.pointer(at) {
                        assert_eq!(undecoded["path"].is_string(), broken);
                    }
                }
            }
        });
        assert_eq!(seen, 1);
    }
}

#[test]
fn cells_are_no_formulas_and_numbers_stay_numbers() {
    played(&opening(b"=cmd|' /C calc'!A0", b"+rel"), |facts| {
        for schema in [Schema::Scap, Schema::Ecs, Schema::Timesketch] {
            let alert = alert("@SUM(1)");
            for ((name, cell), column) in cells(schema, facts, Some(&alert)).iter().zip(columns(schema)) {
                assert_eq!(name, column.name);
                let number = cell.parse::<i64>().is_ok();
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell}");
            }
        }
    });
    let mut failed = EventBuf::new(code::SYSCALL_UNLINK_2_X, 1, 7);
    failed.push(&(-2_i64).to_le_bytes()).push_text(b"-rf");
    played(&[failed], |facts| {
        let cells = cells(Schema::Scap, facts, None);
        let cell = |name: &str| cells.iter().find(|(column, _)| column == name).unwrap().1.clone();
        assert_eq!((cell("result").as_str(), cell("error").as_str()), ("-2", "ENOENT"));
    });
}

#[test]
fn an_event_of_nobody_is_told_too() {
    let mut events =
        vec![EventBuf::new(code::NOTIFICATION_E, 5, -1), EventBuf::new(u16::MAX, u64::MAX, i64::MIN)];
    events[0].push_text(b"id").push_text(b"\x1b");
    let mut seen = 0;
    played(&events, |facts| {
        seen += 1;
        for schema in ALL {
            let record = object(schema, facts, None);
            assert!(record.is_object());
            object(schema, facts, Some(&alert("x")));
        }
        let record = object(Schema::Ocsf, facts, None);
        assert_eq!((&record["class_uid"], &record["process"]["name"]), (&1007.into(), &"unknown".into()));
    });
    assert_eq!(seen, 2);
}

/// Bytes for a parameter of type `ty`: of the right length as often as not.
fn parameter(ty: ParamType) -> BoxedStrategy<Vec<u8>> {
    let any = proptest::collection::vec(any::<u8>(), 0..40);
    let small = prop_oneof![Just(0_i64), Just(-1), Just(3), Just(-100), Just(7), Just(i64::MIN)];
    match ty.fixed_len() {
        Some(8) => prop_oneof![small.prop_map(|n| n.to_le_bytes().to_vec()), any].boxed(),
        Some(len) => prop_oneof![proptest::collection::vec(proptest::num::u8::ANY, len), any].boxed(),
        None => {
            prop_oneof![Just(b"/tmp/../etc/passwd\0".to_vec()), Just(b"=rel\xff\0".to_vec()), any].boxed()
        }
    }
}

/// One event of any type with parameters as its schema has them, or fewer.
fn event() -> impl Strategy<Value = EventBuf> {
    let code = 0..u16::try_from(EVENT_COUNT).unwrap_or(u16::MAX);
    (code, prop_oneof![Just(7_i64), Just(8), Just(-1), any::<i64>()], any::<u64>()).prop_flat_map(
        |(code, tid, ts)| {
            let types: Vec<ParamType> = scap_schema::event(code)
                .map(|info| info.params.iter().map(|param| param.ty).collect())
                .unwrap_or_default();
            let params: Vec<_> = types.into_iter().map(parameter).collect();
            (params, any::<proptest::sample::Index>()).prop_map(move |(params, kept)| {
                let mut event = EventBuf::new(code, ts, tid);
                for param in params.iter().take(kept.index(params.len() * 2 + 1)) {
                    event.push(param);
                }
                event
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_event_is_one_record_in_every_schema_and_format(events in proptest::collection::vec(event(), 1..10)) {
        let mut all = opening(b"evil", b"/x").to_vec();
        all.extend(events);
        let alert = alert("\u{202e}\x1b\n");
        played(&all, |facts| {
            for alert in [None, Some(&alert)] {
                for schema in ALL {
                    object(schema, facts, alert);
                    if schema != Schema::Ocsf {
                        cells(schema, facts, alert);
                    }
                }
            }
        });
    }
}
