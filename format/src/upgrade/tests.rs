//! Tests of the upgrade: every rule by itself, every chain to its end, and hostile events.

use super::rules::RULES;
use super::*;
use proptest::prelude::*;
use scap_schema::{EventFlags, Origin, code};

/// Value of parameter `i`: recognizable, of the type's width.
fn sample(ty: ParamType, i: usize, salt: u8) -> Vec<u8> {
    let byte = salt.wrapping_add(u8::try_from(i).unwrap());
    vec![byte; ty.fixed_len().unwrap_or(5)]
}

/// An event of `code` with the first `params` parameters of its row filled.
fn filled(code: u16, params: usize, salt: u8) -> EventBuf {
    let mut ev = EventBuf::new(code, 1_000, 77);
    (ev.num, ev.cpu, ev.flags) = (9, 3, 0);
    for i in 0..params {
        let ty = scap_schema::event(code).unwrap().params.get(i).map_or(ParamType::Uint8, |p| p.ty);
        if code == code::CONTAINER_E && ty == ParamType::CharBuf {
            ev.push_text(b"text");
        } else {
            ev.push(&sample(ty, i, salt));
        }
    }
    ev
}

fn has_current_shape(ev: &Event) -> bool {
    let info = ev.info().unwrap();
    !info.flags.has(EventFlags::OLD) && ev.params.len() == info.params.len()
}

#[test]
fn rules_are_sorted_and_no_two_are_for_the_same_event() {
    for pair in RULES.windows(2) {
        assert!((pair[0].code, pair[0].params) < (pair[1].code, pair[1].params), "{:?}", pair[1]);
    }
    assert_eq!(RULES.len(), 253);
}

#[test]
fn every_rule_is_for_a_code_that_the_schema_marks_as_converted() {
    for rule in RULES {
        let info = scap_schema::event(rule.code).unwrap();
        assert!(info.flags.has(EventFlags::CONVERTED), "{}", info.id);
        assert!(rule.params <= info.params.len(), "{} {}", info.id, rule.params);
    }
}

#[test]
fn every_code_marked_as_converted_has_a_rule() {
    for info in scap_schema::events() {
        if info.flags.has(EventFlags::CONVERTED) {
            assert!(!rules::rules_of(info.code).is_empty(), "{}", info.id);
        }
    }
}

#[test]
fn every_rule_puts_every_parameter_where_its_row_says() {
    for rule in RULES {
        let (Action::Add(sources) | Action::Become(_, sources)) = rule.action else { continue };
        let old = filled(rule.code, rule.params, 0x10);
        let mut enters = EnterStore::default();
        if rule.code % 2 == 1 {
            enters.store(&filled(rule.code - 1, 6, 0x80).as_event());
        }
        let mut out = EventBuf::default();
        let mut enter = EnterUse::default();
        assert!(build(&old.as_event(), rule.action, &mut out, &mut enters, &mut enter), "{rule:?}");
        let (old, out) = (old.as_event(), out.as_event());
        let offset = if matches!(rule.action, Action::Add(_)) { rule.params } else { 0 };
        for i in 0..offset {
            assert_eq!(out.param(i), old.param(i), "{rule:?} parameter {i}");
        }
        assert_eq!(out.params.len(), offset + sources.len(), "{rule:?}");
        for (n, source) in sources.iter().enumerate() {
            let ty = out.info().unwrap().params[offset + n].ty;
            let got = out.param(offset + n).unwrap();
            let enter_type = |i: usize| {
                scap_schema::event(rule.code - 1).unwrap().params.get(i).map_or(ParamType::Uint8, |p| p.ty)
            };
            match *source {
                Source::Old(i) => assert_eq!(got, old.param(i).unwrap(), "{rule:?} parameter {n}"),
                Source::Enter(i) | Source::EnterOrEmpty(i) => {
                    let mut want = sample(enter_type(i), i, 0x80);
                    want.truncate(ty.fixed_len().unwrap_or(want.len()));
                    assert_eq!(got, want, "{rule:?} parameter {n}");
                }
                Source::Default => {
                    assert_eq!(got.len(), ty.fixed_len().unwrap_or(0), "{rule:?} parameter {n}")
                }
                Source::Empty => assert!(got.is_empty(), "{rule:?} parameter {n}"),
                Source::ContainerJson => {
                    assert!(got.starts_with(b"{\"id\":\"text\"") && got.ends_with(b"}\0"))
                }
            }
        }
        assert_eq!((out.ts, out.tid, out.num, out.cpu), (1_000, 77, 9, 3));
    }
}

#[test]
fn every_chain_of_rules_ends_with_an_event_of_the_current_version() {
    for rule in RULES {
        let mut up = Upgrader::new();
        let ev = filled(rule.code, rule.params, 1);
        match up.push(&ev.as_event()) {
            Upgraded::Event(done) => assert!(has_current_shape(&done), "{rule:?} -> {done:?}"),
            Upgraded::StateOnly(done) => {
                let info = done.info().unwrap();
                assert!(info.is_enter() && info.origin == Origin::Syscall, "{rule:?} -> {done:?}");
                assert_eq!(done.params.len(), info.params.len(), "{rule:?} -> {done:?}");
            }
            Upgraded::Stored => assert!(rule.code.is_multiple_of(2), "{rule:?}"),
            other => panic!("{rule:?} -> {other:?}"),
        }
        assert_eq!(up.counts().kept_total(), 0, "{rule:?}");
    }
}

#[test]
fn enter_and_exit_of_a_read_become_one_event() {
    let mut up = Upgrader::new();
    let mut enter = EventBuf::new(code::SYSCALL_READ_E, 1, 5);
    enter.push(&3i64.to_le_bytes()).push(&512u32.to_le_bytes());
    assert!(matches!(up.push(&enter.as_event()), Upgraded::Stored));
    let mut exit = EventBuf::new(code::SYSCALL_READ_X, 2, 5);
    exit.num = 17;
    exit.push(&4i64.to_le_bytes()).push(b"data");
    let Upgraded::Event(done) = up.push(&exit.as_event()) else { panic!("not converted") };
    assert_eq!((done.num, done.ts, done.tid), (17, 2, 5));
    assert_eq!((done.i64(0), done.param(1)), (Some(4), Some(&b"data"[..])));
    assert_eq!((done.i64(2), done.u32(3)), (Some(3), Some(512)));
    let Upgraded::Event(again) = up.push(&exit.as_event()) else { panic!("not converted") };
    assert_eq!((again.i64(2), again.u32(3)), (Some(0), Some(0)), "an enter event serves one exit event");
    let counts = up.counts();
    assert_eq!((counts.converted, counts.stored, counts.exits_without_enter), (2, 1, 1));
}

#[test]
fn an_enter_event_of_another_call_counts_as_missing() {
    let mut up = Upgrader::new();
    let mut enter = EventBuf::new(code::SYSCALL_CLOSE_E, 1, 5);
    enter.push(&3i64.to_le_bytes());
    up.push(&enter.as_event());
    let mut exit = EventBuf::new(code::SYSCALL_UNLINK_X, 2, 5);
    exit.push(&0i64.to_le_bytes());
    let Upgraded::Event(done) = up.push(&exit.as_event()) else { panic!("not converted") };
    assert_eq!(done.code, code::SYSCALL_UNLINK_2_X);
    assert_eq!(done.param(1), Some(&[][..]));
    assert_eq!(up.counts().exits_without_enter, 1);
}

#[test]
fn an_enter_event_does_not_serve_the_next_section() {
    let mut up = Upgrader::new();
    let mut enter = EventBuf::new(code::SYSCALL_CLOSE_E, 1, 5);
    enter.push(&3i64.to_le_bytes());
    up.push(&enter.as_event());
    up.start_section();
    let mut exit = EventBuf::new(code::SYSCALL_CLOSE_X, 2, 5);
    exit.push(&0i64.to_le_bytes());
    let Upgraded::Event(done) = up.push(&exit.as_event()) else { panic!("not converted") };
    assert_eq!(done.i64(1), Some(0));
    assert_eq!(up.counts().exits_without_enter, 1);
}

#[test]
fn the_oldest_execve_gets_the_file_name_of_its_enter_event() {
    let mut up = Upgrader::new();
    let mut enter = EventBuf::new(code::SYSCALL_EXECVE_18_E, 1, 5);
    enter.push_text(b"/bin/true");
    assert!(
        matches!(up.push(&enter.as_event()), Upgraded::StateOnly(ev) if ev.code == code::SYSCALL_EXECVE_19_E)
    );
    let exit = filled(code::SYSCALL_EXECVE_18_X, 17, 1);
    let mut exit_event = exit.as_event();
    exit_event.tid = 5;
    let Upgraded::Event(done) = up.push(&exit_event) else { panic!("not converted") };
    assert_eq!(done.code, code::SYSCALL_EXECVE_19_X);
    assert_eq!(done.param_named("filename"), Some(&b"/bin/true\0"[..]));
    assert_eq!(done.param_named("loginuid"), Some(&[][..]));
    assert_eq!(up.counts().exits_without_enter, 0);
}

#[test]
fn an_event_that_is_current_passes_untouched() {
    let mut up = Upgrader::new();
    let ev = filled(code::SYSCALL_OPENAT_2_X, 7, 1);
    let ev = ev.as_event();
    let Upgraded::Event(same) = up.push(&ev) else { panic!("not passed") };
    assert_eq!(same.param(0).unwrap().as_ptr(), ev.param(0).unwrap().as_ptr());
    assert_eq!(*up.counts(), UpgradeCounts::default());
}

#[test]
fn what_no_rule_fits_is_kept_and_counted_by_code() {
    let mut up = Upgrader::new();
    let too_many = filled(code::SYSCALL_CLOSE_X, 3, 1);
    assert!(matches!(up.push(&too_many.as_event()), Upgraded::Kept(ev) if ev.params.len() == 3));
    let unknown = EventBuf::new(60_000, 1, 1);
    assert!(matches!(up.push(&unknown.as_event()), Upgraded::Kept(_)));
    assert_eq!(up.counts().kept, [(code::SYSCALL_CLOSE_X, 1), (60_000, 1)].into());
}

#[test]
fn enter_events_without_content_and_unused_codes_are_dropped_and_counted() {
    let mut up = Upgrader::new();
    assert!(matches!(up.push(&EventBuf::new(code::SYSCALL_CLONE_20_E, 1, 1).as_event()), Upgraded::Dropped));
    assert!(matches!(up.push(&EventBuf::new(code::PROCEXIT_X, 1, 1).as_event()), Upgraded::Dropped));
    assert_eq!(up.counts().dropped, 2);
}

#[test]
fn a_bpf_command_is_cut_to_its_new_width() {
    let mut up = Upgrader::new();
    let mut enter = EventBuf::new(code::SYSCALL_BPF_E, 1, 1);
    enter.push(&5i64.to_le_bytes());
    up.push(&enter.as_event());
    let mut exit = EventBuf::new(code::SYSCALL_BPF_X, 1, 1);
    exit.push(&[1, 0, 0]);
    let Upgraded::Event(done) = up.push(&exit.as_event()) else { panic!("not converted") };
    assert_eq!((done.code, done.u32(1)), (code::SYSCALL_BPF_2_X, Some(5)));
}

#[test]
fn what_waits_for_a_thread_ends_with_it() {
    let mut up = Upgrader::new();
    for end in [EventBuf::new(code::PROCEXIT_E, 1, 1), filled(code::PROCEXIT_1_E, 5, 0)] {
        let end = Event { tid: 1, ..end.as_event() };
        for (tid, cmd) in [(1, 5i64), (2, 6)] {
            let mut enter = EventBuf::new(code::SYSCALL_BPF_E, 1, tid);
            enter.push(&cmd.to_le_bytes());
            up.push(&enter.as_event());
        }
        let Upgraded::Event(end) = up.push(&end) else { panic!("not shown") };
        assert_eq!((end.code, end.tid), (code::PROCEXIT_1_E, 1));
        for (tid, cmd) in [(1, None), (2, Some(6))] {
            let exit = filled(code::SYSCALL_BPF_X, 1, 0);
            let exit = Event { tid, ..exit.as_event() };
            let Upgraded::Event(done) = up.push(&exit) else { panic!("not converted") };
            assert_eq!((tid, done.u32(1)), (tid, cmd));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn hostile_events_never_panic_and_converted_ones_have_the_shape_of_their_row(
        events in prop::collection::vec(
            (0u16..460, 0i64..3, prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..34)),
            1..12,
        )
    ) {
        let mut up = Upgrader::new();
        for (code, tid, values) in events {
            let mut ev = EventBuf::new(code, 1, tid);
            for value in &values {
                ev.push(value);
            }
            let before = up.counts().converted;
            let shape = match up.push(&ev.as_event()) {
                Upgraded::Event(done) if is_current(&ev.as_event()) => {
                    prop_assert_eq!((done.code, done.params.len()), (code, values.len()));
                    None
                }
                Upgraded::Event(done) => Some((done.code, done.params.len(), has_current_shape(&done))),
                Upgraded::Kept(same) => {
                    prop_assert_eq!((same.code, same.params.len()), (code, values.len()));
                    None
                }
                _ => None,
            };
            if up.counts().converted > before {
                let (code, params, current) = shape.unwrap();
                prop_assert!(current, "{} with {}", code, params);
            }
        }
    }
}

#[test]
fn an_old_code_tells_what_may_become_of_it() {
    assert_eq!(crate::upgrade::shown_as(code::SYSCALL_READ_X), [code::SYSCALL_READ_X]);
    let old = crate::upgrade::shown_as(code::SYSCALL_EXECVE_8_X);
    assert!(old.contains(&code::SYSCALL_EXECVE_8_X) && old.contains(&code::SYSCALL_EXECVE_19_X), "{old:?}");
}
