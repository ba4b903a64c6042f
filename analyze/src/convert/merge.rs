//! Several traces of one host, in the order of time.
//!
//! Takes the traces, gives one stream of blocks. Traces that overlap in time become one section: a snapshot that
//! knows whatever one of theirs does, then their events in the order of their times, each trace keeping its own
//! order. Traces that follow one another become sections one after the other, as in a rotated trace.

use std::collections::HashSet;

use scap_format::block::Block;
use scap_format::damage::Damage;
use scap_format::native::WriteError;
use scap_format::snapshot::{MachineInfo, Snapshot};
use scap_format::{Error, EventBuf, Item, TraceReader};

/// Name of the host a trace is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Host(pub Vec<u8>);

/// Why traces could not be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The operating system could not read one.
    #[error(transparent)]
    Read(#[from] Error),
    /// The taker of the blocks could not go on.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// They are not of one host.
    #[error(
        "{first_name} is from host {first:?}, {other_name} from {other:?}: traces of different hosts cannot be merged, convert each for itself"
    )]
    Hosts {
        /// A trace.
        first_name: String,
        /// Its host.
        first: String,
        /// Another trace.
        other_name: String,
        /// Its host.
        other: String,
    },
}

/// The host of a trace that starts with `machine`.
#[must_use]
pub fn host_of(machine: Option<&MachineInfo>) -> Host {
    Host(machine.map(|machine| machine.hostname.clone()).unwrap_or_default())
}

/// One trace on its way.
struct Source {
    trace: TraceReader,
    name: String,
    snapshot: Snapshot,
    /// Its next block that is to be given; `None` at its end.
    next: Option<Pending>,
    /// Time of its last event that had one, ns since the epoch.
    last_ts: u64,
    /// Number among the traces.
    at: usize,
}

enum Pending {
    Event(EventBuf),
    Other(Block<'static>),
}

/// See the module.
pub struct Merge {
    waiting: Vec<Source>,
    /// Earliest and latest time of each.
    spans: Vec<(u64, u64)>,
    events: u64,
}

impl Merge {
    /// Merges `traces`, each from its beginning and with its earliest and latest time (ns since the epoch), as a
    /// look through it beforehand told.
    ///
    /// # Errors
    /// If one cannot be read or they are from different hosts.
    pub fn new(traces: Vec<(TraceReader, u64, u64)>) -> Result<Self, MergeError> {
        let mut spans = Vec::new();
        let mut waiting: Vec<Source> = Vec::new();
        for (at, (mut trace, first, last)) in traces.into_iter().enumerate() {
            let (name, snapshot) = (trace.name().to_owned(), trace.snapshot()?);
            spans.push((first, last));
            waiting.push(Source { trace, name, snapshot, next: None, last_ts: 0, at });
        }
        check_hosts(&waiting)?;
        Ok(Self { waiting, spans, events: 0 })
    }

    /// Gives all blocks to `put` and all damage, with the name of its trace, to `damaged`.
    ///
    /// # Errors
    /// If a trace cannot be read, or with what `put` returns.
    pub fn run(
        mut self,
        mut damaged: impl FnMut(&str, &Damage),
        mut put: impl FnMut(&Block<'_>) -> Result<(), WriteError>,
    ) -> Result<(), MergeError> {
        for group in groups(&self.spans) {
            let (mut now, later): (Vec<_>, Vec<_>) =
                std::mem::take(&mut self.waiting).into_iter().partition(|source| group.contains(&source.at));
            self.waiting = later;
            now.sort_by_key(|source| self.spans.get(source.at).map(|span| span.0));
            for block in united(&mut now).into_blocks() {
                put(&block)?;
            }
            self.run_section(&mut now, &mut damaged, &mut put)?;
        }
        Ok(())
    }

    fn run_section(
        &mut self,
        sources: &mut [Source],
        damaged: &mut impl FnMut(&str, &Damage),
        put: &mut impl FnMut(&Block<'_>) -> Result<(), WriteError>,
    ) -> Result<(), MergeError> {
        let alone = sources.len() == 1;
        for source in sources.iter_mut() {
            source.advance(alone, damaged)?;
        }
        // Of equal times the first trace comes first.
        while let Some(source) =
            sources.iter_mut().filter(|s| s.next.is_some()).min_by_key(|s| (s.next_ts(), s.at))
        {
            match &mut source.next {
                Some(Pending::Event(event)) => {
                    self.events += 1;
                    event.num = self.events;
                    put(&Block::Event(event.as_event()))?;
                }
                Some(Pending::Other(block)) => put(block)?,
                None => {}
            }
            source.advance(alone, damaged)?;
        }
        Ok(())
    }
}

impl Source {
    /// Where its next block belongs in time: blocks and events without a time of their own belong to what came
    /// before them.
    fn next_ts(&self) -> u64 {
        match &self.next {
            Some(Pending::Event(event)) if event.ts != u64::MAX => event.ts,
            _ => self.last_ts,
        }
    }

    /// Reads up to its next block. A new section of one trace among several must not end that of the others.
    fn advance(&mut self, alone: bool, damaged: &mut impl FnMut(&str, &Damage)) -> Result<(), Error> {
        self.last_ts = self.next_ts();
        let mut spare = match self.next.take() {
            Some(Pending::Event(event)) => event,
            _ => EventBuf::default(),
        };
        while let Some(item) = self.trace.next()? {
            let block = match item {
                Item::Damage(damage) => {
                    damaged(&self.name, damage);
                    continue;
                }
                Item::Block(block) => block,
            };
            self.next = match block {
                Block::Event(event) => {
                    spare.copy_header(&event);
                    for value in event.params.iter() {
                        spare.push(value);
                    }
                    Some(Pending::Event(spare))
                }
                Block::Section(_) | Block::Machine(_) if !alone => continue,
                Block::Section(section) => Some(Pending::Other(Block::Section(section))),
                Block::Machine(machine) => Some(Pending::Other(Block::Machine(machine))),
                Block::Threads(threads) => Some(Pending::Other(Block::Threads(threads))),
                Block::Fds { tid, fds } => Some(Pending::Other(Block::Fds { tid, fds })),
                Block::Interfaces(list) => Some(Pending::Other(Block::Interfaces(list))),
                Block::Users { users, groups } => Some(Pending::Other(Block::Users { users, groups })),
                Block::Unknown { block_type, len } => {
                    Some(Pending::Other(Block::Unknown { block_type, len }))
                }
            };
            break;
        }
        Ok(())
    }
}

fn check_hosts(sources: &[Source]) -> Result<(), MergeError> {
    let Some((first, others)) = sources.split_first() else { return Ok(()) };
    let host = |source: &Source| host_of(source.snapshot.machine.as_ref());
    match others.iter().find(|other| host(other) != host(first)) {
        None => Ok(()),
        Some(other) => Err(MergeError::Hosts {
            first_name: first.name.clone(),
            first: String::from_utf8_lossy(&host(first).0).into_owned(),
            other_name: other.name.clone(),
            other: String::from_utf8_lossy(&host(other).0).into_owned(),
        }),
    }
}

/// Traces that overlap in time, by number, in the order of time.
fn groups(spans: &[(u64, u64)]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|&at| spans.get(at).copied());
    let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
    for at in order {
        let (first, last) = spans.get(at).copied().unwrap_or_default();
        match groups.last_mut() {
            Some((end, group)) if first <= *end => {
                group.push(at);
                *end = last.max(*end);
            }
            _ => groups.push((last, vec![at])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What the snapshots of `sources` know together; of what several know, the first one's word.
fn united(sources: &mut [Source]) -> Snapshot {
    let mut all = Snapshot::default();
    let (mut tids, mut uids, mut gids) = (HashSet::new(), HashSet::new(), HashSet::new());
    for source in sources {
        let one = std::mem::take(&mut source.snapshot);
        all.section = all.section.or(one.section);
        all.machine = all.machine.or(one.machine);
        let fresh: HashSet<i64> =
            one.threads.iter().map(|thread| thread.tid).filter(|tid| !tids.contains(tid)).collect();
        all.threads.extend(one.threads.into_iter().filter(|thread| fresh.contains(&thread.tid)));
        all.fds.extend(one.fds.into_iter().filter(|(tid, _)| fresh.contains(tid)));
        tids.extend(fresh);
        all.users.extend(one.users.into_iter().filter(|user| uids.insert(user.uid)));
        all.groups.extend(one.groups.into_iter().filter(|group| gids.insert(group.gid)));
        for interface in one.interfaces {
            if !all.interfaces.contains(&interface) {
                all.interfaces.push(interface);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_that_overlap_are_a_group() {
        assert_eq!(groups(&[(50, 60), (0, 10), (5, 20), (20, 30)]), [vec![1, 2, 3], vec![0]]);
        assert_eq!(groups(&[]), Vec::<Vec<usize>>::new());
    }
}
