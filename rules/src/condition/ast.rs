//! The tree of a condition.
//!
//! Every node keeps its [`Place`], so that a problem found after lists and macros have been expanded still
//! points at the file and line that is to blame. Copies share their parts: a macro is spelled out by every rule that
//! names it.

use std::sync::Arc;

use super::{Function, Limits, Modifier, Op, SyntaxError, parse};
use crate::source::{MappedText, Place};

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All hold. At least two.
    And(Arc<[Expr]>),
    /// One holds. At least two.
    Or(Arc<[Expr]>),
    /// It does not hold.
    Not(Arc<Expr>),
    /// A macro by name; gone after expansion.
    Macro {
        /// Its name.
        name: String,
        /// Where it is used.
        place: Place,
    },
    /// A comparison.
    Check(Arc<Check>),
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is compared.
    pub left: Operand,
    /// How.
    pub op: Op,
    /// With how many elements of the list on the right.
    pub modifier: Option<Modifier>,
    /// With what.
    pub right: Right,
}

impl Check {
    /// Where it begins.
    #[must_use]
    pub fn place(&self) -> Place {
        self.left.place()
    }
}

/// Right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// Nothing (`exists`).
    Nothing,
    /// One literal.
    Literal(Literal),
    /// Literals in parentheses.
    List(Vec<Literal>),
    /// A field or transformer.
    Operand(Operand),
}

/// A literal as written, unquoted and unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Its bytes: UTF-8 unless an escape (`\xff`) says otherwise.
    pub bytes: Vec<u8>,
    /// Where it begins.
    pub place: Place,
}

impl Literal {
    /// Its text, for people: bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// Something that gives values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A field.
    Field {
        /// Its dotted name; may end in an argument (`evt.arg.flags`).
        name: String,
        /// What stood in brackets.
        arg: Option<String>,
        /// Where it begins.
        place: Place,
    },
    /// A transformer.
    Call {
        /// Which.
        function: Function,
        /// Of what.
        args: Vec<Operand>,
        /// What stood in brackets after it.
        arg: Option<String>,
        /// Where it begins.
        place: Place,
    },
    /// A list in parentheses, as argument of a transformer.
    List {
        /// Its elements.
        items: Vec<Operand>,
        /// Where it begins.
        place: Place,
    },
    /// A string or number, as argument of a transformer.
    Text(Literal),
}

impl Operand {
    /// Where it begins.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Operand::Field { place, .. } | Operand::Call { place, .. } | Operand::List { place, .. } => {
                *place
            }
            Operand::Text(literal) => literal.place,
        }
    }
}

impl Expr {
    /// Parses `text` without asking which fields and macros exist.
    ///
    /// # Errors
    /// The first place where it is not a condition.
    pub fn parse(text: &str) -> Result<Expr, SyntaxError> {
        parse(&MappedText::verbatim(text), Limits::FILTER)
    }

    /// Where it begins.
    #[must_use]
    pub fn place(&self) -> Place {
        let mut expr = self;
        loop {
            expr = match expr {
                Expr::And(children) | Expr::Or(children) => match children.first() {
                    Some(first) => first,
                    None => return Place::UNKNOWN,
                },
                Expr::Not(child) => child,
                Expr::Macro { place, .. } => return *place,
                Expr::Check(check) => return check.place(),
            };
        }
    }

    /// Calls `visit` on every comparison, left to right.
    pub fn for_each_check<'e>(&'e self, visit: &mut dyn FnMut(&'e Check)) {
        match self {
            Expr::And(children) | Expr::Or(children) => {
                for child in children.iter() {
                    child.for_each_check(visit);
                }
            }
            Expr::Not(child) => child.for_each_check(visit),
            Expr::Macro { .. } => {}
            Expr::Check(check) => visit(check),
        }
    }
}
