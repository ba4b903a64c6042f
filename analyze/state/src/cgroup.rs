//! Control groups of a process, and the container they tell of.
//!
//! Takes a list as events and snapshots carry it. Which path belongs to which container is the schema's to know
//! ([`scap_schema::cgroup`]).

use scap_schema::cgroup::container_in;

use crate::bytes::Bytes;
use crate::thread::Cgroups;

impl Cgroups {
    /// From `subsystem=path` entries, each closed by NUL. An entry without `=` voids them all, as in libsinsp.
    #[must_use]
    pub fn new(raw: &[u8]) -> Self {
        let mut list = Vec::new();
        let entries = raw.strip_suffix(b"\0").unwrap_or(raw);
        if !entries.is_empty() {
            for entry in entries.split(|&b| b == 0) {
                let Some(at) = entry.iter().position(|&b| b == b'=') else {
                    return Self { raw: Bytes::from(raw), ..Self::default() };
                };
                let (subsystem, path) = entry.split_at(at);
                let path = path.get(1..).unwrap_or_default();
                list.push((subsystem_name(subsystem), Bytes::from(path)));
            }
        }
        let found = list.iter().find_map(|(_, path)| container_in(path));
        let container = found.map(|found| Bytes::from(found.id())).unwrap_or_default();
        Self { raw: Bytes::from(raw), list, container }
    }

    /// Whether it was made of `raw`.
    pub(crate) fn is(&self, raw: &[u8]) -> bool {
        *self.raw == *raw
    }
}

/// The name a subsystem goes by, whatever the kernel called it when the trace was recorded.
fn subsystem_name(name: &[u8]) -> Bytes {
    const MARK: &[u8] = b"_cgroup";
    let bare = match find(name, MARK) {
        Some(at) => {
            let (start, rest) = name.split_at(at);
            [start, rest.get(MARK.len()..).unwrap_or_default()].concat()
        }
        None => name.to_vec(),
    };
    match &*bare {
        b"perf" => Bytes::from(*b"perf_event"),
        b"mem" => Bytes::from(*b"memory"),
        b"io" => Bytes::from(*b"blkio"),
        _ => Bytes::from(bare),
    }
}

/// Where `what` begins in `text`.
fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_telling_entry_of_a_list_counts() {
        let id = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
        let list = format!("cpu=/\0name=systemd=/x\0pids=/docker/{id}\0memory=/default/other\0");
        assert_eq!(*Cgroups::new(list.as_bytes()).container, *b"3ad7b26ded6d");
        assert_eq!(*Cgroups::new(b"cpu=/\0memory=/user.slice\0").container, *b"");
    }

    #[test]
    fn subsystems_get_their_usual_names() {
        let cgroups = Cgroups::new(b"cpuset_cgroup=/a\0mem_cgroup=/b\0io=/c\0perf=/d\0");
        let names: Vec<_> = cgroups.list.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, [&b"cpuset"[..], b"memory", b"blkio", b"perf_event"]);
        assert_eq!(cgroups.of(b"memory"), Some(&b"/b"[..]));
        assert_eq!(Cgroups::new(b"cpu=/a\0nonsense\0").list.len(), 0);
    }
}
