//! Falco rule files to a compiled rule set.
//!
//! Takes YAML text and a [`FieldScheme`], gives rules that can be asked of any [`FieldSource`].
//! Deliberately knows neither events nor Linux nor state: fields are names with types.
//!
//! - [`Loader`] reads rule files and gives a [`LoadReport`] and a [`RuleSet`].
//! - [`RuleSet::evaluate`] asks all rules about an event; [`RuleSet::evaluate_naively`] is its yardstick.
//! - [`Filter`] is a condition on its own, [`Template`] an output on its own.
#![forbid(unsafe_code)]

mod blueprint;
mod builtin;
mod check;
mod condition;
mod eval;
mod event_types;
mod explain;
mod field;
mod filter;
mod load;
mod report;
mod rule;
mod set;
mod source;
mod template;
mod value;
pub mod yaml;

pub use blueprint::{Blueprint, ListPlan, MacroPlan, RulePlan};
pub use builtin::{builtin, builtin_files};
pub use condition::{Check, Expr, Function, Literal, Modifier, Op, Operand, Right, SyntaxError};
pub use event_types::EventTypes;
pub use explain::{Explanation, NodeKind};
pub use field::{
    ArgKind, Compare, DecidedBy, Field, FieldArg, FieldDef, FieldId, FieldScheme, FieldSource, Scope, Subject,
};
pub use filter::{Filter, FilterError};
pub use load::{ENGINE_VERSION, Loader};
pub use report::{Code, Color, Counts, FileReport, Frame, LoadReport, Problem, nearest, render_error};
pub use rule::{Priority, Rule, RuleId};
pub use set::{Matching, Profile, RuleCost, RuleSet, Scratch, Selection, Variant, name_matches};
pub use source::{Location, Place, SourceFile, Sources};
pub use template::{Extractor, OutputField, Segment, Template, TemplateError};
pub use value::{FieldType, Value};
