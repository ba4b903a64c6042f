//! `proc.sname`, `proc.pgid.exe` and kin: who leads the session and the groups.

use scap_rules::{FieldArg, Value};
use scap_state::{Leader, Thread};

use crate::fields::{Fields, bytes, word};

/// What `text` says of the leader; empty, not missing, where there is none.
fn of_leader<'s>(f: &'s Fields<'_>, which: Leader, text: fn(&Thread) -> &[u8]) -> Option<Value<'s>> {
    match f.state.leader(f.thread?, which) {
        Some(leader) => bytes(text(leader)),
        None => word(""),
    }
}

macro_rules! leader_text {
    ($($name:ident: $which:ident, $text:expr;)*) => {$(
        pub(crate) fn $name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
            of_leader(f, Leader::$which, $text)
        }
    )*};
}

leader_text! {
    sname: Session, |thread| &thread.exec.comm;
    sid_exe: Session, |thread| &thread.exec.exe;
    sid_exepath: Session, |thread| &thread.exepath;
    vpgid_name: VirtualGroup, |thread| &thread.exec.comm;
    vpgid_exe: VirtualGroup, |thread| &thread.exec.exe;
    vpgid_exepath: VirtualGroup, |thread| &thread.exepath;
    pgid_name: Group, |thread| &thread.exec.comm;
    pgid_exe: Group, |thread| &thread.exec.exe;
    pgid_exepath: Group, |thread| &thread.exepath;
}
