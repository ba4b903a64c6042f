//! Events and alerts in the schemas of other tools.
//!
//! Takes an event with its [`Fields`](scap_analyze::fields::Fields) and the [`Alert`](scap_analyze::alert::Alert) that a rule
//! made of it, if one did; writes a JSON object a line, or a line of comma-separated values, in a [`Schema`].
//!
//! - [`facts`]: what an event tells, collected once, in the plain words that all schemas share.
//! - `flat`: schemas that are a table: `scap`, `ecs` and `timesketch`; each column is one row that names it and says where it comes
//!   from, and JSON, CSV and the documentation are made of the rows.
//! - `ocsf`: the one that is made of objects.
//! - `json`, `csv`: how text of strangers is written so that nothing is lost and nothing happens.
//!
//! Deliberately knows nothing of traces, files and command lines; it writes to what it is given.
#![forbid(unsafe_code)]

mod exporter;
pub mod facts;
mod flat;
mod json;
mod ocsf;

pub use exporter::{Exporter, Format, Record, Schema, Unfit, What};
pub use flat::{ColumnInfo, Kind, columns};
