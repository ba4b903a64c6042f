//! Why a condition holds of an event, or why not.
//!
//! A tree of the condition's shape: every part with its truth, every comparison with the values it saw. Slow; for
//! people who ask about one event.

use std::fmt;

use crate::check::Cond;
use crate::condition::Expr;
use crate::eval::{extract, naive, transform};
use crate::field::FieldSource;
use crate::value::Value;

/// A part of a condition as of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What kind of part.
    pub kind: NodeKind,
    /// Its text.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// Of a comparison, the values of its left side as text: `None` if the field is missing.
    pub values: Option<Vec<String>>,
    /// What it is made of.
    pub children: Vec<Explanation>,
}

/// Kinds of parts of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names say it")]
pub enum NodeKind {
    And,
    Or,
    Not,
    Check,
}

/// Explains `cond`, which was made from `expr` and has its shape.
pub(crate) fn explain<S: FieldSource + ?Sized>(expr: &Expr, cond: &Cond, source: &S) -> Explanation {
    let (kind, children) = match (expr, cond) {
        (Expr::And(exprs), Cond::And(conds)) => (NodeKind::And, each(exprs, conds, source)),
        (Expr::Or(exprs), Cond::Or(conds)) => (NodeKind::Or, each(exprs, conds, source)),
        (Expr::Not(expr), Cond::Not(cond)) => (NodeKind::Not, vec![explain(expr, cond, source)]),
        _ => (NodeKind::Check, Vec::new()),
    };
    Explanation {
        kind,
        text: expr.to_string(),
        holds: naive::holds(cond, source),
        values: seen(cond, source),
        children,
    }
}

fn each<S: FieldSource + ?Sized>(exprs: &[Expr], conds: &[Cond], source: &S) -> Vec<Explanation> {
    exprs.iter().zip(conds).map(|(expr, cond)| explain(expr, cond, source)).collect()
}

fn seen<S: FieldSource + ?Sized>(cond: &Cond, source: &S) -> Option<Vec<String>> {
    let Cond::Test(test) = cond else { return None };
    let mut values = Vec::new();
    if !extract::values(&test.left, source, &mut values) {
        return None;
    }
    values.iter_mut().for_each(transform::to_string);
    let text = |value: &Value<'_>| match value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    Some(values.iter().map(text).collect())
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines(f, 0)
    }
}

impl Explanation {
    fn lines(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let mark = if self.holds { "yes" } else { "no " };
        write!(f, "{mark} {:indent$}", "", indent = depth * 2)?;
        match self.kind {
            NodeKind::And => writeln!(f, "all of")?,
            NodeKind::Or => writeln!(f, "any of")?,
            NodeKind::Not => writeln!(f, "not")?,
            NodeKind::Check => {
                let values = self.values.as_ref().map_or_else(|| "<NA>".to_owned(), |v| v.join(", "));
                let line = format!("{}   [{values}]", self.text);
                let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
                writeln!(f, "{}", line.chars().map(printable).collect::<String>())?;
            }
        }
        self.children.iter().try_for_each(|child| child.lines(f, depth + 1))
    }
}
