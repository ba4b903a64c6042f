//! What was done with what, in words that ECS and OCSF can be told in.
//!
//! Takes the name of an event and what its descriptor is; system calls that differ only in how they are asked are one act.

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// A program was executed.
    Executed,
    /// A process or thread was made.
    Forked,
    /// A process ended.
    Ended,
    /// A user or group was changed.
    ChangedUser,
    /// Another process was traced or read.
    Traced,
    /// Another process was written to.
    Injected,
    /// A signal was sent.
    Signalled,
    /// A file that was there was opened.
    Opened,
    /// A file, folder or link was made.
    Created,
    /// A file was read.
    Read,
    /// A file was written or cut.
    Wrote,
    /// A file, folder or link was removed.
    Deleted,
    /// A file was renamed.
    Renamed,
    /// Mode or owner were changed.
    Secured,
    /// Other attributes were changed.
    ChangedAttributes,
    /// Attributes or a folder were looked at.
    Looked,
    /// A file system was mounted.
    Mounted,
    /// A file system was unmounted.
    Unmounted,
    /// A connection was opened.
    Connected,
    /// A connection was accepted.
    Accepted,
    /// A socket began to listen.
    Listened,
    /// A connection was closed.
    Disconnected,
    /// Data went over a connection.
    Transferred,
    /// A module was loaded into the kernel or removed from it.
    ChangedKernel,
    /// Anything else.
    Other,
}

/// What sort of thing it was done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Processes.
    Process,
    /// Files.
    File,
    /// Connections.
    Network,
    /// The machine, and whatever else.
    Other,
}

/// What a descriptor is, as far as acts differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Object {
    File,
    Socket,
    Other,
}

impl Act {
    /// The act of events called `kind` about an `object`; `created` if an open made the file.
    #[rustfmt::skip]
    pub(super) fn of(kind: &str, object: Object, created: bool) -> Self {
        match kind {
            "execve" | "execveat"                                    => Self::Executed,
            "clone" | "clone3" | "fork" | "vfork"                    => Self::Forked,
            "procexit"                                               => Self::Ended,
            "setuid" | "setreuid" | "setresuid" | "setfsuid" | "setgid" | "setregid" | "setresgid" | "setfsgid"
            | "setgroups"                                            => Self::ChangedUser,
            "ptrace" | "process_vm_readv"                            => Self::Traced,
            "process_vm_writev"                                      => Self::Injected,
            "kill" | "tkill" | "tgkill" | "pidfd_send_signal"        => Self::Signalled,
            "creat"                                                  => Self::Created,
            "open" | "openat" | "openat2" | "open_by_handle_at"      => if created { Self::Created } else { Self::Opened },
            "mkdir" | "mkdirat" | "mknod" | "mknodat" | "link" | "linkat" | "symlink" | "symlinkat"
                                                                     => Self::Created,
            "unlink" | "unlinkat" | "rmdir"                          => Self::Deleted,
            "rename" | "renameat" | "renameat2"                      => Self::Renamed,
            "chmod" | "fchmod" | "fchmodat" | "fchmodat2" | "chown" | "lchown" | "fchown" | "fchownat"
                                                                     => Self::Secured,
            "utime" | "utimes" | "utimensat" | "futimesat" | "setxattr" | "lsetxattr" | "fsetxattr" | "removexattr"
            | "lremovexattr" | "fremovexattr"                        => Self::ChangedAttributes,
            "truncate" | "ftruncate" | "fallocate"                   => Self::Wrote,
            "stat" | "lstat" | "fstat" | "newfstatat" | "statx" | "access" | "faccessat" | "faccessat2" | "getdents"
            | "getdents64" | "readlink" | "readlinkat" | "getxattr" | "lgetxattr" | "fgetxattr" | "listxattr"
            | "llistxattr" | "flistxattr"                            => Self::Looked,
            "mount" | "move_mount" | "fsmount"                       => Self::Mounted,
            "umount" | "umount2"                                     => Self::Unmounted,
            "connect"                                                => Self::Connected,
            "accept" | "accept4"                                     => Self::Accepted,
            "listen"                                                 => Self::Listened,
            "shutdown"                                               => Self::Disconnected,
            "close"                                                  => if object == Object::Socket { Self::Disconnected } else { Self::Other },
            "send" | "sendto" | "sendmsg" | "sendmmsg" | "recv" | "recvfrom" | "recvmsg" | "recvmmsg"
                                                                     => Self::Transferred,
            "read" | "readv" | "pread" | "preadv"                    => Self::transfer(object, Self::Read),
            "write" | "writev" | "pwrite" | "pwritev" | "sendfile" | "copy_file_range"
                                                                     => Self::transfer(object, Self::Wrote),
            "init_module" | "finit_module" | "delete_module"         => Self::ChangedKernel,
            _                                                        => Self::Other,
        }
    }

    fn transfer(object: Object, of_file: Self) -> Self {
        match object {
            Object::File => of_file,
            Object::Socket => Self::Transferred,
            Object::Other => Self::Other,
        }
    }

    /// What it is done with; for other acts what the event's category says.
    pub(super) fn topic(self, category: Option<&str>) -> Topic {
        match self {
            Self::Executed
            | Self::Forked
            | Self::Ended
            | Self::ChangedUser
            | Self::Traced
            | Self::Injected
            | Self::Signalled => Topic::Process,
            Self::Opened
            | Self::Created
            | Self::Read
            | Self::Wrote
            | Self::Deleted
            | Self::Renamed
            | Self::Secured
            | Self::ChangedAttributes
            | Self::Looked
            | Self::Mounted
            | Self::Unmounted => Topic::File,
            Self::Connected | Self::Accepted | Self::Listened | Self::Disconnected | Self::Transferred => {
                Topic::Network
            }
            Self::ChangedKernel => Topic::Other,
            Self::Other => match category {
                Some("file") => Topic::File,
                Some("net") => Topic::Network,
                Some("process") => Topic::Process,
                _ => Topic::Other,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_writing_are_what_their_descriptor_is() {
        assert_eq!(Act::of("read", Object::File, false), Act::Read);
        assert_eq!(Act::of("read", Object::Socket, false), Act::Transferred);
        assert_eq!(Act::of("write", Object::Other, false), Act::Other);
        assert_eq!(Act::of("close", Object::Socket, false), Act::Disconnected);
    }

    #[test]
    fn an_open_creates_only_what_was_not_there() {
        assert_eq!(Act::of("openat", Object::File, true), Act::Created);
        assert_eq!(Act::of("openat", Object::File, false), Act::Opened);
    }

    #[test]
    fn every_call_that_is_named_here_exists() {
        let source = include_str!("act.rs");
        let table = source.split("match kind {").nth(1).and_then(|rest| rest.split("_  ").next()).unwrap();
        let mut names = 0;
        for name in table.split('"').skip(1).step_by(2) {
            let known = scap_schema::syscall_by_name(name).is_some()
                || scap_schema::events().iter().any(|event| event.name == name);
            assert!(known, "{name}");
            names += 1;
        }
        assert!(names > 80);
    }
}
