//! Any run of events through the upgrade: no panic, bounded memory, and what was converted has the shape of
//! its row in the schema.
//!
//! Input: events one after the other, each a code (2 bytes), a thread (1), a number of parameters (1), their
//! lengths (1 each) and their bytes; whatever is left over at the end is ignored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scap_format::EventBuf;
use scap_format::upgrade::{Upgraded, Upgrader, is_current};
use scap_schema::EventFlags;

fn next_event(input: &mut &[u8]) -> Option<EventBuf> {
    let (header, rest) = input.split_first_chunk::<4>()?;
    let [low, high, tid, params] = *header;
    // Folding codes onto those that exist, and a few more, lets most inputs reach a rule.
    let code = u16::from_le_bytes([low, high]) % 470;
    let (lens, mut rest) = rest.split_at_checked(usize::from(params % 40))?;
    let mut event = EventBuf::new(code, 1, i64::from(tid % 4));
    for &len in lens {
        let (value, after) = rest.split_at_checked(usize::from(len))?;
        event.push(value);
        rest = after;
    }
    *input = rest;
    Some(event)
}

fuzz_target!(|data: &[u8]| {
    let mut input = data;
    let mut up = Upgrader::new();
    while let Some(event) = next_event(&mut input) {
        let event = event.as_event();
        let before = up.counts().converted;
        match up.push(&event) {
            Upgraded::Event(done) => {
                let info = done.info().expect("events of unknown codes are kept");
                assert!(!info.flags.has(EventFlags::OLD));
                let (params, listed) = (done.params.len(), info.params.len());
                if up.counts().converted > before {
                    assert_eq!(params, listed);
                } else {
                    assert!(is_current(&event));
                }
            }
            Upgraded::StateOnly(done) => {
                assert_eq!(Some(done.params.len()), done.info().map(|i| i.params.len()))
            }
            Upgraded::Kept(same) => {
                assert_eq!((same.code, same.params.len()), (event.code, event.params.len()))
            }
            Upgraded::Stored | Upgraded::Dropped => {}
        }
    }
});
