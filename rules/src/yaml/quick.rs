//! The YAML that rule files are nearly always made of, read in one sweep.
//!
//! Text → the node that the YAML library would give, or `None` where this does not know: then the library is asked, and
//! whatever it says counts. So this never reports an error, and knows no more of YAML than lists and mappings in
//! blocks, lists in brackets, plain, quoted and block scalars, and comments. It exists because reading rule files was most
//! of what a short replay cost: it takes a fifth of the instructions that the library takes.

mod flow;
mod scalar;

use std::rc::Rc;

use saphyr_parser::ScalarStyle;

use super::{Kind, Node};
use crate::source::Place;

/// Deepest nesting that is read, well below what is allowed.
const MAX_DEPTH: usize = 32;
/// Longest text that is read, bytes: it has fewer nodes than are allowed.
const MAX_LEN: usize = 1 << 21;

/// The one document of `text`, which is text number `file`; `None` if the library is to read it.
pub(super) fn read(file: u32, text: &str) -> Option<Rc<Node>> {
    let strange =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    // Looking at every byte in one sweep is faster than stopping early.
    let controls = text.bytes().fold(0, |sum, b| sum + usize::from((b < b' ') & (b != b'\n') | (b == 0x7f)));
    if text.len() > MAX_LEN || !text.ends_with('\n') || controls > 0 {
        return None;
    }
    if !text.is_ascii() && text.contains(strange) {
        return None;
    }
    let mut reader =
        Reader { file, text, bytes: text.as_bytes(), at: 0, column: None, joins: 0, is_plain_in_flow: false };
    reader.go_on_at(0);
    if reader.column != Some(0) || !(reader.is_item() || reader.key_end().is_some()) {
        return None;
    }
    let document = reader.block(0, 0, 0)?;
    reader.column.is_none().then_some(document)
}

struct Reader<'t> {
    file: u32,
    text: &'t str,
    bytes: &'t [u8],
    /// Between values: where the next line begins that is neither blank nor a comment, behind its indentation.
    at: usize,
    /// The indentation of that line; `None` at the end, which is less than any.
    column: Option<usize>,
    /// Line breaks before closing brackets that stand too far left, for which there is a bound.
    joins: usize,
    /// Whether there was a plain scalar in the outermost list in brackets: then the bracket that closes it may stand in
    /// the column of its key.
    is_plain_in_flow: bool,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn blanks(&self, at: usize) -> usize {
        self.bytes.get(at..).unwrap_or(&[]).iter().take_while(|&&b| b == b' ').count()
    }

    /// Where the line of byte `at` ends.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |len| at + len)
    }

    /// Goes on at the next line with content, which is the one that begins at byte `line` or follows it.
    fn go_on_at(&mut self, mut line: usize) {
        loop {
            let column = self.blanks(line);
            self.at = line + column;
            self.column = Some(column);
            match self.byte(self.at) {
                None => {
                    self.column = None;
                    return;
                }
                Some(b'\n') => line = self.at + 1,
                Some(b'#') => line = self.line_end(self.at) + 1,
                Some(_) => return,
            }
        }
    }

    /// Goes on at the next line with content, if nothing but a comment follows byte `at` on its line.
    fn end_line(&mut self, at: usize) -> Option<()> {
        let rest = at + self.blanks(at);
        match self.byte(rest) {
            Some(b'\n') => {}
            Some(b'#') if rest > at => {}
            _ => return None,
        }
        self.go_on_at(self.line_end(rest) + 1);
        Some(())
    }

    fn node(&self, kind: Kind, start: usize, end: usize) -> Rc<Node> {
        let children = match &kind {
            Kind::Null | Kind::Scalar(_) => 0,
            Kind::Sequence(items) => items.iter().map(|item| item.size).sum(),
            Kind::Mapping(entries) => entries.iter().map(|(key, value)| key.size + value.size).sum(),
        };
        Rc::new(Node { kind, place: Place::new(self.file, start), end, size: 1 + children })
    }

    fn scalar(&self, value: String, style: ScalarStyle, start: usize, end: usize) -> Rc<Node> {
        self.node(Kind::scalar(value, style, start), start, end)
    }

    /// Where a bracket or quotes end of which the last byte is before `at`: blanks and a comment behind them are taken
    /// for part of them.
    fn closed_end(&self, at: usize) -> Option<usize> {
        let rest = at + self.blanks(at);
        match self.byte(rest)? {
            b'#' if rest > at => Some(self.line_end(rest)),
            b'#' => None,
            _ => Some(rest),
        }
    }

    /// What begins here, in column `column`, and is no list in the column of its key.
    fn block(&mut self, column: usize, outer: usize, depth: usize) -> Option<Rc<Node>> {
        if self.is_item() {
            self.sequence(column, self.at, depth)
        } else if self.key_end().is_some() {
            self.mapping(column, depth)
        } else {
            self.value(outer, depth)
        }
    }

    fn is_item(&self) -> bool {
        self.byte(self.at) == Some(b'-') && self.byte(self.at + 1) == Some(b' ')
    }

    /// The list whose first dash stands here, in column `column`, and of which the library says that it starts at byte
    /// `start`.
    fn sequence(&mut self, column: usize, start: usize, depth: usize) -> Option<Rc<Node>> {
        let mut items = Vec::new();
        while self.column == Some(column) && self.is_item() {
            let dash = 2 + self.blanks(self.at + 2);
            self.at += dash;
            items.push(match self.key_end() {
                Some(_) => self.mapping(column + dash, depth + 1)?,
                None => self.value(column, depth + 1)?,
            });
        }
        (self.column <= Some(column)).then(|| self.node(Kind::Sequence(items), start, self.at))
    }

    fn mapping(&mut self, column: usize, depth: usize) -> Option<Rc<Node>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (start, mut entries) = (self.at, Vec::new());
        loop {
            let (from, end) = (self.at, self.key_end()?);
            let key = self.scalar(self.text.get(from..end)?.to_owned(), ScalarStyle::Plain, from, end);
            self.at = end + 1 + self.blanks(end + 1);
            let value = if self.end_line(end + 1).is_none() {
                self.value(column, depth + 1)?
            } else if self.column > Some(column) {
                self.block(self.column?, column, depth + 1)?
            } else if self.column == Some(column) && self.is_item() {
                // Such a list starts behind its first dash.
                let start = self.at + 2 + self.blanks(self.at + 2);
                self.sequence(column, start, depth + 1)?
            } else {
                return None;
            };
            entries.push((key, value));
            if self.column != Some(column) {
                break;
            }
        }
        (self.column < Some(column)).then(|| self.node(Kind::Mapping(entries), start, self.at))
    }

    /// Where the key ends that begins here: a word with a colon behind it.
    fn key_end(&self) -> Option<usize> {
        let word = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let rest = self.bytes.get(self.at..)?;
        let len = rest.iter().take_while(word).count();
        let found = rest.first()?.is_ascii_alphabetic()
            && rest.get(len) == Some(&b':')
            && matches!(rest.get(len + 1), Some(b' ' | b'\n'));
        (found && len < 128).then_some(self.at + len)
    }

    /// The value that begins here, on the line of its key or dash, within a collection in column `column`.
    fn value(&mut self, column: usize, depth: usize) -> Option<Rc<Node>> {
        match self.byte(self.at)? {
            b'[' | b'"' | b'\'' => {
                let start = self.at;
                self.is_plain_in_flow = false;
                let kind = if self.byte(start)? == b'[' { self.flow(column, depth)? } else { self.quoted()? };
                let end = self.closed_end(self.at)?;
                self.end_line(self.at)?;
                Some(self.node(kind, start, end))
            }
            b'|' | b'>' => self.block_scalar(column),
            _ => self.plain(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_any;
    use super::*;
    use crate::source::Sources;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    /// All that is read, and what is much like it.
    const TEXT: &str = "\
# A comment
- required_engine_version: 0.31.0

- list: words
  items: [a, \"b c\", 'it''s', [d, -e], # one
    \"\\\"f\\\"\", g/h.i, ~
  ]
- list: quoted
  items: [
    \"a\",
    \"b\"
  ]
- macro: m
  condition: (proc.name = \"x y\" or
    proc.name in (words))

    and not fd.name startswith /etc # so
  # Between keys.
- rule: R
  desc: >
    Folded ü lines
    go on.

      Further in.
    Back.

  condition: |-
    evt.type = open
     and m
  output: A line | file=%fd.name
  priority:
    WARNING
  exceptions:
  - name: e
    fields: [proc.name, fd.name]
    values:
      - [a, b]
      - plain value
  tags: []
  enabled: \"true\" # quoted
";

    fn library(text: &str) -> Option<Vec<Rc<Node>>> {
        let mut sources = Sources::default();
        sources.add("f".into(), text.into());
        parse_any(0, sources.file(0).unwrap()).ok()
    }

    #[test]
    fn rule_files_are_read_without_the_library_and_alike() {
        for text in [TEXT, crate::builtin()] {
            let quick = read(0, text).expect("nothing that this does not know");
            assert_eq!(library(text), Some(vec![quick]));
        }
    }

    fn floor(text: &str, at: Index) -> usize {
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_read_at_all_is_what_the_library_reads(
            edits in prop::collection::vec((any::<Index>(), any::<Index>(), 0usize..4, select(PIECES)), 1..4)
        ) {
            let mut text = TEXT.to_owned();
            for (at, from, cut, piece) in edits {
                let at = floor(&text, at);
                let copied = floor(&text, from);
                let copied = text.get(copied..).unwrap_or("").chars().take(20).collect::<String>();
                let behind = text.get(at..).unwrap_or("").chars().skip(cut).collect::<String>();
                let piece = if piece.is_empty() { &copied } else { piece };
                text = format!("{}{piece}{behind}", &text[..at]);
            }
            if let Some(quick) = read(0, &text) {
                prop_assert_eq!(library(&text), Some(vec![quick]), "{}", text);
            }
        }
    }

    const PIECES: &[&str] = &[
        "", " ", "  ", "\n", "\n  ", "\n    ", "\n\n", " \n", "\t", "\r\n", ": ", ":", ",", "- ", "-",
        "\n- ", "#", " #", "# c\n", "[", "]", "[]", "\n]", "[a, b]", "{", "}", "|", ">", ">-", "|+", " |2\n",
        "*a", "&a ", "!", "?", "%", "@", "~", "null", "---\n", "...\n", "<<", "\"", "'", "''", "\\", "\\n",
        "ü", "\u{85}", "\u{2028}", "\u{feff}", "key:\n", "key: a\n",
    ];
}
