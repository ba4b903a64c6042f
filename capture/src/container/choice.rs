//! Which threads belong to the container that is to be recorded.
//!
//! Takes what the operator calls the container, the processes that run, and every event, gives whether an event is of a
//! thread that counts. A thread counts if it starts, or starts a program, in a control group of the container, or if
//! it descends from one that counts: one that breaks out of the container stays on record. Hot path: for most
//! events one look into a set of bits.

use super::watch::groups_of;
use super::{About, Finder, container_of};
use crate::snapshot::{Root, groups_of_processes, threads_of};
use scap_format::Event;
use scap_schema::code;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

/// Most lists of groups that are remembered.
const REMEMBERED: usize = 8192;

/// How often groups are looked at again whose container has no name yet.
const LOOKS: u32 = 16;

/// Largest tid of Linux, and one.
const TIDS: usize = 1 << 22;

/// See the module.
#[derive(Debug)]
pub(crate) struct Choice {
    /// Start of an id, or a name.
    wanted: String,
    finder: Finder,
    root: Root,
    verdicts: HashMap<Vec<u8>, Verdict>,
    members: Members,
}

/// Whether control groups are of the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Inside,
    Outside,
    /// Not as far as is known after so many looks.
    Unknown(u32),
}

/// A set of tids.
#[derive(Debug, Default)]
struct Members(Vec<u64>);

impl Choice {
    pub(crate) fn new(wanted: &str, root: &Root) -> Self {
        Self {
            wanted: wanted.to_owned(),
            finder: Finder::new(root),
            root: root.clone(),
            verdicts: HashMap::new(),
            members: Members::default(),
        }
    }

    /// Takes in the processes that run now. Gives those of the container.
    ///
    /// # Errors
    /// If /proc cannot be listed.
    pub(crate) fn look(&mut self) -> io::Result<BTreeSet<u32>> {
        let mut found = BTreeSet::new();
        for (pid, list) in groups_of_processes(&self.root)? {
            if self.is_inside(&list) {
                self.add(pid);
                found.extend(u32::try_from(pid));
            }
        }
        Ok(found)
    }

    /// Counts process `pid`, its threads, and whatever they will start.
    pub(crate) fn add(&mut self, pid: i64) {
        self.members.insert(pid);
        for tid in threads_of(&self.root, pid) {
            self.members.insert(tid);
        }
    }

    /// Ids of the containers that run now, with their names.
    pub(crate) fn running(&self) -> Vec<String> {
        let mut all = BTreeMap::new();
        for (_, list) in groups_of_processes(&self.root).unwrap_or_default() {
            if let Some(about) = self.finder.find(&list) {
                all.insert(about.id, about.name);
            }
        }
        all.into_iter().map(|(id, name)| if id == name { id } else { format!("{id} ({name})") }).collect()
    }

    /// Whether `event` is to be recorded.
    pub(crate) fn admits(&mut self, event: &Event<'_>) -> bool {
        if let Some(list) = groups_of(event) {
            let starts = event.i64(0) == Some(0);
            if starts && !self.members.has(event.tid) && (self.descends(event) || self.is_inside(list)) {
                self.members.insert(event.tid);
            }
        } else if event.code == code::PROCEXIT_1_E {
            return self.members.remove(event.tid);
        }
        // What has no thread is told by the recorder itself.
        event.tid < 0 || self.members.has(event.tid)
    }

    /// Whether a thread that starts has a parent, or is in a process, that counts.
    fn descends(&self, event: &Event<'_>) -> bool {
        ["ptid", "pid"].iter().any(|name| {
            let id =
                event.param_named(name).and_then(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?)));
            id.is_some_and(|id| self.members.has(id))
        })
    }

    fn is_inside(&mut self, list: &[u8]) -> bool {
        let looks = match self.verdicts.get(list) {
            Some(Verdict::Inside) => return true,
            Some(Verdict::Outside) => return false,
            Some(Verdict::Unknown(looks)) => *looks,
            None => 0,
        };
        let verdict = self.verdict(list, looks);
        if self.verdicts.len() >= REMEMBERED {
            self.verdicts.clear();
        }
        self.verdicts.insert(list.to_vec(), verdict);
        verdict == Verdict::Inside
    }

    fn verdict(&self, list: &[u8], looks: u32) -> Verdict {
        let by_id = |full: &str| full.starts_with(&self.wanted);
        let place = container_of(list);
        let in_group = place.as_ref().and_then(|place| std::str::from_utf8(&place.full_id).ok());
        if in_group.is_some_and(by_id) {
            return Verdict::Inside;
        }
        match self.finder.find(list) {
            Some(about) if about.name == self.wanted || by_id(&about.full_id) => Verdict::Inside,
            about if about.as_ref().is_some_and(About::is_whole) || looks >= LOOKS => Verdict::Outside,
            _ => Verdict::Unknown(looks + 1),
        }
    }
}

impl Members {
    fn place(tid: i64) -> Option<(usize, u64)> {
        let tid = usize::try_from(tid).ok().filter(|&tid| tid < TIDS)?;
        Some((tid / 64, 1 << (tid % 64)))
    }

    fn insert(&mut self, tid: i64) {
        let Some((word, bit)) = Self::place(tid) else { return };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    fn has(&self, tid: i64) -> bool {
        Self::place(tid).is_some_and(|(word, bit)| self.0.get(word).is_some_and(|bits| bits & bit != 0))
    }

    /// Takes `tid` out; gives whether it was in.
    fn remove(&mut self, tid: i64) -> bool {
        let had = self.has(tid);
        if let Some((word, bit)) = Self::place(tid)
            && let Some(bits) = self.0.get_mut(word)
        {
            *bits &= !bit;
        }
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn choice(wanted: &str) -> (tempfile::TempDir, Choice) {
        let dir = tempfile::tempdir().unwrap();
        let of = dir.path().join("var/lib/docker/containers").join(ID);
        std::fs::create_dir_all(&of).unwrap();
        std::fs::write(of.join("config.v2.json"), r#"{"Name":"/web","Config":{"Image":"nginx"}}"#).unwrap();
        let choice = Choice::new(wanted, &Root::new(dir.path()));
        (dir, choice)
    }

    fn clone(tid: i64, parent: i64, group: &str) -> EventBuf {
        let row = scap_schema::event(code::SYSCALL_CLONE_20_X).unwrap();
        let mut event = EventBuf::new(code::SYSCALL_CLONE_20_X, 1, tid);
        for param in row.params {
            match param.name {
                "res" => event.push(&0_i64.to_le_bytes()),
                "tid" | "pid" => event.push(&tid.to_le_bytes()),
                "ptid" => event.push(&parent.to_le_bytes()),
                "cgroups" => event.push(format!("cpu={}\0", group.replace("{}", ID)).as_bytes()),
                _ => event.push(&[]),
            };
        }
        event
    }

    #[test]
    fn threads_of_the_container_count_and_so_do_those_that_leave_it() {
        for wanted in ["web", "3ad7b26ded6d", "3ad7", ID] {
            let (_dir, mut choice) = choice(wanted);
            let mut admits = |event: &EventBuf| choice.admits(&event.as_event());
            assert!(!admits(&clone(7, 1, "/user.slice")));
            assert!(admits(&clone(8, 7, "/docker/{}")));
            assert!(admits(&clone(9, 8, "/")), "a child that left the group");
            assert!(!admits(&clone(10, 7, "/docker/{}0")));
            let open = |tid| EventBuf::new(code::SYSCALL_OPENAT_2_X, 1, tid);
            assert!(admits(&open(9)) && !admits(&open(7)) && admits(&open(-1)));
            assert!(!admits(&open(i64::MAX)) && !admits(&open(i64::from(u32::MAX))));
            assert!(admits(&EventBuf::new(code::PROCEXIT_1_E, 1, 9)));
            assert!(!admits(&open(9)), "a tid that is used again is another thread's");
        }
    }

    #[test]
    fn another_containers_threads_do_not_count() {
        let (_dir, mut choice) = choice("we");
        assert!(!choice.admits(&clone(8, 7, "/docker/{}").as_event()));
    }
}
