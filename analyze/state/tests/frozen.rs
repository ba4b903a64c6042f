//! A state made into bytes and back goes on as the one it was made of; other bytes do no harm.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what is missing fails the test; a skipped part says so"
)]

use std::path::Path;

use scap_format::block::Block;
use scap_format::upgrade::{Upgraded, Upgrader};
use scap_format::{EventBuf, Item, TraceReader};
use scap_schema::code;
use scap_state::State;

/// Takes in every block of a trace; `between` may replace the state after any of them.
fn replay(path: &Path, mut between: impl FnMut(u64, State) -> State) -> State {
    let mut trace = TraceReader::open(path).unwrap();
    let (mut state, mut upgrader, mut count) = (State::new(), Upgrader::new(), 0);
    while let Some(item) = trace.next().unwrap() {
        let Item::Block(block) = item else { continue };
        match &block {
            Block::Event(event) => match upgrader.push(event) {
                Upgraded::Event(event) | Upgraded::StateOnly(event) | Upgraded::Kept(event) => {
                    state.apply(&event);
                }
                Upgraded::Stored | Upgraded::Dropped => {}
            },
            other => state.load(other),
        }
        count += 1;
        state = between(count, state);
    }
    state
}

fn traces() -> Vec<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let captures =
        std::env::var("SCAP_CAPTURES").map_or_else(|_| root.join("../shared/captures"), Into::into);
    let mut traces = Vec::new();
    for folder in [root.join("samples/traces"), captures] {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} is not there", folder.display());
            continue;
        };
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        traces.extend(files.filter(|file| file.extension().is_some_and(|e| e == "zst" || e == "scap")));
    }
    traces.sort();
    assert!(!traces.is_empty(), "the samples are part of the project");
    traces
}

#[test]
fn a_thawed_state_goes_on_as_the_one_it_was_made_of() {
    for path in traces() {
        let whole = replay(&path, |_, state| state);
        let frozen = whole.freeze();
        // Often at first, where the snapshot and the first processes are, then ever more seldom.
        let mut next = 1;
        let again = replay(&path, |count, state| {
            if count < next {
                return state;
            }
            next += 1 + next / 8;
            let bytes = state.freeze();
            let thawed = State::thaw(&bytes).unwrap();
            assert_eq!(thawed.freeze(), bytes, "{}, block {count}", path.display());
            thawed
        });
        assert_eq!(again.freeze(), frozen, "{}", path.display());
        assert_eq!(again.anomalies(), whole.anomalies(), "{}", path.display());
        assert_eq!(again.export(), whole.export(), "{}", path.display());
    }
}

#[test]
fn altered_bytes_give_an_error_or_a_state_that_still_works() {
    let path = traces().into_iter().find(|path| path.extension().is_some_and(|e| e == "zst")).unwrap();
    let bytes = replay(&path, |_, state| state).freeze();
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap()
    };
    let mut usable = 0;
    for round in 0..3000 {
        let mut altered = bytes.clone();
        for _ in 0..=round % 4 {
            let at = random() % altered.len();
            altered[at] = u8::try_from(random() % 256).unwrap();
        }
        if round % 5 == 0 {
            altered.truncate(random() % altered.len());
        }
        let Ok(mut state) = State::thaw(&altered) else { continue };
        usable += 1;
        let tids: Vec<i64> = state.threads().map(|thread| thread.tid).take(40).collect();
        for tid in tids {
            let mut close = EventBuf::new(code::SYSCALL_CLOSE_X, u64::MAX, tid);
            close.push(&0i64.to_le_bytes()).push(&1i64.to_le_bytes());
            state.apply(&close.as_event());
            let mut exit = EventBuf::new(code::PROCEXIT_1_E, 5, tid);
            exit.push(&0i64.to_le_bytes());
            state.apply(&exit.as_event());
            let mut clone = EventBuf::new(code::SYSCALL_CLONE_20_X, 6, tid);
            clone.push(&(tid.wrapping_add(1)).to_le_bytes());
            state.apply(&clone.as_event());
        }
        let _ = state.freeze();
        let _ = state.export();
    }
    assert!(usable > 0, "no alteration was harmless: nothing was tested");
}

#[test]
fn every_truncation_is_an_error() {
    let path = traces().into_iter().next().unwrap();
    let bytes = replay(&path, |_, state| state).freeze();
    for len in (0..bytes.len()).step_by(1 + bytes.len() / 500) {
        assert!(State::thaw(&bytes[..len]).is_err(), "{len} of {}", bytes.len());
    }
}
