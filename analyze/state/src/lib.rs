//! What the machine looked like at each event: threads, fds, paths, users, containers.
//!
//! Takes the snapshot blocks of a trace ([`State::load_threads`] and kin) and then one [`Event`] after the
//! other ([`State::apply`]); answers questions about the event just applied ([`State::thread`],
//! [`State::fd`], …) and about everything known so far. Semantics are libsinsp's, whose answers the rules
//! of Falco expect; where an answer looks odd (a missing parent, `<NA>`, `<UNKNOWN>`) that is why.
//!
//! `apply` is total: missing history or nonsense is counted ([`Anomalies`]) and never an error. Nothing here
//! reads files, clocks or the live machine, and nothing here knows rules.
//!
//! **Hot path.** An event that changes nothing (most are `read`, `write`, `fstat`) costs one thread lookup
//! and one fd lookup, about 20 ns in all, and allocates nothing. [`State::share`] gives another state for a
//! few hundred pointers: records are then copied when they are first written to.
//!
//! [`Event`]: scap_format::Event
#![forbid(unsafe_code)]

mod anomaly;
mod apply;
mod by_id;
mod bytes;
mod cgroup;
mod container;
mod container_json;
mod export;
mod fd;
mod fdtable;
mod flags;
mod frozen;
mod interfaces;
mod known;
mod lineage;
mod name;
mod net;
mod notes;
mod owned;
mod path;
mod replica;
mod state;
mod thread;
mod threads;
mod told;
mod users;
mod view;

pub use anomaly::{Anomalies, Anomaly, Tally};
pub use apply::Quiet;
pub use bytes::{Bytes, Strings};
pub use container::{Container, ContainerId, ContainerKind, Containers, HealthProbe, Mount, PortMapping};
pub use export::Export;
pub use fd::{Fd, FdType, L4Proto, Role};
pub use fdtable::FdTable;
pub use flags::{open, thread_flags};
pub use frozen::Unusable;
pub use interfaces::Interfaces;
pub use name::Name;
pub use net::{Endpoint, SockInfo, Tuple};
pub use path::{concatenate, concatenate_into, concatenate_or_borrow};
pub use replica::{Replica, Trail};
pub use state::{Applied, State};
pub use thread::{Cgroups, ExeFile, Exec, Probe, Thread};
pub use users::{GroupRecord, UserRecord, Users};
pub use view::{Ancestors, Leader};
