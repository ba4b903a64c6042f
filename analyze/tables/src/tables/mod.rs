//! The tables and their columns.

pub(crate) mod alerts;
pub(crate) mod connections;
pub(crate) mod events;
pub(crate) mod files;
pub(crate) mod processes;
pub(crate) mod record;
mod shared;

use crate::schema::{Column, Described};

/// One of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Every event.
    Events,
    /// Every process.
    Processes,
    /// What processes did with files.
    Files,
    /// Listening sockets and connections.
    Connections,
    /// What rules said.
    Alerts,
}

impl Table {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Table; 5] =
        [Table::Events, Table::Processes, Table::Files, Table::Connections, Table::Alerts];

    /// Its name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Table::Events => "events",
            Table::Processes => "processes",
            Table::Files => "files",
            Table::Connections => "connections",
            Table::Alerts => "alerts",
        }
    }

    /// What a row of it is.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Table::Events => "One row for each event, in the order of the trace",
            Table::Processes => "One row for each process that the trace knows, from its start to its end",
            Table::Files => "One row for what one process did with one path",
            Table::Connections => {
                "One row for each socket of one process that listened, connected or was connected to"
            }
            Table::Alerts => "One row for each alert of the rules",
        }
    }

    /// The column by which its rows are parted by day.
    pub(crate) const fn time_column(self) -> &'static str {
        match self {
            Table::Events | Table::Alerts => "time",
            Table::Processes | Table::Files | Table::Connections => "first_time",
        }
    }

    /// The table called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Table> {
        Table::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> Vec<Described> {
        fn all<S>(columns: &[Column<S>]) -> Vec<Described> {
            columns.iter().map(Column::described).collect()
        }
        match self {
            Table::Events => all(events::COLUMNS),
            Table::Processes => all(processes::COLUMNS),
            Table::Files => all(files::COLUMNS),
            Table::Connections => all(connections::COLUMNS),
            Table::Alerts => all(alerts::COLUMNS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_table_tells_trace_and_host_and_no_column_twice() {
        for table in Table::ALL {
            let columns = table.columns();
            let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
            assert_eq!(names[..2], ["trace", "host"], "{}", table.name());
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{}", table.name());
            assert!(columns.iter().all(|column| !column.about.is_empty()), "{}", table.name());
            assert_eq!(Table::named(table.name()), Some(table));
        }
    }
}
