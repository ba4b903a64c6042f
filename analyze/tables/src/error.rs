//! What can go wrong with a query.

use std::fmt;

use polars::prelude::PolarsError;

use crate::schema::Described;
use crate::tables::Table;

/// Why a query was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The statement is wrong.
    #[error("{0}")]
    Statement(Mistake),
    /// Rows that have to be held at once take more than they may.
    #[error(
        "the rows that this query has to hold at once take more than {limit} MiB; name fewer columns, narrow it by WHERE, \
         --filter, --from and --to, or raise --memory"
    )]
    TooMuch {
        /// What they may take, MiB.
        limit: u64,
    },
    /// No trace could be read.
    #[error("none of the traces could be read")]
    NothingRead,
    /// The account of a trace could not be made.
    #[error("{0}")]
    Trace(String),
    /// The engine failed at something that is no fault of the statement.
    #[error("the query engine failed: {0}")]
    Engine(String),
    /// The answer could not be written.
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// What is wrong with a statement, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// The statement.
    pub statement: String,
    /// Byte offset in it, if known.
    pub offset: Option<usize>,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the query does not work: {}", self.message)?;
        if let Some(meant) = &self.suggestion {
            write!(f, "; did you mean `{meant}`?")?;
        }
        let Some(before) = self.offset.and_then(|at| self.statement.get(..at)) else { return Ok(()) };
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.statement.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = before.get(start..).map_or(0, |part| part.chars().count());
        let (from, shown) = window(line, column);
        write!(f, "\n{shown}\n{}^", " ".repeat(column - from))
    }
}

/// Characters of a line that are shown around a mistake, at most.
const SHOWN: usize = 100;

/// The part of `line` around `column`, and the column that it begins at.
fn window(line: &str, column: usize) -> (usize, String) {
    let from = if column < SHOWN { 0 } else { column - SHOWN / 2 };
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    (from, line.chars().skip(from).take(SHOWN + SHOWN / 2).map(printable).collect())
}

impl Mistake {
    /// A mistake at `offset` of `statement`.
    pub(crate) fn at(statement: &str, offset: Option<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), statement: statement.to_owned(), offset, suggestion: None }
    }

    /// With what was probably meant.
    pub(crate) fn meant(mut self, name: Option<&str>) -> Self {
        self.suggestion = name.map(str::to_owned);
        self
    }
}

/// What the engine says of `statement`, which asks `tables`, for people.
pub(crate) fn of_engine(error: &PolarsError, statement: &str, tables: &[Table]) -> Error {
    let text = match error {
        PolarsError::Context { error, .. } => return of_engine(error, statement, tables),
        PolarsError::OutOfBounds(text)
        | PolarsError::SchemaMismatch(text)
        | PolarsError::ShapeMismatch(text)
        | PolarsError::Duplicate(text)
        | PolarsError::ColumnNotFound(text)
        | PolarsError::InvalidOperation(text)
        | PolarsError::SQLInterface(text)
        | PolarsError::SQLSyntax(text)
        | PolarsError::SchemaFieldNotFound(text)
        | PolarsError::StructFieldNotFound(text)
        | PolarsError::StringCacheMismatch(text)
        | PolarsError::NoData(text)
        | PolarsError::ComputeError(text) => text.to_string(),
        other => return Error::Engine(first_line(&other.to_string()).to_owned()),
    };
    let message = first_line(&text).to_owned();
    if let PolarsError::Duplicate(_) = error {
        let twice = message.split(['"', '\'', '`']).nth(1).unwrap_or("the same");
        let message = format!("two columns of the answer are called {twice}: name one of them by AS");
        return Error::Statement(Mistake::at(statement, None, message));
    }
    let Some(name) = missing_name(error, &message) else {
        return Error::Statement(Mistake::at(statement, None, message));
    };
    let described: Vec<Described> = tables.iter().flat_map(|table| table.columns()).collect();
    let nearest = scap_rules::nearest(name, described.iter().map(|column| column.name));
    let message = match tables {
        [one] => format!("{} has no column `{name}`", one.name()),
        _ => format!("there is no column `{name}`"),
    };
    Error::Statement(Mistake::at(statement, word_at(statement, name), message).meant(nearest))
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// The column that the engine did not find.
fn missing_name<'m>(error: &PolarsError, message: &'m str) -> Option<&'m str> {
    let quoted = || message.split(['"', '\'', '`']).nth(1);
    match error {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => quoted().or(Some(message)),
        _ if message.contains("unable to find column") || message.contains("not found") => quoted(),
        _ => None,
    }
}

/// Where `name` stands in `statement` as a word.
pub(crate) fn word_at(statement: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    statement.match_indices(name).map(|(at, _)| at).find(|&at| {
        let before = statement.get(..at).and_then(|text| text.chars().next_back());
        let after = statement.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        let statement = "SELECT proc_name\nFROM  event";
        let mistake = Mistake::at(statement, word_at(statement, "event"), "there is no table `event`");
        let shown = mistake.meant(Some("events")).to_string();
        assert_eq!(
            shown,
            "the query does not work: there is no table `event`; did you mean `events`?\nFROM  event\n      ^"
        );
    }

    #[test]
    fn a_name_is_found_as_a_word() {
        assert_eq!(word_at("SELECT pids, pid FROM x", "pid"), Some(13));
        assert_eq!(word_at("SELECT pids", "pid"), None);
    }

    #[test]
    fn a_long_line_is_shown_around_the_mistake() {
        let statement = format!("SELECT {} oops", "x, ".repeat(200));
        let shown = Mistake::at(&statement, word_at(&statement, "oops"), "no").to_string();
        assert!(shown.lines().all(|line| line.chars().count() <= 2 * SHOWN), "{shown}");
        assert!(shown.contains("oops"));
    }
}
