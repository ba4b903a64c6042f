//! Answers a question: reads what its plan needs, batch by batch where that is possible, and hands rows to a sink.
//!
//! - Rows that are only chosen and changed by themselves go to the sink as they are read.
//! - What `GROUP BY`, `DISTINCT`, `ORDER BY … LIMIT` and `LIMIT` make of them is made of each batch and joined.
//! - For everything else (joins, windows, sorting all, …) the needed columns of the chosen rows are held.
//!
//! What is held at once never takes more than a given number of bytes; a query that needs more is refused.

use std::ops::ControlFlow;

use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsResult, SchemaRef, col};
use scap_rules::RuleSet;

use crate::accounts::Accounts;
use crate::error::{Error, of_engine};
use crate::guard::guarded;
use crate::output::Sink;
use crate::query::engine::collect;
use crate::query::plan::{Line, Plan, Scan, Step};
use crate::query::pushdown::Pushed;
use crate::query::reduce::{Held, Reduction, columns};
use crate::query::statement::Statement;
use crate::schema::{Column, schema_of};
use crate::tables::Table;
use crate::tables::events::{COLUMNS, Source};
use crate::trace::{Note, Trace};
use crate::walk;

/// What is asked, and how.
pub struct Question<'q> {
    /// The traces.
    pub traces: &'q [Trace<'q>],
    /// The rules of the table `alerts`; without any, it is empty.
    pub rules: Option<&'q RuleSet>,
    /// Bytes that rows may take which have to be held at once.
    pub memory: usize,
}

impl Question<'_> {
    /// Answers `statement`; hands its rows to `sink`, and what is to be told of traces to `note`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn answer(
        &self,
        statement: &Statement,
        note: &mut dyn FnMut(&str, Note<'_>),
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let plan = guarded(|| Plan::of(statement))??;
        sink.begin(&plan.answer)?;
        let mut work = Work { question: self, statement, note, accounts: Accounts::default() };
        guarded(|| work.run(plan, sink))??;
        sink.finish()?;
        Ok(())
    }
}

/// The engine's plan of `statement`, as it describes it itself.
///
/// # Errors
/// If there is none.
pub fn plan_of(statement: &Statement) -> Result<String, Error> {
    guarded(|| Plan::of(statement).map(|plan| plan.describe()))?
}

/// A question being answered.
struct Work<'w> {
    question: &'w Question<'w>,
    statement: &'w Statement,
    note: &'w mut dyn FnMut(&str, Note<'_>),
    accounts: Accounts,
}

impl Work<'_> {
    fn run(&mut self, mut plan: Plan, sink: &mut dyn Sink) -> Result<(), Error> {
        if let Some(line) = plan.line().filter(|line| line.scan.table == Table::Events) {
            return self.along(plan, &line, sink);
        }
        for scan in plan.scans() {
            let frame = self.held(&scan)?;
            plan.put(scan.node, frame);
        }
        self.finish(plan, sink)
    }

    fn finish(&self, plan: Plan, sink: &mut dyn Sink) -> Result<(), Error> {
        let answer = plan.answer.clone();
        let rows = done(self.statement, plan.execute())?;
        sink.rows(&done(self.statement, as_schema(rows, &answer))?)?;
        Ok(())
    }

    /// Answers a plan that is a line.
    fn along(&mut self, mut plan: Plan, line: &Line, sink: &mut dyn Sink) -> Result<(), Error> {
        let (statement, answer) = (self.statement, plan.answer.clone());
        let Some(above) = line.above else {
            return self.each(line, |rows| {
                let rows = done(statement, collect(rows).and_then(|rows| as_schema(rows, &answer)))?;
                if rows.height() > 0 {
                    sink.rows(&rows)?;
                }
                Ok(ControlFlow::Continue(()))
            });
        };
        let below = plan.schema(line.below);
        let names: Vec<_> = below.iter_names_cloned().collect();
        let reduction = Reduction::of(&plan, above);
        let mut held = Held::new(self.question.memory);
        self.each(line, |rows| {
            let part = done(statement, collect(reduction.of_batch(rows.select(columns(&names)))))?;
            done(statement, held.add(part, |all| collect(reduction.join(all.lazy()))))??;
            Ok(if reduction.is_enough(held.height()) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        let all = match held.take() {
            Some(all) => all,
            // No batch came: there is still what is made of no rows.
            None => {
                done(statement, collect(reduction.of_batch(DataFrame::empty_with_schema(&below).lazy())))?
            }
        };
        if let Some(rows) = reduction.finished(all.clone()) {
            let rows = done(statement, collect(rows))?;
            let schema = plan.schema(above);
            plan.put(above, done(statement, as_schema(rows, &schema))?);
        } else {
            plan.put(line.below, all);
        }
        self.finish(plan, sink)
    }

    /// Hands every batch of a line's rows to `take`, after the line's steps.
    fn each(
        &mut self,
        line: &Line,
        mut take: impl FnMut(LazyFrame) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        let scan = &line.scan;
        let mut left = scan.rows.unwrap_or(usize::MAX);
        // Where rows are counted before the condition, none may be left out by it.
        let pushed = Pushed::of(scan.condition.as_ref().filter(|_| scan.rows.is_none()));
        walk::batches(self.question.traces, &event_columns(scan), &pushed, self.note, &mut |batch| {
            let batch = batch.head(Some(left));
            left -= batch.height();
            let flow = take(line.after_steps(batch))?;
            Ok(if left == 0 { ControlFlow::Break(()) } else { flow })
        })
    }

    /// The rows of a table that a leaf needs.
    fn held(&mut self, scan: &Scan) -> Result<DataFrame, Error> {
        let steps: Vec<Step> = scan.condition.clone().map(Step::Filter).into_iter().collect();
        let line = Line { scan: scan.clone(), steps, below: scan.node, above: None };
        let statement = self.statement;
        if scan.table != Table::Events {
            let whole = self.accounts.frame(scan.table, &scan.columns, self.question, self.note)?;
            let rows = line.after_steps(whole.head(Some(scan.rows.unwrap_or(usize::MAX))));
            return done(statement, collect(rows.select(columns(&scan.columns))));
        }
        let mut held = Held::new(self.question.memory);
        self.each(&line, |rows| {
            let rows = done(statement, collect(rows.select(columns(&scan.columns))))?;
            done(statement, held.add(rows, Ok))??;
            Ok(ControlFlow::Continue(()))
        })?;
        let none = || {
            let described: Vec<_> = event_columns(scan).iter().map(Column::described).collect();
            DataFrame::empty_with_schema(&schema_of(&described))
        };
        Ok(held.take().unwrap_or_else(none))
    }
}

/// The columns of `events` that `scan` needs, in its order.
fn event_columns(scan: &Scan) -> Vec<Column<Source>> {
    let at = |name: &str| COLUMNS.iter().find(|column| column.name == name).copied();
    scan.columns.iter().filter_map(|name| at(name)).collect()
}

/// `rows` with the columns of `schema`, in its order and of its types.
fn as_schema(rows: DataFrame, schema: &SchemaRef) -> PolarsResult<DataFrame> {
    if rows.schema() == schema {
        return Ok(rows);
    }
    let as_type = |(name, ty): (&polars::prelude::PlSmallStr, &polars::prelude::DataType)| {
        col(name.clone()).cast(ty.clone())
    };
    collect(rows.lazy().select(schema.iter().map(as_type).collect::<Vec<_>>()))
}

fn done<T>(statement: &Statement, result: PolarsResult<T>) -> Result<T, Error> {
    result.map_err(|error| of_engine(&error, &statement.text, &statement.tables))
}
