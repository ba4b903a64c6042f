//! Text of a condition → [`Expr`].
//!
//! Recursive descent over libsinsp's grammar, its oddities included: `and` and `or` need a blank or a
//! parenthesis after them but not before, operators spelled with symbols and `in`, `pmatch`, `intersects`,
//! `exists` need no blank at all. Recursion is limited, so no input exhausts the stack.

use super::cursor::Cursor;
use super::{Check, Expr, Function, Literal, Modifier, Op, Operand, Right};
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
    let mut parser = Parser::new(text, Limits::FILTER);
    let at = parser.cursor.at();
    let operand = if let Some(name) = parser.cursor.field_name() {
        parser.field(name, at)?
    } else if let Some(function) = parser.transformer_name() {
        parser.call(function, at)?
    } else {
        return parser.fail("expected a field or a transformer");
    };
    Ok((operand, parser.cursor.at()))
}

struct Parser<'t> {
    text: &'t MappedText,
    cursor: Cursor<'t>,
    depth: usize,
    limits: Limits,
}

type Parsed<T> = Result<T, SyntaxError>;

impl<'t> Parser<'t> {
    fn new(text: &'t MappedText, limits: Limits) -> Parser<'t> {
        Parser { text, cursor: Cursor::new(text.as_str()), depth: 0, limits }
    }

    fn fail<T>(&self, message: &str) -> Parsed<T> {
        let offset = self.cursor.at();
        Err(SyntaxError { message: message.to_owned(), place: self.text.place(offset), offset })
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth >= self.limits.depth {
            return self.fail(&format!("nested more than {} levels deep", self.limits.depth));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.chain("or", Self::and, Expr::Or))
    }

    fn and(&mut self) -> Parsed<Expr> {
        self.nested(|p| p.chain("and", Self::not, Expr::And))
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
        let mut children = vec![first];
        while self.cursor.token(word) {
            let child = if self.cursor.blank() {
                operand(self)?
            } else if self.cursor.token("(") {
                self.parenthesized_rest()?
            } else {
                return self.fail(&format!("expected a blank or `(` after `{word}`"));
            };
            children.push(child);
            self.cursor.blank();
        }
        match children.len() {
            1 => Ok(children.swap_remove(0)),
            _ => Ok(combine(children)),
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
            Ok(if negated { Expr::Not(Box::new(child)) } else { child })
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

    fn expect(&mut self, token: &str) -> Parsed<()> {
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

    fn field(&mut self, name: &str, at: usize) -> Parsed<Operand> {
        let arg = self.argument()?;
        Ok(Operand::Field { name: name.to_owned(), arg, place: self.text.place(at) })
    }

    /// `[…]`, if there is one.
    fn argument(&mut self) -> Parsed<Option<String>> {
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

    fn quoted(&mut self) -> Parsed<Option<Vec<u8>>> {
        match self.cursor.quoted_string() {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(message)) => self.fail(&message),
        }
    }

    fn transformer_name(&mut self) -> Option<Function> {
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
    fn call(&mut self, function: Function, at: usize) -> Parsed<Operand> {
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

    /// What follows the left side of a comparison.
    fn comparison(&mut self, left: Operand) -> Parsed<Expr> {
        self.nested(|p| {
            p.cursor.blank();
            let (op, modifier, right) = p.operator_and_right()?;
            Ok(Expr::Check(Box::new(Check { left, op, modifier, right })))
        })
    }

    fn operator_and_right(&mut self) -> Parsed<(Op, Option<Modifier>, Right)> {
        if self.cursor.token("exists") {
            return Ok((Op::Exists, None, Right::Nothing));
        }
        for op in [Op::Le, Op::Lt, Op::Ge, Op::Gt] {
            if self.cursor.token(op.name()) {
                return Ok((op, None, self.number_right()?));
            }
        }
        for (token, op) in [("==", Op::Eq), ("=", Op::Eq), ("!=", Op::Ne)] {
            if self.cursor.token(token) {
                let blank = self.cursor.blank();
                return self.string_right(op, blank);
            }
        }
        for op in Op::ALL.into_iter().filter(|op| op.takes_modifier() && !matches!(op, Op::Eq | Op::Ne)) {
            if self.cursor.word(op.name()) {
                return self.string_right(op, true);
            }
        }
        for op in [Op::Intersects, Op::In, Op::PMatch] {
            if self.cursor.token(op.name()) {
                return Ok((op, None, self.list_right(true)?));
            }
        }
        self.unknown_operator()
    }

    fn unknown_operator<T>(&self) -> Parsed<T> {
        let found: String = self.cursor.rest().chars().take(20).take_while(|c| !c.is_whitespace()).collect();
        if found.is_empty() {
            return self.fail("expected an operator");
        }
        let known = Op::ALL.iter().map(|op| op.name());
        match crate::report::nearest(&found, known) {
            Some(near) if near != found => {
                self.fail(&format!("expected an operator, found `{found}`; did you mean `{near}`?"))
            }
            Some(near) => self.fail(&format!("the operator `{near}` needs a blank and a value after it")),
            None => self.fail(&format!("expected an operator, found `{found}`")),
        }
    }

    fn number_right(&mut self) -> Parsed<Right> {
        self.cursor.blank();
        let at = self.cursor.at();
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        match self.cursor.number() {
            Some(number) => Ok(Right::Literal(self.literal(number.as_bytes(), at))),
            None => self.fail("expected a number or a field in `val(…)`"),
        }
    }

    fn string_right(&mut self, op: Op, had_blank: bool) -> Parsed<(Op, Option<Modifier>, Right)> {
        let start = self.cursor.at();
        if had_blank {
            for modifier in Modifier::ALL {
                if self.cursor.word(modifier.name()) {
                    if self.list_follows() && !self.keyword_follows() {
                        return Ok((op, Some(modifier), self.list_right(false)?));
                    }
                    break;
                }
            }
        }
        self.cursor.seek(start);
        self.cursor.blank();
        let at = self.cursor.at();
        if let Some(operand) = self.right_operand()? {
            return Ok((op, None, Right::Operand(operand)));
        }
        match self.string()? {
            Some(bytes) => Ok((op, None, Right::Literal(self.literal(&bytes, at)))),
            None if self.cursor.rest().starts_with(['\'', '"']) => {
                self.fail("the quoted string is not closed")
            }
            None => self.fail("expected a value, or a field in `val(…)`"),
        }
    }

    fn literal(&self, bytes: &[u8], at: usize) -> Literal {
        Literal { bytes: bytes.to_vec(), place: self.text.place(at) }
    }

    fn string(&mut self) -> Parsed<Option<Vec<u8>>> {
        match self.quoted()? {
            Some(bytes) => Ok(Some(bytes)),
            None => Ok(self.cursor.bare_string().map(|s| s.as_bytes().to_vec())),
        }
    }

    fn list_follows(&mut self) -> bool {
        let start = self.cursor.at();
        let follows = self.cursor.rest().starts_with('(') || self.cursor.identifier().is_some();
        self.cursor.seek(start);
        follows
    }

    fn keyword_follows(&self) -> bool {
        ["and", "or", "not"].iter().any(|word| {
            let after = self.cursor.rest().strip_prefix(word);
            after.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        })
    }

    fn list_right(&mut self, operands_too: bool) -> Parsed<Right> {
        self.nested(|p| {
            p.cursor.blank();
            let at = p.cursor.at();
            if p.cursor.token("(") {
                return Ok(Right::List(p.list_rest()?));
            }
            if operands_too && let Some(operand) = p.right_operand()? {
                return Ok(Right::Operand(operand));
            }
            match p.cursor.identifier() {
                Some(word) => Ok(Right::List(vec![p.literal(word.as_bytes(), at)])),
                None => p.fail("expected a list in parentheses"),
            }
        })
    }

    /// Elements and the closing parenthesis.
    fn list_rest(&mut self) -> Parsed<Vec<Literal>> {
        let mut values = Vec::new();
        self.cursor.blank();
        let at = self.cursor.at();
        if let Some(bytes) = self.string()? {
            values.push(self.literal(&bytes, at));
            self.cursor.blank();
            while self.cursor.token(",") {
                self.cursor.blank();
                let at = self.cursor.at();
                match self.string()? {
                    Some(bytes) => values.push(self.literal(&bytes, at)),
                    None => return self.fail("expected a value after `,`"),
                }
                self.cursor.blank();
            }
        }
        if self.cursor.token(")") { Ok(values) } else { self.fail("expected `,` or `)` in the list") }
    }

    /// `val(field)` or a transformer, if the cursor stands at one.
    fn right_operand(&mut self) -> Parsed<Option<Operand>> {
        self.nested(|p| {
            let at = p.cursor.at();
            if p.cursor.token("val(") {
                p.cursor.blank();
                let field_at = p.cursor.at();
                let Some(name) = p.cursor.field_name() else {
                    return p.fail("expected a field within `val(…)`");
                };
                let field = p.field(name, field_at)?;
                p.cursor.blank();
                p.expect(")")?;
                let arg = p.argument()?;
                let place = p.text.place(at);
                return Ok(Some(Operand::Call { function: Function::Val, args: vec![field], arg, place }));
            }
            match p.transformer_name() {
                Some(function) => p.call(function, at).map(Some),
                None => Ok(None),
            }
        })
    }
}
