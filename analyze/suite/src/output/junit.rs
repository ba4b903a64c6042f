//! A report as JUnit's XML.
//!
//! There is no one schema. This keeps to what both common ones allow: that of the Ant task (windyroad) and that of
//! Jenkins' xUnit plugin.

use std::time::SystemTime;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Run, headline, pretty};
use crate::report::{Report, TestReport};

/// The document.
pub(super) fn document(report: &Report, run: Run) -> String {
    let mut xml = Xml { writer: Writer::new_with_indent(Vec::new(), b' ', 2) };
    xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    xml.open("testsuites", &[]);
    let mut suites: Vec<(&str, Vec<&TestReport>)> = Vec::new();
    for test in &report.tests {
        match suites.iter_mut().find(|(file, _)| *file == test.location.file) {
            Some((_, tests)) => tests.push(test),
            None => suites.push((&test.location.file, vec![test])),
        }
    }
    for (id, (file, tests)) in suites.iter().enumerate() {
        xml.suite(id, file, tests, run.began);
    }
    xml.close("testsuites");
    let mut text = String::from_utf8_lossy(&xml.writer.into_inner()).into_owned();
    text.push('\n');
    text
}

struct Xml {
    writer: Writer<Vec<u8>>,
}

impl Xml {
    fn suite(&mut self, id: usize, file: &str, tests: &[&TestReport], began: SystemTime) {
        let count = |is: fn(&&&TestReport) -> bool| tests.iter().filter(is).count().to_string();
        let time: f64 = tests.iter().map(|test| test.time.as_secs_f64()).sum();
        let name = tests.first().map_or("", |test| test.suite.as_str());
        self.open(
            "testsuite",
            &[
                ("id", id.to_string()),
                ("name", name.to_owned()),
                ("package", file.to_owned()),
                ("timestamp", timestamp(began)),
                ("hostname", "localhost".to_owned()),
                ("tests", tests.len().to_string()),
                ("failures", count(|test| !test.failures.is_empty())),
                ("errors", count(|test| test.error.is_some())),
                ("skipped", count(|test| test.skipped.is_some())),
                ("time", format!("{time:.3}")),
            ],
        );
        self.event(Event::Empty(BytesStart::new("properties")));
        tests.iter().for_each(|test| self.test(test));
        self.event(Event::Empty(BytesStart::new("system-out")));
        self.event(Event::Empty(BytesStart::new("system-err")));
        self.close("testsuite");
    }

    fn test(&mut self, test: &TestReport) {
        let attributes = [
            ("name", test.name.clone()),
            ("classname", test.suite.clone()),
            ("time", format!("{:.3}", test.time.as_secs_f64())),
        ];
        self.open("testcase", &attributes);
        if test.skipped.is_some() {
            self.event(Event::Empty(BytesStart::new("skipped")));
        } else if let Some(error) = &test.error {
            self.open("error", &[("type", "broken".to_owned()), ("message", error.clone())]);
            self.close("error");
        } else if let Some(first) = test.failures.first() {
            let more = test.failures.len() - 1;
            let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
            let message = format!("{}{more}", headline(first));
            self.open("failure", &[("type", first.kind.name().to_owned()), ("message", message)]);
            let mut body = String::new();
            pretty::test_lines(&mut body, test);
            self.event(Event::Text(BytesText::new(&allowed(&body))));
            self.close("failure");
        }
        self.close("testcase");
    }

    fn open(&mut self, name: &str, attributes: &[(&str, String)]) {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, allowed(value).as_str()));
        }
        self.event(Event::Start(start));
    }

    fn close(&mut self, name: &str) {
        self.event(Event::End(BytesEnd::new(name)));
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing to a vector cannot fail.
        let _ = self.writer.write_event(event);
    }
}

/// `text` with what XML 1.0 cannot hold, even escaped, replaced.
fn allowed(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}

/// A time without zone, in UTC, to the second: what the schemas want.
fn timestamp(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(super::allowed("a\u{1b}[2J\0\u{ffff}é\n"), "a\u{fffd}[2J\u{fffd}\u{fffd}é\n");
    }
}
