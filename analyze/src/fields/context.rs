//! What rendering a parameter asks of the state.

use scap_state::{Fd, FdType, L4Proto, concatenate};

use super::Fields;
use crate::render::{Context, FdText};

impl Context for Fields<'_> {
    fn thread_known(&self) -> bool {
        self.thread.is_some()
    }

    fn fd(&self, fd: i64) -> Option<FdText<'_>> {
        let fd = self.state.fd_of(self.thread?, fd)?;
        Some(FdText { type_char: type_char(fd.ty), l4_char: l4_char(fd), name: &fd.name })
    }

    fn comm(&self, tid: i64) -> Option<&[u8]> {
        self.state.find(tid).map(|thread| &*thread.exec.comm)
    }

    fn user(&self, uid: u32) -> Option<&[u8]> {
        self.state.user(self.thread?, uid).map(|user| &*user.name)
    }

    fn group(&self, gid: u32) -> Option<&[u8]> {
        self.state.group(self.thread?, gid).map(|group| &*group.name)
    }

    fn absolute(&self, dirfd: Option<i64>, path: &[u8], out: &mut Vec<u8>) {
        let mut base = Vec::new();
        match (dirfd, self.thread) {
            (Some(dirfd), thread) => self.state.base_of(thread, dirfd, path, &mut base),
            (None, Some(thread)) => base.extend_from_slice(self.state.cwd(thread)),
            (None, None) => {}
        }
        out.extend(concatenate(&base, path));
    }
}

/// Letter of a descriptor's type, as `fd.typechar` prints it.
pub(super) fn type_char(ty: FdType) -> u8 {
    match ty {
        // Falco gives servers the letter of their family.
        FdType::Ipv4Server => b'4',
        FdType::Ipv6Server => b'6',
        other => u8::try_from(other.letter()).unwrap_or(b'?'),
    }
}

fn l4_char(fd: &Fd) -> Option<u8> {
    match fd.l4proto() {
        L4Proto::Tcp => Some(b't'),
        L4Proto::Udp => Some(b'u'),
        L4Proto::Icmp => Some(b'i'),
        L4Proto::Raw => Some(b'r'),
        L4Proto::Unknown | L4Proto::NotAvailable => None,
    }
}
