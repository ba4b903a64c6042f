//! Columns of `events`: one row for each event of a trace.
//!
//! Nearly all of them are fields that conditions and outputs know too (`scap fields`), so that SQL and rules never
//! disagree.

use crate::schema::Type::{Bool, Int, Text, Time, Uint};
use crate::schema::{Column, column};

/// Where a value of an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// What the trace is called.
    Trace,
    /// Number of the event.
    Num,
    /// Its time.
    Time,
    /// A field.
    Field(&'static str),
    /// An argument of the event, by name.
    Arg(&'static str),
    /// Names of the processes above.
    Ancestors,
    /// Name of the error that the call ended with.
    Error,
}

use Source::{Ancestors, Arg, Error, Field};

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Source>] = &[
    column("trace", Text, Source::Trace, "Name of the trace, as it was given"),
    column("host", Text, Field("evt.hostname"), "Host that was recorded"),
    column("num", Uint, Source::Num, "Number of the event in its trace, from 1"),
    column("time", Time, Source::Time, "When"),
    column("cpu", Int, Field("evt.cpu"), "Processor on which it happened"),
    column("type", Text, Field("evt.type"), "Name of the system call or event"),
    column("category", Text, Field("evt.category"), "What it is about: file, net, process, memory, …"),
    column("args", Text, Field("evt.args"), "All arguments as name=value, separated by blanks"),
    column("result", Int, Field("evt.rawres"), "Return value; negative for an error"),
    column("error", Text, Error, "Name of the error, such as ENOENT; none for success"),
    column("failed", Bool, Field("evt.failed"), "Whether it returned an error"),
    column("io", Text, Field("evt.io_dir"), "read or write, for events that do either"),
    column("bytes", Uint, Field("evt.buflen"), "Bytes read, written, sent or received"),
    column("flags", Text, Arg("flags"), "Argument flags, by name, such as O_RDONLY|O_CLOEXEC"),
    column("opens_read", Bool, Field("evt.is_open_read"), "Whether it opened something for reading"),
    column("opens_write", Bool, Field("evt.is_open_write"), "Whether it opened something for writing"),
    column("creates", Bool, Field("evt.is_open_create"), "Whether it created a file by opening it"),
    column("proc_name", Text, Field("proc.name"), "Name of the process, at most 15 bytes"),
    column("proc_exe", Text, Field("proc.exepath"), "Path of its executable"),
    column("proc_cmdline", Text, Field("proc.cmdline"), "Its name and arguments"),
    column("proc_cwd", Text, Field("proc.cwd"), "Its working directory"),
    column("pid", Int, Field("proc.pid"), "Its id on the host"),
    column("vpid", Int, Field("proc.vpid"), "Its id in its own pid namespace"),
    column("tid", Int, Field("thread.tid"), "Id of the thread"),
    column("ppid", Int, Field("proc.ppid"), "Id of the parent process"),
    column("parent_name", Text, Field("proc.pname"), "Name of the parent process"),
    column("parent_cmdline", Text, Field("proc.pcmdline"), "Name and arguments of the parent process"),
    column("ancestors", Text, Ancestors, "Names of the processes above, the parent first, as in sh < sshd < systemd"),
    column("tty", Uint, Field("proc.tty"), "Its terminal, as a device number; 0 for none"),
    column("user_name", Text, Field("user.name"), "Its user; none if the trace does not know the name"),
    column("uid", Uint, Field("user.uid"), "Id of its user"),
    column("gid", Uint, Field("group.gid"), "Id of its group"),
    column("login_name", Text, Field("user.loginname"), "Who logged in, which su and sudo do not change"),
    column("loginuid", Int, Field("user.loginuid"), "Id of who logged in; -1 for nobody"),
    column("fd", Int, Field("fd.num"), "Number of the descriptor that it is about"),
    column("fd_type", Text, Field("fd.type"), "file, directory, ipv4, ipv6, unix, pipe, …"),
    column("fd_name", Text, Field("fd.name"), "What the descriptor is: path, or addresses and ports"),
    column("path", Text, Field("fs.path.name"), "Absolute path that a successful event acts on, for events with one path"),
    column("path_source", Text, Field("fs.path.source"), "Absolute source path, for renames, links and mounts"),
    column("path_target", Text, Field("fs.path.target"), "Absolute target path, for renames, links and mounts"),
    column("proto", Text, Field("fd.l4proto"), "tcp, udp, icmp or raw"),
    column("local_ip", Text, Field("fd.lip"), "Address of this end"),
    column("local_port", Uint, Field("fd.lport"), "Port of this end"),
    column("peer_ip", Text, Field("fd.rip"), "Address of the other end"),
    column("peer_port", Uint, Field("fd.rport"), "Port of the other end"),
    column("server_ip", Text, Field("fd.sip"), "Address of the end that was connected to"),
    column("server_port", Uint, Field("fd.sport"), "Port of the end that was connected to"),
    column("container_id", Text, Field("container.id"), "First 12 characters of the container's id; host outside of containers"),
    column("container_name", Text, Field("container.name"), "Name of the container; host outside of containers"),
    column("image", Text, Field("container.image"), "Image of the container"),
    column("pod", Text, Field("k8s.pod.name"), "Kubernetes pod"),
    column("namespace", Text, Field("k8s.ns.name"), "Kubernetes namespace"),
];
