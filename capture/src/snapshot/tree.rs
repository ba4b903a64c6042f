//! Who descends from whom.
//!
//! Takes the processes that /proc lists, gives a process' descendants and its ancestors. A picture of one moment:
//! processes come and go while it is drawn.

use super::process::stat;
use super::root::Root;
use super::text::number;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

/// Parents of all processes, by pid.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<i64, i64>);

impl Tree {
    /// Reads all processes below `root`.
    ///
    /// # Errors
    /// If /proc cannot be listed.
    pub(crate) fn read(root: &Root) -> io::Result<Self> {
        let parents = pids(root)?.into_iter().filter_map(|pid| {
            let stat = stat(&root.process(pid)).ok()?;
            Some((pid, stat.ppid))
        });
        Ok(Self(parents.collect()))
    }

    /// `pid` and everything that descends from it.
    pub(crate) fn descendants(&self, pid: i64) -> BTreeSet<i64> {
        let mut found = BTreeSet::from([pid]);
        loop {
            let before = found.len();
            let children =
                self.0.iter().filter(|(_, parent)| found.contains(parent)).map(|(child, _)| *child);
            let children: Vec<i64> = children.collect();
            found.extend(children);
            if found.len() == before {
                return found;
            }
        }
    }

    /// Parent, grandparent and so on of `pid`, nearest first.
    pub(crate) fn ancestors(&self, pid: i64) -> Vec<i64> {
        let mut chain = Vec::new();
        let mut child = pid;
        while let Some(&parent) = self.0.get(&child) {
            // Pids that were used again in between could make a ring.
            if parent == 0 || chain.contains(&parent) {
                break;
            }
            chain.push(parent);
            child = parent;
        }
        chain
    }
}

/// All processes below `root`, ascending.
///
/// # Errors
/// If /proc cannot be listed.
pub(crate) fn pids(root: &Root) -> io::Result<Vec<i64>> {
    let mut pids: Vec<i64> = numbers_in(&root.proc())?;
    pids.sort_unstable();
    Ok(pids)
}

/// Threads of process `pid` other than its first one, ascending; empty if it has gone.
pub(crate) fn other_threads(root: &Root, pid: i64) -> Vec<i64> {
    let mut tids = numbers_in(&root.process(pid).join("task")).unwrap_or_default();
    tids.retain(|&tid| tid != pid);
    tids.sort_unstable();
    tids
}

fn numbers_in(dir: &std::path::Path) -> io::Result<Vec<i64>> {
    let names = fs::read_dir(dir)?.filter_map(Result::ok);
    Ok(names.filter_map(|entry| number(entry.file_name().as_encoded_bytes(), 10)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descendants_and_ancestors_follow_the_parents() {
        let tree = Tree(BTreeMap::from([(1, 0), (2, 1), (3, 2), (4, 3), (5, 2), (9, 1)]));
        assert_eq!(tree.descendants(2), BTreeSet::from([2, 3, 4, 5]));
        assert_eq!(tree.ancestors(4), [3, 2, 1]);
        assert_eq!(Tree(BTreeMap::from([(7, 8), (8, 7)])).ancestors(7), [8, 7]);
    }

    #[test]
    fn own_process_descends_from_the_first() {
        let tree = Tree::read(&Root::default()).unwrap();
        let own = i64::from(std::process::id());
        assert_eq!(tree.ancestors(own).first(), Some(&i64::from(nix::unistd::getppid().as_raw())));
        assert!(tree.descendants(own).contains(&own));
    }
}
