//! What happened, written into the suites: counts, priorities, tags, and alerts that nobody expected.
//!
//! Edits the text where it says otherwise and leaves everything else as it is: comments, order, quoting. Nothing that
//! a suite forbids is ever allowed by this; that is for a person to do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use scap_rules::Sources;
use scap_rules::yaml::{self, Kind, Node};
use serde_json::Value as Json;

use crate::judge::{Failure, FailureKind};
use crate::read::read_text;
use crate::report::{Report, TestReport};

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct Blessed {
    /// Suites that were changed, with the number of changes.
    pub files: Vec<(PathBuf, usize)>,
    /// What cannot be blessed, and why.
    pub left: Vec<String>,
}

/// Writes what `report` found into its suites.
///
/// # Errors
/// If a suite cannot be read, or written.
pub fn bless(report: &Report) -> Result<Blessed, String> {
    let mut blessed = Blessed::default();
    let mut by_file: BTreeMap<&str, BTreeMap<usize, Vec<&TestReport>>> = BTreeMap::new();
    for test in &report.tests {
        let specs = by_file.entry(&test.location.file).or_default();
        specs.entry(test.location.offset).or_default().push(test);
    }
    for (file, specs) in by_file {
        let path = Path::new(file);
        let text = fs::read_to_string(path).map_err(|error| format!("cannot read {file}: {error}"))?;
        let mut editor = Editor::new(file, &text)?;
        for (offset, tests) in &specs {
            editor.spec(*offset, tests, &mut blessed.left);
        }
        let changes = editor.edits.len();
        if changes == 0 {
            continue;
        }
        let changed = editor.apply();
        // Never written unless it is a suite again.
        if let Err(broken) = read_text(path, changed.clone()) {
            let first = broken.problems.first().map_or_else(String::new, |problem| problem.message.clone());
            blessed.left.push(format!("{file}: it is written in a way that cannot be edited ({first})"));
            continue;
        }
        fs::write(path, changed).map_err(|error| format!("cannot write {file}: {error}"))?;
        blessed.files.push((path.to_owned(), changes));
    }
    Ok(blessed)
}

/// A text with changes to be made.
struct Editor<'t> {
    text: &'t str,
    root: Rc<Node>,
    /// By first byte: the byte behind the last, and what comes instead.
    edits: BTreeMap<usize, (usize, String)>,
}

impl<'t> Editor<'t> {
    fn new(file: &str, text: &'t str) -> Result<Editor<'t>, String> {
        let mut sources = Sources::default();
        sources.add(file.to_owned(), text.to_owned());
        let source = sources.file(0).ok_or_else(|| format!("cannot read {file}"))?;
        let documents = yaml::parse(0, source).map_err(|error| format!("{file}: {}", error.message))?;
        let root = documents.into_iter().next().ok_or_else(|| format!("{file} is empty"))?;
        Ok(Editor { text, root, edits: BTreeMap::new() })
    }

    /// Writes what happened to the tests of one entry, each of another trace.
    fn spec(&mut self, offset: usize, tests: &[&TestReport], left: &mut Vec<String>) {
        let root = Rc::clone(&self.root);
        let entries = root.get("tests").and_then(Node::sequence).unwrap_or(&[]);
        let Some(node) = entries.iter().find(|node| start(node) == offset) else { return };
        let mut unexpected: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for test in tests {
            if let Some(error) = &test.error {
                left.push(format!("{} / {}: {error}", test.suite, test.name));
            }
            for failure in &test.failures {
                self.failure(node, failure, tests, left);
                if failure.kind == FailureKind::Unexpected {
                    let seen = unexpected.entry(&failure.rule).or_insert((failure.count, failure.count));
                    *seen = (seen.0.min(failure.count), seen.1.max(failure.count));
                }
            }
        }
        let everywhere = |rule: &str| tests.iter().all(|test| test.failures.iter().any(|f| f.rule == rule));
        let new: Vec<(String, String)> = unexpected
            .into_iter()
            .map(|(rule, (least, most))| {
                let least = if everywhere(rule) { least } else { 0 };
                (plain_or_quoted(rule), range(least, most))
            })
            .collect();
        self.add_expectations(node, &new);
    }

    fn failure(&mut self, node: &Node, failure: &Failure, tests: &[&TestReport], left: &mut Vec<String>) {
        let at = failure.expectation.and_then(|number| node.get("expect")?.sequence()?.get(number));
        match (failure.kind, at, failure.expectation) {
            (FailureKind::TooFew | FailureKind::TooMany, Some(node), Some(number)) => {
                let counts = tests.iter().filter_map(|test| test.counted.get(number)).copied();
                let (least, most) =
                    counts.fold((u64::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
                self.count(node, &range(least, most));
            }
            (FailureKind::Priority, Some(node), _) => {
                if let Some(value) = node.get("priority") {
                    self.edits.insert(start(value), (self.end(value), failure.got.clone()));
                }
            }
            (FailureKind::Tags, Some(node), _) => {
                let Some(tags) = node.get("tags") else { return };
                let lacking: Vec<&str> = failure.expected.split(", ").collect();
                let kept = tags.sequence().unwrap_or(&[]).iter().filter_map(|tag| tag.text());
                let kept: Vec<String> =
                    kept.filter(|tag| !lacking.contains(tag)).map(plain_or_quoted).collect();
                self.edits.insert(start(tags), (self.end(tags), format!("[{}]", kept.join(", "))));
            }
            (FailureKind::Forbidden, ..) => {
                let at = &failure.location;
                left.push(format!("{}:{}: `{}` fired, which is forbidden", at.file, at.line, failure.rule));
            }
            _ => {}
        }
    }

    /// Makes the expectation at `node` one of `count`.
    fn count(&mut self, node: &Node, count: &str) {
        if let Some(value) = node.get("count") {
            self.edits.insert(start(value), (self.end(value), count.to_owned()));
        } else if let Some(rule) = node.get("rule") {
            if self.is_flow(node) {
                self.insert(self.end(rule), format!(", count: {count}"));
            } else {
                let indent = self.column(start(node));
                self.insert(
                    self.line_end(self.end(rule)),
                    format!("{}{indent}count: {count}", self.newline()),
                );
            }
        } else if self.is_inside_flow(node) {
            let name = self.text.get(start(node)..self.end(node)).unwrap_or_default();
            self.edits.insert(start(node), (self.end(node), format!("{{ rule: {name}, count: {count} }}")));
        } else {
            let indent = self.column(start(node));
            self.insert(start(node), "rule: ".to_owned());
            self.insert(self.line_end(self.end(node)), format!("{}{indent}count: {count}", self.newline()));
        }
    }

    /// Adds expectations, each a rule and a count, to the test at `node`.
    fn add_expectations(&mut self, node: &Node, new: &[(String, String)]) {
        if new.is_empty() {
            return;
        }
        let flow: Vec<String> =
            new.iter().map(|(rule, count)| format!("{{ rule: {rule}, count: {count} }}")).collect();
        let flow = flow.join(", ");
        let newline = self.newline();
        let block = |indent: &str| -> String {
            let each = new.iter();
            let each = each.map(|(rule, count)| {
                format!("{newline}{indent}- rule: {rule}{newline}{indent}  count: {count}")
            });
            each.collect()
        };
        match node.get("expect") {
            Some(list) if self.is_flow(list) => {
                let comma = if list.sequence().unwrap_or(&[]).is_empty() { "" } else { ", " };
                self.insert(self.close(list), format!("{comma}{flow}"));
            }
            Some(list) => {
                let Some(first) = list.sequence().and_then(<[_]>::first) else { return };
                let dash = self.text.get(..start(first)).and_then(|before| before.rfind('-')).unwrap_or(0);
                let text = block(&self.column(dash));
                self.insert(self.line_end(self.end(list)), text);
            }
            None if self.is_flow(node) => {
                let text = format!(", expect: [{flow}]");
                let at = self.close(node);
                self.insert(self.text.get(..at).map_or(at, |text| text.trim_end().len()), text);
            }
            None => {
                let indent = self.column(start(node));
                let text = format!("{newline}{indent}expect:{}", block(&format!("{indent}  ")));
                self.insert(self.line_end(self.end(node)), text);
            }
        }
    }

    fn insert(&mut self, at: usize, text: String) {
        self.edits.entry(at).or_insert((at, String::new())).1.push_str(&text);
    }

    fn apply(&self) -> String {
        let mut out = String::new();
        let mut copied = 0;
        for (&start, (end, text)) in &self.edits {
            if start < copied {
                continue;
            }
            out.push_str(self.text.get(copied..start).unwrap_or_default());
            out.push_str(text);
            copied = *end;
        }
        out.push_str(self.text.get(copied..).unwrap_or_default());
        out
    }

    /// Where a node really ends: a block collection where its last child does, and no node behind blanks and comments.
    fn end(&self, node: &Node) -> usize {
        if self.is_flow(node) {
            return self.close(node) + 1;
        }
        match &node.kind {
            Kind::Sequence(_) | Kind::Mapping(_) => last_child(node).map_or(node.end, |last| self.end(last)),
            Kind::Scalar(_) | Kind::Null => self.end_of_word(node),
        }
    }

    fn end_of_word(&self, node: &Node) -> usize {
        let (start, text) = (start(node), self.text.as_bytes());
        let Some(quote @ (b'"' | b'\'')) = text.get(start).copied() else {
            let text = self.text.get(..node.end).unwrap_or(self.text);
            return text.trim_end().len().max(start);
        };
        let mut at = start + 1;
        while let Some(&byte) = text.get(at) {
            let doubled = quote == b'\'' && text.get(at + 1) == Some(&quote);
            match byte {
                b'\\' if quote == b'"' => at += 2,
                _ if byte == quote && doubled => at += 2,
                _ if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        node.end
    }

    /// Where the bracket is that closes a collection in brackets.
    fn close(&self, node: &Node) -> usize {
        let mut at = last_child(node).map_or(start(node) + 1, |last| self.end(last));
        while let Some(&byte) = self.text.as_bytes().get(at) {
            match byte {
                b']' | b'}' => break,
                b'#' => at = self.line_end(at),
                _ => at += 1,
            }
        }
        at
    }

    fn is_flow(&self, node: &Node) -> bool {
        matches!(self.text.as_bytes().get(start(node)), Some(b'[' | b'{')) && node.scalar().is_none()
    }

    /// Whether a word stands in a list in brackets: then the last mark before it is one of theirs.
    fn is_inside_flow(&self, node: &Node) -> bool {
        let before = self.text.get(..start(node)).unwrap_or_default().trim_end();
        before.ends_with(['[', ','])
    }

    /// Blanks as far as byte `at` is into its line.
    fn column(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        " ".repeat(before.get(line..).map_or(0, |text| text.chars().count()))
    }

    /// The end of the line of byte `at`.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let end = at + rest.find('\n').unwrap_or(rest.len());
        if self.text.get(..end).is_some_and(|text| text.ends_with('\r')) { end - 1 } else { end }
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }
}

fn last_child(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Sequence(items) => items.last().map(|last| &**last),
        Kind::Mapping(entries) => {
            entries.last().map(|(key, value)| if value.is_null() { &**key } else { &**value })
        }
        Kind::Scalar(_) | Kind::Null => None,
    }
}

fn start(node: &Node) -> usize {
    usize::try_from(node.place.offset).unwrap_or(usize::MAX)
}

fn range(least: u64, most: u64) -> String {
    match (least, most) {
        (0, 0) => "none".to_owned(),
        _ if least == most => least.to_string(),
        _ => format!("{least}..{most}"),
    }
}

/// A name as YAML takes it, quoted only if it must be.
fn plain_or_quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | '/' | '(' | ')' | '-');
    let starts = name.starts_with(char::is_alphabetic);
    let is_word =
        !matches!(name, "true" | "false" | "null" | "True" | "False" | "Null" | "TRUE" | "FALSE" | "NULL");
    let plain = starts && is_word && !name.ends_with(' ') && name.chars().all(is_plain);
    if plain { name.to_owned() } else { Json::from(name).to_string() }
}
