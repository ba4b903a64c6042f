//! The traces of a command line, as tables are made of.

use crate::exit::{Outcome, in_words, say};
use crate::range::RangeArgs;
use crate::{input, open};
use anyhow::{Result, bail};
use scap_format::TraceReader;
use scap_format::source::{Input, Parts};
use scap_rules::Filter;
use scap_tables::{Note, Open, Trace, Unreadable};
use std::cell::Cell;

/// All of `named`, of whose events those of `range` that pass `filter` are asked about.
///
/// # Errors
/// If a range makes no sense.
pub(crate) fn all<'n>(
    named: &'n [Named<'_>],
    range: &RangeArgs,
    filter: Option<&Filter>,
) -> Result<Vec<Trace<'n>>> {
    let mut traces = Vec::new();
    for one in named {
        let range = range.of(one.input, filter)?;
        traces.push(Trace { name: open::name(one.input), range, open: Box::new(one) });
    }
    Ok(traces)
}

/// Opens those of `named` that were not read, because the question has no need of them: what is no trace is told even then.
pub(crate) fn open_unread(named: &[Named<'_>], outcome: &mut Outcome) {
    for one in named.iter().filter(|one| !one.taken.get()) {
        input::or_next(open::trace(one.input), outcome);
    }
}

/// Says what there is to say of a trace.
pub(crate) fn tell(name: &str, note: &Note<'_>, outcome: &mut Outcome) {
    match note {
        Note::Damaged(damage) => {
            say(&format!("scap: {name}: {}", input::damage_line(damage)));
            *outcome = Outcome::Damaged;
        }
        Note::Unreadable(error) => {
            say(&format!("scap: {}", in_words(*error)));
            *outcome = Outcome::Damaged;
        }
        Note::LeftOut(sort, count) => {
            say(&format!(
                "scap: {name}: {count} {sort} were too many to keep, and are missing from the answer"
            ));
        }
    }
}

/// A trace on the command line.
pub(crate) struct Named<'i> {
    input: &'i Input,
    /// Whether it was opened before.
    taken: Cell<bool>,
}

impl<'i> Named<'i> {
    /// Each of `inputs`, not opened yet.
    pub(crate) fn each(inputs: &'i [Input]) -> Vec<Self> {
        inputs.iter().map(|input| Self { input, taken: Cell::new(false) }).collect()
    }

    fn take(&self) -> Result<()> {
        let again = self.taken.replace(true);
        if again && self.input.files.iter().any(|file| input::is_stdin(file)) {
            bail!(
                "standard input can be read only once, and this question reads its trace more than once: use a file"
            );
        }
        Ok(())
    }
}

impl Open for &Named<'_> {
    fn parts(&self) -> Result<Parts, Unreadable> {
        self.take()?;
        Ok(open::parts(self.input)?)
    }

    fn whole(&self) -> Result<TraceReader, Unreadable> {
        self.take()?;
        Ok(open::trace(self.input)?)
    }
}
