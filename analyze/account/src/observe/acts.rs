//! Significant acts, in order and bounded.

use hashbrown::HashSet;

use super::Observer;
use crate::model::{Act, ActKind, ProcessId};

/// See the module.
#[derive(Debug)]
pub(super) struct Acts {
    pub(super) list: Vec<Act>,
    pub(super) left_out: u64,
    /// How many of the list are of a sort of which there may be very many.
    common: usize,
    /// What one process does to another over and over is told once.
    told: HashSet<(ActKind, ProcessId, i64, u16)>,
    limit: usize,
}

impl Acts {
    pub(super) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), left_out: 0, common: 0, told: HashSet::default(), limit }
    }

    /// Whether `process` does this to `target` in way `how` for the first time. Forgets when there is too much to remember.
    pub(super) fn is_first(&mut self, kind: ActKind, process: ProcessId, target: i64, how: u16) -> bool {
        if self.told.len() >= self.limit {
            self.told.clear();
        }
        self.told.insert((kind, process, target, how))
    }

    /// Whether there is room for another one.
    fn has_room(&self, kind: ActKind) -> bool {
        self.list.len() < self.limit && (!kind.is_common() || self.common < self.limit.div_ceil(2))
    }
}

impl Observer {
    /// Notes an act at the current event, if its event counts.
    pub(super) fn act(&mut self, kind: ActKind, process: Option<ProcessId>, object: &[u8], error: i64) {
        if !self.counts {
            return;
        }
        let kept = if self.acts.has_room(kind) { self.texts.keep(object) } else { None };
        match kept {
            Some(object) => {
                self.acts.common += usize::from(kind.is_common());
                self.acts.list.push(Act { at: self.now, process, kind, object, error });
            }
            None => self.acts.left_out += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn common_acts_leave_room_for_others() {
        let mut observer = Observer::new(Limits { acts: 4, ..Limits::default() });
        for _ in 0..9 {
            observer.act(ActKind::Executed, None, b"x", 0);
        }
        for _ in 0..9 {
            observer.act(ActKind::ReadSecret, None, b"y", 0);
        }
        let kinds: Vec<ActKind> = observer.acts.list.iter().map(|act| act.kind).collect();
        let (common, grave) = (ActKind::Executed, ActKind::ReadSecret);
        assert_eq!((kinds, observer.acts.left_out), (vec![common, common, grave, grave], 14));
    }
}
