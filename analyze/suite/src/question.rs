//! What tests ask of the event of a match: fields, conditions, outputs.
//!
//! The answers are found while the event and its state are at hand and kept as bits, so that one replay serves every
//! test of its trace, whatever rules (or mutants of rules) match there.

use std::borrow::Cow;
use std::collections::HashMap;

use scap_analyze::catalogue::Scheme;
use scap_analyze::fields::Fields;
use scap_analyze::print::fill_output;
use scap_rules::{Extractor, Filter, Rule, RuleId, Template, name_matches};
use serde_json::Value as Json;

use crate::suite::Expectation;

/// One question.
#[derive(Debug)]
enum Question {
    /// Whether the event counts at all.
    Filter(Filter),
    /// Whether a match of a rule is what is expected of it.
    Expected {
        rule: RuleId,
        fields: Vec<(Extractor, Json)>,
        condition: Option<Filter>,
        output: Option<String>,
    },
}

/// All questions of the tests of one trace.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    list: Vec<Question>,
}

/// Number of a question.
pub(crate) type QuestionId = usize;

impl Questions {
    /// Whether `filter` passes.
    pub(crate) fn filter(&mut self, filter: &Filter) -> QuestionId {
        self.list.push(Question::Filter(filter.clone()));
        self.list.len() - 1
    }

    /// Whether a match of `rule` is as `expected`; `None` if any match is.
    pub(crate) fn expected(&mut self, rule: RuleId, expected: &Expectation) -> Option<QuestionId> {
        if expected.fields.is_empty() && expected.condition.is_none() && expected.output.is_none() {
            return None;
        }
        let fields =
            expected.fields.iter().filter_map(|(name, value)| Some((extractor(name)?, value.clone())));
        self.list.push(Question::Expected {
            rule,
            fields: fields.collect(),
            condition: expected.condition.clone(),
            output: expected.output.clone(),
        });
        Some(self.list.len() - 1)
    }

    /// The answers for the event of a match of `rule`.
    pub(crate) fn answer(&self, rule: &Rule, fields: &Fields<'_>, answers: &mut Answers) -> AnswersId {
        let mut bits = vec![0u64; self.list.len().div_ceil(64)];
        for (number, question) in self.list.iter().enumerate() {
            if question.holds(rule, fields)
                && let Some(word) = bits.get_mut(number / 64)
            {
                *word |= 1 << (number % 64);
            }
        }
        answers.keep(bits)
    }
}

impl Question {
    fn holds(&self, matched: &Rule, source: &Fields<'_>) -> bool {
        match self {
            Question::Filter(filter) => filter.matches(source),
            Question::Expected { rule, fields, condition, output } => {
                *rule == matched.id
                    && fields.iter().all(|(extractor, wanted)| has(extractor, wanted, source))
                    && condition.as_ref().is_none_or(|condition| condition.matches(source))
                    && output.as_ref().is_none_or(|pattern| says(matched, pattern, source))
            }
        }
    }
}

/// The field called `name`, argument included.
pub(crate) fn extractor(name: &str) -> Option<Extractor> {
    let template = Template::parse(&format!("%{name}"), &Scheme).ok()?;
    match template.segments.as_slice() {
        [scap_rules::Segment::Value { extractor, width: 0 }] if extractor.field().is_some() => {
            Some(extractor.clone())
        }
        _ => None,
    }
}

fn has(extractor: &Extractor, wanted: &Json, source: &Fields<'_>) -> bool {
    extractor.field().is_some_and(|field| equal(&source.json(field), wanted))
}

/// Whether a value is the one wanted; numbers may be written as text and the other way round.
pub(crate) fn equal(value: &Json, wanted: &Json) -> bool {
    match (value, wanted) {
        (Json::Array(values), Json::Array(wanted)) => {
            values.len() == wanted.len()
                && values.iter().zip(wanted).all(|(value, wanted)| equal(value, wanted))
        }
        (value, wanted) => value == wanted || text(value).is_some_and(|value| text(wanted) == Some(value)),
    }
}

/// A word, number or truth as text.
fn text(value: &Json) -> Option<Cow<'_, str>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text)),
        Json::Number(_) | Json::Bool(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}

/// Each field of `expectation` that is not as expected of the event.
pub(crate) fn mismatches(expectation: &Expectation, source: &Fields<'_>) -> Vec<String> {
    let each = expectation.fields.iter().filter_map(|(name, wanted)| {
        let value = source.json(extractor(name)?.field()?);
        let shown = |value: &Json| if value.is_null() { "<NA>".to_owned() } else { value.to_string() };
        (!equal(&value, wanted)).then(|| format!("{name}: expected {}, got {}", shown(wanted), shown(&value)))
    });
    each.collect()
}

fn says(rule: &Rule, pattern: &str, source: &Fields<'_>) -> bool {
    let mut output = Vec::new();
    fill_output(&rule.output, source, &mut output);
    name_matches(pattern, &String::from_utf8_lossy(&output))
}

/// Distinct answers, each kept once: most matches of a rule answer alike.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    kept: Vec<Vec<u64>>,
    numbers: HashMap<Vec<u64>, AnswersId>,
}

/// Number of a set of answers.
pub(crate) type AnswersId = u32;

impl Answers {
    fn keep(&mut self, bits: Vec<u64>) -> AnswersId {
        if let Some(&number) = self.numbers.get(&bits) {
            return number;
        }
        let number = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.kept.push(bits.clone());
        self.numbers.insert(bits, number);
        number
    }

    /// Whether the answer to `question` was yes.
    pub(crate) fn yes(&self, answers: AnswersId, question: QuestionId) -> bool {
        let bits = usize::try_from(answers).ok().and_then(|answers| self.kept.get(answers));
        bits.and_then(|bits| bits.get(question / 64)).is_some_and(|word| word >> (question % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_may_be_written_as_text() {
        assert!(equal(&json!(4444), &json!("4444")) && equal(&json!("803"), &json!(803)));
        assert!(equal(&json!(true), &json!(true)) && equal(&json!(["a", 1]), &json!(["a", "1"])));
        assert!(!equal(&json!(null), &json!("null")) && !equal(&json!("null"), &json!(null)));
        assert!(!equal(&json!("a"), &json!("b")) && !equal(&json!(["a"]), &json!([])));
    }

    #[test]
    fn only_plain_fields_are_asked_for() {
        assert!(extractor("proc.aname[2]").is_some());
        assert!(extractor("fd.name.txt").is_none() && extractor("toupper(proc.name)").is_none());
    }
}
