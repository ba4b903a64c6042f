//! What becomes of processes: other users, other programs, the end.

use scap_format::Event;
use scap_state::{State, Thread};

use super::notes::ExeKey;
use super::{Observer, user_name};
use crate::model::{ActKind, Ending, Image, ProcessId};

impl Observer {
    /// Something about the main thread of `id` is not what it was; `execs` if that may be because it runs another program.
    #[cold]
    pub(super) fn look_again(&mut self, state: &State, main: &Thread, id: ProcessId, execs: bool) {
        let container = self.place_in(&main.container, state, self.now, id);
        let user = user_name(state, main, main.uid, &mut self.texts);
        let now = self.now;
        let nameless = self.processes.at(id).is_some_and(|process| {
            matches!(process.images.as_slice(), [only] if *only.name == *b"<NA>" && only.name != main.exec.comm)
        });
        let found = if nameless && !execs { self.image(state, main, now) } else { None };
        let (most, left_out) = (self.processes.images, &mut self.processes.images_left_out);
        let at = id.0 as usize;
        let both = self.processes.list.get_mut(at).zip(self.processes.tracks.get_mut(at));
        let Some((process, track)) = both else { return };
        track.version = main.version;
        (process.loginuid, process.tty) = (main.loginuid, main.tty);
        process.vpid = main.vpid;
        process.container = container.or(process.container);
        if let (Some(found), Some(image)) = (found, process.images.first_mut()) {
            // What it ran all the time comes to light only now.
            *image = Image { since: image.since, ..found };
            track.exes = vec![ExeKey::of(&main.exe_file)];
        }
        let before = process.users.last().map(|(_, uid, name)| (*uid, name.clone()));
        let mut changes = None;
        if let Some((uid, name)) = before.filter(|(uid, _)| *uid != main.uid) {
            changes = Some((uid, name, main.uid, user.clone()));
            *left_out += u64::from(process.users.len() >= most);
            process.users.truncate(most.saturating_sub(1).max(1));
            process.users.push((now, main.uid, user));
        }
        let group = std::mem::replace(&mut track.gid, main.gid);
        match changes {
            // Of a process that nobody announced the user comes to light with its first program.
            Some((u32::MAX, ..)) => {}
            Some((from, from_name, to, to_name)) => {
                let words = format_change("user", (from, &from_name), (to, &to_name));
                self.act(ActKind::ChangedUser, Some(id), &words, 0);
            }
            None if group != main.gid && group != u32::MAX => {
                let words = format_change("group", (group, b""), (main.gid, b""));
                self.act(ActKind::ChangedUser, Some(id), &words, 0);
            }
            None => {}
        }
    }

    /// `thread` runs another program from now on.
    pub(super) fn executed(&mut self, state: &State, thread: &Thread, id: ProcessId) {
        let now = self.now;
        let Some(image) = self.image(state, thread, now) else {
            self.processes.images_left_out += 1;
            return;
        };
        let (exe, fresh) = (image.exe.clone(), image.fresh);
        let (name, cmdline) = (image.name.clone(), image.cmdline.clone());
        let most = self.processes.images.max(1);
        let mut left_out = 0;
        if let Some((process, track)) = self.processes.both(id) {
            let blank = matches!(process.images.as_slice(), [only] if *only.name == *b"<NA>");
            // Of too many, the last one is known at least; and nothing is known of one that nobody announced.
            let keep = if blank { 0 } else { process.images.len().min(most.saturating_sub(1)) };
            left_out = process.images.len() - keep - usize::from(blank);
            process.images.truncate(keep);
            process.images.push(image);
            track.exes.truncate(keep);
            track.exes.push(ExeKey::of(&thread.exe_file));
        }
        self.processes.images_left_out += left_out as u64;
        if !self.counts {
            return;
        }
        if let Some(file) = self.files.of(id, &exe, now, &mut self.texts) {
            file.executed = true;
        }
        let suspect = fresh || crate::places::is_temporary(&exe);
        if suspect {
            // Where it lies is what matters, which its command line need not tell.
            let arguments = cmdline.strip_prefix(&*name).unwrap_or_default();
            self.act(ActKind::ExecutedFresh, Some(id), &[&*exe, arguments].concat(), 0);
        } else {
            self.act(ActKind::Executed, Some(id), &cmdline, 0);
        }
    }

    /// A thread ends, and its process with the last one.
    pub(super) fn exits(&mut self, event: &Event<'_>, state: &State, thread: &Thread, id: ProcessId) {
        if state.live_threads(thread) > 0 {
            return;
        }
        let number = |name| event.param_named(name);
        let byte = |at: Option<&[u8]>| at.and_then(<[u8]>::first).copied();
        let signal = byte(number("sig")).filter(|&signal| signal != 0);
        let now = self.now;
        if let Some((process, track)) = self.processes.both(id) {
            process.end =
                Some(Ending { at: now, code: byte(number("ret")).filter(|_| signal.is_none()), signal });
            track.ended = true;
        }
    }
}

/// `user eve (1000) to root (0)`.
fn format_change(what: &str, from: (u32, &[u8]), to: (u32, &[u8])) -> Vec<u8> {
    let mut words = what.as_bytes().to_vec();
    for (link, (id, name)) in [(&b" "[..], from), (b" to ", to)] {
        words.extend_from_slice(link);
        words.extend_from_slice(name);
        let id = if name.is_empty() { id.to_string() } else { format!(" ({id})") };
        words.extend_from_slice(id.as_bytes());
    }
    words
}
