//! Machine block: processors, memory, host name, boot time.
//!
//! | offset in the body | size | what |
//! |---|---|---|
//! | 0 | 4 | processors |
//! | 4 | 8 | memory, bytes |
//! | 12 | 8 | highest pid |
//! | 20 | 128 | host name, padded with NULs |
//! | 148 | 8 | boot time, ns since the epoch |
//! | 156 | 8 | flags |
//! | 164 | 8, 8 | reserved |
//!
//! Source: `scap_machine_info.h` of falcosecurity/libs.

use super::{fields::Fields, frame, kind::MACHINE};
use crate::snapshot::MachineInfo;

const HOSTNAME_LEN: usize = 128;

/// Appends a machine block; a host name over 127 bytes is cut.
pub fn encode(out: &mut Vec<u8>, machine: &MachineInfo) {
    frame::put(out, MACHINE, |out| {
        out.extend_from_slice(&machine.num_cpus.to_le_bytes());
        out.extend_from_slice(&machine.memory_size_bytes.to_le_bytes());
        out.extend_from_slice(&machine.max_pid.to_le_bytes());
        let end = out.len() + HOSTNAME_LEN;
        out.extend(machine.hostname.iter().take(HOSTNAME_LEN - 1));
        out.resize(end, 0);
        out.extend_from_slice(&machine.boot_ts_epoch.to_le_bytes());
        out.extend_from_slice(&machine.flags.to_le_bytes());
        for word in machine.reserved {
            out.extend_from_slice(&word.to_le_bytes());
        }
    });
}

/// Reads the body of a machine block; `None` if it is too short to name the host.
pub(crate) fn decode(body: &[u8], big_endian: bool) -> Option<MachineInfo> {
    let mut fields = Fields::new(body, big_endian);
    let (num_cpus, memory_size_bytes, max_pid) = (fields.u32()?, fields.u64()?, fields.u64()?);
    let name = fields.take(HOSTNAME_LEN)?;
    let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
    Some(MachineInfo {
        num_cpus,
        memory_size_bytes,
        max_pid,
        hostname: name.get(..end).unwrap_or(name).to_vec(),
        boot_ts_epoch: fields.u64().unwrap_or(0),
        flags: fields.u64().unwrap_or(0),
        reserved: [fields.u64().unwrap_or(0), fields.u64().unwrap_or(0)],
    })
}
