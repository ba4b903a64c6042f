//! What only ptrace does; that its events are those of eBPF is tested in `tests/backends.rs`.

use super::*;

#[test]
fn all_of_a_machine_is_too_much_to_trace() {
    let error = PtraceBackend::new(&Options::default()).unwrap_err().to_string();
    assert!(error.contains("-- CMD"), "{error}");
}

#[test]
fn a_process_that_does_not_exist_cannot_be_followed() {
    let mut backend = PtraceBackend::new(&Options { scope: Scope::Trees, ..Options::default() }).unwrap();
    let error = backend.follow(u32::MAX / 4).unwrap_err().to_string();
    assert!(error.contains("cannot trace process"), "{error}");
}
