//! The cgroups of a thread in libscap's form: `subsystem=path` each closed by NUL.
//!
//! Takes `/proc/PID/cgroup` and the cgroup file systems, gives one entry per version 1 subsystem, and per version
//! 2 controller the nearest group upwards that has it. Where neither gives anything, the version 2 path itself
//! stands as `unified=path`, so that a container's id is never lost for want of a controller.
//! Source: cgroups(7), libscap's `scap_cgroup.c`. Groups of a recorder that itself sits in a cgroup namespace
//! stay relative to it (`/../…`), as the kernel gives them.

use super::root::Root;
use super::text::{lines, read_limited, words};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Longest list that libscap reads, bytes.
const LIMIT: usize = 4096;

/// Resolves cgroups; remembers the controllers of each directory.
#[derive(Debug)]
pub(crate) struct Cgroups {
    /// Where the version 2 hierarchy can be read; `None` if it is not mounted.
    unified: Option<PathBuf>,
    controllers: HashMap<PathBuf, Vec<Vec<u8>>>,
}

impl Cgroups {
    pub(crate) fn new(root: &Root) -> Self {
        let mounts = [root.proc().join("1/mounts"), root.proc().join("self/mounts")];
        let mounts = mounts.iter().find_map(|path| read_limited(path, super::text::TABLE_LIMIT).ok());
        let mut unified = None;
        for point in mounts.iter().flat_map(|text| lines(text)).filter_map(unified_mount) {
            // Through init's root, because the recorder may see other mounts than the host.
            let point = Path::new(OsStr::from_bytes(point));
            let through_init = root.join("proc/1/root").join(point.strip_prefix("/").unwrap_or(point));
            let path = if through_init.is_dir() { through_init } else { root.join(point) };
            let controls = read_controllers(&path).is_some_and(|list| !list.is_empty());
            if controls || unified.is_none() {
                unified = Some(path);
            }
            if controls {
                break;
            }
        }
        Self { unified, controllers: HashMap::new() }
    }

    /// Cgroups from the text of a `/proc/PID/cgroup`, at most 4096 bytes of whole entries.
    pub(crate) fn resolve(&mut self, text: &[u8]) -> Vec<u8> {
        let mut list = CgroupList::default();
        let mut unified = None;
        for line in lines(text) {
            let mut parts = line.splitn(3, |&b| b == b':');
            let (Some(id), Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            if names.is_empty() {
                // Version 2 has id 0; a nameless version 1 line is a controller that is mounted nowhere.
                if id == b"0" {
                    self.walk_up(path, &mut list);
                    unified = Some(path);
                }
            } else {
                names.split(|&b| b == b',').for_each(|name| list.push(name, path));
            }
        }
        if list.0.is_empty()
            && let Some(path) = unified
        {
            list.push(b"unified", path);
        }
        list.0
    }

    /// Gives every controller to the nearest group from `path` upwards that has it.
    fn walk_up(&mut self, path: &[u8], list: &mut CgroupList) {
        let Some(mount) = self.unified.clone() else { return };
        let mut found: HashSet<Vec<u8>> = HashSet::new();
        let mut group = Some(Path::new(OsStr::from_bytes(path)));
        while let Some(here) = group {
            let dir = mount.join(here.strip_prefix("/").unwrap_or(here));
            for name in self.controllers_of(&dir) {
                if found.insert(name.clone()) {
                    list.push(name, here.as_os_str().as_bytes());
                }
            }
            group = here.parent();
        }
    }

    fn controllers_of(&mut self, dir: &Path) -> &[Vec<u8>] {
        self.controllers
            .entry(dir.to_path_buf())
            .or_insert_with_key(|dir| read_controllers(dir).unwrap_or_default())
    }
}

#[derive(Debug, Default)]
struct CgroupList(Vec<u8>);

impl CgroupList {
    fn push(&mut self, name: &[u8], path: &[u8]) {
        if self.0.len() + name.len() + path.len() + 2 <= LIMIT {
            self.0.extend_from_slice(name);
            self.0.push(b'=');
            self.0.extend_from_slice(path);
            self.0.push(0);
        }
    }
}

/// Mount point of a line of `/proc/PID/mounts`, if it is a version 2 hierarchy.
fn unified_mount(line: &[u8]) -> Option<&[u8]> {
    let mut fields = words(line);
    let point = fields.nth(1)?;
    (fields.next()? == b"cgroup2").then_some(point)
}

fn read_controllers(dir: &Path) -> Option<Vec<Vec<u8>>> {
    let text = read_limited(&dir.join("cgroup.controllers"), 4096).ok()?;
    Some(words(text.trim_ascii()).map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_lists_give_one_entry_per_subsystem() {
        let mut cgroups = Cgroups { unified: None, controllers: HashMap::new() };
        let list = cgroups.resolve(b"3:cpu,cpuacct:/a:b\n1:name=systemd:/s\n5::/nowhere\n0::/u\n");
        assert_eq!(list, b"cpu=/a:b\0cpuacct=/a:b\0name=systemd=/s\0");
    }

    #[test]
    fn version_2_controllers_belong_to_the_nearest_group_that_has_them() {
        let mount = PathBuf::from("/m");
        let controllers = [("/m/a/b", "pids"), ("/m/a", "memory pids"), ("/m/", "cpu memory pids")]
            .map(|(dir, list)| (PathBuf::from(dir), words(list.as_bytes()).map(<[u8]>::to_vec).collect()));
        let mut cgroups = Cgroups { unified: Some(mount), controllers: HashMap::from(controllers) };
        assert_eq!(cgroups.resolve(b"0::/a/b\n"), b"pids=/a/b\0memory=/a\0cpu=/\0");
        assert_eq!(cgroups.resolve(b"0::/\n"), b"cpu=/\0memory=/\0pids=/\0");
    }

    #[test]
    fn a_group_without_controllers_keeps_its_path() {
        let mut cgroups = Cgroups { unified: None, controllers: HashMap::new() };
        assert_eq!(cgroups.resolve(b"0::/docker/x\n"), b"unified=/docker/x\0");
    }
}
