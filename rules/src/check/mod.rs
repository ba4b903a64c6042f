//! Conditions checked against the catalogue of fields.
//!
//! [`Expr`] + [`FieldScheme`] → [`Cond`]: names resolved to fields, literals parsed to the fields' types, operators
//! checked to fit. All that is wrong with a condition is found at once. What is checked, and how literals are
//! read, is libsinsp's (`filter.cpp`, `sinsp_filtercheck.cpp`, `value_parser.cpp`).

mod fit;
mod key;
mod literal;
mod operand;
mod pattern;
mod warn;

use std::mem::{Discriminant, discriminant};
use std::net::IpAddr;
use std::sync::Arc;

use regex::bytes::Regex;
use rustc_hash::FxHashMap;

use crate::condition::{Check, Expr, Function, Modifier, Op, Right};
use crate::field::{Compare, DecidedBy, Field, FieldScheme, Scope};
use crate::source::Place;
use crate::value::FieldType;

pub(crate) use operand::operand;

/// A condition ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) enum Cond {
    And(Arc<[Cond]>),
    Or(Arc<[Cond]>),
    Not(Arc<Cond>),
    /// Equal comparisons share one test.
    Test(Arc<Test>),
}

/// One comparison.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) left: Extract,
    pub(crate) op: Op,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) right: Rhs,
}

/// What a comparison compares with.
#[derive(Debug)]
pub(crate) enum Rhs {
    Nothing,
    Constants(Vec<Constant>),
    Extract(Extract),
}

/// A literal of a field's type.
#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Int(i64),
    Uint(u64),
    Double(f64),
    Bool(bool),
    Bytes(Vec<u8>),
    Ip(IpAddr),
    Net(IpAddr, u8),
    Regex(Box<Regex>),
}

/// Something that gives values.
#[derive(Debug)]
pub(crate) struct Extract {
    pub(crate) kind: ExtractKind,
    pub(crate) ty: FieldType,
    pub(crate) list: bool,
    pub(crate) compare: Compare,
    pub(crate) scope: Scope,
    /// Of a field itself, not of what is made of it.
    pub(crate) decided_by: DecidedBy,
    transformable: bool,
    comparable: bool,
    /// Whether it is `evt.type`, whose literals must be event types, possibly within transformers.
    event_type: bool,
    event_number: bool,
}

#[derive(Debug)]
pub(crate) enum ExtractKind {
    Field(Field),
    Text(Vec<u8>),
    List(Vec<Extract>),
    Call { function: Function, args: Vec<Extract>, option: Option<u8> },
}

impl Extract {
    /// Whether it is `evt.type`, possibly within transformers.
    pub(crate) fn is_event_type(&self) -> bool {
        self.event_type
    }

    /// Whether it is the number of the event, `evt.num`, which every event has and which counts from 1.
    pub(crate) fn is_event_number(&self) -> bool {
        self.event_number
    }

    /// Whether a comparison asks for all values rather than one.
    pub(crate) fn has_many(&self) -> bool {
        self.list || matches!(self.compare, Compare::Any | Compare::AnyOrNone)
    }
}

/// What is wrong with a condition.
#[derive(Debug, Clone)]
pub(crate) struct CheckError {
    pub(crate) message: String,
    pub(crate) place: Place,
    pub(crate) suggestion: Option<String>,
    /// Whether it is a field or event type that does not exist (which a rule may ask to tolerate).
    pub(crate) unknown: bool,
}

impl CheckError {
    fn new(message: impl Into<String>, place: Place) -> CheckError {
        CheckError { message: message.into(), place, suggestion: None, unknown: false }
    }
}

/// Something that looks mistaken but is allowed.
#[derive(Debug, Clone)]
pub(crate) struct CheckWarning {
    pub(crate) message: String,
    pub(crate) place: Place,
    /// The deprecated field it is about, if it is about one.
    pub(crate) deprecated: Option<String>,
    /// Whether it is a comparison with `<NA>`.
    pub(crate) unsafe_na: bool,
}

/// Checks conditions; remembers comparisons, so that equal ones of different rules share a test, and what several rules
/// have in common because they name the same macro.
pub(crate) struct Checker<'s> {
    scheme: &'s dyn FieldScheme,
    /// By what makes comparisons the same.
    tests: FxHashMap<Box<[u8]>, Arc<Test>>,
    key: Vec<u8>,
    /// By kind and address of what conditions share: that, so that the address stays its own, and what it was checked
    /// to be.
    shared: FxHashMap<(Discriminant<Expr>, *const ()), (Expr, Cond)>,
}

impl<'s> Checker<'s> {
    pub(crate) fn new(scheme: &'s dyn FieldScheme) -> Checker<'s> {
        Checker { scheme, tests: FxHashMap::default(), key: Vec::new(), shared: FxHashMap::default() }
    }

    /// Checks a condition without macros.
    pub(crate) fn condition(
        &mut self,
        expr: &Expr,
        warnings: &mut Vec<CheckWarning>,
    ) -> Result<Cond, Vec<CheckError>> {
        let shared = shared_part(expr);
        if let Some((_, cond)) = shared.and_then(|part| self.shared.get(&part)) {
            return Ok(cond.clone());
        }
        let warned = warnings.len();
        let cond = self.unshared(expr, warnings)?;
        // What is to be warned of is found again.
        if let Some(part) = shared.filter(|_| warnings.len() == warned) {
            self.shared.insert(part, (expr.clone(), cond.clone()));
        }
        Ok(cond)
    }

    fn unshared(&mut self, expr: &Expr, warnings: &mut Vec<CheckWarning>) -> Result<Cond, Vec<CheckError>> {
        match expr {
            Expr::And(children) => self.all(children, warnings).map(Cond::And),
            Expr::Or(children) => self.all(children, warnings).map(Cond::Or),
            Expr::Not(child) => Ok(Cond::Not(Arc::new(self.condition(child, warnings)?))),
            Expr::Macro { name, place } => {
                Err(vec![CheckError::new(format!("there is no macro `{name}`"), *place)])
            }
            Expr::Check(check) => self.check(check, warnings).map(Cond::Test).map_err(|error| vec![error]),
        }
    }

    fn all(
        &mut self,
        children: &[Expr],
        warnings: &mut Vec<CheckWarning>,
    ) -> Result<Arc<[Cond]>, Vec<CheckError>> {
        let mut checked = Vec::with_capacity(children.len());
        let mut errors = Vec::new();
        for child in children {
            match self.condition(child, warnings) {
                Ok(cond) => checked.push(cond),
                Err(mut more) => errors.append(&mut more),
            }
        }
        if errors.is_empty() { Ok(checked.into()) } else { Err(errors) }
    }

    fn check(&mut self, check: &Check, warnings: &mut Vec<CheckWarning>) -> Result<Arc<Test>, CheckError> {
        warn::check(check, self.scheme, warnings);
        self.key.clear();
        key::key(check, &mut self.key);
        if let Some(test) = self.tests.get(self.key.as_slice()) {
            return Ok(Arc::clone(test));
        }
        let left = operand(&check.left, self.scheme)?;
        fit::operator(check.op, &left).map_err(|m| CheckError::new(m, check.place()))?;
        let right = self.right(check, &left)?;
        let test = Test { left, op: check.op, modifier: check.modifier, right };
        let test = Arc::new(test);
        self.tests.insert(self.key.as_slice().into(), Arc::clone(&test));
        Ok(test)
    }

    fn right(&self, check: &Check, left: &Extract) -> Result<Rhs, CheckError> {
        let constant = |literal| literal::constant(literal, check.op, left, self.scheme);
        match &check.right {
            Right::Nothing => Ok(Rhs::Nothing),
            Right::Literal(literal) => Ok(Rhs::Constants(vec![constant(literal)?])),
            Right::List(literals) => {
                Ok(Rhs::Constants(literals.iter().map(constant).collect::<Result<_, _>>()?))
            }
            Right::Operand(right) => {
                let extract = operand(right, self.scheme)?;
                fit::fields(check.op, left, &extract).map_err(|m| CheckError::new(m, right.place()))?;
                Ok(Rhs::Extract(extract))
            }
        }
    }
}

/// Kind and address of `expr`, if it is part of more than one condition.
fn shared_part(expr: &Expr) -> Option<(Discriminant<Expr>, *const ())> {
    let (count, address) = match expr {
        Expr::And(parts) | Expr::Or(parts) => (Arc::strong_count(parts), Arc::as_ptr(parts).cast()),
        Expr::Not(part) => (Arc::strong_count(part), Arc::as_ptr(part).cast()),
        Expr::Check(check) => (Arc::strong_count(check), Arc::as_ptr(check).cast()),
        Expr::Macro { .. } => return None,
    };
    (count > 1).then(|| (discriminant(expr), address))
}
