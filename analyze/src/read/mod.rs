//! Events as lines: what `scap read` prints.
//!
//! Takes a template and the fields of an event; gives a line of text or a JSON object. Which events are printed
//! is for the caller to decide.

use std::io::{self, Write};

use scap_rules::Template;

use crate::fields::Fields;
use crate::print::{fill, output_fields};

/// The line that is printed if nobody asks for another.
pub const DEFAULT_LINE: &str =
    "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info";

/// Prints events.
#[derive(Debug)]
pub struct EventPrinter {
    template: Template,
    json: bool,
    line: Vec<u8>,
}

impl EventPrinter {
    /// Prints `template` as text, or the fields it names as a JSON object if `json`.
    #[must_use]
    pub fn new(template: Template, json: bool) -> Self {
        Self { template, json, line: Vec::new() }
    }

    /// Prints the event of `fields` to `out`; `false` if it was left out because a value is missing that the
    /// template needs.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn print(&mut self, fields: &Fields<'_>, out: &mut dyn Write) -> io::Result<bool> {
        if self.json {
            serde_json::to_writer(&mut *out, &output_fields(&self.template, fields))?;
            out.write_all(b"\n")?;
            return Ok(true);
        }
        self.line.clear();
        if !fill(&self.template, fields, &mut self.line) {
            return Ok(false);
        }
        self.line.push(b'\n');
        out.write_all(&self.line)?;
        Ok(true)
    }
}
