//! An account of anything at all is made without panic and within its limits.

mod common;

use common::Story;
use proptest::prelude::*;
use scap_account::Limits;
use scap_format::EventBuf;
use scap_schema::{EVENT_COUNT, ParamType};

/// Bytes for a parameter of type `ty`: of the right length as often as not.
fn parameter(ty: ParamType) -> BoxedStrategy<Vec<u8>> {
    let any = proptest::collection::vec(any::<u8>(), 0..40);
    let small = prop_oneof![Just(0i64), Just(-1), Just(3), Just(-100), Just(10), Just(1), 0..40i64];
    match ty.fixed_len() {
        Some(8) => prop_oneof![small.prop_map(|n| n.to_le_bytes().to_vec()), any].boxed(),
        Some(len) => prop_oneof![proptest::collection::vec(proptest::num::u8::ANY, len), any].boxed(),
        None => prop_oneof![
            Just(b"/tmp/../etc/passwd\0".to_vec()),
            Just(b"rel//ative\0".to_vec()),
            Just(b"scap.exe\0".to_vec()),
            Just(b"sha256= ino=7 path=\0".to_vec()),
            Just(vec![2, 10, 0, 0, 1, 80, 0, 10, 0, 0, 2, 81, 0]),
            any
        ]
        .boxed(),
    }
}

/// One event of any type with parameters as its schema has them, or fewer.
fn event() -> impl Strategy<Value = EventBuf> {
    let tid = prop_oneof![Just(1i64), Just(10), 0..40i64, any::<i64>()];
    (0..u16::try_from(EVENT_COUNT).unwrap_or(u16::MAX), tid).prop_flat_map(|(code, tid)| {
        let types: Vec<ParamType> = scap_schema::event(code)
            .map(|info| info.params.iter().map(|param| param.ty).collect())
            .unwrap_or_default();
        let params: Vec<_> = types.into_iter().map(parameter).collect();
        (params, any::<proptest::sample::Index>()).prop_map(move |(params, kept)| {
            let mut event = EventBuf::new(code, 0, tid);
            for param in params.iter().take(kept.index(params.len() * 2 + 1)) {
                event.push(param);
            }
            event
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_events_make_an_account_within_its_limits(events in proptest::collection::vec(event(), 1..120)) {
        let limits = Limits { processes: 20, images: 2, files: 10, connections: 5, acts: 10, ..Limits::default() };
        let mut story = Story::new(limits);
        for event in events {
            story.push(event);
        }
        let account = story.end();
        prop_assert!(account.processes.len() <= 20 && account.files.len() <= 10);
        prop_assert!(account.connections.len() <= 5 && account.acts.len() <= 10);
        for (at, process) in account.processes.iter().enumerate() {
            prop_assert_eq!(process.id.0 as usize, at);
            prop_assert!(!process.images.is_empty() && process.images.len() <= 2 && !process.users.is_empty());
            prop_assert!(process.parent.is_none_or(|parent| parent != process.id && (parent.0 as usize) < account.processes.len()));
        }
        for file in &account.files {
            prop_assert!((file.process.0 as usize) < account.processes.len());
        }
    }
}
