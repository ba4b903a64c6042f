//! What is made of rows batch by batch, and joined.

use polars::prelude::{
    DataFrame, Expr, IntoLazy, LazyFrame, PlSmallStr, PolarsResult, SortMultipleOptions, UniqueKeepStrategy,
    col,
};
use polars_plan::plans::IR;
use polars_utils::arena::Node;

use crate::error::Error;
use crate::query::plan::Plan;
use crate::query::split::Parts;

/// What the first node above rows by themselves makes of them.
#[derive(Debug)]
pub(crate) enum Reduction {
    /// Groups, with aggregates; of no keys, there is one group.
    Groups { keys: Vec<Expr>, names: Vec<PlSmallStr>, parts: Parts, slice: Option<(i64, usize)> },
    /// Only the first rows in some order.
    Sorted { by: Vec<Expr>, options: SortMultipleOptions, count: usize },
    /// Only rows that differ.
    Distinct { subset: Option<Vec<PlSmallStr>>, keep: UniqueKeepStrategy },
    /// Only the first rows.
    First(usize),
    /// Something that needs all of them.
    All,
}

impl Reduction {
    /// What the node at `above` makes.
    pub(crate) fn of(plan: &Plan, above: Node) -> Self {
        Self::known(plan, above).unwrap_or(Reduction::All)
    }

    fn known(plan: &Plan, above: Node) -> Option<Self> {
        Some(match plan.ir(above) {
            IR::GroupBy { keys, aggs, options, apply: None, .. } => Reduction::Groups {
                names: keys.iter().map(|key| key.output_name().clone()).collect(),
                keys: plan.exprs(keys),
                parts: Parts::of(&plan.named_exprs(aggs))?,
                slice: options.slice,
            },
            IR::Select { expr, .. } => Reduction::Groups {
                names: Vec::new(),
                keys: Vec::new(),
                // Of constants alone there is one row too, but not because of the rows below.
                parts: Parts::of(&plan.named_exprs(expr)).filter(|parts| !parts.of_batch.is_empty())?,
                slice: None,
            },
            IR::Sort { by_column, slice: Some((offset, count)), sort_options, .. } => Reduction::Sorted {
                by: plan.exprs(by_column),
                options: sort_options.clone(),
                count: usize::try_from(*offset).ok()?.checked_add(*count)?,
            },
            IR::Distinct { options, .. } if options.keep_strategy != UniqueKeepStrategy::None => {
                Reduction::Distinct {
                    subset: options.subset.as_ref().map(|names| names.to_vec()),
                    keep: options.keep_strategy,
                }
            }
            IR::Slice { offset, len, .. } => {
                Reduction::First(usize::try_from(*offset).ok()?.checked_add(usize::try_from(*len).ok()?)?)
            }
            _ => return None,
        })
    }

    /// What it makes of a batch.
    pub(crate) fn of_batch(&self, rows: LazyFrame) -> LazyFrame {
        match self {
            Reduction::Groups { keys, parts, .. } if keys.is_empty() => rows.select(parts.of_batch.clone()),
            Reduction::Groups { keys, parts, .. } => {
                rows.group_by_stable(keys.clone()).agg(parts.of_batch.clone())
            }
            _ => self.join(rows),
        }
    }

    /// What it makes of what it made of batches.
    pub(crate) fn join(&self, all: LazyFrame) -> LazyFrame {
        match self {
            Reduction::Groups { names, parts, .. } if names.is_empty() => all.select(parts.joined.clone()),
            Reduction::Groups { names, parts, .. } => {
                all.group_by_stable(columns(names)).agg(parts.joined.clone())
            }
            Reduction::Sorted { by, options, count } => all
                .sort_by_exprs(by.clone(), options.clone())
                .limit(u32::try_from(*count).unwrap_or(u32::MAX)),
            Reduction::Distinct { subset, keep, .. } => {
                all.unique_stable_generic(subset.as_ref().map(|names| columns(names)), *keep)
            }
            Reduction::First(count) => all.limit(u32::try_from(*count).unwrap_or(u32::MAX)),
            Reduction::All => all,
        }
    }

    /// The rows of the node itself, of all that was joined; `None` if the node has still to be asked.
    pub(crate) fn finished(&self, all: DataFrame) -> Option<LazyFrame> {
        let Reduction::Groups { names, parts, slice, .. } = self else { return None };
        let wanted: Vec<Expr> = columns(names).into_iter().chain(parts.wanted.iter().cloned()).collect();
        let rows = self.join(all.lazy()).select(wanted);
        Some(match slice {
            Some((offset, count)) => rows.slice(*offset, u32::try_from(*count).unwrap_or(u32::MAX)),
            None => rows,
        })
    }

    /// Whether `rows` rows are all that will be asked for.
    pub(crate) fn is_enough(&self, rows: usize) -> bool {
        matches!(self, Reduction::First(count) if rows >= *count)
    }
}

pub(crate) fn columns(names: &[PlSmallStr]) -> Vec<Expr> {
    names.iter().cloned().map(col).collect()
}

/// Rows that are held, joined when they become many.
#[derive(Debug)]
pub(crate) struct Held {
    rows: Option<DataFrame>,
    /// Rows after the last joining.
    joined: usize,
    /// Bytes that they may take.
    memory: usize,
    /// Bytes that they take.
    taken: usize,
}

/// Rows below which joining is not worth it.
const FEW: usize = 1 << 15;

impl Held {
    pub(crate) fn new(memory: usize) -> Self {
        Self { rows: None, joined: 0, memory, taken: 0 }
    }

    /// Adds `part`; has all joined by `join` if they became many.
    ///
    /// # Errors
    /// What `join` returns, or if they take too much.
    pub(crate) fn add(
        &mut self,
        part: DataFrame,
        join: impl FnOnce(DataFrame) -> PolarsResult<DataFrame>,
    ) -> PolarsResult<Result<(), Error>> {
        self.taken = self.taken.saturating_add(part.estimated_size());
        let mut all = match self.rows.take() {
            Some(mut all) => {
                all.vstack_mut_owned(part)?;
                all
            }
            None => part,
        };
        let many = all.height() > FEW && all.height() > self.joined.saturating_mul(2);
        if many || self.taken > self.memory {
            all = join(all)?;
            (self.joined, self.taken) = (all.height(), all.estimated_size());
        }
        self.rows = Some(all);
        if self.taken > self.memory {
            let limit = u64::try_from(self.memory >> 20).unwrap_or(u64::MAX);
            return Ok(Err(Error::TooMuch { limit }));
        }
        Ok(Ok(()))
    }

    /// How many rows.
    pub(crate) fn height(&self) -> usize {
        self.rows.as_ref().map_or(0, DataFrame::height)
    }

    /// All of them; `None` if none was added.
    pub(crate) fn take(self) -> Option<DataFrame> {
        self.rows
    }
}
