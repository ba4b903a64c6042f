//! Text of a condition → [`Expr`].
//!
//! Recursive descent over libsinsp's grammar, its oddities included: `and` and `or` need a blank or a
//! parenthesis after them but not before, operators spelled with symbols and `in`, `pmatch`, `intersects`,
//! `exists` need no blank at all. Recursion is limited, so no input exhausts the stack.

use std::sync::Arc;

use super::cursor::Cursor;
use super::{Expr, Function, Literal, Operand};
use crate::source::{MappedText, Place};

/// Why a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What was expected or found.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Byte offset in the text that was parsed.
    pub offset: usize,
}

/// Bounds on what is parsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    depth: usize,
}

impl Limits {
    /// For conditions in rule files.
    pub(crate) const RULES: Limits = Limits { depth: 1000 };
    /// For filters on their own.
    pub(crate) const FILTER: Limits = Limits { depth: 100 };
}

/// Parses a whole condition.
pub(crate) fn parse(text: &MappedText, limits: Limits) -> Result<Expr, SyntaxError> {
    let mut parser = Parser::new(text, limits);
    if text.as_str().is_empty() {
        return parser.fail("the condition is empty");
    }
    let expr = parser.or()?;
    if parser.cursor.is_at_end() {
        return Ok(expr);
    }
    let rest: String = parser.cursor.rest().chars().take(12).take_while(|c| !c.is_whitespace()).collect();
    parser.fail(&format!("expected `and`, `or` or the end, found `{rest}`"))
}

/// Parses a field or transformer at the beginning of `text`; gives it and its length in bytes.
pub(crate) fn parse_operand(text: &MappedText) -> Result<(Operand, usize), SyntaxError> {
    parse_operand_at(text, 0)
}

/// As [`parse_operand`], at byte `at` of `text`.
pub(crate) fn parse_operand_at(text: &MappedText, at: usize) -> Result<(Operand, usize), SyntaxError> {
    let mut parser = Parser::new(text, Limits::FILTER);
    parser.cursor.seek(at);
    let operand = if let Some(name) = parser.cursor.field_name() {
        parser.field(name, at)?
    } else if let Some(function) = parser.transformer_name() {
        parser.call(function, at)?
    } else {
        return parser.fail("expected a field or a transformer");
    };
    Ok((operand, parser.cursor.at() - at))
}

/// A condition being read.
pub(super) struct Parser<'t> {
    pub(super) text: &'t MappedText,
    pub(super) cursor: Cursor<'t>,
    depth: usize,
    limits: Limits,
}

pub(super) type Parsed<T> = Result<T, SyntaxError>;

impl<'t> Parser<'t> {
    fn new(text: &'t MappedText, limits: Limits) -> Parser<'t> {
        Parser { text, cursor: Cursor::new(text.as_str()), depth: 0, limits }
    }

    pub(super) fn fail<T>(&self, message: &str) -> Parsed<T> {
        let offset = self.cursor.at();
        Err(SyntaxError { message: message.to_owned(), place: self.text.place(offset), offset })
    }

    /// Runs `parse` one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth >= self.limits.depth {
            return self.fail(&format!("nested more than {} levels deep", self.limits.depth));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.chain("or", Self::and, |children| Expr::Or(children.into())))
    }

    fn and(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.chain("and", Self::not, |children| Expr::And(children.into())))
    }

    /// `operand (word operand)*`.
    fn chain(
        &mut self,
        word: &str,
        operand: fn(&mut Self) -> Parsed<Expr>,
        combine: fn(Vec<Expr>) -> Expr,
    ) -> Parsed<Expr> {
        self.cursor.blank();
        let first = operand(self)?;
        self.cursor.blank();
        if !self.cursor.token(word) {
            return Ok(first);
        }
        let mut children = vec![first];
        loop {
            let child = if self.cursor.blank() {
                operand(self)?
            } else if self.cursor.token("(") {
                self.parenthesized_rest()?
            } else {
                return self.fail(&format!("expected a blank or `(` after `{word}`"));
            };
            children.push(child);
            self.cursor.blank();
            if !self.cursor.token(word) {
                return Ok(combine(children));
            }
        }
    }

    fn not(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            p.cursor.blank();
            let mut negated = false;
            while p.cursor.not_word() {
                negated = !negated;
            }
            let child = if p.cursor.token("not(") {
                negated = !negated;
                p.parenthesized_rest()?
            } else {
                p.check()?
            };
            Ok(if negated { Expr::Not(Arc::new(child)) } else { child })
        })
    }

    /// What follows an opening parenthesis.
    fn parenthesized_rest(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            let inner = p.or()?;
            p.cursor.blank();
            p.expect(")")?;
            Ok(inner)
        })
    }

    pub(super) fn expect(&mut self, token: &str) -> Parsed<()> {
        if self.cursor.token(token) { Ok(()) } else { self.fail(&format!("expected `{token}`")) }
    }

    fn check(&mut self) -> Parsed<Expr> {
        self.nested(|p| {
            p.cursor.blank();
            let at = p.cursor.at();
            if p.cursor.token("(") {
                return p.parenthesized_rest();
            }
            if let Some(name) = p.cursor.field_name() {
                let left = p.field(name, at)?;
                return p.comparison(left);
            }
            if let Some(function) = p.transformer_name() {
                let left = p.call(function, at)?;
                return p.comparison(left);
            }
            if let Some(name) = p.cursor.identifier() {
                return Ok(Expr::Macro { name: name.to_owned(), place: p.text.place(at) });
            }
            p.fail("expected `(`, a field, a transformer or a macro")
        })
    }

    pub(super) fn field(&mut self, name: &str, at: usize) -> Parsed<Operand> {
        let arg = self.argument()?;
        Ok(Operand::Field { name: name.to_owned(), arg, place: self.text.place(at) })
    }

    /// `[…]`, if there is one.
    pub(super) fn argument(&mut self) -> Parsed<Option<String>> {
        if !self.cursor.token("[") {
            return Ok(None);
        }
        let arg = if let Some(quoted) = self.quoted()? {
            String::from_utf8_lossy(&quoted).into_owned()
        } else if let Some(bare) = self.cursor.bare_argument() {
            bare.to_owned()
        } else {
            return self.fail("expected an argument, quoted or bare");
        };
        self.expect("]")?;
        Ok(Some(arg))
    }

    pub(super) fn quoted(&mut self) -> Parsed<Option<Vec<u8>>> {
        match self.cursor.quoted_string() {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(message)) => self.fail(&message),
        }
    }

    pub(super) fn transformer_name(&mut self) -> Option<Function> {
        Function::TRANSFORMERS.into_iter().find(|f| {
            let start = self.cursor.at();
            if self.cursor.token(f.name()) && self.cursor.token("(") {
                return true;
            }
            self.cursor.seek(start);
            false
        })
    }

    /// The rest of a transformer after its opening parenthesis.
    pub(super) fn call(&mut self, function: Function, at: usize) -> Parsed<Operand> {
        self.nested(|p| {
            let mut args = Vec::new();
            loop {
                args.push(p.call_argument()?);
                p.cursor.blank();
                if !p.cursor.token(",") {
                    break;
                }
            }
            p.expect(")")?;
            let arg = p.argument()?;
            Ok(Operand::Call { function, args, arg, place: p.text.place(at) })
        })
    }

    fn call_argument(&mut self) -> Parsed<Operand> {
        self.nested(|p| {
            p.cursor.blank();
            let at = p.cursor.at();
            if let Some(text) = p.text_argument(at)? {
                return Ok(text);
            }
            if p.cursor.token("(") {
                return p.list_argument(at);
            }
            p.operand_argument(at)
        })
    }

    fn text_argument(&mut self, at: usize) -> Parsed<Option<Operand>> {
        let bytes = match self.cursor.number() {
            Some(number) => number.as_bytes().to_vec(),
            None => match self.quoted()? {
                Some(bytes) => bytes,
                None => return Ok(None),
            },
        };
        Ok(Some(Operand::Text(Literal { bytes, place: self.text.place(at) })))
    }

    fn operand_argument(&mut self, at: usize) -> Parsed<Operand> {
        if let Some(function) = self.transformer_name() {
            return self.call(function, at);
        }
        if let Some(name) = self.cursor.field_name() {
            return self.field(name, at);
        }
        self.fail("expected a field, a transformer, a quoted string, a number or a list")
    }

    fn list_argument(&mut self, at: usize) -> Parsed<Operand> {
        let place = self.text.place(at);
        let mut items = Vec::new();
        self.cursor.blank();
        if self.cursor.token(")") {
            return Ok(Operand::List { items, place });
        }
        loop {
            self.cursor.blank();
            let at = self.cursor.at();
            let item = match self.text_argument(at)? {
                Some(text) => text,
                None => self.operand_argument(at)?,
            };
            items.push(item);
            self.cursor.blank();
            if !self.cursor.token(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(Operand::List { items, place })
    }
}
