//! Working and root directories.

use scap_format::Event;
use scap_schema::code;

use super::Handler;
use super::args::{NA, name};
use crate::bytes::Bytes;
use crate::path::concatenate;
use crate::state::State;

/// What a call does that changes directories; `None` for any other.
pub(super) fn handler(code: u16) -> Option<Handler> {
    Some(match code {
        code::SYSCALL_CHDIR_X | code::SYSCALL_GETCWD_X => |state, event, _| state.on_chdir(event),
        code::SYSCALL_FCHDIR_X => |state, event, _| state.on_fchdir(event),
        code::SYSCALL_CHROOT_X => |state, event, _| state.on_chroot(event),
        _ => return None,
    })
}

impl State {
    /// Handles the call if it is about directories; `false` if it is not.
    fn on_chdir(&mut self, event: &Event<'_>) {
        if event.i64(0).is_some_and(|res| res >= 0)
            && let Some(path) = name(event, 1)
        {
            self.change_cwd(event.tid, path);
        }
    }

    fn on_fchdir(&mut self, event: &Event<'_>) {
        if event.i64(0).is_some_and(|res| res >= 0)
            && let Some(path) = self.current_fd().map(|fd| fd.name.to_vec())
        {
            self.change_cwd(event.tid, &path);
        }
    }

    /// Moves the process of `tid` to `path`, seen from where it is.
    pub(crate) fn change_cwd(&mut self, tid: i64, path: &[u8]) {
        let Some(main) = self.threads.at(tid).and_then(|t| self.threads.main_of(t)) else { return };
        let mut cwd = concatenate(&main.cwd, path);
        if !cwd.ends_with(b"/") {
            cwd.push(b'/');
        }
        if *main.cwd != *cwd {
            let main = main.tid;
            self.edit(main, |t| t.cwd = Bytes::from(cwd));
        }
    }

    fn on_chroot(&mut self, event: &Event<'_>) {
        if event.i64(0) != Some(0) {
            return;
        }
        let (Some(thread), Some(path)) = (self.thread(), name(event, 1)) else { return };
        let relative = !path.is_empty() && !path.starts_with(b"/") && path != NA;
        let root = if relative { concatenate(self.cwd(thread), path) } else { path.to_vec() };
        let root = if root.is_empty() { path.to_vec() } else { root };
        self.edit(event.tid, |t| t.root = Bytes::from(root));
        self.place_in_container(event.tid);
    }
}
