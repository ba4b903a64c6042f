//! Interface list blocks, versions 1 and 2: the network addresses of the machine.
//!
//! An entry: in version 2 its length *without* these 4 bytes (unlike every other list), then type (2),
//! length of the name (2), address, netmask and broadcast (4 or 16 each, network order), link speed (8, not
//! in types 3 and 4), name.
//!
//! Source: `scap_ifinfo_ipv4` and the savefile engine of falcosecurity/libs.

use super::{fields::Fields, frame, kind::INTERFACES_V2};
use crate::snapshot::Interface;

/// Longest name libscap reads back, bytes.
const MAX_NAME: u16 = 1023;

const IPV4: u16 = 1;
const IPV6: u16 = 2;
const IPV4_NO_SPEED: u16 = 3;
const IPV6_NO_SPEED: u16 = 4;

/// Appends an interface list block. Names are cut to 1023 bytes, as libscap reads them back.
pub fn encode(out: &mut Vec<u8>, interfaces: &[Interface]) {
    frame::put(out, INTERFACES_V2, |out| {
        for interface in interfaces {
            match interface {
                Interface::V4 { name, addr, netmask, broadcast, linkspeed } => {
                    let fixed = [addr.octets(), netmask.octets(), broadcast.octets()];
                    encode_entry(out, IPV4, name, fixed.as_flattened(), *linkspeed);
                }
                Interface::V6 { name, addr, netmask, broadcast, linkspeed } => {
                    let fixed = [addr.octets(), netmask.octets(), broadcast.octets()];
                    encode_entry(out, IPV6, name, fixed.as_flattened(), *linkspeed);
                }
            }
        }
    });
}

fn encode_entry(out: &mut Vec<u8>, code: u16, name: &[u8], addresses: &[u8], linkspeed: u64) {
    let name = name.get(..usize::from(MAX_NAME)).unwrap_or(name);
    let name_len = u16::try_from(name.len()).unwrap_or(MAX_NAME);
    let len = u32::try_from(12 + addresses.len() + name.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&name_len.to_le_bytes());
    out.extend_from_slice(addresses);
    out.extend_from_slice(&linkspeed.to_le_bytes());
    out.extend_from_slice(name);
}

/// Reads the body of an interface list. The flag tells whether the whole body made sense; if not, the
/// entries before the nonsense are there.
pub(crate) fn decode(body: &[u8], sized: bool, big_endian: bool) -> (Vec<Interface>, bool) {
    let mut fields = Fields::new(body, big_endian);
    let mut interfaces = Vec::new();
    while fields.left() >= 4 {
        let entry = if sized {
            fields.u32().and_then(|len| fields.entry(len)).and_then(|mut entry| decode_entry(&mut entry))
        } else {
            decode_entry(&mut fields)
        };
        let Some(entry) = entry else { return (interfaces, false) };
        interfaces.push(entry);
    }
    (interfaces, true)
}

fn decode_entry(f: &mut Fields<'_>) -> Option<Interface> {
    let (code, name_len) = (f.u16()?, usize::from(f.u16()?));
    Some(match code {
        IPV4 | IPV4_NO_SPEED => Interface::V4 {
            addr: f.array::<4>()?.into(),
            netmask: f.array::<4>()?.into(),
            broadcast: f.array::<4>()?.into(),
            linkspeed: if code == IPV4 { f.u64()? } else { 0 },
            name: f.take(name_len)?.to_vec(),
        },
        IPV6 | IPV6_NO_SPEED => Interface::V6 {
            addr: f.array::<16>()?.into(),
            netmask: f.array::<16>()?.into(),
            broadcast: f.array::<16>()?.into(),
            linkspeed: if code == IPV6 { f.u64()? } else { 0 },
            name: f.take(name_len)?.to_vec(),
        },
        _ => return None,
    })
}
