//! Any bytes as one block, in both byte orders.
//!
//! Checks that an event that decodes, encodes to a block that decodes to the same event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scap_format::Event;
use scap_format::block::Block;
use scap_format::scap::kind::Kind;
use scap_format::scap::parse::{Frame, Framed, decode, frame};
use scap_format::scap::write;

fuzz_target!(|input: (bool, u32, &[u8])| {
    let (big_endian, block_type, body) = input;
    let len = u32::try_from(body.len() + 12).expect("inputs are small");
    let framed = Framed { block_type, kind: Kind::of(block_type), body, len };
    let mut scratch = Vec::new();
    let Ok(Block::Event(event)) = decode(&framed, big_endian, &mut scratch) else { return };
    for (i, param) in event.params.iter().enumerate() {
        assert_eq!(event.params.at(i), Some(param));
    }
    let mut out = Vec::new();
    if write::event(&mut out, &event) > 0 {
        return;
    }
    let Frame::Whole(framed) = frame(&out, false) else { panic!("what was written is no block") };
    let mut scratch = Vec::new();
    let Ok(Block::Event(again)) = decode(&framed, false, &mut scratch) else {
        panic!("what was written is no event");
    };
    let header = |e: &Event<'_>| (e.cpu, e.flags, e.ts, e.tid, e.code, e.params.len());
    assert_eq!(header(&event), header(&again));
    assert!(event.params.iter().eq(again.params.iter()));
});
