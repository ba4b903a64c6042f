//! Memory that a map of the kernel's and the recorder share.
//!
//! Takes an array map, gives its bytes. The kernel side writes them at any time: what is read here is only what it has
//! declared finished.
#![allow(unsafe_code, reason = "mapped memory has no safe interface")]

use crate::CaptureError;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module.
#[derive(Debug)]
pub(crate) struct Shared {
    at: NonNull<c_void>,
    len: usize,
}

// SAFETY: the mapping belongs to this value alone; nothing about it is bound to a thread.
unsafe impl Send for Shared {}

impl Shared {
    /// Maps the first `len` bytes of the map behind `fd`.
    pub(crate) fn map(fd: impl AsFd, len: usize) -> Result<Self, CaptureError> {
        let what = "cannot share memory with the kernel";
        let size = NonZeroUsize::new(len.next_multiple_of(4096))
            .ok_or_else(|| CaptureError::io(what, std::io::ErrorKind::InvalidInput.into()))?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at a place of the kernel's choice touches no memory that is in use.
        let at = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, fd, 0) }
            .map_err(|errno| CaptureError::io(what, errno.into()))?;
        Ok(Self { at, len: size.get() })
    }

    /// The number at `offset`, which must be a multiple of 8, with everything that was written before it; 0 if it is not there.
    pub(crate) fn load(&self, offset: usize) -> u64 {
        self.number(offset).map_or(0, |number| number.load(Ordering::Acquire))
    }

    /// Writes the number at `offset`, a multiple of 8, after everything before has been read.
    pub(crate) fn store(&self, offset: usize, value: u64) {
        if let Some(number) = self.number(offset) {
            number.store(value, Ordering::Release);
        }
    }

    fn number(&self, offset: usize) -> Option<&AtomicU64> {
        let inside = offset.checked_add(8).is_some_and(|end| end <= self.len) && offset.is_multiple_of(8);
        inside.then(|| {
            // SAFETY: eight aligned bytes inside the mapping, which lives as long as the reference; both sides access them
            // as one number.
            unsafe { &*self.at.as_ptr().cast::<u8>().add(offset).cast::<AtomicU64>() }
        })
    }

    /// `len` bytes at `offset`, which the other side has declared finished and will not write before it is told to; `None` if
    /// they are not inside.
    pub(crate) fn bytes(&self, offset: usize, len: usize) -> Option<&[u8]> {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.len);
        inside.then(|| {
            // SAFETY: inside the mapping, which lives as long as the reference; the kernel side writes behind what it has
            // declared finished only.
            unsafe { std::slice::from_raw_parts(self.at.as_ptr().cast::<u8>().add(offset), len) }
        })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: made by `map` with this length; no reference outlives `self`.
        let _ = unsafe { munmap(self.at, self.len) };
    }
}
