//! Containers: what the machine's runtimes say of them.
//!
//! Takes the control groups of processes, gives container events: id, name, image, labels, mounts, Kubernetes pod. All of it
//! comes from the files that runtimes keep on disk; no daemon is asked, because on a suspect host it may be stopped,
//! slow or lying. Which group belongs to which container is the schema's to know ([`scap_schema::cgroup`]).
//!
//! The files are not to be trusted: they are read below the given root without leaving it, up to a limit, and whatever
//! they hold becomes an answer or none. Deliberately knows nothing of events being recorded, but in [`watch`].

mod about;
mod below;
pub(crate) mod choice;
mod containerd;
mod date;
mod docker;
mod image;
mod json;
mod lxc;
mod nspawn;
mod oci;
mod pod;
mod runc;
mod storage;
pub(crate) mod watch;

pub use about::{About, Mount, Port};

use crate::snapshot::Root;
use below::Below;
use scap_schema::cgroup::{InCgroup, Runtime, container_in};

/// Finds containers' files below a root.
#[derive(Debug)]
pub struct Finder {
    below: Option<Below>,
}

impl Finder {
    /// For the files below `root`. One that cannot be opened has no containers.
    #[must_use]
    pub fn new(root: &Root) -> Self {
        Self { below: Below::open(root.path()).ok() }
    }

    /// The container of a process whose control groups are `list`, as [`ThreadEntry::cgroups`] has them; `None` on the
    /// host, or if no file tells of the container (yet).
    ///
    /// [`ThreadEntry::cgroups`]: scap_format::snapshot::ThreadEntry::cgroups
    #[must_use]
    pub fn find(&self, list: &[u8]) -> Option<About> {
        let below = self.below.as_ref()?;
        let place = container_of(list);
        // A group that is not surely a container's may be named by the caller of a plain runtime.
        let sure = place.as_ref().filter(|place| place.runtime != Runtime::Containerd);
        let about = match sure {
            Some(place) => described(below, place),
            None => runc::by_group(below, list).or_else(|| containerd::named(below, place.as_ref()?)),
        };
        about.map(About::within_limits)
    }
}

/// The container that the first telling entry of `list` names.
#[must_use]
pub fn container_of(list: &[u8]) -> Option<InCgroup<'_>> {
    paths(list).find_map(container_in)
}

/// The paths of a list of `subsystem=path` entries, each closed by NUL.
fn paths(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&b| b == 0).filter_map(|entry| {
        // The name of a hierarchy may hold an equals sign itself (`name=systemd=/…`); its path begins with a slash.
        let at = entry.windows(2).position(|pair| pair == b"=/")?;
        entry.get(at + 1..)
    })
}

fn described(below: &Below, place: &InCgroup<'_>) -> Option<About> {
    let id = std::str::from_utf8(&place.full_id).ok()?;
    match place.runtime {
        Runtime::Lxc | Runtime::LibvirtLxc => lxc::find(below, place.runtime, id),
        Runtime::Nspawn => nspawn::find(below, id),
        Runtime::Bpm => None,
        Runtime::Docker | Runtime::Cri | Runtime::Crio | Runtime::Containerd | Runtime::Podman => {
            docker::find(below, id)
                .or_else(|| storage::find(below, id))
                .or_else(|| containerd::find(below, id))
                .or_else(|| runc::by_id(below, id))
        }
    }
}

#[cfg(test)]
mod tests;
