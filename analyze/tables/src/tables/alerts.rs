//! Columns of `alerts`.

use scap_account::{AlertMark, Moment, ProcessId};
use scap_analyze::attack;

use super::record::{Read, Row};
use super::shared::{self, Deed};
use crate::cell::Cell;
use crate::schema::Type::{Int, Text, Time, Uint};
use crate::schema::{Column, column};

type Of<'a> = Row<'a, AlertMark>;

impl Deed for AlertMark {
    fn process(&self) -> Option<ProcessId> {
        self.process
    }

    fn at(&self) -> Moment {
        Moment { event: self.alert.event, ts: self.alert.ts }
    }
}

impl<'a> Row<'a, AlertMark> {
    fn tags(&self) -> &'a [String] {
        &self.record.alert.rule.tags
    }
}

/// Words in one cell.
fn listed<'w>(words: impl IntoIterator<Item = &'w str>) -> Cell<'static> {
    Cell::owned(words.into_iter().collect::<Vec<_>>().join(" "))
}

/// The columns.
#[rustfmt::skip]
pub(crate) const COLUMNS: &[Column<Read<AlertMark>>] = &[
    shared::trace(),
    column("host", Text, |row: &Of| Cell::text(row.record.alert.hostname.as_bytes()), "Host that was recorded"),
    column("time", Time, |row: &Of| Cell::Uint(row.record.alert.ts), "When"),
    column("num", Uint, |row: &Of| Cell::Uint(row.record.alert.event), "Number of the event in its trace, from 1"),
    column("rule", Text, |row: &Of| Cell::text(row.record.alert.rule.name.as_bytes()), "Name of the rule"),
    column("priority", Text, |row: &Of| Cell::text(row.record.alert.rule.priority.name().as_bytes()), "How grave it is: Emergency, Alert, Critical, Error, Warning, Notice, Informational or Debug"),
    column("severity", Int, |row: &Of| Cell::int(scap_rules::Priority::ALL.iter().position(|&one| one == row.record.alert.rule.priority).and_then(|at| i64::try_from(at).ok())), "The same as a number: 0 for Emergency to 7 for Debug"),
    column("source", Text, |row: &Of| Cell::text(row.record.alert.rule.source.as_bytes()), "Event source of the rule"),
    column("tags", Text, |row: &Of| listed(row.tags().iter().map(String::as_str)), "Tags of the rule, separated by blanks"),
    column("tactics", Text, |row: &Of| listed(attack::tactics(row.tags()).iter().map(|tactic| tactic.word)), "Tactics of ATT&CK among them, in the order of an attack, such as defense_evasion"),
    column("techniques", Text, |row: &Of| listed(attack::techniques(row.tags()).iter().map(|technique| technique.number())), "Techniques of ATT&CK among them, such as T1059.004"),
    column("output", Text, |row: &Of| Cell::text(row.record.alert.output.as_bytes()), "What the rule says"),
    column("output_fields", Text, |row: &Of| serde_json::to_string(&row.record.alert.output_fields).map_or(Cell::Null, Cell::owned), "Fields that the output names, as a JSON object"),
    shared::pid(),
    column("ppid", Int, |row: &Of| Cell::int(row.who().map(|who| who.record.ppid)), "Id of its parent"),
    shared::proc_name("Name of the process"),
    shared::proc_exe(),
    shared::proc_cmdline(),
    column("ancestors", Text, |row: &Of| row.who().map_or(Cell::Null, |who| Cell::owned(who.ancestors())), "Names of the processes above, the parent first, as in sh < sshd < systemd"),
    shared::user_name("Its user"),
    shared::uid("Id of its user"),
    shared::container_id(),
];
