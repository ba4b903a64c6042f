//! `evt.args`, `evt.arg`, `evt.rawarg`: the parameters of the event.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use scap_rules::{FieldArg, Value};
use scap_schema::{ParamDetail, ParamType, code};

use crate::fields::{Fields, bytes, flag, int, owned, uint, word};
use crate::render::{self, Rendered};

pub(crate) fn args<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    if f.event.code == code::GENERIC_X {
        return word("");
    }
    let (mut scratch, mut out) = (Rendered::default(), Vec::new());
    render::event::args(&f.event, f, &f.render_options(), &mut scratch, &mut out);
    owned(out)
}

pub(crate) fn arg<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let at = match arg {
        FieldArg::Index(at) => usize::try_from(*at).ok()?,
        FieldArg::Key(name) => f.param_index(name)?,
        FieldArg::None => return None,
    };
    if let Some(text) = plain_text(f, at) {
        return bytes(text);
    }
    if let Some(name) = one_name(f, at) {
        return word(name);
    }
    let mut out = Rendered::default();
    render::param(&f.event, at, f, &f.render_options(), &mut out).then_some(())?;
    if out.resolved.is_empty() { owned(out.raw) } else { owned(out.resolved) }
}

/// Parameter `at`, if it prints as it was recorded: a word or an absolute path. Conditions on `evt.arg.name` and kin
/// are the most frequent ones on arguments, and this spares them the copy.
fn plain_text<'s>(f: &'s Fields<'_>, at: usize) -> Option<&'s [u8]> {
    let text = f.event.text(at)?;
    let is_plain = match f.param_type(at)? {
        ParamType::CharBuf => true,
        ParamType::FsPath | ParamType::FsRelPath => text.first() == Some(&b'/'),
        _ => false,
    };
    let is_whole = f.event.param(at).is_some_and(|raw| raw.len() == text.len() + 1);
    (is_plain && is_whole && text != b"(NULL)").then_some(text)
}

/// The name of parameter `at`, if it is a value that is listed and has one name. Spares putting it together.
fn one_name(f: &Fields<'_>, at: usize) -> Option<&'static str> {
    let info = f.info?.params.get(at)?;
    let (ParamType::EnumFlags32, ParamDetail::Flags(set)) = (info.ty, info.detail) else { return None };
    let value = f.event.u32(at)?;
    let mut names = set.values.iter().filter(|(_, listed)| *listed == value);
    names.next().filter(|_| names.next().is_none()).map(|&(name, _)| name)
}

/// The value as conditions compare it, of the type that the event's schema gives it.
pub(crate) fn rawarg<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    use ParamType as T;
    let FieldArg::Key(name) = arg else { return None };
    let at = f.param_index(name)?;
    let ev = &f.event;
    let raw = ev.param(at)?;
    match f.param_type(at)? {
        T::CharBuf | T::FsPath | T::FsRelPath => bytes(f.text_param(at)?),
        T::ByteBuf | T::CharBufArray | T::CharBufPairArray => bytes(raw),
        T::Int8 => int(i64::from(ev.u8(at)?.cast_signed())),
        T::Int16 => int(i64::from(ev.u16(at)?.cast_signed())),
        T::Int32 | T::Fd32 | T::Pid32 => int(i64::from(ev.i32(at)?)),
        T::Int64 | T::Errno | T::Fd | T::Pid => int(ev.i64(at)?),
        T::Uint8 | T::SigType | T::L4Proto | T::SockFamily | T::Flags8 | T::EnumFlags8 => uint(ev.u8(at)?),
        T::Uint16 | T::SyscallId | T::Port | T::Flags16 | T::EnumFlags16 => uint(ev.u16(at)?),
        T::Uint32 | T::Uid | T::Gid | T::SigSet | T::Mode | T::Flags32 | T::EnumFlags32 => uint(ev.u32(at)?),
        T::Uint64 | T::RelTime | T::AbsTime => uint(ev.u64(at)?),
        T::Bool => flag(ev.u32(at)? != 0),
        T::Double => Some(Value::Double(f64::from_bits(ev.u64(at)?))),
        T::Ipv4Addr | T::Ipv6Addr | T::IpAddr => address(raw),
        T::Ipv4Net | T::Ipv6Net | T::IpNet | T::SockAddr | T::SockTuple | T::FdList | T::Dyn => None,
    }
}

fn address<'s>(raw: &[u8]) -> Option<Value<'s>> {
    let v4 = || <[u8; 4]>::try_from(raw).ok().map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    let v6 = || <[u8; 16]>::try_from(raw).ok().map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
    v4().or_else(v6).map(Value::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_format::EventBuf;
    use scap_state::State;

    #[test]
    fn a_name_given_in_short_is_what_is_printed() {
        let state = State::new();
        let mut named = 0;
        for domain in (0u32..60).map(u32::to_le_bytes).chain([[0xff; 4]]) {
            // The last is too short.
            for len in [4, 3] {
                let mut event = EventBuf::new(code::SOCKET_SOCKET_X, 1, 1);
                event.push(&3i64.to_le_bytes()).push(&domain[..len]);
                let fields = Fields::new(event.as_event(), &state);
                let mut out = Rendered::default();
                assert!(render::param(&fields.event, 1, &fields, &fields.render_options(), &mut out));
                if let Some(name) = one_name(&fields, 1) {
                    assert_eq!(name.as_bytes(), out.resolved);
                    named += 1;
                }
            }
        }
        assert!(named > 30, "{named}");
        assert!(
            one_name(&Fields::new(EventBuf::new(code::SOCKET_SOCKET_X, 1, 1).as_event(), &state), 1)
                .is_none()
        );
    }
}
