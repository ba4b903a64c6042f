//! `proc.*`: the process that did it.

pub(crate) mod ancestry;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod exefile;
pub(crate) mod ids;
pub(crate) mod leaders;
pub(crate) mod stdio;
pub(crate) mod times;
