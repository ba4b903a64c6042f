//! What events of each type tell an account: worked out once from the rows of the schema.
//!
//! Which events move bytes follows from their flags and category, which open files from flags and parameters, where a path
//! stands from the parameters' types. Only what a call does to a path is told by its name.

use std::sync::LazyLock;

use scap_schema::{Category, EventFlags, EventInfo, Origin, ParamDetail, ParamType, code};

/// Which way bytes go, as the process sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

/// What a call does to the path that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathAct {
    Remove,
    Rename,
    Link,
    Change,
    Make,
}

/// What an event tells beyond bytes moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    Clone,
    Exec,
    Exit,
    Open,
    Path(PathAct),
    /// Bytes go from one descriptor, whose parameter is told, to another.
    Copy {
        from: u8,
        to: u8,
    },
    Bind,
    Listen,
    Accept,
    Connect,
    SocketError,
    Signal,
    Trace,
    OtherMemory,
    Module,
    ModuleRemoved,
    Bpf,
    Mount,
    Unmount,
    Namespace,
    Notice,
    Container,
}

/// Where an event keeps a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathAt {
    /// Parameter of the path.
    pub(crate) param: u8,
    /// Parameter of the directory that a relative one starts from; `None` for the working directory.
    pub(crate) dir: Option<u8>,
}

/// What to do about events of one type.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plan {
    /// Whether a process did it.
    pub(crate) of_process: bool,
    /// Bytes it moves over its descriptor.
    pub(crate) moves: Option<Way>,
    /// What else it tells.
    pub(crate) tells: Option<Tells>,
    /// Its paths, in the order of its parameters.
    pub(crate) paths: [Option<PathAt>; 2],
}

static PLANS: LazyLock<Box<[Plan]>> = LazyLock::new(|| scap_schema::events().iter().map(plan).collect());

/// By code of the event.
pub(crate) fn plans() -> &'static [Plan] {
    &PLANS
}

fn plan(info: &EventInfo) -> Plan {
    let of_process = matches!(info.origin, Origin::Syscall | Origin::Tracepoint);
    let is_old = info.flags.has(EventFlags::OLD) || info.flags.has(EventFlags::UNUSED);
    let has_result = of_process && !info.is_enter();
    let mut paths = info.params.iter().enumerate().filter_map(path_at);
    let paths = [paths.next(), paths.next()];
    Plan {
        of_process,
        moves: moves(info).filter(|_| has_result && !is_old),
        tells: tells(info, paths[0].is_some()).filter(|_| !is_old),
        paths,
    }
}

fn path_at((at, param): (usize, &scap_schema::ParamInfo)) -> Option<PathAt> {
    let dir = match (param.ty, param.detail) {
        (ParamType::FsPath, _) => None,
        (ParamType::FsRelPath, ParamDetail::DirFd(dir)) => u8::try_from(dir).ok(),
        _ => return None,
    };
    Some(PathAt { param: u8::try_from(at).ok()?, dir })
}

fn moves(info: &EventInfo) -> Option<Way> {
    match info.category {
        Category::IoRead if info.flags.has(EventFlags::READS_FD) => Some(Way::In),
        Category::IoWrite if info.flags.has(EventFlags::WRITES_FD) => Some(Way::Out),
        _ => None,
    }
}

fn tells(info: &EventInfo, has_path: bool) -> Option<Tells> {
    match info.code {
        code::PROCEXIT_1_E => return Some(Tells::Exit),
        code::NOTIFICATION_E => return Some(Tells::Notice),
        code::CONTAINER_JSON_2_E | code::ASYNCEVENT_E => return Some(Tells::Container),
        _ if info.is_enter() => return None,
        _ => {}
    }
    if info.flags.has(EventFlags::CREATES_FD) && info.category == Category::File && has_path {
        return Some(Tells::Open);
    }
    Some(match info.name {
        "clone" | "clone3" | "fork" | "vfork" => Tells::Clone,
        "execve" | "execveat" => Tells::Exec,
        "unlink" | "unlinkat" | "rmdir" => Tells::Path(PathAct::Remove),
        "rename" | "renameat" | "renameat2" => Tells::Path(PathAct::Rename),
        "link" | "linkat" | "symlink" | "symlinkat" => Tells::Path(PathAct::Link),
        "chmod" | "fchmod" | "fchmodat" | "chown" | "lchown" | "fchown" | "fchownat" => {
            Tells::Path(PathAct::Change)
        }
        "mkdir" | "mkdirat" | "mknod" | "mknodat" => Tells::Path(PathAct::Make),
        "bind" => Tells::Bind,
        "listen" => Tells::Listen,
        "accept" | "accept4" => Tells::Accept,
        "connect" => Tells::Connect,
        "getsockopt" => Tells::SocketError,
        "kill" | "tkill" | "tgkill" => Tells::Signal,
        "ptrace" => Tells::Trace,
        "process_vm_readv" | "process_vm_writev" => Tells::OtherMemory,
        "init_module" | "finit_module" => Tells::Module,
        "delete_module" => Tells::ModuleRemoved,
        "bpf" => Tells::Bpf,
        "mount" => Tells::Mount,
        "umount" | "umount2" => Tells::Unmount,
        "setns" | "unshare" => Tells::Namespace,
        _ => return copies(info),
    })
}

/// Calls that copy between two descriptors name both as parameters.
fn copies(info: &EventInfo) -> Option<Tells> {
    let at = |names: [&str; 3]| names.iter().find_map(|name| u8::try_from(info.param_index(name)?).ok());
    let (from, to) = (at(["fdin", "fd_in", "in_fd"])?, at(["fdout", "fd_out", "out_fd"])?);
    Some(Tells::Copy { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Vec<Plan> {
        let rows = scap_schema::events().iter().filter(|row| row.name == name && !row.is_enter());
        rows.filter(|row| !row.flags.has(EventFlags::OLD)).map(|row| PLANS[usize::from(row.code)]).collect()
    }

    #[test]
    fn every_call_that_opens_a_path_is_an_open() {
        for name in ["open", "openat", "openat2", "creat", "open_by_handle_at"] {
            let plans = named(name);
            assert!(!plans.is_empty() && plans.iter().all(|plan| plan.tells == Some(Tells::Open)), "{name}");
        }
        assert!(named("userfaultfd").iter().all(|plan| plan.tells.is_none()));
    }

    #[test]
    fn bytes_move_in_reads_and_writes_and_between_descriptors() {
        for (name, way) in
            [("read", Way::In), ("recvfrom", Way::In), ("pwritev", Way::Out), ("sendto", Way::Out)]
        {
            assert!(named(name).iter().all(|plan| plan.moves == Some(way)), "{name}");
        }
        for name in ["sendfile", "splice", "copy_file_range"] {
            let copies = |plan: &Plan| matches!(plan.tells, Some(Tells::Copy { .. })) && plan.moves.is_none();
            assert!(named(name).iter().all(copies), "{name}");
        }
        assert!(named("finit_module").iter().all(|plan| plan.moves.is_none()));
    }

    #[test]
    fn calls_on_paths_say_where_those_stand() {
        for name in ["unlinkat", "renameat2", "linkat", "fchmodat", "mkdirat"] {
            assert!(
                named(name).iter().all(|plan| plan.paths[0].is_some_and(|path| path.dir.is_some())),
                "{name}"
            );
        }
        assert!(named("renameat2").iter().all(|plan| plan.paths[1].is_some()));
        assert!(named("fchmod").iter().all(|plan| plan.paths[0].is_none()));
    }
}
