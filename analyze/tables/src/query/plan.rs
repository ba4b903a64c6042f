//! The engine's optimised plan of a statement, and what it needs of the tables.
//!
//! The engine plans over tables of which it knows only the columns; what it asks of each stands in the plan's leaves, and
//! is put in their place once it was read. Where everything above the one leaf works on rows by themselves, that can be
//! done batch by batch ([`Line`]).

use std::any::Any;
use std::sync::Arc;

use polars::prelude::{
    AnonymousScan, AnonymousScanArgs, DataFrame, Expr, IntoLazy, LazyFrame, PlSmallStr, PolarsResult,
    ScanArgsAnonymous, SchemaRef, polars_bail,
};
use polars::sql::SQLContext;
use polars_plan::dsl::FileScanIR;
use polars_plan::plans::expr_ir::ExprIR;
use polars_plan::plans::{AExpr, IR, IRPlan, is_elementwise_rec, is_length_preserving_ae, is_scalar_ae};
use polars_utils::arena::{Arena, Node};

use crate::error::{Error, of_engine};
use crate::query::statement::Statement;
use crate::schema::schema_of;
use crate::tables::Table;

/// Stands for a table in a plan.
struct Leaf(Table);

impl AnonymousScan for Leaf {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn scan(&self, _: AnonymousScanArgs) -> PolarsResult<DataFrame> {
        polars_bail!(ComputeError: "the table {} was not put in its place", self.0.name())
    }

    fn allows_predicate_pushdown(&self) -> bool {
        true
    }

    fn allows_projection_pushdown(&self) -> bool {
        true
    }
}

/// An optimised plan.
pub(crate) struct Plan {
    ir: IRPlan,
    /// Columns of the answer.
    pub(crate) answer: SchemaRef,
}

/// A leaf of a plan: what it needs of a table.
#[derive(Debug, Clone)]
pub(crate) struct Scan {
    pub(crate) node: Node,
    pub(crate) table: Table,
    /// Columns, in order.
    pub(crate) columns: Vec<PlSmallStr>,
    /// Which rows.
    pub(crate) condition: Option<Expr>,
    /// How many rows at most, before `condition`.
    pub(crate) rows: Option<usize>,
}

/// What is done to rows by themselves.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Filter(Expr),
    Select(Vec<Expr>),
    Add(Vec<Expr>),
}

/// A plan over one table in which each node has one input.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) scan: Scan,
    /// What is done to rows by themselves, in order.
    pub(crate) steps: Vec<Step>,
    /// The last of those nodes, or the leaf.
    pub(crate) below: Node,
    /// What stands on it; `None` if nothing is left to do.
    pub(crate) above: Option<Node>,
}

impl Plan {
    /// Plans `statement`.
    ///
    /// # Errors
    /// What the engine says against it.
    pub(crate) fn of(statement: &Statement) -> Result<Self, Error> {
        let said = |error| of_engine(&error, &statement.text, &statement.tables);
        let mut context = SQLContext::new();
        for table in Table::ALL {
            let schema = Some(Arc::new(schema_of(&table.columns())));
            let args = ScanArgsAnonymous { schema, name: table.name(), ..ScanArgsAnonymous::default() };
            let leaf = LazyFrame::anonymous_scan(Arc::new(Leaf(table)), args).map_err(said)?;
            context.register(table.name(), leaf);
        }
        let mut lazy = context.execute(&statement.sql).map_err(said)?;
        let answer = lazy.collect_schema().map_err(said)?;
        let ir = lazy.to_alp_optimized().map_err(said)?;
        Ok(Self { ir, answer })
    }

    /// The engine's own description of it.
    pub(crate) fn describe(&self) -> String {
        self.ir.describe()
    }

    /// Its leaves that are tables, each once.
    pub(crate) fn scans(&self) -> Vec<Scan> {
        let (mut found, mut seen, mut left) = (Vec::new(), Vec::new(), vec![self.ir.lp_top]);
        while let Some(node) = left.pop() {
            if seen.contains(&node) {
                continue;
            }
            seen.push(node);
            let ir = self.ir.lp_arena.get(node);
            found.extend(self.scan(node, ir));
            left.extend(ir.get_inputs());
        }
        found
    }

    fn scan(&self, node: Node, ir: &IR) -> Option<Scan> {
        let IR::Scan { scan_type, file_info, predicate, unified_scan_args, .. } = ir else { return None };
        // Without readers of files built in, there is no other sort.
        let FileScanIR::Anonymous { function, .. } = scan_type.as_ref();
        let table = function.as_any().downcast_ref::<Leaf>()?.0;
        let columns = match &unified_scan_args.projection {
            Some(names) => names.to_vec(),
            None => file_info.schema.iter_names_cloned().collect(),
        };
        let condition = predicate.as_ref().map(|predicate| predicate.to_expr(&self.ir.expr_arena));
        let rows = unified_scan_args.pre_slice.as_ref().map(polars_utils::slice_enum::Slice::len);
        Some(Scan { node, table, columns, condition, rows })
    }

    /// It as a line; `None` if it is none.
    pub(crate) fn line(&self) -> Option<Line> {
        let mut nodes = vec![self.ir.lp_top];
        let scan = loop {
            let node = *nodes.last()?;
            let ir = self.ir.lp_arena.get(node);
            if let Some(scan) = self.scan(node, ir) {
                break scan;
            }
            let [input] = *ir.get_inputs().as_slice() else { return None };
            nodes.push(input);
        };
        let mut steps: Vec<Step> = scan.condition.clone().map(Step::Filter).into_iter().collect();
        let mut below = nodes.pop()?;
        while let Some(&node) = nodes.last() {
            let Some(step) = self.step(self.ir.lp_arena.get(node)) else { break };
            steps.push(step);
            below = node;
            nodes.pop();
        }
        Some(Line { scan, steps, below, above: nodes.last().copied() })
    }

    /// What `ir` does, if it works on rows by themselves.
    fn step(&self, ir: &IR) -> Option<Step> {
        let arena = &self.ir.expr_arena;
        let alone = |expr: &ExprIR| is_elementwise_rec(expr.node(), arena);
        match ir {
            IR::Filter { predicate, .. } if alone(predicate) => Some(Step::Filter(predicate.to_expr(arena))),
            IR::SimpleProjection { columns, .. } => {
                Some(Step::Select(columns.iter_names_cloned().map(polars::prelude::col).collect()))
            }
            IR::Select { expr, .. }
                if expr.iter().all(alone) && expr.iter().any(|expr| is_of_rows(expr, arena)) =>
            {
                Some(Step::Select(to_exprs(expr, arena)))
            }
            IR::HStack { exprs, .. } if exprs.iter().all(alone) => Some(Step::Add(to_exprs(exprs, arena))),
            _ => None,
        }
    }

    /// The node at `node`.
    pub(crate) fn ir(&self, node: Node) -> &IR {
        self.ir.lp_arena.get(node)
    }

    /// `exprs` as the engine's users write them.
    pub(crate) fn exprs(&self, exprs: &[ExprIR]) -> Vec<Expr> {
        to_exprs(exprs, &self.ir.expr_arena)
    }

    /// The same, each under the name that it has in the plan.
    pub(crate) fn named_exprs(&self, exprs: &[ExprIR]) -> Vec<Expr> {
        let named = |expr: &ExprIR| expr.to_expr(&self.ir.expr_arena).alias(expr.output_name().clone());
        exprs.iter().map(named).collect()
    }

    /// Columns of `node`.
    pub(crate) fn schema(&self, node: Node) -> SchemaRef {
        self.ir.lp_arena.get(node).schema(&self.ir.lp_arena).into_owned()
    }

    /// Puts `frame` in the place of `node`.
    pub(crate) fn put(&mut self, node: Node, frame: DataFrame) {
        let schema = Arc::clone(frame.schema());
        let leaf = IR::DataFrameScan { df: Arc::new(frame), schema, output_schema: None };
        self.ir.lp_arena.replace(node, leaf);
    }

    /// Does what it says, once every leaf was put in its place.
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) fn execute(self) -> PolarsResult<DataFrame> {
        crate::query::engine::execute(self.ir)
    }
}

impl Line {
    /// `batch` after all steps.
    pub(crate) fn after_steps(&self, batch: DataFrame) -> LazyFrame {
        self.steps.iter().fold(batch.lazy(), |lazy, step| match step {
            Step::Filter(condition) => lazy.filter(condition.clone()),
            Step::Select(exprs) => lazy.select(exprs.clone()),
            Step::Add(exprs) => lazy.with_columns(exprs.clone()),
        })
    }
}

fn to_exprs(exprs: &[ExprIR], arena: &Arena<AExpr>) -> Vec<Expr> {
    exprs.iter().map(|expr| expr.to_expr(arena)).collect()
}

/// Whether there is a value for each row: constants alone would give one for each batch.
fn is_of_rows(expr: &ExprIR, arena: &Arena<AExpr>) -> bool {
    is_length_preserving_ae(expr.node(), arena) && !is_scalar_ae(expr.node(), arena)
}
