//! Every change that can be made to one condition as written.
//!
//! Takes a tree with macros by name, gives one tree per change. What the change does to the rules that use it is for
//! others to find out.

use std::sync::Arc;

use scap_rules::{Check, Expr, Literal, Op, Operand, Place, Right};

/// A change of a condition.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) kind: Kind,
    /// Where.
    pub(super) place: Place,
    /// What stood there.
    pub(super) before: String,
    /// What stands there instead; empty if nothing does.
    pub(super) after: String,
    /// The whole condition with the change.
    pub(super) expr: Expr,
    /// Of an item taken from a list: which list, by the place of its comparison.
    pub(super) list: Option<Place>,
}

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A part of an `and` is gone.
    DropConjunct,
    /// A part of an `or` is gone.
    DropDisjunct,
    /// An exception is gone.
    DropException,
    /// A `not` is gone.
    DropNot,
    /// A comparison is the opposite.
    Flip,
    /// A constant is another one.
    Constant,
    /// An item of a list is gone.
    DropItem,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::DropConjunct => "drop conjunct",
            Kind::DropDisjunct => "drop disjunct",
            Kind::DropException => "drop exception",
            Kind::DropNot => "drop not",
            Kind::Flip => "flip comparison",
            Kind::Constant => "change constant",
            Kind::DropItem => "drop list item",
        }
    }
}

/// All changes of `expr`. `is_list`: whether what stands at a place comes from a list that has a name, whose items are
/// changed where the list is defined.
pub(super) fn sites(expr: &Expr, is_list: &dyn Fn(Place) -> bool) -> Vec<Site> {
    let mut found = Vec::new();
    collect(expr, is_list, &|changed| changed, &mut found);
    found
}

/// `rebuild` puts a changed part back into the whole.
fn collect(
    expr: &Expr,
    is_list: &dyn Fn(Place) -> bool,
    rebuild: &dyn Fn(Expr) -> Expr,
    found: &mut Vec<Site>,
) {
    match expr {
        Expr::And(children) => several(children, Kind::DropConjunct, Expr::And, is_list, rebuild, found),
        Expr::Or(children) => several(children, Kind::DropDisjunct, Expr::Or, is_list, rebuild, found),
        Expr::Not(child) => {
            found.push(site(Kind::DropNot, expr, Some((**child).clone()), rebuild));
            collect(child, is_list, &|changed| rebuild(Expr::Not(Arc::new(changed))), found);
            // The opposite of what a `not` denies is what is left without the `not`.
            found.retain(|site| site.kind != Kind::Flip || site.place != child.place() || !is_check(child));
        }
        Expr::Macro { .. } => {}
        Expr::Check(check) => of_check(check, is_list, rebuild, found),
    }
}

fn is_check(expr: &Expr) -> bool {
    matches!(expr, Expr::Check(_))
}

fn several(
    children: &[Expr],
    kind: Kind,
    join: fn(Arc<[Expr]>) -> Expr,
    is_list: &dyn Fn(Place) -> bool,
    rebuild: &dyn Fn(Expr) -> Expr,
    found: &mut Vec<Site>,
) {
    for (number, child) in children.iter().enumerate() {
        let mut rest = children.to_vec();
        rest.remove(number);
        let rest = if rest.len() == 1 { rest.remove(0) } else { join(rest.into()) };
        found.push(Site {
            kind,
            place: child.place(),
            before: child.to_string(),
            after: String::new(),
            expr: rebuild(rest),
            list: None,
        });
        let inside = |changed: Expr| {
            let mut all = children.to_vec();
            if let Some(slot) = all.get_mut(number) {
                *slot = changed;
            }
            rebuild(join(all.into()))
        };
        let before = found.len();
        collect(child, is_list, &inside, found);
        if kind == Kind::DropDisjunct && is_check(child) {
            // An alternative with another constant is one that nothing fulfils: dropping it says that already.
            let mut at = 0;
            found.retain(|site| {
                at += 1;
                at <= before || site.kind != Kind::Constant
            });
        }
    }
}

fn of_check(
    check: &Check,
    is_list: &dyn Fn(Place) -> bool,
    rebuild: &dyn Fn(Expr) -> Expr,
    found: &mut Vec<Site>,
) {
    let expr = Expr::Check(Arc::new(check.clone()));
    found.push(site(Kind::Flip, &expr, Some(opposite(check)), rebuild));
    let with = |right: Right| Expr::Check(Arc::new(Check { right, ..check.clone() }));
    match &check.right {
        Right::Literal(literal) => {
            if let Some(other) = another(check, literal) {
                found.push(site(Kind::Constant, &expr, Some(with(Right::Literal(other))), rebuild));
            }
        }
        Right::List(literals) => {
            for (number, literal) in
                literals.iter().enumerate().filter(|(_, literal)| !is_list(literal.place))
            {
                let mut rest = literals.clone();
                rest.remove(number);
                let before = literal.to_string();
                let site = site(Kind::DropItem, &expr, Some(with(Right::List(rest))), rebuild);
                let (place, list) = (literal.place, Some(check.place()));
                found.push(Site { before, after: String::new(), place, list, ..site });
            }
        }
        Right::Nothing | Right::Operand(_) => {}
    }
}

fn site(kind: Kind, before: &Expr, after: Option<Expr>, rebuild: &dyn Fn(Expr) -> Expr) -> Site {
    let text = after.as_ref().map_or_else(String::new, ToString::to_string);
    let expr = rebuild(after.unwrap_or_else(|| before.clone()));
    Site { kind, place: before.place(), before: before.to_string(), after: text, expr, list: None }
}

fn opposite(check: &Check) -> Expr {
    let op = match check.op {
        Op::Eq => Op::Ne,
        Op::Ne => Op::Eq,
        Op::Lt => Op::Ge,
        Op::Ge => Op::Lt,
        Op::Le => Op::Gt,
        Op::Gt => Op::Le,
        _ => return Expr::Not(Arc::new(Expr::Check(Arc::new(check.clone())))),
    };
    Expr::Check(Arc::new(Check { op, ..check.clone() }))
}

/// Another literal than `literal`; `None` where that would be no news: another truth is the opposite comparison, another
/// event type none that exists.
fn another(check: &Check, literal: &Literal) -> Option<Literal> {
    if matches!(&check.left, Operand::Field { name, .. } if matches!(name.as_str(), "evt.type" | "syscall.type" | "evt.dir"))
    {
        return None;
    }
    let text = literal.text();
    let text = match (text.as_ref(), text.parse::<i64>()) {
        ("true" | "false", _) => return None,
        (_, Ok(number)) => number.checked_add(1)?.to_string(),
        (text, Err(_)) => format!("{text}~"),
    };
    Some(Literal { bytes: text.into_bytes(), place: literal.place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(text: &str) -> Vec<(Kind, String)> {
        let expr = Expr::parse(text).expect("a condition");
        sites(&expr, &|_| false).into_iter().map(|site| (site.kind, site.expr.to_string())).collect()
    }

    #[test]
    fn every_part_of_a_condition_is_changed_by_itself() {
        assert_eq!(
            changes("a.b = 1 and (c.d in (x, y) or e.f exists)"),
            [
                (Kind::DropConjunct, "c.d in (x, y) or e.f exists".to_owned()),
                (Kind::Flip, "a.b != 1 and (c.d in (x, y) or e.f exists)".to_owned()),
                (Kind::Constant, "a.b = 2 and (c.d in (x, y) or e.f exists)".to_owned()),
                (Kind::DropConjunct, "a.b = 1".to_owned()),
                (Kind::DropDisjunct, "a.b = 1 and e.f exists".to_owned()),
                (Kind::Flip, "a.b = 1 and (not c.d in (x, y) or e.f exists)".to_owned()),
                (Kind::DropItem, "a.b = 1 and (c.d in (y) or e.f exists)".to_owned()),
                (Kind::DropItem, "a.b = 1 and (c.d in (x) or e.f exists)".to_owned()),
                (Kind::DropDisjunct, "a.b = 1 and c.d in (x, y)".to_owned()),
                (Kind::Flip, "a.b = 1 and (c.d in (x, y) or not e.f exists)".to_owned()),
            ]
        );
    }

    #[test]
    fn a_denied_comparison_is_not_also_flipped() {
        assert_eq!(
            changes("not a.b startswith x"),
            [
                (Kind::DropNot, "a.b startswith x".to_owned()),
                (Kind::Constant, "not a.b startswith x~".to_owned())
            ]
        );
    }

    #[test]
    fn constants_that_are_no_news_stay() {
        assert_eq!(changes("evt.type = open").len(), 1);
        assert_eq!(changes("a.b = true"), [(Kind::Flip, "a.b != true".to_owned())]);
        assert_eq!(changes("a.b > 1023")[1].1, "a.b > 1024");
    }
}
