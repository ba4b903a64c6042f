//! The end of threads.

use scap_format::Event;

use crate::state::State;

/// Position of the tid that gets the children.
const REAPER: usize = 4;

impl State {
    /// The thread is dead, but stays visible until the next event.
    pub(super) fn on_exit(&mut self, event: &Event<'_>) {
        let Some(thread) = self.threads.at(event.tid) else { return };
        let has_children = !thread.children.is_empty();
        self.mark_dead(event.tid);
        self.later.thread = Some(event.tid);
        if has_children {
            let reaper = if event.params.len() > REAPER { event.i64(REAPER) } else { Some(-1) };
            self.edit_quietly(event.tid, |t| t.reaper = reaper.unwrap_or(t.reaper));
        }
    }
}
