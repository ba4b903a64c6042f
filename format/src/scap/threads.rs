//! Thread list blocks, versions 1 to 9: the processes of the snapshot.
//!
//! An entry is a run of fields in fixed order; each version added some, most of them in the middle. Version
//! 9 puts the entry's length first and only grows at the end, so that a reader skips what it does not know
//! and takes what is missing as unknown. What each version added:
//!
//! | version | fields |
//! |---|---|
//! | 2 | memory sizes, page faults |
//! | 3 | environment |
//! | 4 | vtid, vpid, cgroups |
//! | 5 | root |
//! | 6 | session |
//! | 7 | path of the executable |
//! | 8 | process group |
//! | 9 | everything from the start of the pid namespace on |
//!
//! Source: `scap_savefile.c` and the savefile engine of falcosecurity/libs.

use super::{fields::Fields, frame, kind::THREADS_V9};
use crate::snapshot::ThreadEntry;

/// What is said of a list that makes no sense from some entry on.
pub(super) const CONTRADICTION: &str = "thread list contradicts itself";

/// Longest path libscap reads back, bytes.
const MAX_PATH: u16 = 1024;
/// Longest argument list, environment or cgroup list libscap reads back, bytes.
const MAX_LIST: u16 = 4096;
/// Lists are split into blocks of about this many bytes, so that no reader has to hold a huge one.
const SPLIT_AT: usize = 8 << 20;
/// Bytes of what old writers had after the root: login user, writable, three capability sets.
const OLD_TAIL: usize = 29;

/// Appends `threads` as blocks of version 9, several if they are many, none if there is none.
///
/// Strings are cut to what libscap reads back: paths to 1024 bytes, arguments, environment and cgroups to
/// 4096.
pub fn encode(out: &mut Vec<u8>, mut threads: &[ThreadEntry]) {
    while !threads.is_empty() {
        frame::put(out, THREADS_V9, |out| {
            let start = out.len();
            while let Some((thread, rest)) = threads.split_first() {
                frame::put_sized(out, |out| encode_entry(out, thread));
                threads = rest;
                if out.len() - start > SPLIT_AT {
                    break;
                }
            }
        });
    }
}

fn encode_entry(out: &mut Vec<u8>, t: &ThreadEntry) {
    for id in [t.tid, t.pid, t.ptid, t.sid, t.vpgid] {
        out.extend_from_slice(&id.to_le_bytes());
    }
    frame::put_text(out, &t.comm, MAX_PATH);
    frame::put_text(out, &t.exe, MAX_PATH);
    frame::put_text(out, &t.exepath, MAX_PATH);
    frame::put_text(out, &t.args, MAX_LIST);
    frame::put_text(out, &t.cwd, MAX_PATH);
    out.extend_from_slice(&t.fdlimit.to_le_bytes());
    for word in [t.flags, t.uid, t.gid, t.vmsize_kb, t.vmrss_kb, t.vmswap_kb] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&t.pfmajor.to_le_bytes());
    out.extend_from_slice(&t.pfminor.to_le_bytes());
    frame::put_text(out, &t.env, MAX_LIST);
    out.extend_from_slice(&t.vtid.to_le_bytes());
    out.extend_from_slice(&t.vpid.to_le_bytes());
    frame::put_text(out, &t.cgroups, MAX_LIST);
    frame::put_text(out, &t.root, MAX_PATH);
    encode_tail(out, t);
}

/// The fields that readers may not know. What an old capture did not say stays unsaid.
fn encode_tail(out: &mut Vec<u8>, t: &ThreadEntry) {
    let is_old = t.cap_permitted.is_none() && t.pgid.is_none() && t.pidns_init_start_ts == 0 && t.tty == 0;
    if !is_old {
        out.extend_from_slice(&t.pidns_init_start_ts.to_le_bytes());
        out.extend_from_slice(&t.tty.to_le_bytes());
    }
    out.extend_from_slice(&t.loginuid.unwrap_or(u32::MAX).to_le_bytes());
    out.push(u8::from(t.exe_writable));
    if is_old {
        return;
    }
    for set in [t.cap_inheritable, t.cap_permitted, t.cap_effective] {
        out.extend_from_slice(&set.unwrap_or(0).to_le_bytes());
    }
    out.push(u8::from(t.exe_upper_layer));
    for value in [t.exe_ino, t.exe_ino_ctime, t.exe_ino_mtime] {
        out.extend_from_slice(&value.to_le_bytes());
    }
    out.push(u8::from(t.exe_from_memfd));
    out.push(u8::from(t.exe_lower_layer));
    if let Some(pgid) = t.pgid {
        out.extend_from_slice(&pgid.to_le_bytes());
    }
}

/// Bytes that an entry of version 9 has without its strings, about.
const LEAST: usize = 192;

/// Reads the body of a thread list of `version`. The flag tells whether the whole body made sense; if not,
/// the entries before the nonsense are there.
pub(crate) fn decode(body: &[u8], version: u8, big_endian: bool) -> (Vec<ThreadEntry>, bool) {
    let mut fields = Fields::new(body, big_endian);
    // Growing it entry by entry would copy every entry twice. No entry of a newer version is shorter.
    let mut threads = Vec::with_capacity(if version >= 9 { body.len() / LEAST } else { 0 });
    while fields.left() >= 4 {
        let Some(entry) = next(&mut fields, version) else { return (threads, false) };
        threads.push(entry);
    }
    (threads, true)
}

/// The next entry of a list; `None` if it makes no sense.
pub(super) fn next<'a, T: From<&'a [u8]> + Default>(
    fields: &mut Fields<'a>,
    version: u8,
) -> Option<ThreadEntry<T>> {
    if version >= 9 {
        decode_entry(&mut fields.sized_entry()?, version)
    } else {
        decode_entry(fields, version)
    }
}

fn decode_entry<'a, T: From<&'a [u8]> + Default>(f: &mut Fields<'a>, version: u8) -> Option<ThreadEntry<T>> {
    let mut t = ThreadEntry {
        tid: f.i64()?,
        pid: f.i64()?,
        ptid: f.i64()?,
        sid: -1,
        vpgid: -1,
        vtid: -1,
        vpid: -1,
        ..ThreadEntry::default()
    };
    if version >= 6 {
        t.sid = f.i64()?;
    }
    if version >= 8 {
        t.vpgid = f.i64()?;
    }
    t.comm = f.text()?;
    t.exe = f.text()?;
    if version >= 7 {
        t.exepath = f.text()?;
    }
    t.args = f.text()?;
    t.cwd = f.text()?;
    t.fdlimit = f.i64()?;
    (t.flags, t.uid, t.gid) = (f.u32()?, f.u32()?, f.u32()?);
    if version >= 2 {
        (t.vmsize_kb, t.vmrss_kb, t.vmswap_kb) = (f.u32()?, f.u32()?, f.u32()?);
        (t.pfmajor, t.pfminor) = (f.u64()?, f.u64()?);
    }
    if version >= 3 {
        t.env = f.text()?;
    }
    if version >= 4 {
        (t.vtid, t.vpid) = (f.i64()?, f.i64()?);
        t.cgroups = f.text()?;
    }
    if version >= 5 {
        t.root = f.text()?;
    }
    if version >= 9 {
        decode_tail(f, &mut t);
    }
    Some(t)
}

/// The fields of version 9 that a writer may not have known yet.
fn decode_tail<T>(f: &mut Fields<'_>, t: &mut ThreadEntry<T>) -> Option<()> {
    // Two fields were once added before the others instead of behind them; only the length tells.
    if f.left() > OLD_TAIL {
        t.pidns_init_start_ts = f.u64()?;
        t.tty = f.u32()?;
    }
    t.loginuid = Some(f.u32()?).filter(|&uid| uid != u32::MAX);
    t.exe_writable = f.u8()? != 0;
    t.cap_inheritable = Some(f.u64()?);
    t.cap_permitted = Some(f.u64()?);
    t.cap_effective = Some(f.u64()?);
    t.exe_upper_layer = f.u8()? != 0;
    t.exe_ino = f.u64()?;
    t.exe_ino_ctime = f.u64()?;
    t.exe_ino_mtime = f.u64()?;
    t.exe_from_memfd = f.u8()? != 0;
    t.exe_lower_layer = f.u8()? != 0;
    t.pgid = Some(f.i64()?);
    Some(())
}
