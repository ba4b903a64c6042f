//! Parameters whose meaning depends on another argument: `prctl`, `ptrace`, `keyctl`, `quotactl`, `fsconfig`,
//! socket options, semaphores.
//!
//! For each what to capture, which arguments to look at, and how to finish it. Facts from the man pages
//! and libscap's encoding of the `PT_DYN` parameters (one byte variant, then the value).

use super::compile::{mem, select, text};
use super::finish::Raw;
use super::op::{Kind, Op};
use scap_schema::fetch::{Convert, Fetch, Only, QuotaPart, When};

const PR_SET_NAME: u64 = 15;
const PR_GET_NAME: u64 = 16;
const PR_GET_CHILD_SUBREAPER: u64 = 37;

/// What to capture for `fetch`, if anything.
pub(crate) fn op(fetch: Fetch) -> Option<Op> {
    let on = |arg, values| Some(Only { arg, values, shift: 0 });
    Some(match fetch {
        Fetch::PrctlText => select(text(1, When::Always), on(0, &[15, 16])),
        Fetch::PrctlNumber => select(mem(1, 4), on(0, &[37])),
        Fetch::PtraceData => select(mem(3, 8), on(0, &[1, 2, 3])),
        Fetch::Keyctl(n) => select(text(n, When::Always), on(0, keyctl_texts(n)?)),
        Fetch::SockOptValue { len_behind } => {
            let kind = if len_behind { Kind::DataBehind } else { Kind::Data };
            Op { a: 3, b: 4, limit: 4096, ..Op::new(kind) }
        }
        Fetch::Semop { which: 0, .. } => Op { when: When::Zero as u8, ..mem(1, 6) },
        Fetch::Semop { .. } => {
            const SEVERAL: [u8; 62] = several();
            select(Op { when: When::Zero as u8, ..mem(1, 12) }, on(2, &SEVERAL))
        }
        Fetch::Quota(part) => quota_op(part)?,
        _ => return None,
    })
}

const fn several() -> [u8; 62] {
    let mut all = [0; 62];
    let mut n = 0u8;
    while n < 62 {
        all[n as usize] = n + 2;
        n += 1;
    }
    all
}

/// Arguments whose numbers finishing `fetch` needs.
pub(crate) const fn args(fetch: Fetch) -> &'static [u8] {
    match fetch {
        Fetch::PrctlText | Fetch::PrctlNumber => &[0, 1],
        Fetch::PtraceAddr | Fetch::PtraceData | Fetch::SemctlValue => &[0, 1, 2, 3],
        Fetch::Keyctl(_) => &[0, 1, 2, 3, 4],
        Fetch::Quota(_) => &[0, 2],
        Fetch::SockOptName | Fetch::SockOptValue { .. } => &[1, 2],
        Fetch::EachMessage(_) | Fetch::Reaper | Fetch::SignalSender => &[0],
        _ => &[],
    }
}

/// For which operations argument `n` of `keyctl` is a string; `None` for none.
const fn keyctl_texts(n: u8) -> Option<&'static [u8]> {
    match n {
        1 => Some(&[1]),
        2 => Some(&[10, 25, 26, 27, 28, 29]),
        3 => Some(&[10, 24, 29]),
        _ => None,
    }
}

/// How many arguments `keyctl` operation `op` takes.
const fn keyctl_args(op: u64) -> u8 {
    match op {
        1 | 3 | 7 | 14 | 16 | 21 => 1,
        0 | 5 | 8 | 9 | 15 | 22 | 31 => 2,
        2 | 4 | 6 | 11 | 13 | 17 | 24 | 29 | 32 => 3,
        10 | 12 | 19 | 20 | 23 | 25..=28 | 30 => 4,
        _ => 0,
    }
}

/// Argument `n` of `keyctl`: variant 1 is a string, variant 0 a number.
pub(crate) fn keyctl(raw: &Raw<'_>, n: u8, capture: usize, out: &mut Vec<u8>) {
    let op = raw.arg(0) & 0xffff_ffff;
    if keyctl_texts(n).is_some_and(|ops| ops.iter().any(|&o| u64::from(o) == op)) {
        out.push(1);
        out.extend_from_slice(raw.captures.bytes(capture));
    } else {
        out.push(0);
        let value = if n <= keyctl_args(op) { raw.arg(n) } else { 0 };
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// String argument of `prctl`; empty for options without one.
pub(crate) fn prctl_text<'a>(raw: &Raw<'a>, capture: usize) -> &'a [u8] {
    match raw.arg(0) & 0xffff_ffff {
        PR_SET_NAME | PR_GET_NAME => raw.captures.bytes(capture),
        _ => &[],
    }
}

/// Number argument of `prctl`.
pub(crate) fn prctl_number(raw: &Raw<'_>, capture: usize) -> u64 {
    match raw.arg(0) & 0xffff_ffff {
        PR_SET_NAME | PR_GET_NAME => 0,
        PR_GET_CHILD_SUBREAPER => raw.captures.number(capture, 0, 4).unwrap_or(0),
        _ => raw.arg(1),
    }
}

/// Address argument of `ptrace`: always variant 0, a number.
pub(crate) fn ptrace_addr(raw: &Raw<'_>, out: &mut Vec<u8>) {
    let value = if raw.ret < 0 { 0 } else { raw.arg(2) };
    out.push(0);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Data argument of `ptrace`: variant 1 is a signal, variant 0 a number.
pub(crate) fn ptrace_data(raw: &Raw<'_>, capture: usize, out: &mut Vec<u8>) {
    const CONT: u64 = 7;
    const SINGLESTEP: u64 = 9;
    const DETACH: u64 = 17;
    const SYSCALL: u64 = 24;
    let value = match raw.arg(0) {
        _ if raw.ret < 0 => 0,
        1..=3 => raw.captures.number(capture, 0, 8).unwrap_or(0),
        CONT | SINGLESTEP | DETACH | SYSCALL => {
            out.extend_from_slice(&[1, raw.arg(3).to_le_bytes()[0]]);
            return;
        }
        _ => raw.arg(3),
    };
    out.push(0);
    out.extend_from_slice(&value.to_le_bytes());
}

/// Value given to `semctl`.
pub(crate) fn semctl_value(raw: &Raw<'_>) -> u64 {
    const SETVAL: u64 = 16;
    if raw.arg(2) & 0xffff == SETVAL { raw.arg(3) } else { 0 }
}

/// Field of a `sembuf` (u16 number, i16 operation, i16 flags); 0 where it was not given or the call failed.
pub(crate) fn semop(raw: &Raw<'_>, capture: usize, which: u8, field: u8) -> u64 {
    let at = usize::from(which) * 6 + usize::from(field) * 2;
    let value = raw.captures.number(capture, at, 2).unwrap_or(0);
    if field < 2 {
        return value;
    }
    const IPC_NOWAIT: u64 = 0o4000;
    const SEM_UNDO: u64 = 0x1000;
    u64::from(value & IPC_NOWAIT != 0) | u64::from(value & SEM_UNDO != 0) << 1
}

/// Schema's value of the command in a `quotactl` command word, 0 if it names none.
fn quota_command(word: u64) -> u64 {
    match (word & 0xffff_ffff) >> 8 {
        0x80_0001 => 0x80,
        0x80_0002 => 1,
        0x80_0003 => 2,
        0x80_0004 => 4,
        0x80_0005 => 8,
        0x80_0006 => 0x10,
        0x80_0007 => 0x20,
        0x80_0008 => 0x40,
        xfs @ 0x5801..=0x5807 => 0x100 << (xfs - 0x5801),
        _ => 0,
    }
}

/// Numbers of special conversions.
pub(crate) fn convert(to: Convert, value: u64) -> u64 {
    match to {
        Convert::QuotaCommand => quota_command(value),
        Convert::QuotaType => match value & 0xff {
            0 => 1,
            1 => 2,
            _ => 0,
        },
        _ => value,
    }
}

/// The three structures that `quotactl` fills or reads, by command.
fn quota_op(part: QuotaPart) -> Option<Op> {
    let (len, values): (u32, &'static [u8]) = match part {
        QuotaPart::FormatOut => (4, &[4]),
        QuotaPart::BlockGrace | QuotaPart::InodeGrace | QuotaPart::Flags => (24, &[5, 6]),
        QuotaPart::Id | QuotaPart::Format => return None,
        _ => (72, &[7, 8]),
    };
    Some(select(mem(3, len), Some(Only { arg: 0, values, shift: 8 })))
}

/// What `quotactl` was told or told. Numbers count only if the structure says they are valid.
pub(crate) fn quota(raw: &Raw<'_>, part: QuotaPart, capture: usize) -> u64 {
    let command = quota_command(raw.arg(0));
    let number = |at: usize, width: usize| raw.captures.number(capture, at, width).unwrap_or(0);
    let limits = |at: usize, bit: u64| {
        if command & 0x60 != 0 && number(64, 4) & bit != 0 { number(at, 8) } else { 0 }
    };
    let grace = |at: usize, width: usize, bit: u64| {
        if command & 0x18 != 0 && number(20, 4) & bit != 0 { number(at, width) } else { 0 }
    };
    match part {
        QuotaPart::BlockHard => limits(0, 1),
        QuotaPart::BlockSoft => limits(8, 1),
        QuotaPart::Space => limits(16, 2),
        QuotaPart::InodeHard => limits(24, 4),
        QuotaPart::InodeSoft => limits(32, 4),
        QuotaPart::BlockTime => limits(48, 16),
        QuotaPart::InodeTime => limits(56, 32),
        QuotaPart::BlockGrace => grace(0, 8, 1),
        QuotaPart::InodeGrace => grace(8, 8, 2),
        QuotaPart::Flags => grace(16, 4, 4),
        QuotaPart::FormatOut if command == 4 => quota_format(number(0, 4)),
        QuotaPart::FormatOut => 1,
        QuotaPart::Id if command & (0x60 | 0x400 | 0x800) != 0 => raw.arg(2),
        QuotaPart::Id => 0,
        QuotaPart::Format if command == 1 => quota_format(raw.arg(2) & 0xffff_ffff),
        QuotaPart::Format => 1,
    }
}

const fn quota_format(value: u64) -> u64 {
    match value {
        1 => 2,
        2 => 4,
        4 => 8,
        _ => 1,
    }
}
