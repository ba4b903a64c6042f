//! Traces to traces: merging, slicing, filtering, blanking, and events as JSON.
//!
//! Takes the blocks of one or several traces ([`merge`]), gives to a [`BlockSink`] those that were asked for
//! ([`Selection`]), blanked where asked ([`Redaction`]). Events stay as they were recorded: old ones are not
//! upgraded. A slice starts with the state of the machine as of its first event, and events that change state
//! pass every filter, so that what is written replays like the whole. [`Repetition`] multiplies a recording. Deliberately knows neither files nor
//! compression.

mod jsonl;
mod merge;
mod redact;
mod repeat;
mod select;
mod waiting;

use scap_format::block::Block;
use scap_format::native::WriteError;
use scap_format::save::{BlockSink, Saved};

pub use jsonl::JsonLines;
pub use merge::{Host, Merge, MergeError, host_of};
pub use redact::{Redaction, RedactionError};
pub use repeat::{Material, Repetition};
pub use select::{Selection, changes_state};

use redact::Redactor;
use select::Selector;

/// From blocks to a sink, by way of selection and redaction.
pub struct Converter {
    selector: Option<Selector>,
    redactor: Option<Redactor>,
    sink: Box<dyn BlockSink>,
    events: u64,
}

/// What became of a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Converted {
    /// Events that came in.
    pub events: u64,
    /// Blocks, events and bytes that went out.
    pub saved: Saved,
}

impl Converter {
    /// Hands to `sink` what `selection` wants, without what `redaction` names.
    #[must_use]
    pub fn new(selection: Selection, redaction: Redaction, sink: Box<dyn BlockSink>) -> Self {
        Self {
            selector: (!selection.is_everything()).then(|| Selector::new(selection)),
            redactor: (!redaction.is_empty()).then(|| Redactor::new(redaction)),
            sink,
            events: 0,
        }
    }

    /// Takes the next block of the trace.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn block(&mut self, block: &Block<'_>) -> Result<(), WriteError> {
        self.events += u64::from(matches!(block, Block::Event(_)));
        let (redactor, sink) = (&mut self.redactor, &mut self.sink);
        let mut put = |block: &Block<'_>| match redactor {
            Some(redactor) => redactor.pass(block, &mut **sink),
            None => sink.block(block),
        };
        match &mut self.selector {
            Some(selector) => selector.take(block, &mut put),
            None => put(block),
        }
    }

    /// Ends the trace.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn finish(mut self) -> Result<Converted, WriteError> {
        let (redactor, sink) = (&mut self.redactor, &mut self.sink);
        if let Some(selector) = &mut self.selector {
            selector.finish(&mut |block| match redactor {
                Some(redactor) => redactor.pass(block, &mut **sink),
                None => sink.block(block),
            })?;
        }
        Ok(Converted { events: self.events, saved: self.sink.finish()? })
    }
}
