//! Items of rule files as they were written, before anything refers to anything.

use std::collections::BTreeSet;

use super::problems::Context;
use crate::rule::Priority;
use crate::source::{MappedText, Place};

/// Text of one word, with its place.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Place,
}

/// A list.
#[derive(Debug, Clone)]
pub(super) struct ListDef {
    pub(super) name: String,
    pub(super) items: Vec<Word>,
    pub(super) context: Context,
}

/// A macro.
#[derive(Debug, Clone)]
pub(super) struct MacroDef {
    pub(super) name: String,
    pub(super) condition: MappedText,
    pub(super) context: Context,
    pub(super) condition_context: Context,
}

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct RuleDef {
    pub(super) name: String,
    pub(super) condition: MappedText,
    pub(super) output: MappedText,
    pub(super) description: String,
    pub(super) priority: Priority,
    pub(super) source: String,
    pub(super) enabled: bool,
    pub(super) capture: bool,
    pub(super) capture_duration: u32,
    pub(super) warn_evttypes: bool,
    pub(super) skip_if_unknown_filter: bool,
    pub(super) tags: BTreeSet<String>,
    pub(super) exceptions: Vec<ExceptionDef>,
    pub(super) context: Context,
    pub(super) condition_context: Context,
    pub(super) output_context: Context,
}

impl RuleDef {
    /// Problems of the rule are from now on reported for the file of `change`, which changed it last.
    pub(super) fn report_in(&mut self, change: &Context) {
        for context in [&mut self.context, &mut self.condition_context, &mut self.output_context] {
            context.report_in(change);
        }
    }
}

/// A change of an earlier rule: what is to be appended or replaced.
#[derive(Debug, Clone)]
pub(super) struct RuleUpdate {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) condition: Option<MappedText>,
    pub(super) output: Option<MappedText>,
    pub(super) description: Option<String>,
    pub(super) tags: Option<BTreeSet<String>>,
    pub(super) exceptions: Option<Vec<ExceptionDef>>,
    pub(super) priority: Option<Priority>,
    pub(super) enabled: Option<bool>,
    pub(super) capture: Option<bool>,
    pub(super) capture_duration: Option<u32>,
    pub(super) warn_evttypes: Option<bool>,
    pub(super) skip_if_unknown_filter: Option<bool>,
    pub(super) context: Context,
}

impl RuleUpdate {
    pub(super) fn new(name: &str, context: &Context) -> RuleUpdate {
        RuleUpdate {
            name: name.to_owned(),
            source: String::new(),
            condition: None,
            output: None,
            description: None,
            tags: None,
            exceptions: None,
            priority: None,
            enabled: None,
            capture: None,
            capture_duration: None,
            warn_evttypes: None,
            skip_if_unknown_filter: None,
            context: context.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.condition.is_none()
            && self.output.is_none()
            && self.description.is_none()
            && self.tags.is_none()
            && self.exceptions.is_none()
            && self.priority.is_none()
            && self.enabled.is_none()
            && self.capture.is_none()
            && self.capture_duration.is_none()
            && self.warn_evttypes.is_none()
            && self.skip_if_unknown_filter.is_none()
    }
}

/// An exception of a rule.
#[derive(Debug, Clone)]
pub(super) struct ExceptionDef {
    pub(super) name: String,
    pub(super) fields: Option<Entry>,
    pub(super) comps: Option<Entry>,
    pub(super) values: Vec<Entry>,
    pub(super) context: Context,
}

/// One word or a list of entries.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    One(Word),
    Many(Vec<Entry>),
}

impl Entry {
    /// The words of a list that holds nothing but words.
    pub(super) fn words(&self) -> Option<Vec<&Word>> {
        match self {
            Entry::One(_) => None,
            Entry::Many(entries) => entries
                .iter()
                .map(|entry| match entry {
                    Entry::One(word) => Some(word),
                    Entry::Many(_) => None,
                })
                .collect(),
        }
    }
}
