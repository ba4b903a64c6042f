//! Aggregates made batch by batch.
//!
//! Takes the aggregates of a GROUP BY, gives those of one batch, those that join the results of batches, and the expressions
//! that make the wanted values of what was joined: a sum is the sum of the batches' sums, an average their sum by their
//! count. Of what cannot be had that way (medians, distinct counts, …) the rows have to be held.

use std::sync::Arc;

use polars::prelude::{AggExpr, DataType, Expr, NULL, PlSmallStr, col, lit, when};

/// Aggregates in parts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Of a batch.
    pub(crate) of_batch: Vec<Expr>,
    /// Of the results of batches, under the same names.
    pub(crate) joined: Vec<Expr>,
    /// The wanted values, of what was joined.
    pub(crate) wanted: Vec<Expr>,
}

impl Parts {
    /// Takes `aggregates` apart; `None` if that cannot be done.
    pub(crate) fn of(aggregates: &[Expr]) -> Option<Parts> {
        let mut parts = Parts::default();
        for aggregate in aggregates {
            let wanted = parts.take(aggregate)?;
            parts.wanted.push(wanted);
        }
        Some(parts)
    }

    /// Adds a part, and what joins it; gives the name that both have.
    fn part(&mut self, of_batch: Expr, joined: fn(Expr) -> Expr) -> Expr {
        // No column of a table begins like that.
        let name = PlSmallStr::from_string(format!("\u{1}{}", self.of_batch.len()));
        self.of_batch.push(of_batch.alias(name.clone()));
        self.joined.push(joined(col(name.clone())).alias(name.clone()));
        col(name)
    }

    /// The wanted value that `expr` is, of parts.
    fn take(&mut self, expr: &Expr) -> Option<Expr> {
        Some(match expr {
            Expr::Len | Expr::Agg(AggExpr::Count { .. } | AggExpr::Sum(_)) => {
                self.part(expr.clone(), |part| part.sum())
            }
            Expr::Agg(AggExpr::Min { .. }) => self.part(expr.clone(), |part| part.min()),
            Expr::Agg(AggExpr::Max { .. }) => self.part(expr.clone(), |part| part.max()),
            Expr::Agg(AggExpr::First(_)) => self.part(expr.clone(), |part| part.first()),
            Expr::Agg(AggExpr::Last(_)) => self.part(expr.clone(), |part| part.last()),
            Expr::Agg(AggExpr::Mean(input)) => {
                let input = input.as_ref().clone();
                let sum = self.part(input.clone().cast(DataType::Float64).sum(), |part| part.sum());
                let count = self.part(input.count(), |part| part.sum());
                when(count.clone().gt(lit(0u32)))
                    .then(sum / count.cast(DataType::Float64))
                    .otherwise(lit(NULL))
            }
            Expr::Literal(_) => expr.clone(),
            Expr::Alias(inner, name) => self.take(inner)?.alias(name.clone()),
            Expr::Cast { expr, dtype, options } => {
                Expr::Cast { expr: Arc::new(self.take(expr)?), dtype: dtype.clone(), options: *options }
            }
            Expr::BinaryExpr { left, op, right } => Expr::BinaryExpr {
                left: Arc::new(self.take(left)?),
                op: *op,
                right: Arc::new(self.take(right)?),
            },
            Expr::Ternary { predicate, truthy, falsy } => Expr::Ternary {
                predicate: Arc::new(self.take(predicate)?),
                truthy: Arc::new(self.take(truthy)?),
                falsy: Arc::new(self.take(falsy)?),
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::engine::collect;
    use polars::prelude::{DataFrame, IntoLazy, df, len};

    fn in_parts(batches: &[DataFrame], aggregates: &[Expr]) -> DataFrame {
        let parts = Parts::of(aggregates).expect("aggregates that can be taken apart");
        let each = |batch: &DataFrame| {
            collect(batch.clone().lazy().group_by([col("k")]).agg(&parts.of_batch)).unwrap()
        };
        let mut all = each(&batches[0]);
        for batch in &batches[1..] {
            all.vstack_mut(&each(batch)).unwrap();
        }
        let joined = all.lazy().group_by_stable([col("k")]).agg(&parts.joined);
        let wanted = [vec![col("k")], parts.wanted].concat();
        collect(joined.select(wanted).sort(["k"], Default::default())).unwrap()
    }

    #[test]
    fn what_is_made_batch_by_batch_is_what_is_made_at_once() {
        let one = df!("k" => ["a", "b", "a"], "v" => [Some(1i64), None, Some(5)]).unwrap();
        let two = df!("k" => ["b", "c", "a"], "v" => [Some(7i64), None, Some(-2)]).unwrap();
        let whole = one.vstack(&two).unwrap();
        let aggregates = [
            len().alias("rows"),
            col("v").count().alias("count"),
            col("v").sum().alias("sum"),
            (col("v").max() - col("v").min()).alias("span"),
            col("v").mean().alias("mean"),
            (col("v").sum() * lit(2) + lit(1)).alias("more"),
            col("v").first().alias("first"),
            col("v").last().alias("last"),
        ];
        let at_once =
            whole.lazy().group_by_stable([col("k")]).agg(&aggregates).sort(["k"], Default::default());
        let at_once = collect(at_once).unwrap();
        assert!(in_parts(&[one, two], &aggregates).equals_missing(&at_once));
    }

    #[test]
    fn what_needs_all_rows_is_not_taken_apart() {
        for aggregate in
            [col("v").median(), col("v").n_unique(), col("v").std(1), col("v").sum() + col("v").n_unique()]
        {
            assert!(Parts::of(&[aggregate]).is_none());
        }
    }
}
