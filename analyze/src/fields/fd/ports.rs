//! `fd.cport`, `fd.sproto` and kin: ports, as numbers and as strings.

use scap_rules::{FieldArg, Value};

use super::net::{local_and_remote, sides};
use crate::fields::{Fields, owned, uint, word};

pub(crate) fn cport<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(sides(f)?.source.port)
}

pub(crate) fn sport<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let fd = f.fd()?;
    match fd.sock.server(fd.ty) {
        Some(server) => uint(server.port),
        None => uint(sides(f)?.dest.port),
    }
}

pub(crate) fn lport<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(local_and_remote(f)?.0.port)
}

pub(crate) fn rport<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(local_and_remote(f)?.1.port)
}

/// Empty where a side is known but there is no port, as for a unix socket.
pub(crate) fn cproto<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    f.fd().filter(|fd| !fd.role.is_none())?;
    match sides(f) {
        Some(tuple) => owned(tuple.source.port.to_string()),
        None => word(""),
    }
}

/// Empty for a socket that only listens.
pub(crate) fn sproto<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    let fd = f.fd()?;
    if fd.sock.server(fd.ty).is_some() {
        return word("");
    }
    owned(sides(f)?.dest.port.to_string())
}

pub(crate) fn lproto<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(local_and_remote(f)?.0.port.to_string())
}

pub(crate) fn rproto<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(local_and_remote(f)?.1.port.to_string())
}
