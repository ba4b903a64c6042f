//! The facts about Linux system-call events, written once.
//!
//! Takes nothing, gives tables: event types with their parameters ([`event`]), flag sets ([`flags`]),
//! system calls with their numbers per architecture ([`syscall`]), layouts of containers' control groups ([`cgroup`]), numbers of kinds of
//! fds and of transports ([`wire`]). Decoder, printer, recorder, catalogue and documentation all derive from these rows. The numbering is libscap's (schema 4.5), a public wire
//! format; the facts come from falcosecurity/libs `driver/event_table.c`, `ppm_events_public.h`,
//! `flags_table.c` and `syscall_table.c`.
//!
//! Deliberately knows nothing of files, processes or how an event is stored.
#![forbid(unsafe_code)]

mod category;
pub mod cgroup;
mod errno;
mod events;
pub mod fetch;
mod fetch_rows;
pub mod flags;
mod param;
mod signals;
mod syscalls;
pub mod wire;

pub use category::{Category, EventFlags, Origin};
pub use errno::{errno_name, errnos};
pub use events::{EVENT_COUNT, EventInfo, code, event, events};
pub use flags::FlagSet;
pub use param::{ParamDetail, ParamInfo, ParamType, PrintFormat};
pub use signals::{signal_name, signals};
pub use syscalls::{Arch, SYSCALL_COUNT, SyscallInfo, syscall, syscall_by_name, syscall_by_number, syscalls};

/// Version of libscap's event schema that the tables follow (major, minor, patch).
pub const SCHEMA_VERSION: (u16, u16, u16) = (4, 5, 1);
