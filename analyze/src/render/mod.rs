//! Event parameters as text, the way Falco prints them.
//!
//! Takes an event, the number of a parameter and a [`Context`] that knows fds, processes and users as of
//! that event; gives the value as text and, where there is one, its resolved form (`3` and
//! `<f>/etc/passwd`, `-2` and `ENOENT`). From these [`event`] makes `evt.args`, `evt.arg`, `evt.res` and
//! kin. Deliberately knows nothing of state, rules or terminals: control characters stay as they are, except
//! where Falco prints dots.
//!
//! Two values differ from Falco on purpose: one of a length that does not fit its type prints as
//! [`MALFORMED`] where Falco gives up, and types that Falco prints as `(n.a.)` (addresses, ports) get a text.
//!
//! Source: behaviour of `sinsp_evt::get_param_as_str` of falcosecurity/libs.
//! Hot path: text goes to buffers of the caller; nothing is allocated but by their growth.

mod address;
pub(crate) mod buffer;
pub mod event;
mod flags;
mod number;
mod time;
mod value;

use scap_format::Event;
use scap_schema::{ParamDetail, ParamType};

pub use buffer::BufferFormat;
use value::Value;

/// What stands for a value that is not known.
pub const UNKNOWN: &[u8] = b"<NA>";

/// What stands for a value of a length that does not fit its type.
pub const MALFORMED: &[u8] = b"<MALFORMED>";

/// What is known of an fd of the acting thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FdText<'a> {
    /// Letter of its type, as in `fd.typechar`.
    pub type_char: u8,
    /// Letter of the transport protocol of an internet socket: `t`, `u`, `i` or `r`.
    pub l4_char: Option<u8>,
    /// Name, as in `fd.name`.
    pub name: &'a [u8],
}

/// What rendering asks about the acting thread and the machine, as of the event.
pub trait Context {
    /// Whether the acting thread is known; if not, nothing is resolved through it.
    fn thread_known(&self) -> bool;

    /// The acting thread's fd `fd`.
    fn fd(&self, fd: i64) -> Option<FdText<'_>>;

    /// Command name of thread `tid`.
    fn comm(&self, tid: i64) -> Option<&[u8]>;

    /// Name of user `uid` where the acting thread lives.
    fn user(&self, uid: u32) -> Option<&[u8]>;

    /// Name of group `gid` where the acting thread lives.
    fn group(&self, gid: u32) -> Option<&[u8]>;

    /// Appends to `out` the absolute form of the relative `path`, seen from the directory `dirfd` of the
    /// acting thread, or from its current directory if that is `None`.
    fn absolute(&self, dirfd: Option<i64>, path: &[u8], out: &mut Vec<u8>);
}

/// Choices in rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// How raw bytes are shown.
    pub buffers: BufferFormat,
    /// Longest text of a buffer in [`BufferFormat::Dots`]; the rest becomes `...`. `None`: no limit.
    pub max_buffer: Option<usize>,
    /// Leaves out the letters of fd types: `3(<>/etc/passwd)`.
    pub plain_fds: bool,
}

/// A rendered parameter; made once and used again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The value itself.
    pub raw: Vec<u8>,
    /// What it stands for; empty where there is nothing more to say.
    pub resolved: Vec<u8>,
}

impl Rendered {
    /// The resolved form if there is one, otherwise the raw one: what `evt.arg.NAME` gives.
    #[must_use]
    pub fn best(&self) -> &[u8] {
        if self.resolved.is_empty() { &self.raw } else { &self.resolved }
    }

    /// Empties both, keeping the allocations.
    pub fn clear(&mut self) {
        self.raw.clear();
        self.resolved.clear();
    }
}

/// Renders parameter `i` of `ev` to `out`, which is emptied first. Returns false, leaving it empty, where
/// the event or its schema row has no such parameter.
pub fn param(ev: &Event, i: usize, ctx: &impl Context, opts: &RenderOptions, out: &mut Rendered) -> bool {
    out.clear();
    let Some(info) = ev.info().and_then(|row| row.params.get(i)) else { return false };
    let Some(bytes) = ev.param(i) else { return false };
    if bytes.is_empty() {
        out.raw.extend_from_slice(empty_text(info.ty));
        return true;
    }
    let mut value = Value { ty: info.ty, info, bytes, ev };
    if let (ParamType::Dyn, ParamDetail::Variants(variants)) = (info.ty, info.detail)
        && let Some((&variant, rest)) = bytes.split_first()
        && let Some((ty, _)) = variants.get(usize::from(variant))
    {
        value = Value { ty: *ty, bytes: rest, ..value };
    }
    if value.write(ctx, opts, out).is_none() {
        out.clear();
        out.raw.extend_from_slice(MALFORMED);
    }
    true
}

/// Falco tells unknown values apart from empty ones for some types only; rules and users rely on it.
fn empty_text(ty: ParamType) -> &'static [u8] {
    use ParamType as T;
    match ty {
        T::ByteBuf | T::SockTuple | T::FdList | T::CharBufArray | T::CharBufPairArray | T::Dyn => b"NULL",
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests;
