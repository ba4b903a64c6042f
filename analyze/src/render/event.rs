//! Fields of the event itself: its arguments, result and buffer.
//!
//! `evt.args` and `evt.info` are [`args`]; `evt.arg[n]` and `evt.arg.NAME` are [`arg`] and [`arg_named`];
//! `evt.rawarg.NAME` is [`raw_arg`]; `evt.res`, `evt.rawres` are [`result`] and [`raw_result`]; `evt.buffer`
//! and `evt.buflen` are [`buffer`] and [`buffer_len`].

use scap_format::Event;
use scap_schema::{Origin, ParamInfo, code};

use super::{Context, RenderOptions, Rendered, UNKNOWN, param};

/// Appends all arguments, `name=raw(resolved)` with blanks between, to `out`. `scratch` is used on the way.
///
/// Nothing for system calls without an event type of their own: their arguments are not recorded.
pub fn args(ev: &Event, ctx: &impl Context, opts: &RenderOptions, scratch: &mut Rendered, out: &mut Vec<u8>) {
    if ev.code == code::GENERIC_X {
        return;
    }
    let params = ev.info().map_or(&[][..], |row| row.params);
    for (i, info) in params.iter().enumerate() {
        if !param(ev, i, ctx, opts, scratch) {
            break;
        }
        if i > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(info.name.as_bytes());
        out.push(b'=');
        out.extend_from_slice(&scratch.raw);
        if !scratch.resolved.is_empty() {
            out.push(b'(');
            out.extend_from_slice(&scratch.resolved);
            out.push(b')');
        }
    }
}

/// Argument `i`, resolved where possible, in `scratch`; `None` if the event has none of that number.
pub fn arg<'s>(
    ev: &Event,
    i: usize,
    ctx: &impl Context,
    opts: &RenderOptions,
    scratch: &'s mut Rendered,
) -> Option<&'s [u8]> {
    param(ev, i, ctx, opts, scratch).then(|| scratch.best())
}

/// The argument called `name`, resolved where possible; `None` if the event has none of that name.
pub fn arg_named<'s>(
    ev: &Event,
    name: &str,
    ctx: &impl Context,
    opts: &RenderOptions,
    scratch: &'s mut Rendered,
) -> Option<&'s [u8]> {
    arg(ev, ev.info()?.param_index(name)?, ctx, opts, scratch)
}

/// Bytes and schema row of the argument called `name`. A string that is not known gives `<NA>`, as text.
#[must_use]
pub fn raw_arg<'a>(ev: &Event<'a>, name: &str) -> Option<(&'static ParamInfo, &'a [u8])> {
    use scap_schema::ParamType as T;
    let row = ev.info()?;
    let i = row.param_index(name)?;
    let (info, bytes) = (row.params.get(i)?, ev.param(i)?);
    let is_text = matches!(info.ty, T::CharBuf | T::FsPath | T::FsRelPath);
    let bytes = if is_text && (bytes.is_empty() || bytes == b"(NULL)\0") { UNKNOWN } else { bytes };
    Some((info, bytes))
}

/// What the system call returned; `None` for events that are not the exit of a call with parameters of its
/// own.
///
/// A result that is neither 32 nor 64 bits wide, an empty one for instance, counts as 0.
#[must_use]
pub fn raw_result(ev: &Event) -> Option<i64> {
    let row = ev.info()?;
    if row.origin != Origin::Syscall || row.is_enter() || ev.code == code::GENERIC_X {
        return None;
    }
    ev.param(0)?;
    Some(ev.i64(0).or_else(|| ev.i32(0).map(i64::from)).unwrap_or(0))
}

/// The result as a word in `scratch`: `SUCCESS`, the name of the error, or the number where it has none.
pub fn result<'s>(
    ev: &Event,
    ctx: &impl Context,
    opts: &RenderOptions,
    scratch: &'s mut Rendered,
) -> Option<&'s [u8]> {
    if raw_result(ev)? >= 0 { Some(b"SUCCESS") } else { arg(ev, 0, ctx, opts, scratch) }
}

/// The data read or written, as text in `scratch`; `None` for events without data.
pub fn buffer<'s>(
    ev: &Event,
    ctx: &impl Context,
    opts: &RenderOptions,
    scratch: &'s mut Rendered,
) -> Option<&'s [u8]> {
    raw_buffer(ev)?;
    arg_named(ev, "data", ctx, opts, scratch)
}

/// The bytes read or written, as recorded (which may be fewer than the call moved).
#[must_use]
pub fn raw_buffer<'a>(ev: &Event<'a>) -> Option<&'a [u8]> {
    ev.param_named("data")
}

/// How many bytes the call moved; `None` where it failed or moves none. The caller checks that the event
/// has an fd that is known.
#[must_use]
pub fn buffer_len(ev: &Event) -> Option<u64> {
    u64::try_from(raw_result(ev)?).ok()
}
