//! Blanking in what a trace says of the machine: processes, fds, users, the host's name.

use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, FdKind, Group, ThreadEntry, User};

use super::text::{Scrubber, blank as overwrite};

/// The block blanked; `None` if it has nothing that could be.
pub(super) fn blank(scrubber: &Scrubber<'_>, block: &Block<'_>) -> Option<Block<'static>> {
    Some(match block {
        Block::Machine(machine) => {
            let mut machine = machine.clone();
            if scrubber.rules.hostname {
                overwrite(&mut machine.hostname);
            }
            Block::Machine(machine)
        }
        Block::Threads(threads) => Block::Threads(threads.iter().map(|one| thread(scrubber, one)).collect()),
        Block::Fds { tid, fds } => {
            Block::Fds { tid: *tid, fds: fds.iter().map(|one| fd(scrubber, one)).collect() }
        }
        Block::Users { users, groups } if scrubber.rules.users => Block::Users {
            users: users.iter().map(user).collect(),
            groups: groups.iter().map(group).collect(),
        },
        Block::Users { users, groups } => {
            let mut users = users.clone();
            for user in &mut users {
                for text in [&mut user.name, &mut user.homedir, &mut user.shell] {
                    scrubber.text(text, None);
                }
            }
            Block::Users { users, groups: groups.clone() }
        }
        Block::Section(_) | Block::Interfaces(_) | Block::Event(_) | Block::Unknown { .. } => return None,
    })
}

fn thread(scrubber: &Scrubber<'_>, thread: &ThreadEntry) -> ThreadEntry {
    let mut t = thread.clone();
    scrubber.args(&mut t.args, Some(&thread.cwd));
    scrubber.env(&mut t.env);
    let program = [&thread.exepath, &thread.exe];
    let runs_hidden = program.iter().any(|path| scrubber.is_hidden(path, None));
    if runs_hidden && program.iter().any(|path| is_named(path, &thread.comm)) {
        overwrite(&mut t.comm);
    }
    scrubber.exe(&mut t.exe);
    for text in [&mut t.comm, &mut t.exepath, &mut t.cwd, &mut t.root] {
        scrubber.text(text, None);
    }
    scrubber.list(&mut t.cgroups, None);
    t
}

/// Whether a process that executes `path` is called `comm`: the kernel keeps 15 bytes of it.
pub(super) fn is_named(path: &[u8], comm: &[u8]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    !comm.is_empty() && name.get(..name.len().min(15)) == Some(comm)
}

fn fd(scrubber: &Scrubber<'_>, fd: &FdEntry) -> FdEntry {
    let mut fd = fd.clone();
    match &mut fd.kind {
        FdKind::Unknown { name }
        | FdKind::Directory { name }
        | FdKind::Regular { name, .. }
        | FdKind::UnixSocket { name, .. }
        | FdKind::Other { name, .. } => scrubber.text(name, None),
        FdKind::Ipv4Socket { .. }
        | FdKind::Ipv4Server { .. }
        | FdKind::Ipv6Socket { .. }
        | FdKind::Ipv6Server { .. } => {}
    }
    fd
}

fn user(user: &User) -> User {
    let mut user = user.clone();
    [&mut user.name, &mut user.homedir, &mut user.shell].into_iter().for_each(|text| overwrite(text));
    user
}

fn group(group: &Group) -> Group {
    let mut group = group.clone();
    overwrite(&mut group.name);
    group
}
