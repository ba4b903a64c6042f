//! What of a condition the walk through a trace can decide before it makes rows.
//!
//! Takes the condition on `events` that the engine found, gives bounds of number and time and a condition in the language
//! of rules. Whatever passes is asked the whole condition again, so that leaving something out here is never wrong and
//! nothing here may be too strict: only comparisons that mean the same in both languages are taken.

use polars::prelude::{AnyValue, Expr, LiteralValue, Operator, TimeUnit};
use scap_analyze::catalogue::{self, Scheme};
use scap_analyze::replay::Range;
use scap_rules::{Compare, Filter};

use crate::schema::Type;
use crate::tables::events::{COLUMNS, Source};

/// What the walk can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// First and last number of an event.
    pub(crate) num: (u64, u64),
    /// First and last time, ns since the epoch.
    pub(crate) time: (u64, u64),
    /// Condition in the language of rules.
    pub(crate) filter: Option<String>,
}

impl Default for Pushed {
    fn default() -> Self {
        Self { num: (0, u64::MAX), time: (0, u64::MAX), filter: None }
    }
}

impl Pushed {
    /// What can be decided of `condition`.
    pub(crate) fn of(condition: Option<&Expr>) -> Self {
        let mut pushed = Self::default();
        let mut conditions = Vec::new();
        each_conjunct(condition, &mut |conjunct| {
            if let Some((column, op, value)) = comparison(conjunct)
                && let Some(bounds) = pushed.bounds(column)
            {
                narrow(bounds, op, value);
            } else if let Some(text) = as_filter(conjunct) {
                conditions.push(text);
            }
        });
        if !conditions.is_empty() {
            pushed.filter = Some(conditions.join(" and "));
        }
        pushed
    }

    fn bounds(&mut self, column: &str) -> Option<&mut (u64, u64)> {
        match column {
            "num" => Some(&mut self.num),
            "time" => Some(&mut self.time),
            _ => None,
        }
    }

    /// `range` narrowed by it.
    pub(crate) fn narrowed(&self, range: &Range) -> Range {
        let filter = match (&range.filter, &self.filter) {
            // Both, as one, is asked only of what the caller's own passes; see `passes`.
            (Some(own), _) => Some(own.clone()),
            (None, Some(text)) => Filter::compile(text, &Scheme).ok(),
            (None, None) => None,
        };
        let from = range.from.unwrap_or(0).max(self.time.0);
        let to = range.to.unwrap_or(u64::MAX).min(self.time.1);
        Range { from: (from > 0).then_some(from), to: (to < u64::MAX).then_some(to), filter }
    }

    /// The condition beside the range's own, if that has one.
    pub(crate) fn beside(&self, range: &Range) -> Option<Filter> {
        range.filter.as_ref()?;
        Filter::compile(self.filter.as_ref()?, &Scheme).ok()
    }
}

/// Hands every part of `condition` to `take` that must hold by itself.
fn each_conjunct<'e>(condition: Option<&'e Expr>, take: &mut impl FnMut(&'e Expr)) {
    match condition {
        Some(Expr::BinaryExpr { left, op: Operator::And | Operator::LogicalAnd, right }) => {
            each_conjunct(Some(left), take);
            each_conjunct(Some(right), take);
        }
        Some(other) => take(other),
        None => {}
    }
}

/// A column of numbers compared with a number.
fn comparison(expr: &Expr) -> Option<(&str, Operator, i128)> {
    let Expr::BinaryExpr { left, op, right } = expr else { return None };
    if let (Expr::Column(name), Expr::Literal(value)) = (left.as_ref(), right.as_ref()) {
        return Some((name, *op, number(value)?));
    }
    if let (Expr::Literal(value), Expr::Column(name)) = (left.as_ref(), right.as_ref()) {
        let turned = match op {
            Operator::Lt => Operator::Gt,
            Operator::LtEq => Operator::GtEq,
            Operator::Gt => Operator::Lt,
            Operator::GtEq => Operator::LtEq,
            other => *other,
        };
        return Some((name, turned, number(value)?));
    }
    None
}

/// A number, or a time in nanoseconds.
fn number(value: &LiteralValue) -> Option<i128> {
    let time = |at: i64, unit: TimeUnit| match unit {
        TimeUnit::Nanoseconds => Some(i128::from(at)),
        TimeUnit::Microseconds => Some(i128::from(at) * 1_000),
        TimeUnit::Milliseconds => Some(i128::from(at) * 1_000_000),
    };
    if let LiteralValue::Series(_) | LiteralValue::Range(_) = value {
        return None;
    }
    match value.to_any_value()? {
        AnyValue::Int32(value) => Some(value.into()),
        AnyValue::Int64(value) => Some(value.into()),
        AnyValue::UInt32(value) => Some(value.into()),
        AnyValue::UInt64(value) => Some(value.into()),
        AnyValue::Datetime(at, unit, _) => time(at, unit),
        AnyValue::DatetimeOwned(at, unit, _) => time(at, unit),
        _ => None,
    }
}

fn narrow(bounds: &mut (u64, u64), op: Operator, value: i128) {
    let clamp = |value: i128| u64::try_from(value.clamp(0, u64::MAX.into())).unwrap_or(u64::MAX);
    match op {
        Operator::Eq => *bounds = (bounds.0.max(clamp(value)), bounds.1.min(clamp(value))),
        Operator::Gt => bounds.0 = bounds.0.max(clamp(value.saturating_add(1))),
        Operator::GtEq => bounds.0 = bounds.0.max(clamp(value)),
        Operator::Lt => bounds.1 = bounds.1.min(clamp(value.saturating_sub(1))),
        Operator::LtEq => bounds.1 = bounds.1.min(clamp(value)),
        _ => {}
    }
}

/// `column = 'text'`, or several of those joined by OR, in the language of rules.
fn as_filter(expr: &Expr) -> Option<String> {
    let Expr::BinaryExpr { left, op, right } = expr else { return None };
    match (left.as_ref(), op, right.as_ref()) {
        (one, Operator::Or | Operator::LogicalOr, other) => {
            Some(format!("({} or {})", as_filter(one)?, as_filter(other)?))
        }
        (Expr::Column(name), Operator::Eq, Expr::Literal(value))
        | (Expr::Literal(value), Operator::Eq, Expr::Column(name)) => {
            let (field, text) = (field_of(name)?, value.extract_str()?);
            let filter = format!("{field} = \"{text}\"");
            // Some values do not compile, such as types of events that do not exist.
            (is_plain(text) && Filter::compile(&filter, &Scheme).is_ok()).then_some(filter)
        }
        _ => None,
    }
}

/// The field that the text column `name` shows, if conditions compare it as a whole.
fn field_of(name: &str) -> Option<&'static str> {
    let column = COLUMNS.iter().find(|column| column.name == name && column.ty == Type::Text)?;
    let Source::Field(field) = column.source else { return None };
    let (_, row) = catalogue::by_name(field)?;
    let is_text = row.ty == scap_rules::FieldType::CharBuf;
    (is_text && row.compare == Compare::Whole && !row.list).then_some(field)
}

/// Text that means the same in both languages and is not what stands for other bytes.
fn is_plain(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@+-".contains(&b);
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{col, lit};

    #[test]
    fn bounds_come_from_conjuncts_alone() {
        let condition =
            col("num").gt(lit(5u64)).and(lit(90i64).gt_eq(col("num"))).and(col("pid").eq(lit(3i64)));
        assert_eq!(Pushed::of(Some(&condition)), Pushed { num: (6, 90), ..Pushed::default() });
        let either = col("num").gt(lit(5u64)).or(col("pid").eq(lit(3i64)));
        assert_eq!(Pushed::of(Some(&either)), Pushed::default());
        assert_eq!(Pushed::of(None), Pushed::default());
        let none = col("num").lt(lit(-5i64));
        assert_eq!(Pushed::of(Some(&none)).num, (0, 0));
    }

    #[test]
    fn texts_become_a_condition_where_that_means_the_same() {
        let filter = |condition: Expr| Pushed::of(Some(&condition)).filter;
        let both = col("type")
            .eq(lit("openat"))
            .and(col("proc_name").eq(lit("sh")).or(col("proc_name").eq(lit("bash"))));
        let wanted = "evt.type = \"openat\" and (proc.name = \"sh\" or proc.name = \"bash\")";
        assert_eq!(filter(both).as_deref(), Some(wanted));
        for not_the_same in [
            col("type").eq(lit("no_such_type")),
            col("proc_name").eq(lit("a\"b")),
            col("proc_name").eq(lit("")),
            col("proc_name").eq(lit("\u{fffd}")),
            col("local_ip").eq(lit("::1")),
            col("ancestors").eq(lit("sh")),
            col("proc_name").neq(lit("sh")),
        ] {
            assert_eq!(filter(not_the_same.clone()), None, "{not_the_same:?}");
        }
    }
}
