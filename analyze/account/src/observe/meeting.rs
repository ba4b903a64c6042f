//! Meeting processes: in the snapshot, by the clone that begins them, or by whatever first tells of them.
//!
//! Both sides tell of a clone, in either order, and either may be missing. Where the beginning was lost, a process begins
//! with its first event, and so do those above it.
//!
//! Hot path: an event of a known process costs one look into a hash map and two counters.

use scap_format::Event;
use scap_state::{Bytes, State, Thread};

use super::notes::ExeKey;
use super::processes::{GENERATIONS, LEFT_OUT, Track, pid_of};
use super::text::Texts;
use super::{Observer, user_name};
use crate::model::{ActKind, Image, Moment, Process, ProcessId};
use crate::plan::{Plan, Tells};

/// For how long after its end an event may be one of an ended process, ns.
const LATE_NS: u64 = 2_000_000_000;

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
    pub(super) fn image(&mut self, state: &State, main: &Thread, since: Moment) -> Option<Image> {
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
    pub(super) fn place_in(
        &mut self,
        id: &Bytes,
        state: &State,
        at: Moment,
        process: ProcessId,
    ) -> Option<u32> {
        let (place, is_new) = self.containers.place(id, state)?;
        if is_new && at.event > 0 {
            self.act(ActKind::ContainerStarted, Some(process), id, 0);
        }
        Some(place)
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
