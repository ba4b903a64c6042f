//! Runs the ops of the fetch plan on a stopped thread.
//!
//! Takes a program and a call, fills [`Captures`] as the kernel side of the eBPF backend would: one capture for each op, in
//! the same layouts, empty where a condition does not hold or memory cannot be read. `bpf/plan.h` describes them.

use super::memory::Memory;
use super::sockets;
use super::sys::Tid;
use super::task::TaskReader;
use crate::plan::{Captures, Kind, NO_SLOT, Op, RET_SLOT};
use nix::libc::EINPROGRESS;

/// Longest data capture without a limit of its own, bytes.
const CONTROL_LIMIT: usize = 4096;

/// Longest socket address, bytes.
const ADDRESS_LIMIT: usize = 128;

/// Entries of an `iovec` array that are looked at.
const VECTOR_LIMIT: u64 = 64;

/// Messages of one call that are looked at.
const MESSAGES: i64 = 16;

/// Bytes of arguments and of environment that are kept.
const STRINGS_LIMIT: u64 = 20 << 10;

/// `aux` that tells what could not be read from what is empty.
const UNREADABLE: u32 = u32::MAX;

/// A call at its exit.
pub(super) struct Call<'a> {
    pub(super) tid: Tid,
    /// Arguments 0 to 5, return value, address found on the way.
    pub(super) slots: [u64; 8],
    pub(super) snaplen: u32,
    /// Path given to an `execve` that worked, with its NUL.
    pub(super) filename: &'a [u8],
    /// The call opened a file that was not there before.
    pub(super) made_file: bool,
    /// The thread that made it, if that is still its parent.
    pub(super) parent: Option<Tid>,
}

impl Call<'_> {
    /// Captures what `ops` ask for.
    pub(super) fn capture(&mut self, ops: &[Op], tasks: &mut TaskReader, out: &mut Captures) {
        out.clear();
        for op in ops {
            if self.is_due(op) {
                self.run(op, tasks, out);
            } else {
                (0..op.captures()).for_each(|_| out.push(&[], 0));
            }
        }
    }

    fn ret(&self) -> i64 {
        self.slots[usize::from(RET_SLOT)].cast_signed()
    }

    fn slot(&self, n: u8) -> u64 {
        self.slots.get(usize::from(n)).copied().unwrap_or(0)
    }

    fn is_due(&self, op: &Op) -> bool {
        let ret = self.ret();
        let holds = match op.when {
            1 => ret >= 0,
            2 => ret == 0,
            3 => ret > 0,
            4 => ret == 0 || ret == -i64::from(EINPROGRESS),
            _ => true,
        };
        let chosen = op.mask == 0 || op.mask >> ((self.slot(op.select) >> (op.shift & 63)) & 63) & 1 != 0;
        holds && chosen
    }

    fn memory(&self) -> Memory {
        Memory(self.tid)
    }

    /// Bytes that may be kept of data under `op`.
    fn limit(&self, op: &Op) -> usize {
        let limit = if op.flags & Op::SNAPLEN != 0 { self.snaplen } else { op.limit } as usize;
        match usize::try_from(self.ret()) {
            Ok(ret) if op.flags & Op::RET_LIMITS != 0 && ret > 0 => limit.min(ret),
            _ => limit,
        }
    }

    fn run(&mut self, op: &Op, tasks: &mut TaskReader, out: &mut Captures) {
        let (a, b) = (self.slot(op.a), self.slot(op.b));
        let fd = fd(a);
        match op.kind {
            k if k == Kind::Text as u8 => out.push(&self.memory().text(a, op.limit as usize), 0),
            k if k == Kind::Data as u8 => {
                let c = self.slot(op.c).cast_signed();
                let len = if op.c != NO_SLOT && c > 0 { c.cast_unsigned() } else { b };
                out.push(&self.data(a, len, self.limit(op)), 0);
            }
            k if k == Kind::DataBehind as u8 => {
                let len = self.memory().bytes(b, 4).try_into().map_or(0, i32::from_le_bytes);
                out.push(&self.data(a, u64::try_from(len).unwrap_or(0), op.limit as usize), 0);
            }
            k if k == Kind::Mem as u8 => out.push(&self.memory().bytes(a, op.limit as usize), 0),
            k if k == Kind::Vector as u8 => self.vector(a, b, self.limit(op), out),
            k if k == Kind::Message as u8 => self.message(a, self.limit(op), out),
            k if k == Kind::Messages as u8 => self.messages(a, op.flags & Op::INBOUND != 0, out),
            k if k == Kind::Address as u8 => out.push(&self.data(a, b & 0xffff, ADDRESS_LIMIT), 0),
            k if k == Kind::Tuple as u8 => {
                let given = if op.b == NO_SLOT { 0 } else { b };
                out.push(&self.tuple(fd, given, op.flags & Op::INBOUND != 0), 0);
            }
            k if k == Kind::File as u8 => out.push(&tasks.file(self.tid, fd, self.made_file), 0),
            k if k == Kind::Queue as u8 => {
                let queue =
                    sockets::queue(self.tid, fd).map(|(len, max)| [len.to_le_bytes(), max.to_le_bytes()]);
                out.push(queue.unwrap_or_default().as_flattened(), 0);
            }
            k if k == Kind::Memory as u8 => out.push(&tasks.memory(self.tid), 0),
            k if k == Kind::Capabilities as u8 => out.push(&tasks.capabilities(self.tid), 0),
            // What is not taken apart into components counts as the name of a file without a place.
            k if k == Kind::Path as u8 => out.push(&TaskReader::path(self.tid, fd), 1),
            k if k == Kind::Exe as u8 => out.push(&TaskReader::executable(self.tid), 1),
            k if k == Kind::Polled as u8 => {
                out.push(&self.data(a, (b & 0xffff) * 8, op.limit as usize * 8), 0);
            }
            k if k == Kind::Sockets as u8 => out.push(&self.two_fds(a, None), 0),
            k if k == Kind::Pipe as u8 => out.push(&self.two_fds(a, Some(tasks)), 0),
            k if k == Kind::Task as u8 => out.push(&tasks.info(self.tid, self.parent), 0),
            k if k == Kind::Args as u8 => self.own_text("cmdline", out),
            k if k == Kind::Env as u8 => self.own_text("environ", out),
            k if k == Kind::Strings as u8 => {
                out.push(&self.memory().strings(a), if a == 0 { UNREADABLE } else { 0 });
            }
            k if k == Kind::Cgroups as u8 => {
                tasks.cgroups(self.tid).iter().for_each(|group| out.push(group, 0));
            }
            k if k == Kind::Filename as u8 => out.push(self.filename, 0),
            _ => out.push(&[], 0),
        }
    }

    fn own_text(&self, name: &str, out: &mut Captures) {
        let text = TaskReader::text(self.tid, name, STRINGS_LIMIT);
        out.push(&text, u32::try_from(text.len()).unwrap_or(u32::MAX));
    }

    fn data(&self, at: u64, len: u64, limit: usize) -> Vec<u8> {
        self.memory().bytes(at, usize::try_from(len).unwrap_or(usize::MAX).min(limit))
    }

    /// Data of `count` pairs of address and length at `at`, and the sum of all lengths.
    fn vector(&self, at: u64, count: u64, limit: usize, out: &mut Captures) {
        let (mut data, mut asked, mut whole) = (Vec::new(), 0u64, true);
        for n in 0..count.min(VECTOR_LIMIT) {
            let entry = at.wrapping_add(n * 16);
            let pair = self.memory().word(entry).zip(self.memory().word(entry.wrapping_add(8)));
            let Some((base, len)) = pair else { break };
            asked = asked.saturating_add(len);
            if whole && data.len() < limit && base != 0 && len > 0 {
                let part = self.data(base, len, limit - data.len());
                whole = !part.is_empty();
                data.extend_from_slice(&part);
            }
        }
        out.push(&data, u32::try_from(asked).unwrap_or(UNREADABLE).min(UNREADABLE - 1));
    }

    /// Data, control data and name of the `msghdr` at `at`; leaves the name's address in the last slot.
    fn message(&mut self, at: u64, limit: usize, out: &mut Captures) {
        let head = self.memory().bytes(at, 56);
        let word = |n: usize| {
            let bytes = head.get(n * 8..n * 8 + 8).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, u64::from_le_bytes)
        };
        self.slots[7] = word(0);
        if head.is_empty() {
            out.push(&[], UNREADABLE);
            out.push(&[], 0);
            out.push(&[], 0);
            return;
        }
        self.vector(word(2), word(3), limit, out);
        out.push(&self.data(word(4), word(5), CONTROL_LIMIT), 0);
        out.push(&self.data(word(0), word(1) & 0xffff_ffff, ADDRESS_LIMIT), 0);
    }

    /// For each `mmsghdr` at `at`: its length, its message, its tuple.
    fn messages(&mut self, at: u64, inbound: bool, out: &mut Captures) {
        const STRIDE: u64 = 64;
        for n in 0..self.ret().min(MESSAGES) {
            let here = at.wrapping_add(n.cast_unsigned() * STRIDE);
            let len = self.memory().bytes(here.wrapping_add(56), 4).try_into().map_or(0, u32::from_le_bytes);
            out.push(&len.to_le_bytes(), 0);
            self.message(here, len.min(self.snaplen) as usize, out);
            out.push(&self.tuple(fd(self.slots[0]), self.slots[7], inbound), 0);
        }
    }

    fn tuple(&self, fd: i64, given: u64, inbound: bool) -> Vec<u8> {
        // As much as is there: an address may end right before memory does.
        let given = [110, 28, 16].iter().map(|&len| self.memory().bytes(given, len)).find(|b| !b.is_empty());
        sockets::tuple(self.tid, fd, &given.unwrap_or_default(), inbound)
    }

    /// Two fds at `at`, then the inode behind the first of a pipe (or the sockets' addresses, unknown here).
    fn two_fds(&self, at: u64, pipe: Option<&mut TaskReader>) -> Vec<u8> {
        let mut out = self.memory().bytes(at, 8);
        if out.is_empty() {
            out = vec![0xff; 8];
        }
        let first = i64::from(i32::from_le_bytes([out[0], out[1], out[2], out[3]]));
        let inode = pipe.filter(|_| self.ret() == 0).map(|tasks| tasks.file(self.tid, first, false));
        out.extend_from_slice(inode.as_ref().and_then(|file| file.get(..8)).unwrap_or(&[0; 8]));
        out.extend_from_slice(&[0; 8]);
        out
    }
}

/// An fd in a slot: its low 32 bits, signed.
fn fd(slot: u64) -> i64 {
    let bytes = slot.to_le_bytes();
    i64::from(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
