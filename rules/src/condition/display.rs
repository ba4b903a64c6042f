//! Conditions back to text.
//!
//! What is printed parses to an equal tree.

use std::fmt;

use super::escape::{is_bare, quote_if_needed, quoted};
use super::{Check, Expr, Literal, Operand, Right};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::And(children) => join(f, children, " and "),
            Expr::Or(children) => join(f, children, " or "),
            // `not not x` would read as `x`.
            Expr::Not(child) if matches!(**child, Expr::Not(_)) => write!(f, "not ({child})"),
            Expr::Not(child) => {
                f.write_str("not ")?;
                group(f, child)
            }
            Expr::Macro { name, .. } => f.write_str(name),
            Expr::Check(check) => fmt::Display::fmt(check, f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, children: &[Expr], word: &str) -> fmt::Result {
    for (i, child) in children.iter().enumerate() {
        if i > 0 {
            f.write_str(word)?;
        }
        group(f, child)?;
    }
    Ok(())
}

fn group(f: &mut fmt::Formatter<'_>, expr: &Expr) -> fmt::Result {
    match expr {
        Expr::And(_) | Expr::Or(_) => write!(f, "({expr})"),
        _ => fmt::Display::fmt(expr, f),
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.left, self.op)?;
        if let Some(modifier) = self.modifier {
            write!(f, " {}", modifier.name())?;
        }
        match &self.right {
            Right::Nothing => Ok(()),
            Right::Literal(literal) => write!(f, " {literal}"),
            Right::List(values) => {
                f.write_str(" (")?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            Right::Operand(operand) => write!(f, " {operand}"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quote_if_needed(&self.bytes))
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Field { name, arg, .. } => {
                f.write_str(name)?;
                argument(f, arg.as_deref())
            }
            Operand::Call { function, args, arg, .. } => {
                f.write_str(function.name())?;
                operands(f, args)?;
                argument(f, arg.as_deref())
            }
            Operand::List { items, .. } => operands(f, items),
            Operand::Text(literal) => text_operand(f, literal),
        }
    }
}

fn operands(f: &mut fmt::Formatter<'_>, operands: &[Operand]) -> fmt::Result {
    f.write_str("(")?;
    for (i, operand) in operands.iter().enumerate() {
        write!(f, "{}{operand}", if i > 0 { "," } else { "" })?;
    }
    f.write_str(")")
}

/// A string among the arguments of a transformer: only numbers may stand there bare.
fn text_operand(f: &mut fmt::Formatter<'_>, literal: &Literal) -> fmt::Result {
    let text = literal.text();
    let number = super::cursor::Cursor::new(&text).number().is_some_and(|number| number == text);
    if number { f.write_str(&text) } else { f.write_str(&quoted(&literal.bytes)) }
}

fn argument(f: &mut fmt::Formatter<'_>, arg: Option<&str>) -> fmt::Result {
    match arg {
        None => Ok(()),
        Some(arg) if is_bare(arg) && !arg.contains(['[', ']']) => write!(f, "[{arg}]"),
        Some(arg) => write!(f, "[{}]", quoted(arg.as_bytes())),
    }
}

impl Operand {
    /// The name under which Falco lists this in `output_fields`: as written but without blanks, and with
    /// strings quoted only where they contain blanks, quotes, `=` or backslashes.
    #[must_use]
    pub fn output_name(&self) -> String {
        match self {
            Operand::Field { name, arg, .. } => with_argument(name.clone(), arg.as_deref()),
            Operand::Call { function, args, arg, .. } => {
                with_argument(format!("{}{}", function.name(), output_names(args)), arg.as_deref())
            }
            Operand::List { items, .. } => output_names(items),
            Operand::Text(literal) => output_text(&literal.text()),
        }
    }
}

fn output_names(operands: &[Operand]) -> String {
    let names: Vec<String> = operands.iter().map(Operand::output_name).collect();
    format!("({})", names.join(","))
}

fn output_text(text: &str) -> String {
    let special = |c: char| matches!(c, ' ' | '=' | '\\' | '"' | '\'') || c.is_ascii_control();
    if text.contains(special) { quoted(text.as_bytes()) } else { text.to_owned() }
}

fn with_argument(name: String, arg: Option<&str>) -> String {
    match arg {
        None => name,
        Some(arg) => format!("{name}[{}]", output_text(arg)),
    }
}
