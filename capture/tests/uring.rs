//! What goes through io_uring makes no system calls, and is counted.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect is to fail there")]

mod common;

use common::{Recorded, ebpf, ptrace, record};
use scap_capture::Backend;
use scap_schema::code;

const ROLE: &str = "SCAP_TEST_SUBMITS";

/// Not a test of its own: the process that is recorded. It submits three operations that do nothing and one that opens a
/// file.
#[test]
fn submitter() {
    if std::env::var_os(ROLE).is_some() {
        assert_eq!(submit(&[0, 0, 0, 18]), 4);
    }
}

/// Submits operations with these codes to a ring of its own; what io_uring_enter says.
fn submit(codes: &[u8]) -> i64 {
    let mut params = [0u32; 30];
    let call = |nr: libc::c_long, args: [i64; 6]| {
        // SAFETY: addresses among the arguments are those of live memory of the sizes that the calls take.
        unsafe { libc::syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]) }
    };
    let fd = call(libc::SYS_io_uring_setup, [8, params.as_mut_ptr().addr() as i64, 0, 0, 0, 0]);
    assert!(fd >= 0);
    let map = |len: i64, offset: i64| {
        let shared = i64::from(libc::PROT_READ | libc::PROT_WRITE);
        let at = call(libc::SYS_mmap, [0, len, shared, libc::MAP_SHARED.into(), fd, offset]);
        assert!(at > 0);
        std::ptr::with_exposed_provenance_mut::<u8>(usize::try_from(at).unwrap())
    };
    // Where the queue's tail and its array of entries stand.
    let (tail, array) = (params[11] as usize, params[16] as usize);
    let queue = map(4096, 0);
    let entries = map(4096, 0x1000_0000);
    let path = c"/etc/hostname";
    for (at, op) in codes.iter().enumerate() {
        // SAFETY: the ring has 8 entries of 64 bytes, which are ours as long as nothing is submitted, and an array of 8
        // numbers; `at` is below 8. Entries are zero where nothing is written.
        unsafe {
            let entry = entries.add(at * 64);
            entry.write(*op);
            entry.add(4).cast::<i32>().write(libc::AT_FDCWD);
            entry.add(16).cast::<u64>().write(path.as_ptr().addr() as u64);
            queue.add(array).cast::<u32>().add(at).write(u32::try_from(at).unwrap());
        }
    }
    let count = codes.len() as i64;
    // SAFETY: the tail is a number of the queue that this process alone writes.
    unsafe { queue.add(tail).cast::<u32>().write_volatile(u32::try_from(count).unwrap()) };
    call(libc::SYS_io_uring_enter, [fd, count, count, 1, 0, 0])
}

/// Whether this kernel lets us use io_uring.
fn is_there() -> bool {
    let mut params = [0u32; 30];
    // SAFETY: the structure is as long as the call wants it.
    let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) };
    fd >= 0
}

fn notices(backend: &mut dyn Backend) -> (Vec<String>, Vec<Recorded>) {
    let exe = std::env::current_exe().unwrap();
    let role = format!("{ROLE}=1");
    let (_, events) = record(backend, &["env", &role, exe.to_str().unwrap(), "--exact", "submitter"]);
    let notices = events.iter().filter(|e| e.code == code::NOTIFICATION_E && e.text("id") == "scap.io_uring");
    (notices.map(|e| e.text("desc")).collect(), events)
}

#[test]
fn ebpf_counts_submissions_by_process_and_operation() {
    let Some(mut backend) = ebpf() else { return };
    if !is_there() {
        return;
    }
    let (told, events) = notices(backend.as_mut());
    let enter = events.iter().find(|e| e.code == code::SYSCALL_IO_URING_ENTER_X).unwrap();
    assert_eq!((enter.number("res"), enter.number("to_submit")), (4, 4));
    let (pid, kinds) = told[0].split_once(' ').unwrap();
    assert_eq!((told.len(), kinds), (1, "nop=3 openat=1"));
    let exec = events.iter().rfind(|e| e.code == code::SYSCALL_EXECVE_19_X && e.number("res") == 0).unwrap();
    assert_eq!(pid, format!("pid={}", exec.number("pid")));
    assert!(backend.notes()[0].starts_with("4 operations went through io_uring (3 nop, 1 openat)"));
    // The file was opened without a call.
    assert!(!events.iter().any(|e| e.title() == "openat" && e.text("name") == "/etc/hostname"));
}

#[test]
fn ptrace_counts_submissions_by_process() {
    if !is_there() {
        return;
    }
    let (told, _) = notices(ptrace().as_mut());
    assert_eq!(told.len(), 1);
    assert!(told[0].ends_with(" unknown=4"), "{told:?}");
}
