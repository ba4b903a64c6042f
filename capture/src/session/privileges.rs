//! What the recorder may do once it records: next to nothing.
//!
//! Everything privileged (loading programs, attaching, reading other users' processes for the snapshot) happens before
//! the first event is written. Then each thread gives up its capabilities, the bounding set, and for good the
//! right to get new ones by running a program. What stays is what [`Backend::keeps`](crate::Backend::keeps) and the
//! session's options ask for, and nothing of it is of use to whoever takes over a parser of hostile bytes. The command
//! that is recorded was forked before and keeps what the caller has.
//!
//! Files are made with the rights of whoever they will belong to ([`Owner`]), so that no right over other people's files
//! has to be kept for later ones.

use nix::unistd::{Gid, Uid, getegid, geteuid, setfsgid, setfsuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::backend::Capability;

impl Capability {
    fn bit(self) -> CapabilitySet {
        match self {
            Self::Bpf => CapabilitySet::BPF,
            Self::SysPtrace => CapabilitySet::SYS_PTRACE,
            Self::DacReadSearch => CapabilitySet::DAC_READ_SEARCH,
        }
    }
}

/// Gives up everything but `kept` in the calling thread and those that it makes from now on. Of `kept`, what the thread
/// does not have is not added.
///
/// # Errors
/// If the kernel refuses.
pub(super) fn give_up(kept: &[Capability]) -> io::Result<()> {
    let had = capabilities(None)?;
    let wanted = kept.iter().fold(CapabilitySet::empty(), |all, capability| all | capability.bit());
    if had.effective.contains(CapabilitySet::SETPCAP) {
        for number in 0..64 {
            // The kernel says which numbers there are.
            if remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)).is_err() {
                break;
            }
        }
    }
    // Kernels before 4.3 have none.
    let _ = clear_ambient_capability_set();
    let left = CapabilitySets {
        effective: had.permitted & wanted,
        permitted: had.permitted & wanted,
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, left)?;
    set_no_new_privs(true)?;
    Ok(())
}

/// Whose files traces are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    uid: Uid,
    gid: Gid,
}

impl Owner {
    /// The recorder's own user.
    pub(super) fn own() -> Self {
        Self { uid: geteuid(), gid: getegid() }
    }

    /// Who may own what is made in `dir`, best first: whoever called sudo, the recorder's own user, and whoever owns the
    /// directory. Without being root there is no choice.
    pub(super) fn candidates(dir: &Path) -> Vec<Self> {
        let own = Self::own();
        if !own.uid.is_root() {
            return vec![own];
        }
        let number = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok().filter(|&id| id != u32::MAX);
        let caller = number("SUDO_UID").zip(number("SUDO_GID"));
        let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
        let holder = std::fs::metadata(dir).ok().map(|about| (about.uid(), about.gid()));
        let mut all = Vec::new();
        let named = |(uid, gid)| Self { uid: Uid::from_raw(uid), gid: Gid::from_raw(gid) };
        for owner in [caller.map(named), Some(own), holder.map(named)].into_iter().flatten() {
            if !all.contains(&owner) {
                all.push(owner);
            }
        }
        all
    }

    /// Makes the calling thread act on files as this user, without any of its own capabilities over files, while
    /// `made` runs.
    pub(super) fn during<T>(self, made: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let own = Self::own();
        if !own.uid.is_root() {
            return made();
        }
        let had = capabilities(None)?;
        self.become_it();
        let over_files = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH | CapabilitySet::FOWNER;
        let result = set_capabilities(None, CapabilitySets { effective: had.effective - over_files, ..had })
            .map_err(io::Error::from)
            .and_then(|()| made());
        own.become_it();
        set_capabilities(None, had)?;
        result
    }

    /// Makes the calling thread act on files as this user from now on. Does nothing without the right to.
    pub(super) fn become_it(self) {
        // They return what was before, whatever happens. The group first: later there is no right to.
        setfsgid(self.gid);
        setfsuid(self.uid);
    }
}
