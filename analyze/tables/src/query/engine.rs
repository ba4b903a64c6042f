//! Plans executed by the engine that works in memory.
//!
//! The engine leaves some groupings to its streaming sibling, which is not built in; here all are kept from that.

use polars::chunked_array::cast::CastOptions;
use polars::prelude::{DataFrame, LazyFrame, PolarsResult};
use polars_expr::state::ExecutionState;
use polars_mem_engine::create_physical_plan;
use polars_plan::plans::expr_ir::{ExprIR, OutputName};
use polars_plan::plans::{AExpr, IR, IRPlan};
use polars_utils::arena::{Arena, Node};

/// The rows of `lazy`.
///
/// # Errors
/// What the engine says.
pub(crate) fn collect(lazy: LazyFrame) -> PolarsResult<DataFrame> {
    execute(lazy.to_alp_optimized()?)
}

/// The rows of `plan`.
///
/// # Errors
/// What the engine says.
pub(crate) fn execute(mut plan: IRPlan) -> PolarsResult<DataFrame> {
    let mut left = vec![plan.lp_top];
    let mut seen = Vec::new();
    while let Some(node) = left.pop().filter(|node| !seen.contains(node)) {
        seen.push(node);
        left.extend(plan.lp_arena.get(node).get_inputs());
        keep(&mut plan.lp_arena, &mut plan.expr_arena, node)?;
    }
    let mut executor = create_physical_plan(plan.lp_top, &mut plan.lp_arena, &mut plan.expr_arena, None)?;
    executor.execute(&mut ExecutionState::new())
}

/// Keeps a grouping by columns from the streaming engine, which takes only those: a key becomes a cast to the type that
/// it has, which costs nothing.
fn keep(plans: &mut Arena<IR>, exprs: &mut Arena<AExpr>, node: Node) -> PolarsResult<()> {
    let IR::GroupBy { input, .. } = plans.get(node) else { return Ok(()) };
    let schema = plans.get(*input).schema(plans).into_owned();
    let IR::GroupBy { keys, .. } = plans.get_mut(node) else { return Ok(()) };
    for key in keys {
        let field = key.field(&schema, exprs)?;
        let cast = AExpr::Cast { expr: key.node(), dtype: field.dtype, options: CastOptions::Strict };
        *key = ExprIR::new(exprs.add(cast), OutputName::Alias(field.name));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{IntoLazy, col, df, len};

    #[test]
    fn many_rows_are_grouped() {
        let keys: Vec<&str> = (0..5000).map(|n| if n % 5 == 0 { "a" } else { "b" }).collect();
        let rows = df!("k" => &keys, "v" => vec![1i64; 5000]).unwrap().lazy();
        let grouped = rows.group_by([col("k")]).agg([len(), col("v").sum()]).sort(["k"], Default::default());
        let got = collect(grouped).unwrap();
        assert!(
            got.equals(&df!("k" => ["a", "b"], "len" => [1000u32, 4000], "v" => [1000i64, 4000]).unwrap())
        );
    }
}
