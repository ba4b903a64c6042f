//! A condition on its own: `--filter`, `scap read TRACE FILTER`.
//!
//! The language of rules without lists and macros.

use crate::check::{Checker, Cond};
use crate::condition::{Expr, Limits, parse};
use crate::eval::naive;
use crate::event_types::EventTypes;
use crate::explain::{Explanation, explain};
use crate::field::{FieldScheme, FieldSource};
use crate::source::MappedText;

/// A compiled condition.
#[derive(Debug, Clone)]
pub struct Filter {
    expr: Expr,
    cond: Cond,
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// What is wrong.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

impl Filter {
    /// Compiles `text`.
    ///
    /// # Errors
    /// Everything that is wrong with it, at least one thing.
    pub fn compile(text: &str, scheme: &dyn FieldScheme) -> Result<Filter, Vec<FilterError>> {
        let expr = parse(&MappedText::verbatim(text), Limits::FILTER).map_err(|error| {
            vec![FilterError { message: error.message, offset: error.offset, suggestion: None }]
        })?;
        match Checker::new(scheme).condition(&expr, &mut Vec::new()) {
            Ok(cond) => Ok(Filter { expr, cond }),
            Err(errors) => Err(errors
                .into_iter()
                .map(|error| FilterError {
                    message: error.message,
                    offset: usize::try_from(error.place.offset).unwrap_or(usize::MAX),
                    suggestion: error.suggestion,
                })
                .collect()),
        }
    }

    /// Whether the event passes.
    pub fn matches<S: FieldSource + ?Sized>(&self, source: &S) -> bool {
        naive::holds(&self.cond, source)
    }

    /// Why the event passes, or why not.
    #[must_use]
    pub fn explain<S: FieldSource + ?Sized>(&self, source: &S) -> Explanation {
        explain(&self.expr, &self.cond, source)
    }

    /// The condition as a tree.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// The event types that can pass, for indexes; see [`EventTypes`] for what it means where event types are
    /// shared by several system calls.
    #[must_use]
    pub fn event_types(&self, scheme: &dyn FieldScheme) -> EventTypes {
        EventTypes::of(&self.expr, scheme)
    }
}

impl FilterError {
    /// The filter's text with a caret below what is wrong, and the message.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let before = text.get(..self.offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let printable: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let column = before.get(line_start..).map_or(0, |part| part.chars().count());
        let hint = self.suggestion.as_ref().map_or_else(String::new, |s| format!(" (did you mean `{s}`?)"));
        format!("{printable}\n{}^ {}{hint}", " ".repeat(column), self.message)
    }
}
