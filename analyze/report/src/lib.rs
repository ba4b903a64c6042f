//! An account of traces as one HTML page that needs nothing else: no network, no other file, not even scripts.
//!
//! Takes [`Part`]s, each an account with the rules that made its alerts, the events around those ([`Evidence`]) and what
//! was found out about the trace as a file; gives a page ([`Report::page`]). Everything in the evidence may be hostile:
//! it gets into the page through one module (`text`) only, where it becomes visible text; the page's policy forbids
//! all scripts and styles but its own, by their hashes, and every request. Its size is bounded ([`Limits`]).
//!
//! Deliberately knows nothing of command lines, nor of how traces are opened and checked; asks no clock, so that the
//! same trace gives the same page.
#![forbid(unsafe_code)]

mod budget;
mod gather;
mod page;
mod tactic;
mod text;

pub use budget::Limits;
pub use gather::{Evidence, Survey, Wish};

use scap_account::Account;
use scap_rules::RuleSet;

/// What a page is made of.
#[derive(Debug)]
pub struct Report<'a> {
    /// Its title.
    pub title: String,
    /// What made it, such as `scap 0.1.0`.
    pub made_by: String,
    /// What was asked of the traces, in words; each a line.
    pub asked: Vec<String>,
    /// The traces.
    pub parts: Vec<Part<'a>>,
    /// Most of each thing.
    pub limits: Limits,
}

/// One trace.
#[derive(Debug)]
pub struct Part<'a> {
    /// Its name, for people.
    pub name: String,
    /// What happened in it.
    pub account: Account,
    /// The rules that made its alerts.
    pub rules: &'a RuleSet,
    /// The events around its alerts.
    pub evidence: Evidence,
    /// What is known of it as a file: labels and values.
    pub facts: Vec<(String, String)>,
    /// Whether its files are whole and unaltered.
    pub checks: Vec<Check>,
}

/// What checking a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Whether it is as it should be.
    pub sound: bool,
    /// The verdict, and a line for each finding.
    pub lines: Vec<String>,
}

impl Report<'_> {
    /// The page, as UTF-8.
    #[must_use]
    pub fn page(&self) -> String {
        page::page(self).into_string()
    }
}
