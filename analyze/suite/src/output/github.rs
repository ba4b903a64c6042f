//! A report as annotations of GitHub's actions: `::error file=…,line=…::…`.
//!
//! Line ends and the separators of properties are escaped as its toolkit does, so that evidence cannot give commands.

use std::fmt::Write as _;

use scap_rules::Location;

use super::{Run, headline, pretty, title};
use crate::report::Report;

/// The lines.
pub(super) fn lines(report: &Report, run: Run) -> String {
    let mut out = String::new();
    for test in &report.tests {
        if let Some(error) = &test.error {
            annotation(&mut out, &test.location, &title(test), error);
        }
        for failure in &test.failures {
            let mut body = String::new();
            pretty::failure_lines(&mut body, failure);
            let title = format!("{}: {}", title(test), failure.rule);
            annotation(&mut out, &failure.location, &title, &format!("{}\n{body}", headline(failure)));
        }
    }
    let _ = writeln!(out, "::notice title=scap test::{}", data(&pretty::summary(report, run.took)));
    out
}

fn annotation(out: &mut String, at: &Location, title: &str, message: &str) {
    let _ = writeln!(
        out,
        "::error file={},line={},col={},title={}::{}",
        property(&at.file),
        at.line,
        at.column,
        property(title),
        data(message.trim_end())
    );
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #[test]
    fn evidence_gives_no_commands() {
        assert_eq!(super::data("a\n::stop-commands::x%"), "a%0A::stop-commands::x%25");
        assert_eq!(super::property("a:b,c"), "a%3Ab%2Cc");
    }
}
