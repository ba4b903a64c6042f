//! What the process ends with: see the exit codes in `scap --help`.

use std::io::ErrorKind;
use std::process::ExitCode;

/// How a subcommand ended, short of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Did what it was asked.
    Done,
    /// Did it, and the answer is no: a failed check.
    Against,
    /// Did what could be done with damaged input.
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
            say(&format!("scap: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// Prints a line to stderr; a closed stderr is nobody's error.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
