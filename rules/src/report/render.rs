//! Load problems as text for people.
//!
//! Plain text, colour only if asked for. Control characters of the quoted source never reach the output.

use std::fmt::Write as _;

use super::{FileReport, LoadReport, Problem};
use crate::source::Location;

/// Whether to colour the text with ANSI escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "names say it")]
pub enum Color {
    #[default]
    Never,
    Always,
}

impl LoadReport {
    /// All problems, each with its line and a caret, and a line of result per file.
    #[must_use]
    pub fn render(&self, color: Color) -> String {
        let mut out = String::new();
        for file in &self.files {
            for problem in &file.problems {
                render_problem(&mut out, problem, &file.name, color);
                out.push('\n');
            }
        }
        for file in &self.files {
            out.push_str(&summary(file));
            out.push('\n');
        }
        out
    }
}

impl Problem {
    /// This problem with its line and a caret.
    #[must_use]
    pub fn render(&self, color: Color) -> String {
        let mut out = String::new();
        render_problem(&mut out, self, "", color);
        out
    }
}

fn summary(file: &FileReport) -> String {
    let errors = file.problems.iter().filter(|p| p.is_error()).count();
    let warnings = file.problems.len() - errors;
    let verdict = match (errors, warnings) {
        (0, 0) => "ok".to_owned(),
        (0, w) => format!("ok, {}", count(w, "warning")),
        (e, 0) => format!("invalid, {}", count(e, "error")),
        (e, w) => format!("invalid, {}, {}", count(e, "error"), count(w, "warning")),
    };
    format!("{}: {verdict}", printable(&file.name))
}

fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

fn render_problem(out: &mut String, problem: &Problem, file: &str, color: Color) {
    let (kind, tint) = if problem.is_error() { ("error", Tint::Error) } else { ("warning", Tint::Warning) };
    let heading = format!("{kind}[{}]", problem.code.name());
    let heading = (heading.as_str(), problem.message.as_str(), tint);
    let mut notes: Vec<String> =
        innermost_item(problem).map(|item| format!("in {item}")).into_iter().collect();
    notes.extend(problem.suggestion.as_ref().map(|near| format!("did you mean `{near}`?")));
    match &problem.location {
        None => render_place(out, heading, Err(file), &notes, color),
        Some(at) => render_place(out, heading, Ok(at), &notes, color),
    }
}

/// Colour of what is wrong.
#[derive(Clone, Copy)]
enum Tint {
    Error,
    Warning,
}

/// An error in the text at `at`: message, place, quoted line with a caret, and notes beneath. Nothing of it steers a
/// terminal.
#[must_use]
pub fn render_error(message: &str, at: &Location, notes: &[String], color: Color) -> String {
    let mut out = String::new();
    render_place(&mut out, ("error", message, Tint::Error), Ok(at), notes, color);
    out
}

/// `place`: where it is, or the name of the file it is about as a whole.
fn render_place(
    out: &mut String,
    (heading, message, tint): (&str, &str, Tint),
    place: Result<&Location, &str>,
    notes: &[String],
    color: Color,
) {
    let code = match tint {
        Tint::Error => "1;31",
        Tint::Warning => "1;33",
    };
    let paint = |text: &str| match color {
        Color::Never => text.to_owned(),
        Color::Always => format!("\x1b[{code}m{text}\x1b[0m"),
    };
    line(out, &format!("{}: {}", paint(heading), printable(message)));
    match place {
        Err("") => {}
        Err(file) => line(out, &format!("  --> {}", printable(file))),
        Ok(at) => {
            line(out, &format!("  --> {}:{}:{}", printable(&at.file), at.line, at.column));
            let number = at.line.to_string();
            let margin = " ".repeat(number.len());
            let (text, caret) = excerpt(&at.text, at.column);
            line(out, &format!("{margin} |"));
            line(out, &format!("{number} | {text}"));
            line(out, &format!("{margin} | {}{}", " ".repeat(caret), paint("^")));
        }
    }
    for note in notes {
        line(out, &format!("  = {}", printable(note)));
    }
}

fn line(out: &mut String, text: &str) {
    writeln!(out, "{text}").unwrap_or_default();
}

/// The list, macro or rule the problem is in.
fn innermost_item(problem: &Problem) -> Option<String> {
    let named = |kind: &str| matches!(kind, "list" | "macro" | "rule");
    let frame = problem.context.iter().rev().find(|frame| named(frame.item_type))?;
    Some(format!("{} `{}`", frame.item_type, printable(&frame.item_name)))
}

/// Most characters of a source line that are shown.
const EXCERPT: usize = 120;

/// The part of a line around `column` (from 1), and where in it the caret goes (from 0).
fn excerpt(text: &str, column: usize) -> (String, usize) {
    let chars: Vec<char> = text.chars().collect();
    let caret = (column - 1).min(chars.len());
    let start = if chars.len() <= EXCERPT { 0 } else { caret.saturating_sub(EXCERPT / 2) };
    let end = chars.len().min(start + EXCERPT);
    let shown: String = chars.get(start..end).unwrap_or(&[]).iter().map(|&c| visible(c)).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < chars.len() { "…" } else { "" });
    (format!("{before}{shown}{after}"), caret - start + usize::from(start > 0))
}

fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

fn printable(text: &str) -> String {
    text.chars().map(visible).collect()
}
