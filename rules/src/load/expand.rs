//! Lists spelled out in conditions, and macros replaced by what they stand for.
//!
//! Lists are replaced in the *text* of a condition wherever their name stands between blanks, commas,
//! parentheses or `=`; macros in the parsed tree. Both are Falco's ways, and both have consequences that rule
//! authors rely on. Neither may grow a condition without bound.

use std::rc::Rc;

use super::collect::{Collector, Table};
use super::exceptions::quoted;
use super::item::{ListDef, MacroDef};
use super::problems::{Context, Problems};
use super::value::{Read, Reported};
use crate::condition::{Expr, Limits, parse};
use crate::report::Code;
use crate::source::{MappedText, Place};

/// Longest condition after lists are spelled out, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// Most nodes of a condition after macros are replaced.
const MAX_NODES: usize = 50_000;
/// Deepest nesting of a condition after macros are replaced.
const MAX_DEPTH: usize = 600;

/// A list with the lists it names spelled out, one level deep.
struct SpelledList {
    name: String,
    text: String,
    used: bool,
}

/// All lists, ready to be spelled out.
pub(super) struct Lists {
    lists: Vec<SpelledList>,
}

impl Lists {
    pub(super) fn new(collector: &Collector<'_>) -> Lists {
        let table = &collector.lists;
        let mut used = vec![false; table.items.len()];
        let texts: Vec<String> = table.items.iter().map(|list| spell(list, table, &mut used)).collect();
        let lists = table.items.iter().zip(texts).zip(used);
        let lists =
            lists.map(|((list, text), used)| SpelledList { name: list.item.name.clone(), text, used });
        Lists { lists: lists.collect() }
    }

    /// Which lists were used by another list or a condition, in order of definition.
    pub(super) fn used(&self) -> impl Iterator<Item = bool> {
        self.lists.iter().map(|list| list.used)
    }

    /// Parses `condition` after spelling out its lists.
    pub(super) fn parse(
        &mut self,
        condition: &MappedText,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
        let mut text = condition.clone();
        for list in &mut self.lists {
            list.used |= substitute(&mut text, list);
            if text.as_str().len() > MAX_TEXT {
                let message = format!("longer than {MAX_TEXT} bytes once its lists are spelled out");
                problems.add(Code::ErrValidate, &message, None, context);
                return Err(Reported);
            }
        }
        parse(&text, Limits::RULES).map_err(|error| {
            let context = context.within("condition expression", "", error.place);
            problems.add(Code::ErrCompileCondition, &error.message, Some(error.place), &context);
            Reported
        })
    }
}

/// Items of a list as they go into a condition. An item that names an earlier list stands for its items.
fn spell(list: &super::collect::Ordered<ListDef>, table: &Table<ListDef>, used: &mut [bool]) -> String {
    let mut out = String::new();
    let mut push = |text: &str| {
        out.push_str(if out.is_empty() { "" } else { ", " });
        out.push_str(&quoted(text));
    };
    for item in &list.item.items {
        let position = table.position(&item.text);
        match position.and_then(|p| Some((p, table.items.get(p)?))) {
            Some((p, other)) if other.index < list.visibility => {
                if let Some(used) = used.get_mut(p) {
                    *used = true;
                }
                other.item.items.iter().for_each(|item| push(&item.text));
            }
            _ => push(&item.text),
        }
    }
    out
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_delimiter(byte: Option<&u8>) -> bool {
    byte.is_none_or(|&b| is_blank(b) || matches!(b, b'(' | b')' | b',' | b'='))
}

/// Replaces the name of `list` in `text` by its items; tells whether it stood there. The blanks around the name go, and
/// if the list is empty one comma. Stops early once the text is longer than allowed.
fn substitute(text: &mut MappedText, list: &SpelledList) -> bool {
    let bytes = text.as_str().as_bytes();
    let mut out = MappedText::default();
    let mut copied = 0;
    for name_start in memchr::memmem::find_iter(bytes, &list.name) {
        let name_end = name_start + list.name.len();
        let before = name_start.checked_sub(1).and_then(|at| bytes.get(at));
        // What was replaced last ends in a blank.
        let delimited = name_start == copied || is_delimiter(before);
        if name_start < copied || !delimited || !is_delimiter(bytes.get(name_end)) {
            continue;
        }
        out.append_range(text, copied, name_start);
        out.trim_end_by(is_blank);
        let mut end = name_end;
        while bytes.get(end).is_some_and(|&b| is_blank(b)) {
            end += 1;
        }
        if list.text.is_empty() && !out.pop(b',') && bytes.get(end) == Some(&b',') {
            end += 1;
        }
        let place = text.place(name_start);
        if !out.as_str().is_empty() {
            out.push(" ", place);
        }
        out.push(&list.text, place);
        out.push(" ", place);
        copied = end;
        if out.as_str().len() > MAX_TEXT {
            break;
        }
    }
    if copied == 0 {
        return false;
    }
    out.append_range(text, copied, text.as_str().len());
    *text = out;
    true
}

/// All macros, parsed and on demand expanded.
pub(super) struct Macros<'c> {
    table: &'c Table<MacroDef>,
    parsed: Vec<Read<Expr>>,
    expanded: Vec<Option<Read<Rc<Expr>>>>,
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
            let _: Read<Rc<Expr>> = macros.body(number, &mut Vec::new(), problems);
        }
        macros
    }

    /// Which macros were used by another macro or a rule, in order of definition.
    pub(super) fn used(&self) -> &[bool] {
        &self.used
    }

    /// The condition of macro `number` without macros. `path`: the macros being expanded.
    fn body(&mut self, number: usize, path: &mut Vec<usize>, problems: &mut Problems<'_>) -> Read<Rc<Expr>> {
        if let Some(Some(done)) = self.expanded.get(number) {
            return done.clone();
        }
        let Some(definition) = self.table.items.get(number) else { return Err(Reported) };
        let expr = self.parsed.get(number).cloned().unwrap_or(Err(Reported));
        let context = definition.item.condition_context.clone();
        path.push(number);
        let expanded = expr.and_then(|expr| {
            self.resolve(&expr, definition.visibility, path, &context, problems).map(Rc::new)
        });
        path.pop();
        if let Some(slot) = self.expanded.get_mut(number) {
            *slot = Some(expanded.clone());
        }
        expanded
    }

    /// A rule's condition without macros.
    pub(super) fn expand(
        &mut self,
        expr: &Expr,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
        self.resolve(expr, usize::MAX, &mut Vec::new(), context, problems)
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
        let expanded = self.replace(expr, visible, path, context, problems)?;
        if size.fits(&expanded, 0) {
            return Ok(expanded);
        }
        let message = "unreasonably large or deeply nested once its macros are spelled out";
        problems.add(Code::ErrValidate, message, Some(expr.place()), context);
        Err(Reported)
    }

    fn replace(
        &mut self,
        expr: &Expr,
        visible: usize,
        path: &mut Vec<usize>,
        context: &Context,
        problems: &mut Problems<'_>,
    ) -> Read<Expr> {
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
    ) -> Read<Expr> {
        let all =
            |children: &[Expr], macros: &mut Self, path: &mut Vec<usize>, problems: &mut Problems<'_>| {
                // Every child is looked at before giving up: each may name another macro that does not exist.
                let children: Vec<Read<Expr>> =
                    children.iter().map(|c| macros.replace(c, visible, path, context, problems)).collect();
                children.into_iter().collect::<Read<Vec<Expr>>>()
            };
        match expr {
            Expr::And(children) => all(children, self, path, problems).map(Expr::And),
            Expr::Or(children) => all(children, self, path, problems).map(Expr::Or),
            Expr::Not(child) => {
                Ok(Expr::Not(Box::new(self.replace(child, visible, path, context, problems)?)))
            }
            Expr::Check(_) => Ok(expr.clone()),
            Expr::Macro { name, place } => {
                self.named(name, *place, visible, path, context, problems).map(|body| (*body).clone())
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
    ) -> Read<Rc<Expr>> {
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
        if path.contains(&number) {
            let message = format!("macro `{name}` refers to itself");
            problems.add(Code::ErrValidate, &message, Some(place), context);
            return Err(Reported);
        }
        self.body(number, path, problems)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(condition: &str, name: &str, text: &str) -> String {
        let mut mapped = MappedText::verbatim(condition);
        substitute(&mut mapped, &SpelledList { name: name.into(), text: text.into(), used: false });
        mapped.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_is_spelled_out_only_where_its_name_stands_alone() {
        assert_eq!(spelled("a in (l)", "l", "x, y"), "a in ( x, y )");
        assert_eq!(spelled("a in (l,z, l )", "l", "x, y"), "a in ( x, y ,z, x, y )");
        assert_eq!(spelled("a in (ll, l.l)", "l", "x"), "a in (ll, l.l)");
    }

    #[test]
    fn an_empty_list_takes_its_comma_with_it() {
        assert_eq!(spelled("a in (l, z)", "l", ""), "a in ( z)");
        assert_eq!(spelled("a in (z, l)", "l", ""), "a in (z )");
        assert_eq!(spelled("a in (l)", "l", ""), "a in ( )");
    }

    #[test]
    fn a_list_that_names_itself_ends() {
        assert_eq!(spelled("a in (l)", "l", "l, x"), "a in ( l, x )");
    }
}
