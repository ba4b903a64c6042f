//! Which comparisons kept a condition from holding, with the values they saw.
//!
//! Takes an [`Explanation`] (everything, true or false) and gives what would have had to be otherwise.

use std::fmt;

use scap_rules::{Blueprint, Explanation, Expr, Location, NodeKind, Right};

/// Most comparisons that are blamed for one event: an `or` of forty alternatives has forty to blame.
const MOST: usize = 12;
/// Longest text of a comparison, in characters.
const LONGEST: usize = 110;

/// A comparison that was not as it should have been.
#[derive(Debug, Clone, PartialEq)]
pub struct Blame {
    /// The comparison.
    pub text: String,
    /// Whether it should have held.
    pub wanted: bool,
    /// The values of its left side; `None` if the field is missing.
    pub seen: Option<Vec<String>>,
    /// Where it stands.
    pub location: Option<Location>,
    /// How like the values are to what it wants, 0 to 1: tells the event that was meant from the many others.
    pub likeness: f64,
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = shortened(&self.text);
        let seen = seen(self.seen.as_deref());
        match self.wanted {
            true => write!(f, "`{text}` is false: {seen}"),
            false => write!(f, "`{text}` must not hold: {seen}"),
        }
    }
}

/// Values for people.
pub(crate) fn seen(values: Option<&[String]>) -> String {
    match values {
        None => "the field is missing".to_owned(),
        Some([]) => "the field has no value".to_owned(),
        Some(values) => {
            let shown: Vec<String> =
                values.iter().take(8).map(|value| format!("`{}`", shortened(value))).collect();
            let more = values.len().saturating_sub(shown.len());
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            format!("saw {}{more}", shown.join(", "))
        }
    }
}

/// `text` without its middle if it is long.
pub(crate) fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST * 2 / 3).collect();
    let tail: String = text.chars().skip(count - LONGEST / 4).collect();
    format!("{head}…{tail}")
}

/// What keeps `explained`, which is of `condition`, from being `wanted`.
pub(crate) fn blame(
    condition: &Expr,
    explained: &Explanation,
    wanted: bool,
    blueprint: Option<&Blueprint>,
) -> Vec<Blame> {
    let mut found = Vec::new();
    collect(condition, explained, wanted, blueprint, &mut found);
    found
}

fn collect(
    expr: &Expr,
    explained: &Explanation,
    wanted: bool,
    blueprint: Option<&Blueprint>,
    found: &mut Vec<Blame>,
) {
    if explained.holds == wanted || found.len() >= MOST {
        return;
    }
    match (expr, explained.kind) {
        (Expr::And(exprs) | Expr::Or(exprs), NodeKind::And | NodeKind::Or) => {
            for (expr, child) in exprs.iter().zip(&explained.children) {
                collect(expr, child, wanted, blueprint, found);
            }
        }
        (Expr::Not(expr), NodeKind::Not) => {
            for child in &explained.children {
                collect(expr, child, !wanted, blueprint, found);
            }
        }
        _ => found.push(Blame {
            text: explained.text.clone(),
            wanted,
            seen: explained.values.clone(),
            location: blueprint.and_then(|blueprint| blueprint.locate(expr.place())),
            likeness: likeness(expr, explained.values.as_deref().unwrap_or(&[])),
        }),
    }
}

fn likeness(expr: &Expr, seen: &[String]) -> f64 {
    let Expr::Check(check) = expr else { return 0.0 };
    let literals = match &check.right {
        Right::Literal(literal) => std::slice::from_ref(literal),
        Right::List(literals) => literals,
        Right::Nothing | Right::Operand(_) => return 0.0,
    };
    let pairs = literals.iter().flat_map(|literal| seen.iter().map(move |seen| (literal.text(), seen)));
    pairs.map(|(wanted, seen)| alike(&wanted, seen)).fold(0.0, f64::max)
}

fn alike(wanted: &str, seen: &str) -> f64 {
    match (wanted.parse::<f64>(), seen.parse::<f64>()) {
        (Ok(wanted), Ok(seen)) => 1.0 / (1.0 + (wanted - seen).abs()),
        _ => {
            let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
            strsim::jaro_winkler(&cut(wanted), &cut(seen))
        }
    }
}

/// The parts of `expr` that must all hold, `and`s within `and`s opened.
pub(crate) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::And(children) => children.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}
