//! What the process ends with: see the exit codes in `scap --help`.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// How a subcommand ended, short of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Did what it was asked.
    Done,
    /// Did it, and the answer is no: a failed check.
    Against,
    /// Did what could be done with input that is damaged, or of which some could not be read, or with a receiver that did not
    /// take all alerts.
    Damaged,
}

/// The exit code for `outcome`; prints the error, if it is one, to stderr.
pub(crate) fn code(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Against) => ExitCode::from(1),
        Ok(Outcome::Damaged) => ExitCode::from(2),
        // The reader of our output went away (`scap read … | head`): it has what it wanted.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Whatever reads an input says which; what is left is our own output.
            let place = if error.is::<std::io::Error>() { "cannot write the output: " } else { "" };
            say(&format!("scap: {place}{}", in_words(error.as_ref())));
            ExitCode::from(2)
        }
    }
}

/// `error` and its causes on one line, without the causes that the line before them tells already.
pub(crate) fn in_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = String::new();
    for cause in std::iter::successors(Some(error), |cause| cause.source()).map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.contains(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}

/// Prints a line to stderr; a closed stderr is nobody's error. Control characters, which names of files may hold,
/// do not reach the terminal.
pub(crate) fn say(line: &str) {
    say_styled(&printable(line));
}

/// Like [`say`], for text that holds colours of our own.
pub(crate) fn say_styled(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// `text` with `\u{fffd}` for every control character but line ends.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let told = anyhow::anyhow!("no such file").context("cannot open a: no such file; look elsewhere");
        assert_eq!(in_words(told.as_ref()), "cannot open a: no such file; look elsewhere");
        let untold = anyhow::anyhow!("no such file").context("cannot open a");
        assert_eq!(in_words(untold.as_ref()), "cannot open a: no such file");
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\nc"), "a\u{fffd}[2Jb\u{fffd}\nc");
    }
}
