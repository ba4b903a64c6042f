//! Sets made of variants of rules: other conditions under the same names.
//!
//! For those who ask what rules would have matched: parts of conditions one by one, or conditions with a change. All
//! variants share their comparisons, as rules do, so that thousands can be asked about every event.

use super::RuleSet;
use crate::check::Checker;
use crate::condition::Expr;
use crate::event_types::EventTypes;
use crate::field::FieldScheme;
use crate::rule::{Rule, RuleId};
use crate::template::Template;

/// A rule with another condition.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Which rule.
    pub of: RuleId,
    /// Its other condition, without macros.
    pub condition: Expr,
    /// Whether it is asked about the same events as the rule, or about those that its own condition names.
    pub same_events: bool,
}

impl RuleSet {
    /// A set of `variants` of rules of this set; rule `n` of it is variant `n`. One that does not compile, or is of no
    /// rule of this set, never matches; the second part tells which do.
    #[must_use]
    pub fn variants(&self, variants: &[Variant], scheme: &dyn FieldScheme) -> (RuleSet, Vec<bool>) {
        let mut checker = Checker::new(scheme);
        let (mut rules, mut compiled) =
            (Vec::with_capacity(variants.len()), Vec::with_capacity(variants.len()));
        for variant in variants {
            let test = checker.condition(&variant.condition, &mut Vec::new()).ok();
            compiled.push(test.is_some() && self.rule(variant.of).is_some());
            let Some(rule) = self.rule(variant.of) else { continue };
            let event_types = match (&test, variant.same_events) {
                (None, _) => EventTypes::none(scheme.event_type_count()),
                (Some(_), true) => rule.event_types.clone(),
                (Some(_), false) => {
                    EventTypes::of(&variant.condition, scheme).with(&scheme.unfiltered_event_types())
                }
            };
            rules.push(Rule {
                id: RuleId(u32::try_from(rules.len()).unwrap_or(u32::MAX)),
                name: rule.name.clone(),
                description: String::new(),
                output: Template { segments: Vec::new(), tolerant: false, fields: Vec::new() },
                output_text: String::new(),
                priority: rule.priority,
                tags: std::collections::BTreeSet::new(),
                source: rule.source.clone(),
                enabled: true,
                capture: None,
                exceptions: Vec::new(),
                location: None,
                condition_text: String::new(),
                condition: Expr::And([].into()),
                event_types,
                test: test.unwrap_or_else(|| rule.test.clone()),
            });
        }
        (RuleSet::new(rules, scheme), compiled)
    }
}
