//! Lists spelled out in conditions.
//!
//! A list is replaced in the *text* of a condition wherever its name stands between blanks, commas, parentheses or
//! `=`, as Falco does; rule authors rely on the consequences. It may not grow a condition without bound.

use std::borrow::Cow;

use memchr::memmem;
use rustc_hash::FxHashMap;

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
    name: String,
    text: String,
    used: bool,
    /// Whether it is to be looked for in the condition at hand: a word of that is its name.
    named: bool,
    /// Whether its name is no single word, so that it is looked for in every condition.
    strange: bool,
}

/// All lists, ready to be spelled out.
pub(super) struct Lists {
    lists: Vec<SpelledList>,
    by_name: FxHashMap<String, usize>,
}

impl Lists {
    pub(super) fn new(collector: &Collector<'_>) -> Lists {
        let table = &collector.lists;
        let mut used = vec![false; table.items.len()];
        let texts: Vec<String> = table.items.iter().map(|list| spell(list, table, &mut used)).collect();
        let lists = table.items.iter().zip(texts).zip(used);
        let lists: Vec<SpelledList> =
            lists.map(|((list, text), used)| SpelledList::new(&list.item.name, text, used)).collect();
        let by_name = lists.iter().enumerate().map(|(number, list)| (list.name.clone(), number)).collect();
        Lists { lists, by_name }
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
        let text = self.spell_out(condition).ok_or_else(|| {
            let message = format!("longer than {MAX_TEXT} bytes once its lists are spelled out");
            problems.add(Code::ErrValidate, &message, None, context);
            Reported
        })?;
        parse(&text, Limits::RULES).map_err(|error| {
            let context = context.within("condition expression", "", error.place);
            problems.add(Code::ErrCompileCondition, &error.message, Some(error.place), &context);
            Reported
        })
    }

    /// `condition` with its lists spelled out, in the order of their definition; `None` if that is too long.
    fn spell_out<'t>(&mut self, condition: &'t MappedText) -> Option<Cow<'t, MappedText>> {
        self.lists.iter_mut().for_each(|list| list.named = list.strange);
        self.note_named(condition.as_str());
        let mut text = Cow::Borrowed(condition);
        let mut number = 0;
        while let Some(list) = self.lists.get_mut(number) {
            if list.named
                && let Some(spelled) = substitute(&text, list)
            {
                list.used = true;
                let items = list.text.clone();
                self.note_named(&items);
                text = Cow::Owned(spelled);
            }
            if text.as_str().len() > MAX_TEXT {
                return None;
            }
            number += 1;
        }
        Some(text)
    }

    /// Notes which lists the words of `text` name.
    fn note_named(&mut self, text: &str) {
        for word in text.as_bytes().split(|&b| is_delimiter(b)).filter(|word| !word.is_empty()) {
            let number = std::str::from_utf8(word).ok().and_then(|word| self.by_name.get(word));
            if let Some(list) = number.and_then(|&number| self.lists.get_mut(number)) {
                list.named = true;
            }
        }
    }
}

impl SpelledList {
    fn new(name: &str, text: String, used: bool) -> SpelledList {
        let strange = name.bytes().any(is_delimiter);
        SpelledList { name: name.to_owned(), text, used, named: false, strange }
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

/// Whether it stands between words.
fn is_delimiter(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'(' | b')' | b',' | b'=')
}

/// `text` with the name of `list` replaced by its items; `None` if it does not stand there. The blanks around the name
/// go, and if the list is empty one comma. Stops early once the text is longer than allowed.
fn substitute(text: &MappedText, list: &SpelledList) -> Option<MappedText> {
    let bytes = text.as_str().as_bytes();
    let mut out = MappedText::default();
    let mut copied = 0;
    for name_start in memmem::find_iter(bytes, list.name.as_bytes()) {
        let name_end = name_start + list.name.len();
        let before = name_start.checked_sub(1).and_then(|at| bytes.get(at));
        // What was replaced last ends in a blank.
        let delimited = name_start == copied || before.is_none_or(|&b| is_delimiter(b));
        if name_start < copied || !delimited || bytes.get(name_end).is_some_and(|&b| !is_delimiter(b)) {
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
        return None;
    }
    out.append_range(text, copied, text.as_str().len());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(condition: &str, name: &str, text: &str) -> String {
        let list = SpelledList::new(name, text.into(), false);
        let mut lists = Lists { lists: vec![list], by_name: [(name.to_owned(), 0)].into_iter().collect() };
        let condition = MappedText::verbatim(condition);
        let spelled = lists.spell_out(&condition).unwrap();
        spelled.as_str().split_whitespace().collect::<Vec<_>>().join(" ")
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
