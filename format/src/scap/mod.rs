//! The blocks of a `.scap` stream, one file per kind of block: its layout, its encoder and its decoder.
//!
//! Bytes ⇄ [`crate::block::Block`]. Deliberately knows nothing of files and compression
//! nor of what an event means.
//!
//! Source: `scap_savefile.h`, `scap_savefile.c` and the savefile engine of falcosecurity/libs.

pub(crate) mod event;
mod fds;
mod fields;
mod frame;
mod interfaces;
pub mod kind;
pub(crate) mod list;
mod machine;
pub(crate) mod mistaken;
pub mod parse;
mod plausible;
mod section;
pub(crate) mod stream;
mod swap;
mod threads;
mod users;

/// Encoders: each appends whole blocks of the current version, little-endian, as libscap writes them.
pub mod write {
    pub use super::event::encode as event;
    pub use super::fds::encode as fds;
    pub use super::interfaces::encode as interfaces;
    pub use super::machine::encode as machine;
    pub use super::section::encode as section;
    pub use super::threads::encode as threads;
    pub use super::users::encode as users;
}

/// Whether a believable run of blocks starts anywhere in `bytes`.
pub(crate) fn looks_like_blocks(bytes: &[u8]) -> bool {
    let known = plausible::Known { big_endian: None, last_ts: 0, at_end: true };
    matches!(plausible::find(bytes, 0, &known), (_, plausible::Verdict::Run { .. }))
}
