//! What an event is about, in short: the file it opens or uses, as rules know it again.
//!
//! HOT PATH. Gives the bytes that `fd.name` and its kin are made of without making any of them. Each field that the
//! catalogue marks as decided by the subject must be a function of the event's type and of what stands here; a test holds
//! the two together on real events.

use scap_rules::Subject;
use scap_schema::code;

use super::Fields;
use super::evt::open::Uses;

/// The subject of the event of `f`; `None` where its fields are made of more than a name and a directory.
#[inline]
pub(super) fn subject<'s>(f: &'s Fields<'_>) -> Option<Subject<'s>> {
    let uses = Uses::of(f);
    let bits = [uses.read, uses.write, uses.create, uses.exec, f.thread.is_some(), f.fd_thread().is_some()];
    let kind = bits.iter().fold(0, |bits, &bit| bits << 1 | u64::from(bit));
    // What fails makes no descriptor, and has no number of one.
    let failed = f.state.fd_num() == -1 && f.returned().is_some_and(|returned| returned < 0);
    let nameless = Subject { kind, failed, reading: 0, names: [b"", b""] };
    if f.fd_thread().is_none() {
        return Some(nameless);
    }
    if let Some(fd) = f.fd() {
        let (bytes, end, raw) = fd.name.as_stored();
        let reading = u64::try_from(end << 32 | raw).ok()?;
        return Some(Subject {
            kind: kind << 8 | 1 << 7 | fd.ty as u64,
            failed,
            reading,
            names: [bytes, b""],
        });
    }
    match f.event.code {
        code::SYSCALL_OPENAT_2_X | code::SYSCALL_OPENAT2_X => {
            let name = f.event.text(2)?;
            let (base, lacks_slash) = f.state.base(f.thread, f.event.i64(1)?, name);
            Some(Subject { reading: lacks_slash.into(), names: [name, base], ..nameless })
        }
        // These print an argument where there is no descriptor.
        code::SYSCALL_OPEN_X
        | code::SYSCALL_CREAT_X
        | code::SYSCALL_OPEN_BY_HANDLE_AT_X
        | code::SOCKET_ACCEPT_5_X
        | code::SOCKET_ACCEPT4_6_X
        | code::SOCKET_CONNECT_X => None,
        _ => Some(nameless),
    }
}
