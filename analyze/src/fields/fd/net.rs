//! `fd.cip`, `fd.lip`, `fd.is_server` and kin: who talks to whom.

use std::net::IpAddr;

use scap_rules::{FieldArg, Value};
use scap_state::{Endpoint, FdType, Tuple};

use crate::fields::{Fields, flag, word};

/// Both ends of a connection whose sides are known.
pub(super) fn sides(f: &Fields<'_>) -> Option<Tuple> {
    let fd = f.fd().filter(|fd| !fd.role.is_none())?;
    fd.sock.tuple(fd.ty)
}

/// Local and remote end: the client is the local one if its address is the machine's.
pub(super) fn local_and_remote(f: &Fields<'_>) -> Option<(Endpoint, Endpoint)> {
    let tuple = sides(f)?;
    Some(if is_local(f, tuple.source.ip) { (tuple.source, tuple.dest) } else { (tuple.dest, tuple.source) })
}

/// Whether `ip` is an address of the machine, or of the container that the thread runs in.
fn is_local(f: &Fields<'_>, ip: IpAddr) -> bool {
    if let Some(thread) = f.thread
        && !thread.container.is_empty()
    {
        let IpAddr::V4(wanted) = ip else { return false };
        let is_it = |text: &str| text.parse() == Ok(wanted);
        match f.state.container(thread).map_or("", |container| container.ip.as_str()) {
            // A container without an address may use that of its pod, which is another container's.
            "" => return f.state.containers().iter().any(|container| is_it(&container.ip)),
            own if is_it(own) => return true,
            _ => {}
        }
    }
    f.state.interfaces().is_local(ip)
}

pub(crate) fn cip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    Some(Value::Ip(sides(f)?.source.ip))
}

pub(crate) fn sip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let fd = f.fd().filter(|fd| !fd.role.is_none())?;
    let server = fd.sock.server(fd.ty).or_else(|| fd.sock.tuple(fd.ty).map(|tuple| tuple.dest));
    Some(Value::Ip(server?.ip))
}

pub(crate) fn lip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    Some(Value::Ip(local_and_remote(f)?.0.ip))
}

pub(crate) fn rip<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    Some(Value::Ip(local_and_remote(f)?.1.ip))
}

pub(crate) fn l4proto<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word(f.fd()?.l4proto().name())
}

pub(crate) fn sockfamily<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    match f.fd()?.ty {
        FdType::Ipv4Socket | FdType::Ipv6Socket | FdType::Ipv4Server | FdType::Ipv6Server => word("ip"),
        FdType::Unix => word("unix"),
        _ => None,
    }
}

pub(crate) fn is_server<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let fd = f.fd()?;
    flag(match fd.ty {
        FdType::Ipv4Server | FdType::Ipv6Server => true,
        _ => fd.sock.tuple(fd.ty).is_some_and(|tuple| is_local(f, tuple.dest.ip)),
    })
}
