//! Processes: who there is, since when, running what, as whom, and when they ended.
//!
//! A process is known by its pid from the event that tells of it to that of its end; the same pid after that is another
//! process. Where the beginning was lost, it begins with what first tells of it.
//!
//! Hot path: an event of a known process costs one look into a hash map and two counters.

use hashbrown::HashMap;
use scap_format::Event;
use scap_state::{Bytes, State, Thread};

use super::notes::{ExeKey, Notes};
use super::text::Texts;
use super::{Observer, user_name};
use crate::model::{ActKind, Ending, Image, Moment, Process, ProcessId};
use crate::plan::{Plan, Tells};

/// Place of those that had no room.
const LEFT_OUT: u32 = u32::MAX;

/// How many of those are remembered.
const REMEMBERED: usize = 65_536;

/// For how long after its end an event may be one of an ended process, ns.
const LATE_NS: u64 = 2_000_000_000;

/// Generations of unknown parents that are made known at once.
const GENERATIONS: u32 = 64;

/// What changes with every event, apart from the rest.
#[derive(Debug, Clone)]
struct Track {
    events: u64,
    last: Moment,
    /// Of the main thread, as [`Thread::version`].
    version: u64,
    /// Of the main thread, as [`Thread::clone_ts`].
    clone_ts: u64,
    gid: u32,
    ended: bool,
    /// Files of the images.
    exes: Vec<ExeKey>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Processes {
    list: Vec<Process>,
    tracks: Vec<Track>,
    by_pid: HashMap<i64, u32>,
    pub(super) left_out: u64,
    pub(super) images_left_out: u64,
    limit: usize,
    images: usize,
}

/// What a process is known by.
const fn pid_of(thread: &Thread) -> i64 {
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
    fn unloop(&mut self) {
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

    fn track(&self, id: ProcessId) -> Option<&Track> {
        self.tracks.get(id.0 as usize)
    }

    fn both(&mut self, id: ProcessId) -> Option<(&mut Process, &mut Track)> {
        let at = id.0 as usize;
        self.list.get_mut(at).zip(self.tracks.get_mut(at))
    }

    /// Takes note of a process without room.
    fn leave_out(&mut self, pid: i64) {
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

/// Meeting processes.
impl Observer {
    /// The process of `thread`, which is made known if it is not.
    #[inline]
    pub(super) fn process_now(&mut self, state: &State, thread: &Thread) -> Option<ProcessId> {
        match self.processes.by_pid.get(&pid_of(thread)) {
            Some(&LEFT_OUT) => None,
            Some(&at) if self.processes.tracks.get(at as usize).is_some_and(|track| !track.ended) => {
                Some(ProcessId(at))
            }
            Some(&at) => self.after_its_end(state, thread, ProcessId(at)),
            None => self.meet(state, thread, None, None, GENERATIONS),
        }
    }

    /// An event of a pid whose process has ended: a straggler of that, or another process.
    #[cold]
    fn after_its_end(&mut self, state: &State, thread: &Thread, id: ProcessId) -> Option<ProcessId> {
        let ended = self.processes.at(id)?.end?.at.ts;
        if thread.is_invalid() && self.now.ts.saturating_sub(ended) < LATE_NS {
            return Some(id);
        }
        self.meet(state, thread, None, None, GENERATIONS)
    }

    /// Counts an event of `process`, and looks at what changed in it.
    #[inline]
    pub(super) fn did(&mut self, state: &State, thread: &Thread, process: ProcessId, plan: &Plan) {
        let Some(track) = self.processes.tracks.get_mut(process.0 as usize) else { return };
        track.last = self.now;
        track.events += u64::from(self.counts);
        if track.version != thread.version && thread.is_main() {
            self.look_again(state, thread, process, plan.tells == Some(Tells::Exec));
        }
    }

    /// The processes of a snapshot at `at`, before `event` or in it.
    pub(super) fn meet_snapshot(
        &mut self,
        state: &State,
        at: Moment,
        event: Option<&Event<'_>>,
        same_host: bool,
    ) {
        let begun_now = |thread: &Thread| event.is_some_and(|event| thread.clone_ts == event.ts);
        let mut mains: Vec<&Thread> = state
            .threads()
            .filter(|thread| {
                thread.is_main() && !thread.is_invalid() && !thread.is_dead() && !begun_now(thread)
            })
            .collect();
        mains.sort_unstable_by_key(|thread| thread.pid);
        if !same_host {
            self.processes.by_pid.clear();
        }
        let mut met = Vec::new();
        for thread in mains {
            if !self.goes_on(thread) {
                met.extend(self.add(state, thread, at, None, None).map(|id| (id, thread)));
            }
        }
        for (id, thread) in met {
            let parent = self.parent_of(state, thread);
            if let Some(process) = self.processes.list.get_mut(id.0 as usize) {
                process.parent = parent.filter(|&parent| parent != id);
            }
            self.snapshot_sockets(id, state, thread, at);
        }
        self.processes.unloop();
    }

    /// Whether `thread` of a later snapshot is a process that is known already.
    fn goes_on(&mut self, thread: &Thread) -> bool {
        let Some(id) = self.processes.by_pid(thread.pid) else { return false };
        let Some((process, track)) = self.processes.both(id) else { return false };
        let exe = if thread.exepath.is_empty() { &thread.exec.exe } else { &thread.exepath };
        let same = process.images.last().is_some_and(|image| image.exe == *exe);
        if same {
            (track.version, track.clone_ts) = (thread.version, thread.clone_ts);
        }
        same
    }

    /// A clone told by its child, or by its parent.
    pub(super) fn child_begins(&mut self, event: &Event<'_>, state: &State, thread: &Thread) {
        match event.i64(0) {
            Some(0) if thread.is_main() => {
                self.begins(state, thread, None);
            }
            Some(child) if child > 0 => {
                let child = state.find(child).filter(|child| child.is_main() && child.tid != thread.tid);
                if let Some(child) = child {
                    let parent = self.process_now(state, thread);
                    self.begins(state, child, parent);
                }
            }
            _ => {}
        }
        if let Some((process, _)) = self.processes.known(thread).and_then(|id| self.processes.both(id)) {
            let live = u32::try_from(state.live_threads(thread)).unwrap_or(u32::MAX);
            process.threads = process.threads.max(live);
        }
    }

    /// `thread` is the main one of a process that begins now, unless the other side told of it before.
    fn begins(&mut self, state: &State, thread: &Thread, parent: Option<ProcessId>) {
        if let Some(id) = self.processes.by_pid(pid_of(thread))
            && let Some((process, track)) = self.processes.both(id)
        {
            if track.clone_ts == thread.clone_ts && process.start.is_some() {
                return;
            }
            // Recording began in the middle of it: it is in the snapshot, too.
            if process.start.is_none() && track.events == 0 && thread.ptid == process.ppid {
                (process.start, track.clone_ts) = (Some(self.now), thread.clone_ts);
                return;
            }
        }
        self.meet(state, thread, Some(self.now), parent, GENERATIONS);
    }

    /// Makes the process of `thread` known, and those above it.
    #[cold]
    fn meet(
        &mut self,
        state: &State,
        thread: &Thread,
        start: Option<Moment>,
        parent: Option<ProcessId>,
        generations: u32,
    ) -> Option<ProcessId> {
        let main = state.main_thread(thread).unwrap_or(thread);
        let parent = parent.or_else(|| self.parent_of(state, main)).or_else(|| {
            let above = state.find(main.ptid).filter(|above| pid_of(above) != pid_of(main))?;
            let left = generations.checked_sub(1)?;
            self.meet(state, above, None, None, left)
        });
        self.add(state, main, self.now, start, parent)
    }

    /// The process that started the one of `main`, if it is known.
    fn parent_of(&self, state: &State, main: &Thread) -> Option<ProcessId> {
        let parent = state.find(main.ptid).map_or(main.ptid, pid_of);
        self.processes.by_pid(parent).filter(|_| parent != pid_of(main) && parent > 0)
    }

    fn add(
        &mut self,
        state: &State,
        main: &Thread,
        first: Moment,
        start: Option<Moment>,
        parent: Option<ProcessId>,
    ) -> Option<ProcessId> {
        let pid = pid_of(main);
        let place = self.processes.list.len();
        let id = u32::try_from(place).ok().filter(|_| place < self.processes.limit).map(ProcessId);
        let (Some(id), Some(image)) = (id, self.image(state, main, first)) else {
            self.processes.leave_out(pid);
            return None;
        };
        let user = user_name(state, main, main.uid, &mut self.texts);
        let container = self.place_in(&main.container, state, first, id);
        let ppid = state.find(main.ptid).map_or(main.ptid, pid_of);
        self.processes.list.push(Process {
            id,
            pid,
            vpid: main.vpid,
            parent: parent.filter(|&parent| parent != id),
            ppid,
            start,
            first,
            last: first,
            end: None,
            images: vec![image],
            users: vec![(first, main.uid, user)],
            loginuid: main.loginuid,
            container,
            tty: main.tty,
            threads: u32::try_from(state.live_threads(main)).unwrap_or(u32::MAX).max(1),
            events: 0,
            alerts: Vec::new(),
        });
        self.processes.tracks.push(Track {
            events: 0,
            last: first,
            version: main.version,
            clone_ts: main.clone_ts,
            gid: main.gid,
            ended: false,
            exes: vec![ExeKey::of(&main.exe_file)],
        });
        self.processes.by_pid.insert(pid, id.0);
        Some(id)
    }

    /// What `main` runs, since `since`; `None` if there is no room for its texts.
    fn image(&mut self, state: &State, main: &Thread, since: Moment) -> Option<Image> {
        let exe = if main.exepath.is_empty() { &main.exec.exe } else { &main.exepath };
        let texts = &mut self.texts;
        Some(Image {
            since,
            name: texts.share(&main.exec.comm)?,
            exe: texts.share(exe)?,
            cmdline: texts.share(&main.exec.cmdline)?,
            cwd: keep_folder(texts, state.cwd(main))?,
            hash: None,
            fresh: is_fresh(texts, main, exe, self.section),
        })
    }

    /// Position of the container called `id`; a container that turns up in the middle of the trace is an act.
    fn place_in(&mut self, id: &Bytes, state: &State, at: Moment, process: ProcessId) -> Option<u32> {
        let (place, is_new) = self.containers.place(id, state)?;
        if is_new && at.event > 0 {
            self.act(ActKind::ContainerStarted, Some(process), id, 0);
        }
        Some(place)
    }
}

/// Following processes.
impl Observer {
    /// Something about the main thread of `id` is not what it was; `execs` if that may be because it runs another program.
    #[cold]
    fn look_again(&mut self, state: &State, main: &Thread, id: ProcessId, execs: bool) {
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

/// A folder without the slash that closes it.
fn keep_folder(texts: &mut Texts, folder: &[u8]) -> Option<Bytes> {
    match folder {
        [whole @ .., b'/'] if !whole.is_empty() => texts.keep(whole),
        other => texts.keep(other),
    }
}

/// See [`Image::fresh`]. `begin` is when the trace does.
fn is_fresh(texts: &Texts, main: &Thread, exe: &[u8], begin: Option<u64>) -> bool {
    let file = &main.exe_file;
    // Only the time of change is the kernel's own; that of modification can be set to anything.
    let changed_in_trace = begin.is_some_and(|begin| file.ctime > begin);
    file.from_memfd || file.upper_layer || changed_in_trace || texts.was_changed(exe)
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
