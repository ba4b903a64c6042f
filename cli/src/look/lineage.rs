//! Which acts belong to alerts: those of the processes above and below them, shortly before and after.
//!
//! Takes an account and a span, gives the stretches of time in which each process is of interest.

use scap_account::{Account, ProcessId};
use std::rc::Rc;

/// Most stretches of one process that are told apart; beyond, what lies between the last ones is of interest too.
const MOST: usize = 1000;

/// Generations up that an alert reaches.
const GENERATIONS: usize = 64;

/// Stretches of time, ns since the epoch, ascending and apart from each other.
type Stretches = Vec<(u64, u64)>;

/// See the module.
pub(crate) struct Lineage {
    /// Of alerts of a process or those below it.
    below: Vec<Stretches>,
    /// Of alerts of a process or those above it.
    above: Vec<Rc<Stretches>>,
}

impl Lineage {
    /// What lies within `window` ns of the alerts of `account`.
    pub(crate) fn of(account: &Account, window: u64) -> Self {
        let count = account.processes.len();
        let (mut own, mut below): (Vec<Stretches>, Vec<Stretches>) =
            (vec![Vec::new(); count], vec![Vec::new(); count]);
        for mark in &account.alerts {
            let Some(id) = mark.process else { continue };
            let (from, to) = (mark.alert.ts.saturating_sub(window), mark.alert.ts.saturating_add(window));
            if let Some(own) = own.get_mut(id.0 as usize) {
                extend(own, from, to);
            }
            for process in account.line_of(id).take(GENERATIONS) {
                if let Some(below) = below.get_mut(process.id.0 as usize) {
                    extend(below, from, to);
                }
            }
        }
        let mut above: Vec<Option<Rc<Stretches>>> = vec![None; count];
        let nothing = Rc::new(Stretches::new());
        for process in &account.processes {
            // Up to the first that is done, then down again.
            let mut line = vec![process.id];
            while let Some(parent) = line.last().and_then(|&id| account.process(id)?.parent)
                && above.get(parent.0 as usize).is_some_and(Option::is_none)
                && line.len() <= count
            {
                line.push(parent);
            }
            for id in line.into_iter().rev() {
                let parent = account.process(id).and_then(|process| process.parent);
                let inherited = parent
                    .and_then(|parent| above.get(parent.0 as usize)?.clone())
                    .unwrap_or_else(|| nothing.clone());
                let own = own.get(id.0 as usize).filter(|own| !own.is_empty());
                let all = own.map_or_else(|| inherited.clone(), |own| Rc::new(merged(&inherited, own)));
                if let Some(place) = above.get_mut(id.0 as usize) {
                    *place = Some(all);
                }
            }
        }
        Self { below, above: above.into_iter().map(|one| one.unwrap_or_else(|| nothing.clone())).collect() }
    }

    /// Whether what `id` does at `ts` belongs to an alert.
    pub(crate) fn has(&self, id: ProcessId, ts: u64) -> bool {
        let at = id.0 as usize;
        self.below.get(at).is_some_and(|stretches| covers(stretches, ts))
            || self.above.get(at).is_some_and(|stretches| covers(stretches, ts))
    }
}

/// Adds a stretch; alerts come in order of their time, but for clocks of different processors.
fn extend(stretches: &mut Stretches, from: u64, to: u64) {
    let full = stretches.len() >= MOST;
    match stretches.last_mut() {
        Some(last) if full || from <= last.1 => {
            last.0 = last.0.min(from);
            last.1 = last.1.max(to);
        }
        _ => stretches.push((from, to)),
    }
}

fn merged(one: &Stretches, other: &Stretches) -> Stretches {
    let mut all: Stretches = one.iter().chain(other).copied().collect();
    all.sort_unstable();
    let mut out = Stretches::new();
    for (from, to) in all {
        extend(&mut out, from, to);
    }
    out
}

fn covers(stretches: &Stretches, ts: u64) -> bool {
    let at = stretches.partition_point(|&(_, to)| to < ts);
    stretches.get(at).is_some_and(|&(from, _)| from <= ts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_that_touch_become_one() {
        let mut stretches = Stretches::new();
        for (from, to) in [(10, 20), (15, 30), (40, 50)] {
            extend(&mut stretches, from, to);
        }
        assert_eq!(stretches, [(10, 30), (40, 50)]);
        assert!(covers(&stretches, 10) && covers(&stretches, 30) && covers(&stretches, 45));
        assert!(!covers(&stretches, 9) && !covers(&stretches, 35) && !covers(&stretches, 51));
        assert_eq!(merged(&vec![(25, 42)], &stretches), [(10, 50)]);
    }
}
