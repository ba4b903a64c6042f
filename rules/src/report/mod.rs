//! What loading rules had to say.
//!
//! A [`LoadReport`] has one [`FileReport`] per file with all its [`Problem`]s, errors and warnings under
//! Falco's codes, each with file, line, column, the quoted source and, where a name is unknown, the nearest
//! one that exists. It prints for people ([`LoadReport::render`]) and as Falco's `falco_load_results` document
//! ([`LoadReport::to_json`]).

mod code;
mod json;
mod render;
mod suggest;

pub use code::Code;
pub use render::{Color, render_error};
pub use suggest::nearest;

use crate::source::Location;

/// Everything found while loading, file by file in the order given.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// One per file.
    pub files: Vec<FileReport>,
}

/// What was found in one file.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// Its name as given.
    pub name: String,
    /// Errors and warnings in the order found.
    pub problems: Vec<Problem>,
    /// Lists, macros and rules defined in it (not those it changes).
    pub counts: Counts,
}

/// How many items a file defines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "names say it")]
pub struct Counts {
    pub lists: usize,
    pub macros: usize,
    pub rules: usize,
}

/// One error or warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Falco's code for it.
    pub code: Code,
    /// What is wrong, and what to do.
    pub message: String,
    /// Where; `None` if it is about a file as a whole.
    pub location: Option<Location>,
    /// The items it is in, outermost first.
    pub context: Vec<Frame>,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
    /// The deprecated field, if it is about one.
    pub deprecated_field: Option<String>,
}

/// An item that a problem is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What kind of item, in Falco's words (`rule`, `macro condition`).
    pub item_type: &'static str,
    /// Its name; empty if it has none.
    pub item_name: String,
    /// Where it begins.
    pub location: Option<Location>,
}

impl Problem {
    /// Whether it keeps the rules from loading.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.code.is_error()
    }
}

impl FileReport {
    /// Whether there is no error.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        !self.problems.iter().any(Problem::is_error)
    }
}

impl LoadReport {
    /// Whether there is no error in any file.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.files.iter().all(FileReport::is_ok)
    }

    /// All errors.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems().filter(|p| p.is_error())
    }

    /// All warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.problems().filter(|p| !p.is_error())
    }

    fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.files.iter().flat_map(|file| &file.problems)
    }
}
