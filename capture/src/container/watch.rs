//! Containers as they come up in a recording.
//!
//! Takes the threads of the snapshot and the events that tell control groups (clone, exec), gives a container event for
//! each container that was not told before: right before the event that shows it first, or, if its runtime has not
//! written its files by then, as soon as it has. Looks at files only for groups that were not seen before, and
//! only so often a second; everything else is one look into a table, without allocation.

use super::{About, Finder, container_of};
use crate::snapshot::Root;
use scap_format::Event;
use scap_format::EventBuf;
use scap_format::snapshot::ThreadEntry;
use scap_schema::code;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// How long after the first look a container is looked for again.
const AGAIN: [Duration; 6] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1000),
    Duration::from_millis(2500),
    Duration::from_secs(6),
];

/// How many programs run in a container's groups make it look again before that; groups that only look like a
/// container's would use up the looks of others.
const EXECS: usize = 4;

/// Between two looks at what is due.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks at files per second; more wait for their turn. As many again are kept for programs that are run, because a
/// runtime takes a process through a dozen of groups before that.
const LOOKS_PER_SECOND: u32 = 128;

/// Most lists of groups that are remembered, and most that wait.
const REMEMBERED: usize = 8192;
const WAITING: usize = 1024;

/// Containers that were told, and those to be told.
#[derive(Debug)]
pub(crate) struct Watch {
    finder: Finder,
    /// Lists of groups that were seen.
    seen: HashMap<Vec<u8>, ()>,
    /// Documents told so far, by id.
    told: HashMap<String, Vec<u8>>,
    waiting: VecDeque<Waiting>,
    /// When it was looked whether something is due.
    passed: Instant,
    looks: Looks,
    looks_of_execs: Looks,
}

/// Groups whose container no file tells yet, or not whole.
#[derive(Debug)]
struct Waiting {
    list: Vec<u8>,
    since: Instant,
    tries: usize,
    /// Programs run in these groups that made it look again.
    execs: usize,
}

/// How many looks are left in this second.
#[derive(Debug)]
struct Looks {
    since: Instant,
    left: u32,
}

impl Watch {
    pub(crate) fn new(root: &Root) -> Self {
        Self {
            finder: Finder::new(root),
            seen: HashMap::new(),
            told: HashMap::new(),
            waiting: VecDeque::new(),
            passed: Instant::now(),
            looks: Looks { since: Instant::now(), left: LOOKS_PER_SECOND },
            looks_of_execs: Looks { since: Instant::now(), left: LOOKS_PER_SECOND },
        }
    }

    /// Container events for the containers of `threads`, as of `ts`.
    pub(crate) fn of_snapshot(&mut self, threads: &[ThreadEntry], ts: u64) -> Vec<EventBuf> {
        let mut events = Vec::new();
        for thread in threads {
            if self.remember(&thread.cgroups) {
                events.extend(self.look(&thread.cgroups, ts));
            }
        }
        events
    }

    /// The container event to be written before `event`.
    pub(crate) fn before(&mut self, event: &Event<'_>) -> Option<EventBuf> {
        let list = groups_of(event)?;
        if self.seen.contains_key(list) {
            return if is_exec(event) { self.again(list, event.ts) } else { None };
        }
        if !self.remember(list) {
            return None;
        }
        let looks = if is_exec(event) { &mut self.looks_of_execs } else { &mut self.looks };
        if looks.take() {
            return self.look(list, event.ts);
        }
        self.wait(list);
        None
    }

    /// Looks again for the container of `list`, if it waits: runtimes have written their files by the time they run a
    /// container's program, though not yet when they make its groups.
    fn again(&mut self, list: &[u8], ts: u64) -> Option<EventBuf> {
        let at = self.waiting.iter().position(|entry| entry.list == list)?;
        let entry = self.waiting.get_mut(at)?;
        if entry.execs >= EXECS || !self.looks_of_execs.take() {
            return None;
        }
        entry.execs += 1;
        let about = self.finder.find(list)?;
        if about.is_whole() {
            self.waiting.remove(at);
        }
        self.tell(&about, ts)
    }

    /// Container events that have become due, as of `ts`.
    pub(crate) fn due(&mut self, ts: u64) -> Vec<EventBuf> {
        let mut events = Vec::new();
        if self.waiting.is_empty() || self.passed.elapsed() < PAUSE {
            return events;
        }
        self.passed = Instant::now();
        for _ in 0..self.waiting.len() {
            let Some(mut entry) = self.waiting.pop_front() else { break };
            let Some(after) = AGAIN.get(entry.tries) else { continue };
            if entry.since.elapsed() < *after || !self.looks.take() {
                self.waiting.push_back(entry);
                continue;
            }
            entry.tries += 1;
            let found = self.finder.find(&entry.list);
            let whole = found.as_ref().is_some_and(About::is_whole);
            events.extend(found.and_then(|about| self.tell(&about, ts)));
            if !whole {
                self.waiting.push_back(entry);
            }
        }
        events
    }

    /// Whether `list` is new.
    fn remember(&mut self, list: &[u8]) -> bool {
        if list.is_empty() || self.seen.contains_key(list) {
            return false;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        self.seen.insert(list.to_vec(), ());
        true
    }

    fn look(&mut self, list: &[u8], ts: u64) -> Option<EventBuf> {
        let found = self.finder.find(list);
        if !found.as_ref().is_some_and(About::is_whole) && (found.is_some() || container_of(list).is_some()) {
            self.wait(list);
        }
        self.tell(&found?, ts)
    }

    fn wait(&mut self, list: &[u8]) {
        if self.waiting.len() < WAITING {
            self.waiting.push_back(Waiting {
                list: list.to_vec(),
                since: Instant::now(),
                tries: 0,
                execs: 0,
            });
        }
    }

    /// The event that tells `about`, unless it would say the same as before.
    fn tell(&mut self, about: &About, ts: u64) -> Option<EventBuf> {
        let json = about.to_json();
        if self.told.get(&about.id) == Some(&json) {
            return None;
        }
        let mut event = EventBuf::new(code::CONTAINER_JSON_2_E, ts, -1);
        event.push_text(&json);
        if self.told.len() >= REMEMBERED {
            self.told.clear();
        }
        self.told.insert(about.id.clone(), json);
        Some(event)
    }
}

impl Looks {
    fn take(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self { since: Instant::now(), left: LOOKS_PER_SECOND };
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

fn is_exec(event: &Event<'_>) -> bool {
    matches!(event.code, code::SYSCALL_EXECVE_19_X | code::SYSCALL_EXECVEAT_X)
}

/// The control groups that an event tells; only those of processes that begin or become another program do.
pub(crate) fn groups_of<'e>(event: &Event<'e>) -> Option<&'e [u8]> {
    match event.code {
        code::SYSCALL_CLONE_20_X
        | code::SYSCALL_CLONE3_X
        | code::SYSCALL_FORK_20_X
        | code::SYSCALL_VFORK_20_X
        | code::SYSCALL_EXECVE_19_X
        | code::SYSCALL_EXECVEAT_X => event.param_named("cgroups"),
        _ => None,
    }
}
