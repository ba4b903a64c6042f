//! `fd.ip`, `fd.port`, `fd.net`, `fd.proto`: either end of a socket.

use scap_rules::{FieldArg, Value};
use scap_state::Endpoint;

use crate::fields::Fields;

/// Client and server of a connection, or the address a server is bound to.
fn ends(f: &Fields<'_>) -> Option<(Endpoint, Option<Endpoint>)> {
    let fd = f.fd()?;
    if let Some(tuple) = fd.sock.tuple(fd.ty) {
        return Some((tuple.source, Some(tuple.dest)));
    }
    fd.sock.server(fd.ty).map(|server| (server, None))
}

pub(crate) fn ips<'s>(f: &'s Fields<'_>, _: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
    let Some((one, other)) = ends(f) else { return false };
    out.push(Value::Ip(one.ip));
    out.extend(other.map(|end| Value::Ip(end.ip)));
    true
}

pub(crate) fn ports<'s>(f: &'s Fields<'_>, _: &FieldArg, out: &mut Vec<Value<'s>>) -> bool {
    let Some((one, other)) = ends(f) else { return false };
    out.push(Value::Uint(one.port.into()));
    out.extend(other.map(|end| Value::Uint(end.port.into())));
    true
}
