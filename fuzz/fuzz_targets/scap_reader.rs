//! Any bytes as a trace, in whatever container they look like.
//!
//! Checks that reading ends, that events are numbered upwards, and that what is read of a plain trace is no
//! more than its bytes can hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scap_format::block::Block;
use scap_format::source::Container;
use scap_format::{Item, TraceReader};
use std::io::Cursor;

/// Bytes of the smallest event block.
const SMALLEST: usize = 36;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut trace) = TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "fuzz") else {
        return;
    };
    let (mut last, mut events) = (0, 0);
    while let Some(item) = trace.next().expect("memory can always be read") {
        match item {
            Item::Block(Block::Event(event)) => {
                assert!(event.num > last, "event {} follows {last}", event.num);
                (last, events) = (event.num, events + 1);
                for value in event.params.iter() {
                    std::hint::black_box(value.len());
                }
            }
            Item::Block(_) => {}
            Item::Damage(damage) => assert!(damage.end.is_none_or(|end| end >= damage.start)),
        }
    }
    if trace.container() == Container::Plain {
        assert!(events * SMALLEST <= bytes.len(), "{events} events in {} bytes", bytes.len());
    }
});
