//! The table of processes: who there is, and what changes with every event.
//!
//! A process is known by its pid from the event that tells of it ([`super::meeting`]) to that of its end
//! ([`super::changes`]); the same pid after that is another process.

use hashbrown::HashMap;
use scap_state::Thread;

use super::notes::{ExeKey, Notes};
use crate::model::{Moment, Process, ProcessId};

/// Place of those that had no room.
pub(super) const LEFT_OUT: u32 = u32::MAX;

/// How many of those are remembered.
const REMEMBERED: usize = 65_536;

/// Generations of unknown parents that are made known at once.
pub(super) const GENERATIONS: u32 = 64;

/// What changes with every event, apart from the rest.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) events: u64,
    pub(super) last: Moment,
    /// Of the main thread, as [`Thread::version`].
    pub(super) version: u64,
    /// Of the main thread, as [`Thread::clone_ts`].
    pub(super) clone_ts: u64,
    pub(super) gid: u32,
    pub(super) ended: bool,
    /// Files of the images.
    pub(super) exes: Vec<ExeKey>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Processes {
    pub(super) list: Vec<Process>,
    pub(super) tracks: Vec<Track>,
    pub(super) by_pid: HashMap<i64, u32>,
    pub(super) left_out: u64,
    pub(super) images_left_out: u64,
    pub(super) limit: usize,
    pub(super) images: usize,
}

/// What a process is known by.
pub(super) const fn pid_of(thread: &Thread) -> i64 {
    if thread.pid >= 0 { thread.pid } else { thread.tid }
}

impl Processes {
    pub(super) fn new(limit: usize, images: usize) -> Self {
        Self {
            list: Vec::new(),
            tracks: Vec::new(),
            by_pid: HashMap::default(),
            left_out: 0,
            images_left_out: 0,
            limit,
            images,
        }
    }

    /// The process that has `pid` now.
    pub(super) fn by_pid(&self, pid: i64) -> Option<ProcessId> {
        let &at = self.by_pid.get(&pid)?;
        (at != LEFT_OUT && !self.track(ProcessId(at))?.ended).then_some(ProcessId(at))
    }

    /// The process of `thread`, if it is known, even if it has ended.
    pub(super) fn known(&self, thread: &Thread) -> Option<ProcessId> {
        self.by_pid.get(&pid_of(thread)).filter(|&&at| at != LEFT_OUT).map(|&at| ProcessId(at))
    }

    pub(super) fn at(&self, id: ProcessId) -> Option<&Process> {
        self.list.get(id.0 as usize)
    }

    /// Notes that alert number `at` is about `id`.
    pub(super) fn alerted(&mut self, id: ProcessId, at: u32) {
        if let Some(process) = self.list.get_mut(id.0 as usize) {
            process.alerts.push(at);
        }
    }

    /// Whether `id` is `above` or one of its descendants.
    pub(super) fn descends(&self, id: ProcessId, above: ProcessId) -> bool {
        let line = std::iter::successors(Some(id), |id| self.at(*id)?.parent);
        line.take(GENERATIONS as usize).any(|one| one == above)
    }

    /// All of them, complete.
    pub(super) fn finish(mut self, notes: &Notes) -> Vec<Process> {
        for (process, track) in self.list.iter_mut().zip(&self.tracks) {
            (process.events, process.last) = (track.events, track.last);
            for (image, exe) in process.images.iter_mut().zip(&track.exes) {
                image.hash = notes.hash(exe).cloned();
            }
        }
        self.list
    }

    /// Cuts lines of descent that lead back into themselves, which only a forged snapshot has.
    pub(super) fn unloop(&mut self) {
        // By which walk each was visited; 0 for not yet.
        let mut visited = vec![0u32; self.list.len()];
        for (walk, start) in (1u32..).zip(0..self.list.len()) {
            let mut at = start;
            while let Some(mark) = visited.get_mut(at).filter(|mark| **mark == 0) {
                *mark = walk;
                let parent = self.list.get(at).and_then(|process| process.parent);
                let Some(parent) = parent.map(|id| id.0 as usize) else { break };
                if visited.get(parent) == Some(&walk) {
                    if let Some(process) = self.list.get_mut(at) {
                        process.parent = None;
                    }
                    break;
                }
                at = parent;
            }
        }
    }

    pub(super) fn track(&self, id: ProcessId) -> Option<&Track> {
        self.tracks.get(id.0 as usize)
    }

    pub(super) fn both(&mut self, id: ProcessId) -> Option<(&mut Process, &mut Track)> {
        let at = id.0 as usize;
        self.list.get_mut(at).zip(self.tracks.get_mut(at))
    }

    /// Takes note of a process without room.
    pub(super) fn leave_out(&mut self, pid: i64) {
        if self.by_pid.get(&pid) == Some(&LEFT_OUT) {
            return;
        }
        self.left_out += 1;
        // Not without end either; what is not remembered may be counted more than once.
        if self.by_pid.len() < self.limit.saturating_add(REMEMBERED) {
            self.by_pid.insert(pid, LEFT_OUT);
        }
    }
}
