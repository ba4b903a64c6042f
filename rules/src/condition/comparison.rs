//! The part of the parser that reads operators and what stands on their right side.

use std::sync::Arc;

use super::parser::{Parsed, Parser};
use super::{Check, Expr, Function, Literal, Modifier, Op, Operand, Right};

impl Parser<'_> {
    /// What follows the left side of a comparison.
    pub(super) fn comparison(&mut self, left: Operand) -> Parsed<Expr> {
        self.nested(|p| {
            p.cursor.blank();
            let (op, modifier, right) = p.operator_and_right()?;
            Ok(Expr::Check(Arc::new(Check { left, op, modifier, right })))
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
            Some(number) => Ok(Right::Literal(self.literal(number.as_bytes().to_vec(), at))),
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
            Some(bytes) => Ok((op, None, Right::Literal(self.literal(bytes, at)))),
            None if self.cursor.rest().starts_with(['\'', '"']) => {
                self.fail("the quoted string is not closed")
            }
            None => self.fail("expected a value, or a field in `val(…)`"),
        }
    }

    fn literal(&self, bytes: Vec<u8>, at: usize) -> Literal {
        Literal { bytes, place: self.text.place(at) }
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
                Some(word) => Ok(Right::List(vec![p.literal(word.as_bytes().to_vec(), at)])),
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
            values.push(self.literal(bytes, at));
            self.cursor.blank();
            while self.cursor.token(",") {
                self.cursor.blank();
                let at = self.cursor.at();
                match self.string()? {
                    Some(bytes) => values.push(self.literal(bytes, at)),
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
