//! Macros replaced by what they stand for, in parsed conditions.
//!
//! A macro may refer to those that were first defined before it was last defined or changed; a rule to all of its own
//! and of earlier files. Expansion is bounded in size and depth.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::collect::{Collector, Table};
use super::item::MacroDef;
use super::lists::Lists;
use super::problems::{Context, Problems};
use super::value::{Read, Reported};
use crate::blueprint::MacroPlan;
use crate::condition::Expr;
use crate::report::Code;
use crate::source::Place;

/// Most nodes of a condition after macros are replaced.
const MAX_NODES: usize = 50_000;
/// Deepest nesting of a condition after macros are replaced.
const MAX_DEPTH: usize = 600;

/// All macros, parsed and on demand expanded.
pub(super) struct Macros<'c> {
    table: &'c Table<MacroDef>,
    parsed: Vec<Read<Expr>>,
    expanded: Vec<Option<Read<Expr>>>,
    used: Vec<bool>,
    /// How deep the expansion is at the moment, over all macros.
    depth: usize,
}

impl<'c> Macros<'c> {
    pub(super) fn new(
        collector: &'c Collector<'_>,
        lists: &mut Lists,
        problems: &mut Problems<'_>,
    ) -> Macros<'c> {
        let table = &collector.macros;
        let parse = |m: &super::collect::Ordered<MacroDef>| {
            lists.parse(&m.item.condition, &m.item.condition_context, problems)
        };
        let parsed: Vec<Read<Expr>> = table.items.iter().map(parse).collect();
        let count = parsed.len();
        let mut macros =
            Macros { table, parsed, expanded: vec![None; count], used: vec![false; count], depth: 0 };
        for number in 0..count {
            let _: Read<Expr> = macros.body(number, &mut Vec::new(), problems);
        }
        macros
    }

    /// Those that parsed, by name.
    pub(super) fn as_written(&self) -> BTreeMap<String, MacroPlan> {
        let each = self.table.items.iter().zip(&self.parsed);
        let parsed = each.filter_map(|(definition, parsed)| {
            let plan = MacroPlan {
                condition: parsed.as_ref().ok()?.clone(),
                place: definition.item.context.place(),
            };
            Some((definition.item.name.clone(), plan))
        });
        parsed.collect()
    }

    /// Which macros were used by another macro or a rule, in order of definition.
    pub(super) fn used(&self) -> &[bool] {
        &self.used
    }

    /// The condition of macro `number` without macros. `path`: the macros being expanded.
    fn body(&mut self, number: usize, path: &mut Vec<usize>, problems: &mut Problems<'_>) -> Read<Expr> {
        if let Some(Some(done)) = self.expanded.get(number) {
            return done.clone();
        }
        let Some(definition) = self.table.items.get(number) else { return Err(Reported) };
        let expr = self.parsed.get(number).cloned().unwrap_or(Err(Reported));
        let context = definition.item.condition_context.clone();
        path.push(number);
        let expanded =
            expr.and_then(|expr| self.resolve(&expr, definition.visibility, path, &context, problems));
        path.pop();
        if let Some(slot) = self.expanded.get_mut(number) {
            *slot = Some(expanded.clone());
        }
        expanded
    }

    /// A rule's condition without macros; it may refer to those first defined before `visible`.
    pub(super) fn expand(
        &mut self,
        expr: &Expr,
        visible: usize,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
        self.resolve(expr, visible, &mut Vec::new(), context, problems)
    }

    fn resolve(
        &mut self,
        expr: &Expr,
        visible: usize,
        path: &mut Vec<usize>,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
        let mut size = Size::default();
        let expanded = self.replace(expr, visible, path, context, problems)?.unwrap_or_else(|| expr.clone());
        if size.fits(&expanded, 0) {
            return Ok(expanded);
        }
        let message = "unreasonably large or deeply nested once its macros are spelled out";
        problems.add(Code::ErrValidate, message, Some(expr.place()), context);
        Err(Reported)
    }

    /// `expr` without macros; `None` if it has none.
    fn replace(
        &mut self,
        expr: &Expr,
        visible: usize,
        path: &mut Vec<usize>,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Option<Expr>> {
        if self.depth > MAX_DEPTH {
            let message = "macros within macros nest too deep";
            problems.add(Code::ErrValidate, message, Some(expr.place()), context);
            return Err(Reported);
        }
        self.depth += 1;
        let replaced = self.replace_parts(expr, visible, path, context, problems);
        self.depth -= 1;
        replaced
    }

    fn replace_parts(
        &mut self,
        expr: &Expr,
        visible: usize,
        path: &mut Vec<usize>,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Option<Expr>> {
        let mut all = |children: &[Expr]| -> Read<Option<Arc<[Expr]>>> {
            // Every child is looked at before giving up: each may name another macro that does not exist.
            let replaced: Vec<Read<Option<Expr>>> =
                children.iter().map(|c| self.replace(c, visible, path, context, problems)).collect();
            let replaced = replaced.into_iter().collect::<Read<Vec<Option<Expr>>>>()?;
            if replaced.iter().all(Option::is_none) {
                return Ok(None);
            }
            let parts = replaced.into_iter().zip(children);
            Ok(Some(parts.map(|(new, old)| new.unwrap_or_else(|| old.clone())).collect()))
        };
        match expr {
            Expr::And(children) => Ok(all(children)?.map(Expr::And)),
            Expr::Or(children) => Ok(all(children)?.map(Expr::Or)),
            Expr::Not(child) => {
                let child = self.replace(child, visible, path, context, problems)?;
                Ok(child.map(|child| Expr::Not(Arc::new(child))))
            }
            Expr::Check(_) => Ok(None),
            Expr::Macro { name, place } => {
                self.named(name, *place, visible, path, context, problems).map(Some)
            }
        }
    }

    fn named(
        &mut self,
        name: &str,
        place: Place,
        visible: usize,
        path: &mut Vec<usize>,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
        let number = self.table.position(name);
        let found = number.and_then(|n| Some((n, self.table.items.get(n)?)));
        let Some((number, _)) = found.filter(|(_, definition)| definition.index < visible) else {
            let names = self.table.items.iter().map(|m| m.item.name.as_str());
            let (message, near) = match found {
                Some(_) => (format!("macro `{name}` is defined only later"), None),
                None => (format!("there is no macro `{name}`"), crate::report::nearest(name, names)),
            };
            let context = context.within("condition expression", "", place);
            problems.add_suggesting(Code::ErrValidate, &message, Some(place), &context, near);
            return Err(Reported);
        };
        if let Some(used) = self.used.get_mut(number) {
            *used = true;
        }
        if let Some(start) = path.iter().position(|&n| n == number) {
            return Err(self.report_loop(path.get(start..).unwrap_or(&[]), place, problems));
        }
        self.body(number, path, problems)
    }

    /// Reports that the first of `round` refers to itself by way of the others; the last does so at `place`.
    fn report_loop(&self, round: &[usize], place: Place, problems: &mut Problems<'_>) -> Reported {
        let definitions: Vec<&MacroDef> =
            round.iter().filter_map(|&n| Some(&self.table.items.get(n)?.item)).collect();
        let Some((first, others)) = definitions.split_first() else { return Reported };
        let way: Vec<String> = others.iter().map(|other| format!("`{}`", other.name)).collect();
        let message = match way.is_empty() {
            true => format!("macro `{}` refers to itself", first.name),
            false => format!("macro `{}` refers to itself by way of {}", first.name, way.join(", ")),
        };
        problems.add(Code::ErrValidate, &message, Some(place), &first.condition_context);
        Reported
    }
}

/// Counts nodes.
#[derive(Default)]
struct Size(usize);

impl Size {
    fn fits(&mut self, expr: &Expr, depth: usize) -> bool {
        self.0 += 1;
        if depth > MAX_DEPTH || self.0 > MAX_NODES {
            return false;
        }
        match expr {
            Expr::And(children) | Expr::Or(children) => children.iter().all(|c| self.fits(c, depth + 1)),
            Expr::Not(child) => self.fits(child, depth + 1),
            Expr::Macro { .. } | Expr::Check(_) => true,
        }
    }
}
