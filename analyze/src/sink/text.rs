//! Alerts as Falco's text lines: `HH:MM:SS.nnnnnnnnn: Priority message`.

use std::io::{self, Write};

use super::{Sink, TerminalSafe};
use crate::alert::Alert;

/// Writes one line an alert, safe for terminals.
#[derive(Debug)]
pub struct TextSink<W> {
    out: TerminalSafe<W>,
}

impl<W: Write> TextSink<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: TerminalSafe::new(out) }
    }
}

impl<W: Write> Sink for TextSink<W> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        self.out.write_all(alert.output.as_bytes())?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_its_output_and_a_line_end() {
        let mut out = Vec::new();
        let mut sink = TextSink::new(&mut out);
        sink.alert(&crate::sink::samples::alert()).expect("a vector takes everything");
        sink.finish().expect("a vector takes everything");
        assert_eq!(out, b"20:42:14.015538433: Warning read file=/etc/shadow\nnext\n");
    }
}
