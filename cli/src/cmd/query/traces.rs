//! The traces of a command line, as tables are made of.

use crate::exit::{Outcome, say};
use crate::range::RangeArgs;
use crate::{input, open};
use anyhow::{Result, bail};
use scap_format::TraceReader;
use scap_format::source::{Input, Parts};
use scap_rules::Filter;
use scap_tables::{Note, Open, Trace, Unreadable};
use std::cell::Cell;

/// All of `inputs`, of whose events those of `range` that pass `filter` are asked about.
///
/// # Errors
/// If a range makes no sense.
pub(crate) fn all<'i>(
    inputs: &'i [Input],
    range: &RangeArgs,
    filter: Option<&Filter>,
) -> Result<Vec<Trace<'i>>> {
    let mut traces = Vec::new();
    for input in inputs {
        let range = range.of(input, filter)?;
        let open = Box::new(Opened { input, taken: Cell::new(false) });
        traces.push(Trace { name: open::name(input), range, open });
    }
    Ok(traces)
}

/// Says what there is to say of a trace.
pub(crate) fn tell(name: &str, note: &Note<'_>, outcome: &mut Outcome) {
    match note {
        Note::Damaged(damage) => {
            say(&format!("scap: {name}: {}", input::damage_line(damage)));
            *outcome = Outcome::Damaged;
        }
        Note::Unreadable(error) => {
            let mut words: Vec<String> = Vec::new();
            for cause in std::iter::successors(Some(*error), |cause| cause.source()).map(ToString::to_string)
            {
                if !words.iter().any(|told| told.contains(&cause)) {
                    words.push(cause);
                }
            }
            say(&format!("scap: {}", words.join(": ")));
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
struct Opened<'i> {
    input: &'i Input,
    /// Whether it was opened before.
    taken: Cell<bool>,
}

impl Opened<'_> {
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

impl Open for Opened<'_> {
    fn parts(&self) -> Result<Parts, Unreadable> {
        self.take()?;
        Ok(open::parts(self.input)?)
    }

    fn whole(&self) -> Result<TraceReader, Unreadable> {
        self.take()?;
        Ok(open::trace(self.input)?)
    }
}
