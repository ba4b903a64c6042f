//! The tables that are made of the accounts of traces.
//!
//! A trace is accounted for once for all tables of a query, with alerts only if those are asked for. Accounts are bounded
//! by themselves; what they leave out is noted.

use polars::prelude::{DataFrame, PlSmallStr, PolarsResult};
use scap_account::{Account, Options, account};
use scap_analyze::replay;

use crate::error::Error;
use crate::query::run::Question;
use crate::schema::{Column, schema_of};
use crate::store::Store;
use crate::tables::record::{Read, Row};
use crate::tables::{Table, alerts, connections, files, processes};
use crate::trace::{Note, Trace};

/// Accounts of all traces, once they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    made: Option<Vec<(String, Account)>>,
}

impl Accounts {
    /// The columns `columns` of `table`, of all traces.
    ///
    /// # Errors
    /// If the engine does not take them.
    pub(crate) fn frame(
        &mut self,
        table: Table,
        columns: &[PlSmallStr],
        question: &Question<'_>,
        note: &mut dyn FnMut(&str, Note<'_>),
    ) -> Result<DataFrame, Error> {
        if self.made.is_none() {
            self.made = Some(make(question, note));
        }
        let accounts = self.made.as_deref().unwrap_or_default();
        let wanted: Vec<&str> = columns.iter().map(|name| name.as_str()).collect();
        let frame = match table {
            Table::Events => return Err(Error::Engine("events are in no account".into())),
            Table::Processes => {
                of_records(accounts, &wanted, processes::COLUMNS, |account| &account.processes)
            }
            Table::Files => of_records(accounts, &wanted, files::COLUMNS, |account| &account.files),
            Table::Connections => {
                of_records(accounts, &wanted, connections::COLUMNS, |account| &account.connections)
            }
            Table::Alerts => of_records(accounts, &wanted, alerts::COLUMNS, |account| &account.alerts),
        };
        frame.map_err(|error| Error::Engine(error.to_string()))
    }
}

fn make(question: &Question<'_>, note: &mut dyn FnMut(&str, Note<'_>)) -> Vec<(String, Account)> {
    let mut made = Vec::new();
    for trace in question.traces {
        match of_trace(trace, question) {
            Ok(account) => {
                tell(&trace.name, &account, note);
                made.push((trace.name.clone(), account));
            }
            Err(error) => note(&trace.name, Note::Unreadable(error.as_ref())),
        }
    }
    made
}

fn of_trace(trace: &Trace<'_>, question: &Question<'_>) -> Result<Account, crate::trace::Unreadable> {
    let mut reader = trace.open.whole()?;
    let replay = replay::Options { range: trace.range.clone(), ..replay::Options::default() };
    // Processes tell how many alerts are about them, so that rules are asked whatever the table.
    let options = Options { replay, ..Options::default() };
    Ok(account(&mut reader, question.rules, options)?)
}

fn tell(name: &str, account: &Account, note: &mut dyn FnMut(&str, Note<'_>)) {
    for damage in &account.summary.damage {
        note(name, Note::Damaged(damage));
    }
    let left_out = account.left_out;
    let sorts = [
        ("processes", left_out.processes),
        ("uses of files", left_out.files),
        ("connections", left_out.connections),
        ("alerts", left_out.alerts),
    ];
    for (sort, count) in sorts.into_iter().filter(|(_, count)| *count > 0) {
        note(name, Note::LeftOut(sort, count));
    }
}

/// The columns of `columns` that are `wanted`, of the records that `records` chooses of each account.
fn of_records<R>(
    accounts: &[(String, Account)],
    wanted: &[&str],
    columns: &[Column<Read<R>>],
    records: impl Fn(&Account) -> &Vec<R>,
) -> PolarsResult<DataFrame> {
    let chosen: Vec<Column<Read<R>>> = wanted
        .iter()
        .filter_map(|name| columns.iter().find(|column| column.name == *name))
        .copied()
        .collect();
    let count = accounts.iter().map(|(_, account)| records(account).len()).sum();
    if count == 0 {
        let described: Vec<_> = chosen.iter().map(Column::described).collect();
        return Ok(DataFrame::empty_with_schema(&schema_of(&described)));
    }
    let filled = chosen.iter().map(|column| {
        let mut store = Store::new(column.name, column.ty, count);
        for (trace, account) in accounts {
            for record in records(account) {
                store.push(&(column.source)(&Row { trace, account, record }));
            }
        }
        store.finish()
    });
    DataFrame::new(count, filled.collect::<PolarsResult<Vec<_>>>()?)
}
