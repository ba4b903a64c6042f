//! Events of big-endian sections (s390x, old PowerPC) to little-endian ones.
//!
//! Takes the body of an event block, gives the body of the same event as a little-endian block of version 2.
//! Numbers inside the values are found by the parameter types of the schema; a value whose type does not say
//! how it is laid out, or whose length does not fit its type, stays as it is.
//!
//! Not on the hot path: such captures are rare, and one copy per event is what they cost.

use super::{event, fields::Fields, kind::EventKind};
use scap_schema::{ParamDetail, ParamInfo, ParamType};

/// Address families as the socket parameters encode them.
const AF_UNIX: u8 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Writes the little-endian form of a big-endian event block's body to `out`.
///
/// # Errors
/// What contradicts itself.
pub(crate) fn event(body: &[u8], layout: EventKind, out: &mut Vec<u8>) -> Result<(), &'static str> {
    out.clear();
    let mut f = Fields::new(body, true);
    let mut header = || {
        let cpu = f.u16()?;
        let flags = if layout.flags { f.u32()? } else { 0 };
        let (ts, tid, len, code) = (f.u64()?, f.i64()?, f.u32()?, f.u16()?);
        let count = if layout.counted { Some(f.u32()?) } else { None };
        Some((cpu, flags, ts, tid, len, code, count))
    };
    let (cpu, flags, ts, tid, len, code, count) = header().ok_or(event::TOO_SHORT)?;
    let wide = event::is_wide(code);
    let size = if wide { 4 } else { 2 };
    let mut rest = f.take(f.left()).unwrap_or_default();
    if layout.counted {
        let kept = (len as usize).checked_sub(event::HEADER).ok_or(event::LENGTH)?;
        rest = rest.get(..kept).ok_or(event::LENGTH)?;
    }
    let count = match count {
        Some(count) => usize::try_from(count).map_err(|_| event::LENGTH)?,
        None => {
            let (count, kept) = event::count(rest, len, code, true).ok_or(event::NO_COUNT)?;
            rest = kept;
            count
        }
    };
    let lens = count.checked_mul(size).and_then(|n| rest.split_at_checked(n)).ok_or(event::PARAMS)?;
    let total = u32::try_from(event::HEADER + rest.len()).map_err(|_| event::LENGTH)?;
    out.extend_from_slice(&cpu.to_le_bytes());
    if layout.flags {
        out.extend_from_slice(&flags.to_le_bytes());
    }
    out.extend_from_slice(&ts.to_le_bytes());
    out.extend_from_slice(&tid.to_le_bytes());
    out.extend_from_slice(&total.to_le_bytes());
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(lens.0.chunks_exact(size).flat_map(|len| len.iter().rev()));
    values(lens.0, size, lens.1, code, out);
    Ok(())
}

/// Appends every value, its numbers turned; then whatever stands behind the last one.
fn values(lens: &[u8], size: usize, mut data: &[u8], code: u16, out: &mut Vec<u8>) {
    let params = scap_schema::event(code).map_or(&[][..], |info| info.params);
    for (i, len) in lens.chunks_exact(size).enumerate() {
        let len = len.iter().fold(0usize, |sum, &byte| sum << 8 | usize::from(byte));
        let Some((value, rest)) = data.split_at_checked(len) else { break };
        let at = out.len();
        out.extend_from_slice(value);
        if let (Some(param), Some(value)) = (params.get(i), out.get_mut(at..)) {
            turn(param, value);
        }
        data = rest;
    }
    out.extend_from_slice(data);
}

/// Turns the numbers of one value around.
fn turn(param: &ParamInfo, value: &mut [u8]) {
    match (param.ty, param.detail) {
        // Addresses are in network order in both kinds of files.
        (ParamType::Ipv4Addr | ParamType::Ipv6Addr | ParamType::IpAddr, _) => {}
        (ParamType::SockAddr, _) => sockaddr(value),
        (ParamType::SockTuple, _) => tuple(value),
        (ParamType::FdList, _) => fd_list(value),
        (ParamType::Dyn, ParamDetail::Variants(variants)) => {
            let variant = value.first().and_then(|&i| variants.get(usize::from(i)));
            if let (Some((ty, _)), Some(value)) = (variant, value.get_mut(1..)) {
                fixed(*ty, value);
            }
        }
        (ty, _) => fixed(ty, value),
    }
}

fn fixed(ty: ParamType, value: &mut [u8]) {
    if ty.fixed_len() == Some(value.len()) {
        value.reverse();
    }
}

fn reverse(value: &mut [u8], at: usize, len: usize) {
    if let Some(number) = value.get_mut(at..at + len) {
        number.reverse();
    }
}

/// Family, then address and port, or a path.
fn sockaddr(value: &mut [u8]) {
    match value.first() {
        Some(&AF_INET) => reverse(value, 5, 2),
        Some(&AF_INET6) => reverse(value, 17, 2),
        _ => {}
    }
}

/// Family, then source and destination: address and port each, or two kernel pointers and a path.
fn tuple(value: &mut [u8]) {
    let (first, second, len) = match value.first() {
        Some(&AF_INET) => (5, 11, 2),
        Some(&AF_INET6) => (17, 35, 2),
        Some(&AF_UNIX) => (1, 9, 8),
        _ => return,
    };
    reverse(value, first, len);
    reverse(value, second, len);
}

/// Count, then fd and flags each.
fn fd_list(value: &mut [u8]) {
    reverse(value, 0, 2);
    for at in (2..value.len()).step_by(10) {
        reverse(value, at, 8);
        reverse(value, at + 8, 2);
    }
}
