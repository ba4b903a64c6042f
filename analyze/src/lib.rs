//! Fields, replay, alerts and sinks.
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod fields;
pub mod print;
pub mod render;
pub mod sink;
