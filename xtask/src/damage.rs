//! Damages captures in every way that one byte allows, and counts what is still read.
//!
//! `cargo xtask damage FILE…` cuts each file at every length and flips one bit of every byte, reads what is
//! left, and checks: no panic; after a cut, exactly a prefix of the events; after a flip, at least the events
//! that a cut at that byte leaves. Prints the share of events recovered behind the damage and the peak memory.

use anyhow::{Context, Result, bail};
use scap_format::block::Block;
use scap_format::{Item, TraceReader};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Cursor;
use std::sync::Arc;

/// Checks each of `files`.
///
/// # Errors
/// Names the file, the byte and what was lost that should not have been.
pub(crate) fn run(files: Vec<String>) -> Result<String> {
    if files.is_empty() {
        bail!("which captures?");
    }
    for file in &files {
        let bytes = std::fs::read(file).with_context(|| file.clone())?;
        check(file, &bytes)?;
    }
    Ok(format!("damage: {} files, peak memory {} MiB", files.len(), peak_memory_kib()? / 1024))
}

fn check(name: &str, bytes: &[u8]) -> Result<()> {
    let whole = events(bytes.to_vec());
    let mut cut_counts = Vec::with_capacity(bytes.len());
    for len in 0..bytes.len() {
        let left = events(bytes.get(..len).unwrap_or_default().to_vec());
        if !whole.starts_with(&left) {
            bail!("{name}: cut at {len}: what is left is no prefix of the events");
        }
        cut_counts.push(left.len());
    }
    if let Some(at) = cut_counts.windows(2).position(|pair| pair[0] > pair[1]) {
        bail!("{name}: cut at {}: more is left than at the byte behind it", at);
    }
    let mut recovered = Recovered::default();
    let mut damaged = bytes.to_vec();
    for (at, &before) in cut_counts.iter().enumerate() {
        damaged[at] ^= 1 << (at % 8);
        let left = events(damaged.clone());
        damaged[at] = bytes[at];
        let lead = left.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        if lead < before {
            bail!("{name}: flip at {at}: {lead} events before the damage, {before} were sound");
        }
        recovered.add(&left, &whole, before);
    }
    println!(
        "{name}: {} bytes, {} events; {} cuts, {} flips; of the events behind a flip {:.2} % recovered on average, {:.2} % at worst",
        bytes.len(),
        whole.len(),
        bytes.len(),
        bytes.len(),
        recovered.average() * 100.0,
        recovered.worst * 100.0
    );
    Ok(())
}

/// Share of the events behind the damage that are still read.
struct Recovered {
    sum: f64,
    flips: u32,
    worst: f64,
}

impl Default for Recovered {
    fn default() -> Self {
        Self { sum: 0.0, flips: 0, worst: 1.0 }
    }
}

impl Recovered {
    fn add(&mut self, left: &[u64], whole: &[u64], before: usize) {
        let behind = whole.get(before..).unwrap_or_default();
        if behind.is_empty() {
            return;
        }
        let mut there: HashMap<u64, usize> = HashMap::new();
        for event in left.iter().skip(before) {
            *there.entry(*event).or_default() += 1;
        }
        let found = behind.iter().filter(|event| {
            there.get_mut(event).is_some_and(|n| {
                let found = *n > 0;
                *n = n.saturating_sub(1);
                found
            })
        });
        let share = found.count() as f64 / behind.len() as f64;
        self.sum += share;
        self.flips += 1;
        self.worst = self.worst.min(share);
    }

    fn average(&self) -> f64 {
        if self.flips == 0 { 1.0 } else { self.sum / f64::from(self.flips) }
    }
}

/// A digest of every event that can be read from `bytes`; none if it is no trace.
fn events(bytes: Vec<u8>) -> Vec<u64> {
    let bytes: Arc<[u8]> = bytes.into();
    let Ok(mut trace) = TraceReader::from_reader(Box::new(Cursor::new(bytes)), "damaged") else {
        return Vec::new();
    };
    let mut digests = Vec::new();
    while let Ok(Some(item)) = trace.next() {
        let Item::Block(Block::Event(event)) = item else { continue };
        let mut hasher = DefaultHasher::new();
        (event.ts, event.tid, event.code, event.cpu).hash(&mut hasher);
        event.params.iter().for_each(|param| param.hash(&mut hasher));
        digests.push(hasher.finish());
    }
    digests
}

/// The most memory this process has had, KiB.
fn peak_memory_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::Recovered;

    #[test]
    fn the_share_counts_only_events_behind_the_damage() {
        let mut recovered = Recovered::default();
        recovered.add(&[1, 2, 4], &[1, 2, 3, 4], 2);
        assert_eq!((recovered.worst, recovered.average()), (0.5, 0.5));
    }
}
