//! Lists in brackets.

use saphyr_parser::ScalarStyle;

use super::{MAX_DEPTH, Reader};
use crate::yaml::{Kind, MAX_JOINS};

impl Reader<'_> {
    /// The list in brackets that begins here.
    pub(super) fn flow(&mut self, column: usize, depth: usize) -> Option<Kind> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut items = Vec::new();
        self.at += 1;
        self.skip_in_flow(column)?;
        while self.byte(self.at)? != b']' {
            let start = self.at;
            let (kind, plain_end) = match self.byte(start)? {
                b'[' => (self.flow(column, depth + 1)?, None),
                b'"' | b'\'' => (self.quoted()?, None),
                _ => self.flow_plain()?,
            };
            let closed = self.at;
            let end = match (self.skip_in_flow(column)?, plain_end) {
                (_, Some(end)) => end,
                (0, None) => self.closed_end(closed)?,
                (1, None) => self.at,
                _ => return None,
            };
            items.push(self.node(kind, start, end));
            self.after_item(column)?;
        }
        self.at += 1;
        Some(Kind::Sequence(items))
    }

    /// Goes past a comma in a list in brackets.
    fn after_item(&mut self, column: usize) -> Option<()> {
        match self.byte(self.at)? {
            b',' => {
                self.at += 1;
                self.skip_in_flow(column).map(|_| ())
            }
            b']' => Some(()),
            _ => None,
        }
    }

    /// Skips blanks, line breaks and comments. What follows on another line must be further in than `column`, unless it
    /// closes the list: then the line is read as if it were joined to the one before it. Gives how many lines were.
    fn skip_in_flow(&mut self, column: usize) -> Option<usize> {
        let mut breaks = 0;
        loop {
            match self.byte(self.at)? {
                b' ' => self.at += 1,
                b'#' if matches!(self.byte(self.at.checked_sub(1)?), Some(b' ' | b'\n')) => {
                    self.at = self.line_end(self.at);
                }
                b'\n' => {
                    let indent = self.blanks(self.at + 1);
                    self.at += 1 + indent;
                    breaks += 1;
                    match self.byte(self.at)? {
                        b'\n' | b'#' => {}
                        b']' if indent < column || (indent == column && !self.is_plain_in_flow) => {
                            self.joins += breaks;
                            return (self.joins <= MAX_JOINS).then_some(breaks);
                        }
                        b']' => {}
                        _ if indent <= column => return None,
                        _ => {}
                    }
                }
                _ => return Some(0),
            }
        }
    }

    /// The plain scalar that begins here in a list in brackets, and where it ends.
    fn flow_plain(&mut self) -> Option<(Kind, Option<usize>)> {
        if !self.begins_plain() {
            return None;
        }
        let start = self.at;
        let rest = self.bytes.get(start..)?;
        let mut len = 0;
        loop {
            match rest.get(len)? {
                b',' | b']' | b'\n' => break,
                b'#' if rest.get(len - 1) == Some(&b' ') => break,
                b'-' if len > 0
                    && rest.get(len - 1) == Some(&b' ')
                    && b",[]{}".contains(rest.get(len + 1)?) =>
                {
                    return None;
                }
                b'[' | b'{' | b'}' => return None,
                b':' if b" \n,[]{}".contains(rest.get(len + 1)?) => return None,
                _ => len += 1,
            }
        }
        let content = rest.get(..len)?.iter().rposition(|&b| b != b' ')? + 1;
        self.is_plain_in_flow = true;
        self.at = start + len;
        let value = self.text.get(start..start + content)?.to_owned();
        Some((Kind::scalar(value, ScalarStyle::Plain, start), Some(start + content)))
    }
}
