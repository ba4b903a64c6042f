//! Rules as their files have them: macros by name, places of lists and their items.
//!
//! A [`RuleSet`](crate::RuleSet) knows conditions with everything spelled out. Whoever wants to change them where they
//! are written (mutants), or compare them (differences between versions), needs the parts: this keeps them, with the
//! texts of the files to tell places.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::condition::Expr;
use crate::rule::RuleId;
use crate::source::{Location, Place, Sources};

/// Deepest nesting of macros that is spelled out; what was loaded nests less deep.
const MAX_DEPTH: usize = 700;

/// Rules, macros and lists as written, with overrides and appends applied.
#[derive(Debug, Clone, Default)]
pub struct Blueprint {
    pub(crate) sources: Sources,
    pub(crate) rules: Vec<RulePlan>,
    pub(crate) macros: BTreeMap<String, MacroPlan>,
    pub(crate) lists: BTreeMap<String, ListPlan>,
}

/// A rule as written.
#[derive(Debug, Clone)]
pub struct RulePlan {
    /// Its condition with macros by name; lists are spelled out, exceptions folded in.
    pub condition: Expr,
    /// Names and places of its exceptions that have values. If there are any, the condition is an `and` whose last
    /// children are their negations, in this order.
    pub exceptions: Vec<(String, Place)>,
}

/// A macro as written.
#[derive(Debug, Clone)]
pub struct MacroPlan {
    /// Its condition with macros by name; lists are spelled out.
    pub condition: Expr,
    /// Where it is defined.
    pub place: Place,
}

/// A list as written.
#[derive(Debug, Clone)]
pub struct ListPlan {
    /// Its items, names of other lists among them, and where they stand.
    pub items: Vec<(String, Place)>,
    /// Where it is defined.
    pub place: Place,
}

impl Blueprint {
    /// The rule with number `id`.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&RulePlan> {
        self.rules.get(id.index())
    }

    /// Every macro, by name.
    #[must_use]
    pub fn macros(&self) -> &BTreeMap<String, MacroPlan> {
        &self.macros
    }

    /// Every list, by name.
    #[must_use]
    pub fn lists(&self) -> &BTreeMap<String, ListPlan> {
        &self.lists
    }

    /// `place` for people.
    #[must_use]
    pub fn locate(&self, place: Place) -> Option<Location> {
        self.sources.locate(place)
    }

    /// The name of the list that stands at `place`: what a list is spelled out to stands where its name does.
    #[must_use]
    pub fn list_at(&self, place: Place) -> Option<&str> {
        let text = &self.sources.file(place.file)?.text;
        let rest = text.get(usize::try_from(place.offset).ok()?..)?;
        let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '=');
        let word = rest.split(is_end).next()?;
        self.lists.get_key_value(word).map(|(name, _)| name.as_str())
    }

    /// `expr` with its macros replaced by what they stand for, `change` first: it may give another condition for a
    /// macro. `None` if a macro does not exist or they nest beyond reason.
    #[must_use]
    pub fn spell_out(&self, expr: &Expr, change: &dyn Fn(&str) -> Option<Expr>) -> Option<Expr> {
        self.replace(expr, change, 0)
    }

    fn replace(&self, expr: &Expr, change: &dyn Fn(&str) -> Option<Expr>, depth: usize) -> Option<Expr> {
        if depth > MAX_DEPTH {
            return None;
        }
        let all = |children: &[Expr]| {
            children.iter().map(|c| self.replace(c, change, depth + 1)).collect::<Option<Arc<[Expr]>>>()
        };
        Some(match expr {
            Expr::And(children) => Expr::And(all(children)?),
            Expr::Or(children) => Expr::Or(all(children)?),
            Expr::Not(child) => Expr::Not(Arc::new(self.replace(child, change, depth + 1)?)),
            Expr::Check(_) => expr.clone(),
            Expr::Macro { name, .. } => match change(name) {
                Some(changed) => self.replace(&changed, change, depth + 1)?,
                None => self.replace(&self.macros.get(name)?.condition, change, depth + 1)?,
            },
        })
    }
}
