//! Values to text and JSON, in Falco's formats.
//!
//! Takes values of fields with their type and print format, or templates and the fields of an event; gives
//! valid UTF-8 that is safe to print, or JSON values. Knows nothing of alerts and files.

mod cell;
mod clock;
mod number;
mod records;
mod repair;
mod template;
mod value;

pub use cell::defused;
pub use clock::{clock_time, date_time, iso8601_offset, iso8601_utc};
pub use number::{counted, grouped, shown_bytes};
pub use records::CsvWriter;
pub use repair::repaired;
pub use template::{fill, fill_output, output_fields};
pub(crate) use value::ip_text;
pub use value::{json_list, json_value, write_list, write_text};

/// What stands in text for a missing value.
pub const MISSING: &str = "<NA>";
