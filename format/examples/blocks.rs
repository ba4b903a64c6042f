//! Prints what traces hold: counts of blocks and damage; with `-e` also a line per event.
#![allow(clippy::print_stdout, reason = "an example program")]

use scap_format::block::Block;
use scap_format::{Item, TraceReader};
use std::ops::ControlFlow;
use std::path::Path;

fn main() -> Result<(), scap_format::Error> {
    let mut with_events = false;
    for arg in std::env::args().skip(1) {
        if arg == "-e" {
            with_events = true;
            continue;
        }
        let mut trace = if arg == "-" { TraceReader::stdin()? } else { TraceReader::open(Path::new(&arg))? };
        trace.for_each(|item| {
            match item {
                Item::Block(Block::Event(event)) if with_events => {
                    println!("{} {} {} {} {}", event.num, event.ts, event.cpu, event.tid, event.code);
                }
                Item::Block(_) => {}
                Item::Damage(damage) => println!("{damage:?}"),
            }
            ControlFlow::Continue(())
        })?;
        let totals = trace.totals();
        println!("{arg}: {:?}, {} events, {} bytes", trace.container(), totals.events, totals.bytes);
        for (block_type, count) in totals.blocks() {
            println!("  {block_type:#x}: {count}");
        }
    }
    Ok(())
}
