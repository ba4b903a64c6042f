//! The query engine, kept from taking the program down.
//!
//! It is a large piece of work of others that panics on some statements which it should refuse. Such a panic becomes an
//! error here, and is not printed.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// One at a time, because there is one hook for all threads.
static HOOK: Mutex<()> = Mutex::new(());

thread_local! {
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What `work` gives.
///
/// # Errors
/// If it panics.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    let _one = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let before = take_hook();
    set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("it gave up").to_owned();
        SAID.with(|said| *said.borrow_mut() = Some(message));
    }));
    let result = catch_unwind(AssertUnwindSafe(work));
    set_hook(before);
    result.map_err(|_| {
        let said = SAID.with(|said| said.borrow_mut().take()).unwrap_or_default();
        let first = said.lines().next().unwrap_or_default();
        Error::Engine(format!("it cannot do this ({first})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| 3).unwrap(), 3);
        let error = guarded(|| -> u8 { panic!("of a test") }).unwrap_err();
        assert!(error.to_string().contains("of a test"), "{error}");
    }
}
