//! Lists of snapshots read where they stand: the same entries, damage and counts as their blocks give.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod common;

use common::capture;
use scap_format::block::Block;
use scap_format::{Event, Item, List, TraceReader, Visitor};
use std::io::Cursor;
use std::ops::ControlFlow;

/// Tells of everything that goes by in the same words, however it comes.
#[derive(Default)]
struct Teller {
    takes_lists: bool,
    lists: usize,
    told: Vec<String>,
}

impl Visitor for Teller {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self.told.push(format!("{event:?}"));
        ControlFlow::Continue(())
    }

    fn list(&mut self, list: &mut List<'_>) -> bool {
        if !self.takes_lists {
            return false;
        }
        self.lists += 1;
        match list {
            List::Threads(list) => self.told.extend(list.map(|entry| format!("{entry:?}"))),
            List::Fds(list) => {
                let (tid, raw) = (list.tid(), list.bytes().map(<[u8]>::len));
                self.told.extend(list.by_ref().map(|fd| format!("{tid} {fd:?}")));
                assert!(raw.is_none() || list.bytes().unwrap().len() <= raw.unwrap());
            }
        }
        true
    }

    fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
        match item {
            Item::Block(Block::Threads(threads)) => {
                self.told.extend(threads.iter().map(|entry| format!("{entry:?}")));
            }
            Item::Block(Block::Fds { tid, fds }) => {
                self.told.extend(fds.iter().map(|fd| format!("{tid} {fd:?}")));
            }
            Item::Block(block) => self.told.push(format!("{block:?}")),
            Item::Damage(damage) => self.told.push(format!("{damage:?}")),
        }
        ControlFlow::Continue(())
    }
}

fn told(bytes: &[u8], takes_lists: bool) -> Option<(Vec<String>, String, usize)> {
    let mut trace = TraceReader::from_reader(Box::new(Cursor::new(bytes.to_vec())), "test").ok()?;
    let mut teller = Teller { takes_lists, ..Teller::default() };
    trace.visit(&mut teller).unwrap();
    Some((teller.told, format!("{:?}", trace.totals()), teller.lists))
}

#[test]
fn lists_tell_what_their_blocks_do() {
    let (bytes, _) = capture(3);
    let (blocks, totals, none) = told(&bytes, false).unwrap();
    let (lists, same, some) = told(&bytes, true).unwrap();
    assert_eq!((lists, same), (blocks, totals));
    assert!(none == 0 && some > 1);
}

#[test]
fn lists_tell_the_same_whatever_byte_is_damaged_and_wherever_they_end() {
    let (bytes, _) = capture(2);
    let mut damaged = bytes.clone();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            damaged[at] ^= change;
            let one = told(&damaged, true).map(|(told, totals, _)| (told, totals));
            let other = told(&damaged, false).map(|(told, totals, _)| (told, totals));
            assert_eq!(one, other, "{change:#x} at {at}");
            damaged[at] ^= change;
        }
        let one = told(&bytes[..at], true).map(|(told, totals, _)| (told, totals));
        let other = told(&bytes[..at], false).map(|(told, totals, _)| (told, totals));
        assert_eq!(one, other, "cut at {at}");
    }
}
