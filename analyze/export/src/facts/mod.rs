//! What an event tells, in plain words: the one place where exports ask the fields.
//!
//! Takes an event's fields; gives [`Facts`] that borrow from them where they can. Missing values, `<NA>` and empty texts are
//! `None`. Text that is not UTF-8 is repaired and its bytes kept in [`Facts::undecoded`], under the name that the `scap` schema
//! has for it; control characters stay.

mod act;
mod collect;
mod path;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

pub use act::{Act, Topic};
pub use collect::Collector;

/// Text of an event.
pub type Text<'f> = Option<Cow<'f, str>>;

/// What an event tells.
#[derive(Debug, Clone)]
pub struct Facts<'f> {
    /// Number of the event in the trace, from 1.
    pub num: u64,
    /// Its time, ns since the epoch.
    pub time: u64,
    /// Processor; `None` for events that have none.
    pub cpu: Option<u16>,
    /// Host that was recorded.
    pub host: Text<'f>,
    /// `evt.type`.
    pub kind: Cow<'f, str>,
    /// `evt.category`.
    pub category: Text<'f>,
    /// What was done.
    pub act: Act,
    /// With what sort of thing.
    pub topic: Topic,
    /// Thread that did it; `None` for events of the machine.
    pub tid: Option<i64>,
    /// Its process, if the trace knows it.
    pub process: Option<Process<'f>>,
    /// Parents, the nearest first, at most 32; of all but the nearest only ids, names and programs.
    pub ancestors: Vec<Process<'f>>,
    /// Effective user.
    pub user: Account<'f>,
    /// Effective group.
    pub group: Account<'f>,
    /// User of the login.
    pub login: Account<'f>,
    /// Descriptor that it is about.
    pub fd: Option<Descriptor<'f>>,
    /// Path that it acts on, absolute where the trace allows that.
    pub path: Text<'f>,
    /// Where a renamed or linked file comes from; what a symbolic link points to.
    pub path_from: Text<'f>,
    /// Ends of the connection.
    pub net: Option<Net>,
    /// What the call returned; negative for an error.
    pub result: Option<i64>,
    /// Name of the error.
    pub error: Text<'f>,
    /// Exit code of a process that ended by itself, or the number of the signal that ended it plus 128.
    pub exit_code: Option<i64>,
    /// Process that another one is about: a child, a target.
    pub target_pid: Option<i64>,
    /// All arguments (`evt.args`), buffers with dots for what is not printable.
    pub args: Text<'f>,
    /// Container; `None` on the host.
    pub container: Option<Container<'f>>,
    /// Pod; `None` outside of Kubernetes.
    pub pod: Option<Pod<'f>>,
    /// Hexadecimal bytes of texts that are not UTF-8, by column of the `scap` schema.
    pub undecoded: BTreeMap<&'static str, String>,
}

/// A process.
#[derive(Debug, Clone, Default)]
pub struct Process<'f> {
    /// Process id on the host.
    pub pid: i64,
    /// Process id in its own pid namespace, if that is another one.
    pub vpid: Option<i64>,
    /// Process id of its parent.
    pub ppid: Option<i64>,
    /// Name (comm).
    pub name: Text<'f>,
    /// Path of its program; what it calls itself if that is not known.
    pub exe: Text<'f>,
    /// Name and arguments (`proc.cmdline`).
    pub cmdline: Text<'f>,
    /// Arguments, the name of the program first.
    pub args: Vec<Cow<'f, str>>,
    /// Working directory; `None` for ancestors.
    pub cwd: Text<'f>,
    /// When it was started, ns since the epoch.
    pub start: Option<u64>,
}

impl Process<'_> {
    /// A name that no other process of the host has: pid and start.
    #[must_use]
    pub fn id(&self) -> String {
        match self.start {
            Some(start) => format!("{}@{start}", self.pid),
            None => self.pid.to_string(),
        }
    }
}

/// A user or group.
#[derive(Debug, Clone, Default)]
pub struct Account<'f> {
    /// Its number.
    pub id: Option<u32>,
    /// Its name, if the trace knows it.
    pub name: Text<'f>,
}

/// A descriptor.
#[derive(Debug, Clone)]
pub struct Descriptor<'f> {
    /// Its number.
    pub num: i64,
    /// `fd.type`.
    pub ty: Text<'f>,
    /// `fd.name`.
    pub name: Text<'f>,
}

/// Ends of a connection; a listening socket has a server alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Net {
    /// `tcp`, `udp`, `icmp` or `raw`, if known.
    pub transport: Option<&'static str>,
    /// End of the client.
    pub client: Option<End>,
    /// End of the server.
    pub server: Option<End>,
    /// Whether the process is the server; `None` where that is not known.
    pub is_server: Option<bool>,
}

impl Net {
    /// The end of the process itself.
    #[must_use]
    pub fn local(&self) -> Option<End> {
        if self.is_server? { self.server } else { self.client }
    }

    /// The other end.
    #[must_use]
    pub fn peer(&self) -> Option<End> {
        if self.is_server? { self.client } else { self.server }
    }
}

/// An address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Address.
    pub ip: IpAddr,
    /// Port; 0 if none is known.
    pub port: u16,
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::net::SocketAddr::new(self.ip, self.port).fmt(f)
    }
}

/// A container.
#[derive(Debug, Clone, Default)]
pub struct Container<'f> {
    /// Id, 12 characters.
    pub id: Cow<'f, str>,
    /// Name.
    pub name: Text<'f>,
    /// Image as the container was started with it.
    pub image: Text<'f>,
    /// Id of the image.
    pub image_id: Text<'f>,
    /// Repository of the image.
    pub image_repository: Text<'f>,
    /// Tag of the image.
    pub image_tag: Text<'f>,
    /// Digest of the image.
    pub image_digest: Text<'f>,
    /// Runtime.
    pub runtime: Text<'f>,
}

/// A pod of Kubernetes.
#[derive(Debug, Clone, Default)]
pub struct Pod<'f> {
    /// Name.
    pub name: Text<'f>,
    /// Namespace.
    pub namespace: Text<'f>,
    /// UID.
    pub uid: Text<'f>,
}

impl Facts<'_> {
    /// Whether the call succeeded; `None` for events that return nothing.
    #[must_use]
    pub fn succeeded(&self) -> Option<bool> {
        self.result.map(|result| result >= 0)
    }

    /// Last part of [`Facts::path`].
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.path.as_deref().map(file_name)
    }

    /// The event in one line, for people.
    #[must_use]
    pub fn message(&self) -> String {
        let mut line = match (&self.process, self.tid) {
            (Some(process), _) => {
                let name = process.name.as_deref().unwrap_or("?");
                format!("{name} ({}) ", process.pid)
            }
            (None, Some(tid)) => format!("thread {tid} "),
            (None, None) => String::new(),
        };
        line.push_str(&self.kind);
        let rest = match (self.act, &self.process) {
            // The arguments of these hold everything that a process is, its environment among it.
            (Act::Executed, Some(process)) => process.cmdline.as_deref().map(Cow::Borrowed),
            (Act::Forked, _) => self.target_pid.map(|child| Cow::Owned(format!("child={child}"))),
            _ => self.args.as_deref().map(Cow::Borrowed),
        };
        if let Some(rest) = rest {
            line.push(' ');
            line.push_str(&rest);
        }
        if let (Act::Executed | Act::Forked, Some(error)) = (self.act, &self.error) {
            line.push_str(&format!(" failed: {error}"));
        }
        line
    }
}

/// Last part of `path`; the whole of it if that ends in a slash.
#[must_use]
pub fn file_name(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() => name,
        _ => path,
    }
}

/// What stands before the last part of `path`; `None` if nothing does.
#[must_use]
pub fn directory(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        (_, "") => None,
        ("", _) => Some("/"),
        (directory, _) => Some(directory),
    }
}
