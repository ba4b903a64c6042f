//! Mutants of a rule set: each one change where it is written, and what becomes of the rules that use it.
//!
//! A change of a macro or a list changes every rule that uses it, at once. Changes that leave every rule what it was,
//! or do what another one does, are no mutants.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use scap_rules::{Blueprint, Check, Expr, Literal, Location, Place, Right, RuleId};

use super::site::{Kind, Site, sites};
use crate::rules::Loaded;

/// What is changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// A rule.
    Rule(String),
    /// A macro.
    Macro(String),
    /// A list.
    List(String),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Rule(name) => write!(f, "rule `{name}`"),
            Owner::Macro(name) => write!(f, "macro `{name}`"),
            Owner::List(name) => write!(f, "list `{name}`"),
        }
    }
}

/// One change, and the rules with it.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) kind: Kind,
    pub(super) owner: Owner,
    pub(super) location: Option<Location>,
    pub(super) before: String,
    pub(super) after: String,
    /// Of an item: the list that it is taken from.
    pub(super) list: Option<(Owner, Place)>,
    /// Conditions of the rules that it changes.
    pub(super) rules: Vec<(RuleId, Expr)>,
}

/// The mutants of the active rules, and how many changes were none.
pub(super) struct Mutants {
    pub(super) list: Vec<Mutant>,
    pub(super) equivalent: usize,
}

/// Makes the mutants of `rules`, in the order of rules, macros and lists.
pub(super) fn mutants(rules: &Loaded) -> Mutants {
    let mut maker = Maker::new(rules);
    for rule in rules.set.active() {
        let Some(plan) = rules.blueprint.rule(rule.id) else { continue };
        for site in sites(&plan.condition, &|place| rules.blueprint.list_at(place).is_some()) {
            let site = as_exception(site, plan.exceptions.as_slice());
            let changed = rules.blueprint.spell_out(&site.expr, &|_| None);
            maker.add(
                Owner::Rule(rule.name.clone()),
                &site,
                changed.map(|c| (rule.id, c)).into_iter().collect(),
            );
        }
    }
    for (name, plan) in rules.blueprint.macros() {
        let users = maker.users(name);
        if users.is_empty() {
            continue;
        }
        for site in sites(&plan.condition, &|place| rules.blueprint.list_at(place).is_some()) {
            let change = |asked: &str| (asked == name).then(|| site.expr.clone());
            let changed = users.iter().filter_map(|&id| {
                let condition = &rules.blueprint.rule(id)?.condition;
                Some((id, rules.blueprint.spell_out(condition, &change)?))
            });
            maker.add(Owner::Macro(name.clone()), &site, changed.collect());
        }
    }
    for (name, plan) in rules.blueprint.lists() {
        maker.list(name, &plan.items);
    }
    Mutants { list: maker.mutants, equivalent: maker.equivalent }
}

struct Maker<'r> {
    rules: &'r Loaded,
    /// Conditions of the active rules as they are, in a form that tells equal ones.
    originals: BTreeMap<RuleId, String>,
    /// Changes that were made already.
    seen: HashSet<Vec<(RuleId, String)>>,
    mutants: Vec<Mutant>,
    equivalent: usize,
}

impl<'r> Maker<'r> {
    fn new(rules: &'r Loaded) -> Maker<'r> {
        let originals = rules.set.active().map(|rule| (rule.id, normal(&rule.condition))).collect();
        Maker { rules, originals, seen: HashSet::new(), mutants: Vec::new(), equivalent: 0 }
    }

    fn add(&mut self, owner: Owner, site: &Site, changed: Vec<(RuleId, Expr)>) {
        let place = self.rules.blueprint.locate(site.place);
        let list = site.list.map(|place| (owner.clone(), place));
        let mutant = Mutant {
            kind: site.kind,
            owner,
            location: place,
            before: site.before.clone(),
            after: site.after.clone(),
            list,
            rules: changed,
        };
        self.keep(mutant);
    }

    /// Keeps `mutant` if it changes anything that no other did.
    fn keep(&mut self, mut mutant: Mutant) {
        let mut texts = Vec::new();
        mutant.rules.retain(|(id, condition)| {
            let text = normal(condition);
            let changes = self.originals.get(id).is_some_and(|original| *original != text);
            if changes {
                texts.push((*id, text));
            }
            changes
        });
        if mutant.rules.is_empty() || !self.seen.insert(texts) {
            self.equivalent += 1;
        } else {
            self.mutants.push(mutant);
        }
    }

    /// The active rules that use the macro called `name`, directly or by way of others.
    fn users(&self, name: &str) -> Vec<RuleId> {
        let blueprint = &self.rules.blueprint;
        let uses = |id: &RuleId| {
            blueprint
                .rule(*id)
                .is_some_and(|plan| names_macro(blueprint, &plan.condition, name, &mut BTreeSet::new()))
        };
        self.originals.keys().copied().filter(uses).collect()
    }

    /// Takes each item from the list called `name`, wherever that or a list that names it is used.
    fn list(&mut self, name: &str, items: &[(String, Place)]) {
        let blueprint = &self.rules.blueprint;
        let inside =
            |(_, plan): &(&String, &scap_rules::ListPlan)| plan.items.iter().any(|(item, _)| item == name);
        let mut names: BTreeSet<&str> =
            blueprint.lists().iter().filter(inside).map(|(name, _)| name.as_str()).collect();
        names.insert(name);
        let is_here = |literal: &Literal, item: &str| {
            literal.text() == item && blueprint.list_at(literal.place).is_some_and(|at| names.contains(at))
        };
        for (item, place) in items.iter().filter(|(item, _)| !blueprint.lists().contains_key(item)) {
            let unquoted = item.trim_matches(['"', '\'']);
            let changed: Vec<(RuleId, Expr)> = self
                .rules
                .set
                .active()
                .filter(|rule| mentions(&rule.condition, &|literal| is_here(literal, unquoted)))
                .map(|rule| (rule.id, without(&rule.condition, &|literal| is_here(literal, unquoted))))
                .collect();
            if changed.is_empty() {
                continue;
            }
            self.keep(Mutant {
                kind: Kind::DropItem,
                owner: Owner::List(name.to_owned()),
                location: blueprint.locate(*place),
                before: item.clone(),
                after: String::new(),
                list: Some((Owner::List(name.to_owned()), Place::UNKNOWN)),
                rules: changed,
            });
        }
    }
}

/// A part that is the last of an `and` because it is an exception is told as one.
fn as_exception(site: Site, exceptions: &[(String, Place)]) -> Site {
    let exception =
        exceptions.iter().find(|(_, place)| site.kind == Kind::DropConjunct && site.place == *place);
    match exception {
        Some((name, _)) => {
            Site { kind: Kind::DropException, before: format!("{name}: {}", site.before), ..site }
        }
        None => site,
    }
}

fn names_macro<'b>(
    blueprint: &'b Blueprint,
    expr: &'b Expr,
    wanted: &str,
    seen: &mut BTreeSet<&'b str>,
) -> bool {
    match expr {
        Expr::And(children) | Expr::Or(children) => {
            children.iter().any(|child| names_macro(blueprint, child, wanted, seen))
        }
        Expr::Not(child) => names_macro(blueprint, child, wanted, seen),
        Expr::Check(_) => false,
        Expr::Macro { name, .. } => {
            name == wanted
                || (seen.insert(name)
                    && blueprint
                        .macros()
                        .get(name)
                        .is_some_and(|plan| names_macro(blueprint, &plan.condition, wanted, seen)))
        }
    }
}

fn literals(check: &Check) -> &[Literal] {
    match &check.right {
        Right::List(literals) => literals,
        Right::Literal(literal) => std::slice::from_ref(literal),
        Right::Nothing | Right::Operand(_) => &[],
    }
}

fn mentions(expr: &Expr, is: &dyn Fn(&Literal) -> bool) -> bool {
    let mut found = false;
    expr.for_each_check(&mut |check| found |= literals(check).iter().any(is));
    found
}

/// `expr` without the list items that are `is`.
fn without(expr: &Expr, is: &dyn Fn(&Literal) -> bool) -> Expr {
    match expr {
        Expr::And(children) => Expr::And(children.iter().map(|child| without(child, is)).collect()),
        Expr::Or(children) => Expr::Or(children.iter().map(|child| without(child, is)).collect()),
        Expr::Not(child) => Expr::Not(Arc::new(without(child, is))),
        Expr::Macro { .. } => expr.clone(),
        Expr::Check(check) => match &check.right {
            Right::List(literals) => {
                let right = Right::List(literals.iter().filter(|literal| !is(literal)).cloned().collect());
                Expr::Check(Arc::new(Check { right, ..(**check).clone() }))
            }
            _ => expr.clone(),
        },
    }
}

/// A condition as text in which `and`s in `and`s and `or`s in `or`s are one, each part stands once, and so do the
/// items of lists: what reads the same means the same.
pub(crate) fn normal(expr: &Expr) -> String {
    match expr {
        Expr::And(_) => joined(expr, "and"),
        Expr::Or(_) => joined(expr, "or"),
        Expr::Not(child) => match &**child {
            Expr::Not(inner) => normal(inner),
            child => format!("not ({})", normal(child)),
        },
        Expr::Macro { name, .. } => name.clone(),
        Expr::Check(check) => match &check.right {
            Right::List(literals) => {
                let items: BTreeSet<String> = literals.iter().map(ToString::to_string).collect();
                let items: Vec<String> = items.into_iter().collect();
                format!("{} {} {:?} ({})", check.left, check.op, check.modifier, items.join(", "))
            }
            _ => check.to_string(),
        },
    }
}

fn joined(expr: &Expr, word: &str) -> String {
    let mut parts = Vec::new();
    flatten(expr, word == "and", &mut parts);
    let mut seen = HashSet::new();
    parts.retain(|part| seen.insert(part.clone()));
    match parts.as_slice() {
        [one] => one.clone(),
        _ => format!("({})", parts.join(&format!(" {word} "))),
    }
}

fn flatten(expr: &Expr, and: bool, parts: &mut Vec<String>) {
    match (expr, and) {
        (Expr::And(children), true) | (Expr::Or(children), false) => {
            children.iter().for_each(|child| flatten(child, and, parts));
        }
        _ => parts.push(normal(expr)),
    }
}
