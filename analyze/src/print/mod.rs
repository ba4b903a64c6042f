//! Values to text and JSON, in Falco's formats.
//!
//! Takes values of fields with their type and print format; gives bytes that are safe to print and valid
//! UTF-8, or JSON values. Knows neither events nor state.

mod clock;
mod repair;
mod value;

pub use clock::{clock_time, date_time, iso8601_offset, iso8601_utc};
pub use repair::repaired;
pub(crate) use value::ip_text;
pub use value::{json_list, json_value, write_list, write_text};

/// What stands in text for a missing value.
pub const MISSING: &str = "<NA>";
