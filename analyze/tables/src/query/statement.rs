//! A statement that is a question about the tables, and nothing else.
//!
//! Takes text, gives the tables that it names. Refuses everything but one SELECT (with CTEs, unions, values): nothing
//! is written, and nothing is read but the tables. Functions in place of tables, which the engine would read files by, are
//! refused even though the engine is built without them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{Query, SetExpr, Statement as Parsed, TableFactor, Visit as _, Visitor};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserOptions};

use crate::error::{Mistake, word_at};
use crate::tables::Table;

/// Longest statement, bytes.
const LONGEST: usize = 64 << 10;
/// Deepest nesting of a statement.
const DEEPEST: usize = 48;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub(crate) text: String,
    /// The text as the engine takes it.
    pub(crate) sql: String,
    pub(crate) tables: Vec<Table>,
}

impl Statement {
    /// Reads `text`.
    ///
    /// # Errors
    /// What is wrong with it, or why it is refused.
    pub fn parse(text: &str) -> Result<Statement, Mistake> {
        let text = text.trim().trim_end_matches(';').trim_end();
        if text.len() > LONGEST {
            return Err(Mistake::at("", None, format!("it is longer than {} KiB", LONGEST >> 10)));
        }
        if text.is_empty() {
            return Err(Mistake::at("", None, "it is empty; try SELECT * FROM events LIMIT 10"));
        }
        let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
        let parsed = Parser::new(&GenericDialect)
            .with_options(options)
            .with_recursion_limit(DEEPEST)
            .try_with_sql(text)
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|error| syntax(text, &error.to_string()))?;
        let [Parsed::Query(query)] = parsed.as_slice() else {
            let message = match parsed.len() {
                1 => "only SELECT is possible: traces are read, never written",
                _ => "one statement at a time",
            };
            return Err(Mistake::at(text, Some(0), message));
        };
        let mut names = Names { text, known: BTreeSet::new(), tables: BTreeSet::new(), wrong: None };
        // CTEs may be named before they are defined, in the statement around them.
        let _ = query.visit(&mut Definitions(&mut names.known));
        let _ = query.visit(&mut names);
        match names.wrong {
            Some(mistake) => Err(mistake),
            None => Ok(Statement {
                text: text.to_owned(),
                sql: without_zones(text),
                tables: names.tables.into_iter().collect(),
            }),
        }
    }

    /// The tables that it asks.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

/// `text` with times as the engine reads them: it takes UTC for granted, and no `Z` for it.
fn without_zones(text: &str) -> String {
    let is_time = |part: &str| {
        part.len() <= "2026-11-21T22:27:57.123456789Z".len()
            && part.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                10 => b == b'T',
                13 | 16 => b == b':',
                19.. => b.is_ascii_digit() || b == b'.' || (b == b'Z' && at + 1 == part.len()),
                _ => b.is_ascii_digit(),
            })
    };
    let plain = |part: &str| match part.strip_suffix('Z').filter(|time| time.len() >= 19 && is_time(part)) {
        Some(time) => time.to_owned(),
        None => part.to_owned(),
    };
    text.split('\'').map(plain).collect::<Vec<_>>().join("'")
}

/// What the parser says, with its place as an offset.
fn syntax(text: &str, said: &str) -> Mistake {
    let said = said.trim_start_matches("sql parser error: ").trim_start_matches("Sql parser error: ");
    let (message, place) = said.rsplit_once(" at Line: ").unwrap_or((said, ""));
    let offset = place.split_once(", Column: ").and_then(|(line, column)| {
        let (line, column): (usize, usize) = (line.trim().parse().ok()?, column.trim().parse().ok()?);
        let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let at = text.get(start..)?.char_indices().nth(column.checked_sub(1)?);
        Some(at.map_or(text.len(), |(at, _)| start + at))
    });
    Mistake::at(text, offset, message)
}

/// Names of CTEs.
struct Definitions<'k>(&'k mut BTreeSet<String>);

impl Visitor for Definitions<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }
}

/// Tables that are named, and what is refused.
struct Names<'t> {
    text: &'t str,
    known: BTreeSet<String>,
    tables: BTreeSet<Table>,
    wrong: Option<Mistake>,
}

impl Names<'_> {
    fn refuse(&mut self, word: &str, message: impl Into<String>) -> ControlFlow<()> {
        self.wrong = Some(Mistake::at(self.text, word_at(self.text, word), message));
        ControlFlow::Break(())
    }
}

impl Visitor for Names<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        match query.body.as_ref() {
            SetExpr::Select(select) if select.into.is_some() => {
                self.refuse("INTO", "SELECT INTO is not possible: traces are read, never written")
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                self.refuse("", "only SELECT is possible: traces are read, never written")
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (name, is_function) = match factor {
            TableFactor::Table { name, args, .. } => (name, args.is_some()),
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => return ControlFlow::Continue(()),
            TableFactor::UNNEST { .. } => return ControlFlow::Continue(()),
            other => {
                let shown = other.to_string();
                return self.refuse(&shown, format!("`{shown}` cannot stand in place of a table"));
            }
        };
        let written = name.to_string();
        if is_function {
            let message = format!(
                "`{written}()` cannot stand in place of a table: a query reads nothing but the traces"
            );
            return self.refuse(&written, message);
        }
        let plain = written.trim_matches(['"', '`']).to_lowercase();
        if let Some(table) = Table::named(&plain) {
            self.tables.insert(table);
        } else if !self.known.contains(&plain) {
            let names = Table::ALL.map(Table::name);
            let nearest = scap_rules::nearest(&plain, names);
            let message = format!("there is no table {written}: there are {}", names.join(", "));
            let at = word_at(self.text, &written);
            self.wrong = Some(Mistake::at(self.text, at, message).meant(nearest));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Statement::parse(text).expect_err(text).message
    }

    #[test]
    fn questions_name_their_tables() {
        let tables = |text: &str| Statement::parse(text).unwrap().tables;
        assert_eq!(tables("SELECT 1"), []);
        assert_eq!(tables("select * from Events;"), [Table::Events]);
        let text = "WITH e AS (SELECT pid FROM events) SELECT * FROM e JOIN alerts a ON a.pid = e.pid \
                    WHERE e.pid IN (SELECT pid FROM files)";
        assert_eq!(tables(text), [Table::Events, Table::Files, Table::Alerts]);
    }

    #[test]
    fn times_may_be_written_as_they_are_printed() {
        let sql = |text: &str| Statement::parse(text).unwrap().sql;
        let printed =
            "SELECT * FROM events WHERE time > '2026-11-21T22:27:57.123456789Z' AND proc_name <> 'Z'";
        assert_eq!(sql(printed), printed.replace("789Z", "789"));
        for other in ["SELECT '2026-11-21Z'", "SELECT 'aZ', 'it''sZ'", "SELECT '2026-11-21T22:27:57'"] {
            assert_eq!(sql(other), other);
        }
    }

    #[test]
    fn whatever_is_no_question_is_refused() {
        for text in [
            "DROP TABLE events",
            "CREATE TABLE x AS SELECT * FROM events",
            "INSERT INTO events VALUES (1)",
            "UPDATE events SET pid = 1",
            "DELETE FROM events",
            "COPY events TO '/tmp/x'",
            "SELECT * INTO x FROM events",
            "SELECT 1; SELECT 2",
            "TRUNCATE TABLE events",
            "",
        ] {
            assert!(!refused(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn no_file_can_be_read() {
        for text in [
            "SELECT * FROM read_csv('/etc/passwd')",
            "SELECT * FROM read_parquet('/tmp/x')",
            "SELECT * FROM read_ipc('/tmp/x')",
            "SELECT * FROM read_json('/tmp/x')",
            "SELECT * FROM events WHERE pid IN (SELECT a FROM read_csv('/etc/passwd'))",
            "WITH x AS (SELECT * FROM READ_CSV('/etc/passwd')) SELECT * FROM x",
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM \"/etc/passwd.csv\"",
            "SELECT * FROM TABLE(read_csv('/etc/passwd'))",
        ] {
            assert!(!refused(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn mistakes_have_their_place() {
        let mistake = Statement::parse("SELECT *\nFROM events WHER pid = 1").unwrap_err();
        assert_eq!(mistake.offset, Some(26), "{mistake}");
        let mistake = Statement::parse("SELECT * FROM event").unwrap_err();
        assert_eq!((mistake.offset, mistake.suggestion.as_deref()), (Some(14), Some("events")));
        assert!(Statement::parse(&"(".repeat(5000)).is_err());
    }
}
