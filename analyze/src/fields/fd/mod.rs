//! `fd.*`: the descriptor that the event creates, uses or closes.

pub(crate) mod basic;
pub(crate) mod device;
pub(crate) mod ends;
pub(crate) mod name;
pub(crate) mod net;
pub(crate) mod ports;
pub(crate) mod types;
