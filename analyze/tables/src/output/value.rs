//! One value of an answer as text and as JSON.

use polars::prelude::{AnyValue, DataFrame, PolarsResult, Series, TimeUnit};
use scap_analyze::print::iso8601_utc;
use serde_json::{Number, Value as Json};

use crate::error::Error;

/// Columns of `rows`, each in one piece, for reading value by value.
///
/// # Errors
/// If the engine does not give them.
pub(super) fn columns(rows: &DataFrame) -> Vec<Series> {
    rows.columns().iter().map(|column| column.as_materialized_series().rechunk()).collect()
}

/// The value of `column` at `row`.
pub(super) fn at(column: &Series, row: usize) -> Result<AnyValue<'_>, Error> {
    let value: PolarsResult<AnyValue<'_>> = column.get(row);
    value.map_err(|error| Error::Engine(error.to_string()))
}

/// Whether it is text, which may hold anything.
pub(super) fn is_text(value: &AnyValue<'_>) -> bool {
    !(value.is_primitive_numeric()
        || matches!(value, AnyValue::Null | AnyValue::Boolean(_) | AnyValue::Datetime(..)))
}

/// Appends it as text; nothing for none.
pub(super) fn write(value: &AnyValue<'_>, out: &mut String) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = match value {
        AnyValue::Null => Ok(()),
        AnyValue::String(text) => out.write_str(text),
        AnyValue::StringOwned(text) => out.write_str(text),
        AnyValue::Boolean(yes) => write!(out, "{yes}"),
        AnyValue::Int64(number) => write!(out, "{number}"),
        AnyValue::UInt64(number) => write!(out, "{number}"),
        AnyValue::UInt32(number) => write!(out, "{number}"),
        AnyValue::Int32(number) => write!(out, "{number}"),
        AnyValue::Float64(number) => write!(out, "{number}"),
        AnyValue::Datetime(at, unit, _) => match nanos(*at, *unit) {
            Some(ts) => out.write_str(&iso8601_utc(ts)),
            None => write!(out, "{value}"),
        },
        AnyValue::List(inner) => out.write_str(&list(inner).to_string()),
        other => write!(out, "{other}"),
    };
}

/// It as JSON. Times are text.
pub(super) fn json(value: &AnyValue<'_>) -> Json {
    match value {
        AnyValue::Null => Json::Null,
        AnyValue::Boolean(yes) => Json::Bool(*yes),
        AnyValue::Int32(number) => Json::from(*number),
        AnyValue::Int64(number) => Json::from(*number),
        AnyValue::UInt32(number) => Json::from(*number),
        AnyValue::UInt64(number) => Json::from(*number),
        AnyValue::Float64(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        AnyValue::List(inner) => list(inner),
        other => {
            let mut text = String::new();
            write(other, &mut text);
            Json::String(text)
        }
    }
}

fn list(inner: &Series) -> Json {
    Json::Array((0..inner.len()).filter_map(|at| inner.get(at).ok()).map(|value| json(&value)).collect())
}

fn nanos(at: i64, unit: TimeUnit) -> Option<u64> {
    let at = u64::try_from(at).ok()?;
    match unit {
        TimeUnit::Nanoseconds => Some(at),
        TimeUnit::Microseconds => at.checked_mul(1_000),
        TimeUnit::Milliseconds => at.checked_mul(1_000_000),
    }
}
