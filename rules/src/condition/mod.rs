//! Conditions as text and as a tree.
//!
//! Text → [`Expr`], and back by `Display`. Knows the grammar (libsinsp's `filter/parser`), not which fields exist.

mod ast;
mod comparison;
mod cursor;
mod display;
mod escape;
mod op;
mod parser;

pub use ast::{Check, Expr, Literal, Operand, Right};
pub use op::{Function, Modifier, Op};
pub use parser::SyntaxError;
pub(crate) use parser::{Limits, parse, parse_operand, parse_operand_at};
