//! Makes alerts: the only place where a matching rule, an event and its state meet.

use std::collections::HashMap;
use std::sync::Arc;

use scap_rules::{Rule, RuleId};
use serde_json::Value as Json;

use super::{Alert, AlertRule};
use crate::fields::Fields;
use crate::print::{clock_time, fill_output, iso8601_offset, output_fields, repaired};

/// How alerts tell their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertTime {
    /// `HH:MM:SS.nnnnnnnnn`.
    #[default]
    Clock,
    /// ISO 8601, as with Falco's `time_format_iso_8601`.
    Iso8601,
}

/// Makes alerts of rules.
#[derive(Debug, Clone)]
pub struct AlertMaker {
    time: AlertTime,
    rules: HashMap<RuleId, Arc<AlertRule>>,
}

impl AlertMaker {
    /// Makes alerts of `rules`.
    #[must_use]
    pub fn new<'r>(rules: impl IntoIterator<Item = &'r Rule>, time: AlertTime) -> Self {
        Self { time, rules: rules.into_iter().map(|rule| (rule.id, Arc::new(told(rule)))).collect() }
    }

    /// The alert of `rule` for the event of `fields`.
    #[must_use]
    pub fn make(&self, rule: &Rule, fields: &Fields<'_>) -> Alert {
        let event = fields.event();
        let (time, key) = match self.time {
            AlertTime::Clock => (clock_time(event.ts, true), "evt.time"),
            AlertTime::Iso8601 => (iso8601_offset(event.ts), "evt.time.iso8601"),
        };
        let mut output = format!("{time}: {} ", rule.priority.name()).into_bytes();
        fill_output(&rule.output, fields, &mut output);
        let mut named = output_fields(&rule.output, fields);
        named.insert(key.to_owned(), Json::from(event.ts));
        Alert {
            event: event.num,
            ts: event.ts,
            rule: self.rules.get(&rule.id).map_or_else(|| Arc::new(told(rule)), Arc::clone),
            hostname: Arc::from(repaired(&fields.state().machine().hostname)),
            output: String::from_utf8_lossy(&output).into_owned(),
            output_fields: named,
        }
    }
}

fn told(rule: &Rule) -> AlertRule {
    AlertRule {
        id: rule.id,
        name: rule.name.clone(),
        priority: rule.priority,
        source: rule.source.clone(),
        tags: rule.tags.iter().cloned().collect(),
    }
}
