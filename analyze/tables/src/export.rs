//! A whole table as files, one for each host and day.
//!
//! Takes traces and a table, gives its rows, batch by batch, to the sink of the host and the day that they are of. Where
//! those write to, and how many are open at once, is for the caller to say.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::ControlFlow;

use polars::prelude::{DataFrame, IdxCa, IdxSize, PlSmallStr, PolarsError, PolarsResult};

use crate::accounts::Accounts;
use crate::error::Error;
use crate::output::{ParquetSink, Sink};
use crate::query::pushdown::Pushed;
use crate::query::run::Question;
use crate::schema::schema_of;
use crate::tables::{Table, events};
use crate::trace::Note;
use crate::walk;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// Where rows go, by host and day.
pub trait Places {
    /// The sink for rows of `host` (empty if the trace does not tell) and of the day that begins at `day`, ns since the epoch.
    ///
    /// # Errors
    /// If it cannot be made.
    fn sink(&mut self, host: &str, day: u64) -> Result<&mut dyn Sink, Error>;
}

/// A Parquet file of rows of `table`, written to `out`.
///
/// # Errors
/// If its beginning cannot be written.
pub fn parquet<W: Write>(table: Table, out: W) -> Result<ParquetSink<W>, Error> {
    let mut sink = ParquetSink::new(out);
    sink.begin(&schema_of(&table.columns()))?;
    Ok(sink)
}

impl Question<'_> {
    /// Gives every row of `table` to its place; how many there were.
    ///
    /// # Errors
    /// If a place cannot be made or written.
    pub fn export(
        &self,
        table: Table,
        note: &mut dyn FnMut(&str, Note<'_>),
        places: &mut dyn Places,
    ) -> Result<u64, Error> {
        let mut count = 0u64;
        let mut take = |rows: &DataFrame| {
            count = count.saturating_add(u64::try_from(rows.height()).unwrap_or(u64::MAX));
            spread(rows, table.time_column(), places)
        };
        if table == Table::Events {
            let mut each = |batch: DataFrame| take(&batch).map(|()| ControlFlow::Continue(()));
            walk::batches(self.traces, events::COLUMNS, &Pushed::default(), note, &mut each)?;
        } else {
            let names: Vec<PlSmallStr> =
                table.columns().iter().map(|column| PlSmallStr::from_static(column.name)).collect();
            take(&Accounts::default().frame(table, &names, self, note)?)?;
        }
        Ok(count)
    }
}

/// Gives each of `rows` to the place of its host and day.
fn spread(rows: &DataFrame, time: &str, places: &mut dyn Places) -> Result<(), Error> {
    let failed = |error: PolarsError| Error::Engine(error.to_string());
    let groups = groups(rows, time).map_err(failed)?;
    let alone = groups.len() == 1;
    for ((day, host), at) in groups {
        let sink = places.sink(&host, u64::try_from(day.saturating_mul(DAY)).unwrap_or(0))?;
        if alone {
            sink.rows(rows)?;
        } else {
            let at = IdxCa::from_vec(PlSmallStr::EMPTY, at);
            sink.rows(&rows.take(&at).map_err(failed)?)?;
        }
    }
    Ok(())
}

/// Which of `rows` are of which day and host.
fn groups(rows: &DataFrame, time: &str) -> PolarsResult<BTreeMap<(i64, String), Vec<IdxSize>>> {
    let hosts = rows.column("host")?.str()?;
    let times = rows.column(time)?.datetime()?;
    let mut groups: BTreeMap<(i64, String), Vec<IdxSize>> = BTreeMap::new();
    let mut last: Option<(i64, &str)> = None;
    let mut run: Vec<IdxSize> = Vec::new();
    let each = (0..).zip(hosts.iter().zip(times.physical().iter()));
    for (row, (host, time)) in each {
        let key = (time.unwrap_or(0).div_euclid(DAY), host.unwrap_or_default());
        if let Some((day, host)) = last.filter(|last| *last != key) {
            groups.entry((day, host.to_owned())).or_default().append(&mut run);
        }
        last = Some(key);
        run.push(row);
    }
    if let Some((day, host)) = last {
        groups.entry((day, host.to_owned())).or_default().append(&mut run);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cell;
    use crate::schema::Type;
    use crate::store::Store;

    #[test]
    fn rows_are_parted_by_host_and_day() {
        let mut hosts = Store::new("host", Type::Text, 4);
        let mut times = Store::new("time", Type::Time, 4);
        let day = u64::try_from(DAY).unwrap();
        for (host, time) in [("a", 5), ("b", 5), ("a", day + 1), ("a", 7)] {
            hosts.push(&Cell::text(host.as_bytes()));
            times.push(&Cell::Uint(time));
        }
        let rows = DataFrame::new(4, vec![hosts.finish().unwrap(), times.finish().unwrap()]).unwrap();
        let groups = groups(&rows, "time").unwrap();
        let want = [((0, "a"), vec![0, 3]), ((0, "b"), vec![1]), ((1, "a"), vec![2])];
        assert_eq!(groups, want.into_iter().map(|((day, host), at)| ((day, host.to_owned()), at)).collect());
    }
}
