//! Falco rule files to a compiled rule set.
//!
//! Takes YAML text and a [`FieldScheme`], gives rules that can be asked of any [`FieldSource`].
//! Deliberately knows neither events nor Linux nor state: fields are names with types.
#![forbid(unsafe_code)]

mod field;
mod value;

pub use field::{ArgKind, Compare, Field, FieldArg, FieldDef, FieldId, FieldScheme, FieldSource, Scope};
pub use value::{FieldType, Value};
