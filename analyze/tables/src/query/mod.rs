//! From a statement to rows.
//!
//! [`statement`] refuses what is no question, [`plan`] finds out which rows of which columns the engine's optimised plan
//! needs, [`pushdown`] which of them the walk through the trace can leave out by itself, [`split`] which aggregates can
//! be made batch by batch, and [`run`] does it.

pub(crate) mod engine;
pub(crate) mod plan;
pub(crate) mod pushdown;
pub(crate) mod reduce;
pub(crate) mod run;
pub(crate) mod split;
pub(crate) mod statement;
