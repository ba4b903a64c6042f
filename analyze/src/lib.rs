//! Fields, replay, alerts and sinks: where rules meet what happened.
//!
//! Takes traces ([`scap_format::TraceReader`]) and rules ([`scap_rules::RuleSet`]); gives alerts, lines and
//! figures.
//!
//! - [`attack`]: tactics and techniques that the tags of rules name.
//! - [`catalogue`]: every field, in one table; [`catalogue::Scheme`] is what rules are loaded with.
//! - [`fields`]: what a field says of an event and the state right after it.
//! - [`replay`]: a trace against rules; [`alert`]: what is said of a match; [`sink`]: where it goes.
//! - [`convert`]: traces to other traces: merged, sliced, filtered, blanked.
//! - [`read`]: events as lines; [`print`] and [`render`]: values and parameters as text and JSON.
//!
//! Deliberately knows nothing of the syntax of rules, of containers of bytes, and of command lines.
#![forbid(unsafe_code)]

pub mod alert;
pub mod attack;
pub mod catalogue;
pub mod convert;
pub mod fields;
pub mod print;
pub mod read;
pub mod render;
pub mod replay;
pub mod sink;
