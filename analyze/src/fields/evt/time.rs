//! `evt.time` and kin: when it happened.

use scap_rules::{FieldArg, Value};

use crate::fields::{Fields, owned, uint, word};
use crate::print::{clock_time, date_time, iso8601_offset};

const SECOND: u64 = 1_000_000_000;

pub(crate) fn time<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(clock_time(f.event.ts, true))
}

pub(crate) fn time_s<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(clock_time(f.event.ts, false))
}

pub(crate) fn iso8601<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(iso8601_offset(f.event.ts))
}

pub(crate) fn datetime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(date_time(f.event.ts, true))
}

pub(crate) fn datetime_s<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    owned(date_time(f.event.ts, false))
}

pub(crate) fn rawtime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.event.ts)
}

pub(crate) fn rawtime_s<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.event.ts / SECOND)
}

pub(crate) fn rawtime_ns<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(f.event.ts % SECOND)
}

/// Time since the first event; 0 if clocks of different processors put this one before it.
fn since_start(f: &Fields<'_>) -> u64 {
    f.event.ts.saturating_sub(f.state.first_ts().unwrap_or(f.event.ts))
}

pub(crate) fn reltime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_start(f))
}

pub(crate) fn reltime_s<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_start(f) / SECOND)
}

pub(crate) fn reltime_ns<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_start(f) % SECOND)
}

fn since_previous(f: &Fields<'_>) -> u64 {
    f.event.ts.saturating_sub(f.state.previous_ts().unwrap_or(f.event.ts))
}

pub(crate) fn deltatime<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_previous(f))
}

pub(crate) fn deltatime_s<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_previous(f) / SECOND)
}

pub(crate) fn deltatime_ns<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(since_previous(f) % SECOND)
}

/// Distance from the time in the argument, in milliseconds, rounded up.
pub(crate) fn around<'s>(f: &'s Fields<'_>, arg: &FieldArg) -> Option<Value<'s>> {
    let FieldArg::Index(at) = arg else { return None };
    uint(f.event.ts.abs_diff(*at).div_ceil(1_000_000))
}

/// Time between enter and exit event, which old rules ask for and nobody knows any more.
pub(crate) fn no_latency<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    uint(0u32)
}

pub(crate) fn no_latency_human<'s>(_: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    word("0ns")
}
