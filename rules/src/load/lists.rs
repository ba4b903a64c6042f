//! Lists spelled out in conditions.
//!
//! A list is replaced in the *text* of a condition wherever its name stands between blanks, commas, parentheses or
//! `=`, as Falco does; rule authors rely on the consequences. It may not grow a condition without bound.

use memchr::memmem::Finder;

use super::collect::{Collector, Table};
use super::exceptions::quoted;
use super::item::ListDef;
use super::problems::{Context, Problems};
use super::value::{Read, Reported};
use crate::condition::{Expr, Limits, parse};
use crate::report::Code;
use crate::source::MappedText;

/// Longest condition after lists are spelled out, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// A list with the lists it names spelled out, one level deep.
struct SpelledList {
    /// Looks for its name.
    name: Finder<'static>,
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
            lists.map(|((list, text), used)| SpelledList { name: finder(&list.item.name), text, used });
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

/// Making one costs more than looking for a name in a condition, of which there are hundreds.
fn finder(name: &str) -> Finder<'static> {
    Finder::new(name).into_owned()
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
    for name_start in list.name.find_iter(bytes) {
        let name_end = name_start + list.name.needle().len();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(condition: &str, name: &str, text: &str) -> String {
        let mut mapped = MappedText::verbatim(condition);
        substitute(&mut mapped, &SpelledList { name: finder(name), text: text.into(), used: false });
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
