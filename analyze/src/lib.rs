//! Fields, replay, alerts and sinks.
#![forbid(unsafe_code)]

pub mod render;
