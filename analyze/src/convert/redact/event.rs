//! Blanking in events, by the names and types of their parameters in the schema.

use scap_format::{Event, EventBuf};
use scap_schema::{EventInfo, Origin, ParamDetail, ParamInfo, ParamType as T, code};
use scap_state::State;

use super::container::blank_json;
use super::machine::is_named;
use super::text::{Scrubber, blank as overwrite};

/// Family of unix sockets, in the first byte of an address.
const UNIX: u8 = 1;
/// Where the path stands in a unix address, and in a tuple of them.
const ADDRESS_PATH: usize = 1;
const TUPLE_PATH: usize = 17;

/// Parameters that hold arguments of processes (or of kernel modules).
const ARGS: &[&str] = &["args", "argv", "uargs"];
/// Parameters that name what a process executes.
const PROGRAM: &[&str] = &["exe", "exepath", "trusted_exepath", "filename", "pathname"];

/// Builds in `out` the event blanked. `state` is that before the event.
pub(super) fn blank(scrubber: &Scrubber<'_>, event: &Event<'_>, state: Option<&State>, out: &mut EventBuf) {
    out.copy_header(event);
    let row = event.info();
    let params = row.map_or(&[][..], |row| row.params);
    let hidden = hidden_programs(scrubber, event, state);
    for (i, value) in event.params.iter().enumerate() {
        match (row, params.get(i)) {
            (Some(row), Some(param)) if !value.is_empty() => {
                let mut value = value.to_vec();
                let names_process = matches!(param.name, "comm" | "exe");
                if names_process && hidden.iter().any(|path| is_named(path, bare(&value))) {
                    overwrite(&mut value);
                }
                let base = base_of(event, param, state);
                blank_param(scrubber, row, param, &mut value, base.as_deref());
                out.push(&value);
            }
            _ => {
                out.push(value);
            }
        }
    }
}

fn blank_param(
    scrubber: &Scrubber<'_>,
    row: &EventInfo,
    param: &ParamInfo,
    value: &mut Vec<u8>,
    base: Option<&[u8]>,
) {
    let from_process = matches!(row.origin, Origin::Syscall | Origin::Plugin | Origin::Tracepoint);
    if ARGS.contains(&param.name) {
        return scrubber.args(value, base);
    }
    if param.name == "exe" {
        return scrubber.exe(value);
    }
    if param.name == "env" {
        return scrubber.env(value);
    }
    if is_json(row, param) {
        *value = blank_json(scrubber, value);
        return;
    }
    if scrubber.rules.users && tells_of_users(row) && param.ty == T::CharBuf && param.name != "container_id" {
        return overwrite(value);
    }
    match param.ty {
        T::ByteBuf if scrubber.rules.buffers && from_process => value.clear(),
        T::Dyn => blank_variant(scrubber, param, value),
        T::ByteBuf | T::CharBuf | T::FsPath | T::FsRelPath => scrubber.text(value, base),
        T::CharBufArray | T::CharBufPairArray => scrubber.list(value, None),
        T::SockAddr => blank_address(scrubber, value, ADDRESS_PATH),
        T::SockTuple => blank_address(scrubber, value, TUPLE_PATH),
        _ => {}
    }
}

/// The first byte of a value of changing type is the number of that type.
fn blank_variant(scrubber: &Scrubber<'_>, param: &ParamInfo, value: &mut Vec<u8>) {
    let ParamDetail::Variants(variants) = param.detail else { return };
    let variant = value.first().and_then(|&at| variants.get(usize::from(at)));
    match variant.map(|(ty, _)| *ty) {
        Some(T::ByteBuf) if scrubber.rules.buffers => value.truncate(1),
        Some(T::ByteBuf | T::CharBuf) => {
            if let Some(text) = value.get_mut(1..) {
                scrubber.text(text, None);
            }
        }
        _ => {}
    }
}

fn blank_address(scrubber: &Scrubber<'_>, value: &mut [u8], path_at: usize) {
    if value.first() == Some(&UNIX)
        && let Some(path) = value.get_mut(path_at..)
    {
        scrubber.text(path, None);
    }
}

/// Whether the parameter is a document about a container.
fn is_json(row: &EventInfo, param: &ParamInfo) -> bool {
    match row.code {
        code::ASYNCEVENT_E => param.ty == T::ByteBuf,
        _ => row.origin == Origin::Meta && param.name == "json",
    }
}

fn tells_of_users(row: &EventInfo) -> bool {
    matches!(
        row.code,
        code::USER_ADDED_E | code::USER_DELETED_E | code::GROUP_ADDED_E | code::GROUP_DELETED_E
    )
}

/// Paths of programs that the event is about and that are hidden: names of processes would tell them.
fn hidden_programs<'a>(
    scrubber: &Scrubber<'_>,
    event: &Event<'a>,
    state: Option<&'a State>,
) -> Vec<&'a [u8]> {
    let Some(state) = state else { return Vec::new() };
    let params = event.info().map_or(&[][..], |row| row.params).iter().zip(event.params.iter());
    let given = params.filter(|(param, _)| PROGRAM.contains(&param.name)).map(|(_, path)| bare(path));
    let own = state.find(event.tid).map(|thread| &*thread.exepath);
    given.chain(own).filter(|path| scrubber.is_hidden(path, None)).collect()
}

/// Without a closing NUL.
fn bare(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\0").unwrap_or(text)
}

/// The directory that a relative path in the parameter starts from, as far as the state knows it.
fn base_of(event: &Event<'_>, param: &ParamInfo, state: Option<&State>) -> Option<Vec<u8>> {
    let state = state?;
    let is_path = matches!(param.ty, T::FsPath | T::FsRelPath) || ARGS.contains(&param.name);
    let thread = state.find(event.tid).filter(|_| is_path)?;
    let dirfd = match param.detail {
        ParamDetail::DirFd(at) => event.i64(at)?,
        _ => return Some(state.cwd(thread).to_vec()),
    };
    let mut base = Vec::new();
    state.base_of(Some(thread), dirfd, b"", &mut base);
    Some(base)
}
