//! Traces as tables: asked by SQL, written as Parquet.
//!
//! Takes traces and a question ([`Statement`]); gives rows to a [`Sink`](output::Sink), as a table for people, CSV, JSON
//! lines, Markdown or Parquet. [`Table`] says which tables and columns there are.
//!
//! The query engine is polars. It plans; the walk through the trace computes only the columns that the plan needs, decides
//! what it can of the condition itself, and hands over batches, so that what is held does not grow with the trace where the
//! question allows it.
//!
//! Deliberately knows nothing of command lines, nor of terminals but how wide they are.
#![forbid(unsafe_code)]

mod accounts;
mod cell;
mod error;
mod export;
mod gather;
mod guard;
pub mod output;
pub mod queries;
mod query;
mod schema;
mod store;
mod tables;
mod trace;
mod walk;

pub use error::{Error, Mistake};
pub use export::{Places, parquet};
pub use query::run::{Question, plan_of};
pub use query::statement::Statement;
pub use schema::{Described, Type};
pub use tables::Table;
pub use trace::{Note, Open, Trace, Unreadable};
