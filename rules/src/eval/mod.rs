//! Conditions evaluated one comparison at a time: the definition of right.
//!
//! [`Cond`](crate::check::Cond) + [`FieldSource`](crate::FieldSource) → true or false, with libsinsp's
//! semantics of comparisons. The compiled evaluator ([`crate::set`]) must agree with [`naive::holds`] on every
//! event; property tests say so. Both compare single values by [`compare`].

pub(crate) mod compare;
pub(crate) mod extract;
mod getopt;
pub(crate) mod glob;
pub(crate) mod naive;
pub(crate) mod path;
pub(crate) mod transform;
