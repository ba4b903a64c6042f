//! Scalars: plain ones outside of brackets, quoted ones and blocks.

use std::rc::Rc;

use saphyr_parser::ScalarStyle;

use super::Reader;
use crate::yaml::{Kind, Node};

impl Reader<'_> {
    /// Whether a plain scalar can begin here, as far as this knows.
    pub(super) fn begins_plain(&self) -> bool {
        match self.byte(self.at) {
            Some(b'-') => self.byte(self.at + 1).is_some_and(|b| b.is_ascii_alphanumeric() || b == b'-'),
            Some(b) => !b" \n?:,[]{}#&*!|>'\"%@`".contains(&b),
            None => false,
        }
    }

    /// Ends of the content and of the line that goes on at byte `at`, and whether there is a comment between them;
    /// `None` if it holds a key.
    fn plain_line(&self, at: usize) -> Option<(usize, usize, bool)> {
        let line_end = self.line_end(at);
        let line = self.bytes.get(at..line_end)?;
        let mut end = line.len();
        let mut before = b' ';
        for (i, &b) in line.iter().enumerate() {
            if b == b':' && line.get(i + 1).is_none_or(|&b| b == b' ') {
                return None;
            }
            if b == b'#' && before == b' ' {
                end = i;
                break;
            }
            before = b;
        }
        let content = line.get(..end)?.iter().rposition(|&b| b != b' ')? + 1;
        Some((at + content, line_end, end < line.len()))
    }

    pub(super) fn plain(&mut self, column: usize) -> Option<Rc<Node>> {
        if !self.begins_plain() {
            return None;
        }
        let start = self.at;
        let (mut end, mut line_end, mut commented) = self.plain_line(start)?;
        let mut value = self.text.get(start..end)?.to_owned();
        loop {
            // A line that is further in goes on with the value.
            let mut line = line_end + 1;
            let mut breaks = 0;
            let mut indent = self.blanks(line);
            while self.byte(line + indent) == Some(b'\n') {
                line += indent + 1;
                breaks += 1;
                indent = self.blanks(line);
            }
            let next = line + indent;
            if self.byte(next).is_none() || indent <= column {
                self.go_on_at(line);
                // Past comments, too, nothing that is further in may follow.
                return (self.column <= Some(column))
                    .then(|| self.scalar(value, ScalarStyle::Plain, start, end));
            }
            if commented || self.byte(next) == Some(b'#') {
                return None;
            }
            (end, line_end, commented) = self.plain_line(next)?;
            match breaks {
                0 => value.push(' '),
                _ => (0..breaks).for_each(|_| value.push('\n')),
            }
            value.push_str(self.text.get(next..end)?);
        }
    }

    /// The quoted scalar that begins here and ends on its line.
    pub(super) fn quoted(&mut self) -> Option<Kind> {
        let start = self.at;
        let quote = self.byte(start)?;
        let (mut value, mut copied) = (String::new(), start + 1);
        let mut at = copied;
        loop {
            let byte = self.byte(at)?;
            let next = self.byte(at + 1)?;
            if byte == b'\n' {
                return None;
            } else if byte == b'\'' && byte == quote && next == quote {
                value.push_str(self.text.get(copied..at)?);
                (copied, at) = (at + 1, at + 2);
            } else if byte == b'\\' && quote == b'"' {
                value.push_str(self.text.get(copied..at)?);
                match next {
                    b'"' | b'\\' => (copied, at) = (at + 1, at + 2),
                    b'n' => {
                        value.push('\n');
                        (copied, at) = (at + 2, at + 2);
                    }
                    _ => return None,
                }
            } else if byte == quote {
                break;
            } else {
                at += 1;
            }
        }
        value.push_str(self.text.get(copied..at)?);
        self.at = at + 1;
        let style = if quote == b'"' { ScalarStyle::DoubleQuoted } else { ScalarStyle::SingleQuoted };
        Some(Kind::scalar(value, style, start))
    }

    /// The block scalar whose indicator stands here, within a collection in column `column`.
    pub(super) fn block_scalar(&mut self, column: usize) -> Option<Rc<Node>> {
        let literal = self.byte(self.at)? == b'|';
        let strips = self.byte(self.at + 1)? == b'-';
        let header = self.at + 1 + usize::from(strips);
        let mut line = header + self.blanks(header);
        if self.byte(line)? != b'\n' {
            return None;
        }
        line += 1;
        let indent = self.blanks(line);
        let start = line + indent;
        if indent <= column || matches!(self.byte(start), None | Some(b'\n')) {
            return None;
        }
        let mut value = String::new();
        // Empty lines since the last one, and whether that began with a blank.
        let (mut empty, mut was_blank) = (0, false);
        let end = loop {
            let blanks = self.blanks(line).min(indent);
            match self.byte(line + blanks) {
                Some(b'\n') => {
                    empty += 1;
                    line += blanks + 1;
                    continue;
                }
                Some(b) if blanks == indent => {
                    let is_blank = b == b' ';
                    if line + blanks > start {
                        let folds = !literal && !was_blank && !is_blank;
                        match (folds, empty) {
                            (true, 0) => value.push(' '),
                            (true, _) => {}
                            (false, _) => value.push('\n'),
                        }
                        (0..empty).for_each(|_| value.push('\n'));
                    }
                    (empty, was_blank) = (0, is_blank);
                }
                _ => break line + blanks,
            }
            let end = self.line_end(line);
            value.push_str(self.text.get(line + indent..end)?);
            line = end + 1;
        };
        if !strips {
            value.push('\n');
        }
        let style = if literal { ScalarStyle::Literal } else { ScalarStyle::Folded };
        let scalar = self.scalar(value, style, start, end);
        self.go_on_at(line);
        Some(scalar)
    }
}
