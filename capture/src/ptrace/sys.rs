//! The calls of ptrace(2), wait(2) and process_vm_readv(2), behind safe functions.
//!
//! Takes thread ids and addresses, gives results of the operating system. Everything `unsafe` of this backend but the
//! clock's is here. Threads are the tracer's own: all functions must be called by the thread that traces.
#![allow(unsafe_code, reason = "ptrace has no safe interface that gives every signal and every kind of stop")]

use nix::libc::{self, c_int, c_long, c_void};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// A thread id.
pub(super) type Tid = i32;

/// `PTRACE_EVENT_STOP`.
pub(super) const EVENT_STOP: c_int = 128;

/// What a system call stop is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SyscallStop {
    /// A call begins.
    Entry { nr: u64, args: [u64; 6], foreign: bool },
    /// A call ends.
    Exit { ret: i64 },
    /// A filter stopped a call that begins; `mark` is what it said.
    Filtered { nr: u64, args: [u64; 6], foreign: bool, mark: u16 },
    /// None of them.
    Other,
}

/// Waits for a stop or end of any tracee of this thread. `None` if nothing is there to wait for or `block` is false and
/// nothing has happened; `Interrupted` if a signal came.
pub(super) fn wait(block: bool) -> io::Result<Option<(Tid, c_int)>> {
    let flags = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    match unsafe { libc::waitpid(-1, &raw mut status, flags) } {
        0 => Ok(None),
        -1 => Err(io::Error::last_os_error()),
        tid => Ok(Some((tid, status))),
    }
}

fn ptrace(request: libc::c_uint, tid: Tid, addr: usize, data: usize) -> io::Result<c_long> {
    // SAFETY: none of the requests made through here lets the kernel write to this process' memory except to a
    // buffer that the caller passes as a live reference; `data` and `addr` are numbers otherwise.
    let result = unsafe { libc::ptrace(request, tid, addr as *mut c_void, data as *mut c_void) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Begins to trace a thread without stopping it.
pub(super) fn seize(tid: Tid) -> io::Result<()> {
    ptrace(libc::PTRACE_SEIZE, tid, 0, usize::try_from(OPTIONS).unwrap_or(0)).map(drop)
}

const OPTIONS: c_int = libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEEXIT
    | libc::PTRACE_O_TRACESECCOMP;

/// Lets a stopped tracee, and those it makes from now on, end with the tracer.
pub(super) fn end_with_tracer(tid: Tid) -> io::Result<()> {
    let options = usize::try_from(OPTIONS | libc::PTRACE_O_EXITKILL).unwrap_or(0);
    ptrace(libc::PTRACE_SETOPTIONS, tid, 0, options).map(drop)
}

/// Stops a tracee at its next opportunity.
pub(super) fn interrupt(tid: Tid) -> io::Result<()> {
    ptrace(libc::PTRACE_INTERRUPT, tid, 0, 0).map(drop)
}

/// Lets a stopped tracee go on to its next system call stop, with signal `signal` unless that is 0.
pub(super) fn resume(tid: Tid, signal: c_int) -> io::Result<()> {
    ptrace(libc::PTRACE_SYSCALL, tid, 0, usize::try_from(signal).unwrap_or(0)).map(drop)
}

/// Lets a stopped tracee go on to whatever else stops it, with signal `signal` unless that is 0.
pub(super) fn run(tid: Tid, signal: c_int) -> io::Result<()> {
    ptrace(libc::PTRACE_CONT, tid, 0, usize::try_from(signal).unwrap_or(0)).map(drop)
}

/// Leaves a tracee in its group stop, listening for what ends it.
pub(super) fn listen(tid: Tid) -> io::Result<()> {
    ptrace(libc::PTRACE_LISTEN, tid, 0, 0).map(drop)
}

/// Ends tracing a stopped tracee, with signal `signal` unless that is 0.
pub(super) fn detach(tid: Tid, signal: c_int) -> io::Result<()> {
    ptrace(libc::PTRACE_DETACH, tid, 0, usize::try_from(signal).unwrap_or(0)).map(drop)
}

/// Number that goes with an event stop: the new thread's id, the status of an ending one.
pub(super) fn event_message(tid: Tid) -> io::Result<u64> {
    let mut message: libc::c_ulong = 0;
    ptrace(libc::PTRACE_GETEVENTMSG, tid, 0, (&raw mut message).addr())?;
    Ok(message)
}

/// What the call that an ending thread was in returned; `None` where that is not to be had, or it did not begin.
pub(super) fn last_result(tid: Tid) -> Option<i64> {
    const GET_REGISTERS: libc::c_uint = 12;
    const RAX: usize = 10;
    if !cfg!(target_arch = "x86_64") {
        return None;
    }
    let mut registers = [0u64; 27];
    ptrace(GET_REGISTERS, tid, 0, registers.as_mut_ptr().addr()).ok()?;
    registers.get(RAX).map(|rax| rax.cast_signed()).filter(|ret| *ret != -i64::from(libc::ENOSYS))
}

/// What the system call stop of `tid` is about.
pub(super) fn syscall_stop(tid: Tid) -> io::Result<SyscallStop> {
    const GET_SYSCALL_INFO: libc::c_uint = 0x420e;
    /// The 64-bit interface of the architecture this was built for.
    const NATIVE: u32 = if cfg!(target_arch = "x86_64") { 0xc000_003e } else { 0xc000_00b7 };
    let mut info = [0u64; 11];
    ptrace(GET_SYSCALL_INFO, tid, size_of_val(&info), info.as_mut_ptr().addr())?;
    let [head, _ip, _sp, data @ ..] = &info;
    let head = head.to_ne_bytes();
    let arch = u32::from_ne_bytes([head[4], head[5], head[6], head[7]]);
    let [first, rest @ ..] = data;
    let (nr, foreign) = (*first, arch != NATIVE);
    let args = [rest[0], rest[1], rest[2], rest[3], rest[4], rest[5]];
    Ok(match head[0] {
        1 => SyscallStop::Entry { nr, args, foreign },
        3 => SyscallStop::Filtered { nr, args, foreign, mark: u16::try_from(rest[6] & 0xffff).unwrap_or(0) },
        2 => SyscallStop::Exit { ret: first.cast_signed() },
        _ => SyscallStop::Other,
    })
}

/// Code and sender's pid of the signal that `tid` stopped for.
pub(super) fn signal_info(tid: Tid) -> io::Result<(c_int, c_int)> {
    let mut info = [0i32; 32];
    ptrace(libc::PTRACE_GETSIGINFO, tid, 0, info.as_mut_ptr().addr())?;
    Ok((info[2], info[4]))
}

/// Reads as much of `into` as there is at `address` of the process of `tid`; returns how many bytes.
pub(super) fn read_memory(tid: Tid, address: u64, into: &mut [u8]) -> usize {
    let Ok(base) = usize::try_from(address) else { return 0 };
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: base as *mut c_void, iov_len: into.len() };
    // SAFETY: the local vector describes `into`, which lives and is borrowed mutably during the call; the remote one is
    // only looked at in the other process.
    let read = unsafe { libc::process_vm_readv(tid, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read).unwrap_or(0)
}

/// A copy of file descriptor `fd` of process `pid`, named by its first thread, for this process.
pub(super) fn copy_fd(pid: Tid, fd: c_int) -> io::Result<OwnedFd> {
    let owned = |result: c_long| -> io::Result<OwnedFd> {
        let fd = c_int::try_from(result).unwrap_or(-1);
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us and nobody else knows it.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    };
    // SAFETY: the call takes numbers only.
    let process = owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    let process = std::os::fd::AsRawFd::as_raw_fd(&process);
    // SAFETY: the call takes numbers only; `process` is open until after it.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process, fd, 0) })
}

/// The beginning of `struct tcp_info` of a socket; `None` if it is no TCP socket.
pub(super) fn tcp_info(socket: &OwnedFd) -> Option<Vec<u8>> {
    let mut info = vec![0u8; 64];
    let mut len = libc::socklen_t::try_from(info.len()).ok()?;
    let fd = std::os::fd::AsRawFd::as_raw_fd(socket);
    // SAFETY: `info` has room for `len` bytes, and both live during the call.
    let result = unsafe {
        libc::getsockopt(fd, libc::IPPROTO_TCP, libc::TCP_INFO, info.as_mut_ptr().cast(), &raw mut len)
    };
    info.truncate(usize::try_from(len).unwrap_or(0));
    (result == 0).then_some(info)
}
